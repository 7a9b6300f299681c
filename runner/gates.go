package runner

import (
	"sync/atomic"

	"xpool/pool"
	"xpool/pool/cpucount"
	"xpool/runner/pace"
	"xpool/runner/value"
)

// paceOptions say when tasks may begin.
type paceOptions struct {
	Delay   value.Delay
	Load    value.Load
	MemFree value.Size
	NoSwap  bool
	Limit   pace.Limit
}

// gates are what keeps the tasks of a run from beginning too early. The zero value
// keeps none.
type gates struct {
	pace.Gates
	shell *pace.Shell               // runs the command of --limit
	pool  atomic.Pointer[pool.Pool] // whose gate it is, once there is one
}

// openGates returns the gates that were asked for. They are to be closed.
func (r *run) openGates() (err error) {
	p := &r.opts.Pace
	r.gates.shell = &pace.Shell{Path: r.streams.env.shell(), Env: r.streams.env, Stderr: r.streams.stderr}
	r.gates.Gates, err = pace.Open(pace.Config{
		Delay: p.Delay, Load: p.Load, MemFree: p.MemFree, NoSwap: p.NoSwap, Limit: p.Limit,
		CPUs: cpucount.Available,
		Run:  r.gates.shell.Run,
		Wake: r.gates.wake,
	})
	return err
}

// wake has the pool ask the gates again.
func (g *gates) wake() {
	if p := g.pool.Load(); p != nil {
		p.AskGate()
	}
}

// gate is for pool.Options.
func (g *gates) gate() pool.Gate {
	if len(g.Gates) == 0 {
		return nil
	}
	return g.Gates
}
