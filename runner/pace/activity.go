package pace

import (
	"context"
	"time"
)

// activityTime is over how long swapping and the use of disks are measured.
const activityTime = time.Second

// counters are the running totals that the system keeps.
type counters struct {
	in, out uint64                   // pages swapped since the system began
	busy    map[string]time.Duration // how long each disk was busy
}

// newSwap returns the gate of --noswap.
func newSwap(read func() (counters, error), wake func()) *sampledGate {
	return newSampledGate(func(ctx context.Context) (reading, error) {
		a, b, _, err := twice(ctx, read)
		if err != nil || b.in-a.in != 0 && b.out-a.out != 0 {
			return reading{}, err
		}
		return reading{room: plenty}, nil
	}, tempo{fresh: 10 * time.Second, first: time.Second, most: 2 * time.Second}, wake)
}

// newDisk returns the gate of --limit 'io N': no disk may be busy for more than percent of the time.
func newDisk(percent float64, read func() (counters, error), wake func()) *sampledGate {
	return newSampledGate(func(ctx context.Context) (reading, error) {
		a, b, passed, err := twice(ctx, read)
		if err != nil || busiest(a, b, passed) > percent {
			return reading{}, err
		}
		return reading{room: plenty}, nil
	}, tempo{fresh: 2 * activityTime, first: 100 * time.Millisecond, most: 2 * activityTime}, wake)
}

// twice reads the counters now and after activityTime, and returns how much passed.
func twice(ctx context.Context, read func() (counters, error)) (a, b counters, passed time.Duration, err error) {
	if a, err = read(); err != nil {
		return a, b, 0, err
	}
	begun := time.Now()
	t := time.NewTimer(activityTime)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return a, b, 0, ctx.Err()
	case <-t.C:
	}
	b, err = read()
	return a, b, time.Since(begun), err
}

// busiest returns the percentage of time for which the busiest disk was busy. One that has come in between counts from
// its own zero.
func busiest(a, b counters, passed time.Duration) float64 {
	most := 0.0
	for name, busy := range b.busy {
		if d := busy - a.busy[name]; d > 0 && passed > 0 {
			most = max(most, 100*float64(d)/float64(passed))
		}
	}
	return min(most, 100)
}
