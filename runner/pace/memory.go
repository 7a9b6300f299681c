package pace

import (
	"context"
	"time"
)

// memoryKillEvery is how often memory is looked at for a task that has to end.
const memoryKillEvery = 100 * time.Millisecond

// newMemory returns the gate of --memfree. Read returns how many bytes can be had.
func newMemory(least int64, read func() (int64, error), wake func()) *killerGate {
	return newKillerGate(func(context.Context) (reading, error) {
		free, err := read()
		return memoryReading(least, free), err
	}, systemTempo().killing(memoryKillEvery), wake)
}

// memoryReading says how many tasks may begin while least bytes stay free: at least one if they are free now, and as
// many as fit if each took as much, which is how people choose the number. Under half of it, a task has to end.
func memoryReading(least, free int64) reading {
	if least <= 0 {
		return reading{room: plenty}
	}
	return reading{room: int(free / least), kill: free < (least+1)/2}
}
