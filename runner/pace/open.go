package pace

import (
	"context"
	"errors"
	"fmt"
	"math"

	"xpool/runner/value"
)

// Runner runs a shell command and returns its exit status, 128+N if signal N ended it. When ctx ends it kills the
// command, with all that it has started, and returns. It is called on a gate's sampler, once at a time for each gate.
type Runner func(ctx context.Context, command string) (status int, err error)

// Config says which gates there are. The zero value of each field is no such gate.
type Config struct {
	Delay   value.Delay
	Load    value.Load
	MemFree value.Size
	NoSwap  bool
	Limit   Limit

	// CPUs returns on how many CPUs the load is counted; needed with a Load.
	CPUs func() int

	// Run runs the command of Limit; needed with one. See Shell.
	Run Runner

	// Wake is called when a gate that was closed may have opened, or Kill or Err may have an answer, so that they are asked
	// before the time that they named. It is called on other goroutines, may be called in vain, and must not block nor call a
	// method of the gates. It may be nil: the times are short enough to live by.
	Wake func()
}

// Open returns the gates, and starts their samplers; the caller ends these with Close. It looks once at whatever a gate
// needs of the system, and returns an error if that cannot be had.
func Open(c Config) (Gates, error) {
	if err := c.probe(); err != nil {
		return nil, err
	}
	var gs Gates
	if c.Delay.First > 0 {
		gs = append(gs, newDelay(c.Delay))
	}
	if c.Load.Limited() {
		limit := loadLimit(c.Load, c.CPUs)
		gs = append(gs, newLoad(limit, running, c.Wake).named("load under %s", loadName(c.Load, c.CPUs)))
	}
	if c.NoSwap {
		gs = append(gs, newSwap(swapActivity, c.Wake).named("swapping to end"))
	}
	if c.MemFree > 0 {
		gs = append(gs, newMemory(int64(c.MemFree), freeMemory, c.Wake).named("%v of free memory", c.MemFree))
	}
	if g := c.openLimit(); g != nil { // the last, so that a command does not run in vain
		gs = append(gs, g)
	}
	return gs, nil
}

// openLimit returns the gate of Limit, or nil.
func (c *Config) openLimit() Gate {
	switch l := c.Limit; l.kind {
	case limitCommand:
		return newCommand(l.text, c.Run, c.Wake).named("the command of --limit")
	case limitIO:
		return newDisk(l.n, diskActivity, c.Wake).named("disks that are busy for %v%% of the time or less", l.n)
	case limitLoad:
		// Here the limit itself is still allowed: one more than it is not.
		limit := math.Nextafter(l.n+1, 0)
		return newLoad(func() float64 { return limit }, running, c.Wake).named("a load of %v or less", l.n)
	case limitMemory:
		return newMemory(l.size, freeMemory, c.Wake).named("%v of free memory", value.Size(l.size))
	}
	return nil
}

// loadName is a limit of the load as a person is told of it; one in a file may change.
func loadName(l value.Load, cpus func() int) string {
	if l.File() != "" {
		return "that in the file of --load"
	}
	return l.Shown(cpus())
}

// probe tries what the gates will read.
func (c *Config) probe() error {
	check := func(wanted bool, option string, read func() error) error {
		if !wanted {
			return nil
		}
		if err := read(); err != nil {
			return fmt.Errorf("%s: %w", option, err)
		}
		return nil
	}
	load := func() error { _, err := running(); return err }
	memory := func() error { _, err := freeMemory(); return err }
	swap := func() error { _, err := swapActivity(); return err }
	disk := func() error { _, err := diskActivity(); return err }
	return errors.Join(
		check(c.Load.Limited(), "--load", load),
		check(c.MemFree > 0, "--memfree", memory),
		check(c.NoSwap, "--noswap", swap),
		check(c.Limit.kind == limitLoad, "--limit", load),
		check(c.Limit.kind == limitMemory, "--limit", memory),
		check(c.Limit.kind == limitIO, "--limit", disk),
	)
}
