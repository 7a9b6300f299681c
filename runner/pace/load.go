package pace

import (
	"context"
	"math"
	"sync"
	"time"

	"xpool/runner/value"
)

// loadEvery is how often a file with the load is read again.
const loadEvery = time.Second

// newLoad returns the gate of --load. Read returns how many processes run.
func newLoad(limit func() float64, read func() (float64, error), wake func()) *sampledGate {
	return newSampledGate(func(context.Context) (reading, error) {
		load, err := read()
		return reading{room: roomUnder(limit(), load)}, err
	}, systemTempo(), wake)
}

// roomUnder returns how many more processes may run while the load is under the limit: each may add 1 to it, so that the
// last one may take it over the limit.
func roomUnder(limit, load float64) int {
	return int(min(max(math.Ceil(limit-load), 0), value.MaxLoad))
}

// loadLimit returns a function that resolves l, and reads its file again when that may have changed. It is called by one
// goroutine at a time.
func loadLimit(l value.Load, cpus func() int) func() float64 {
	if l.File() == "" {
		return sync.OnceValue(func() float64 { return l.Resolve(cpus()) })
	}
	read := time.Now()
	return func() float64 {
		if now := time.Now(); now.Sub(read) >= loadEvery {
			read = now
			if again, err := l.Reload(); err == nil { // else it is being written, or is gone: the old load holds
				l = again
			}
		}
		return l.Resolve(cpus())
	}
}
