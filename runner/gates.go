package runner

import (
	"sync"
	"sync/atomic"
	"time"

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
// keeps none. They are the pool's gate.
type gates struct {
	pace.Gates
	shell *pace.Shell               // runs the command of --limit
	pool  atomic.Pointer[pool.Pool] // whose gate it is, once there is one

	mu   sync.Mutex
	held hold // guarded by mu
}

// hold is what keeps a task that could begin from that; the zero hold is nothing.
type hold struct {
	name  string    // what is waited for
	since time.Time // when that was found out
	until time.Time // when the gate is asked again at the latest, if a task still waits
}

// Wait is for pool.Gate.
func (g *gates) Wait(now time.Time) time.Duration {
	d, name := g.WaitFor(now)
	g.mu.Lock()
	defer g.mu.Unlock()
	if d <= 0 {
		g.held = hold{}
		return d
	}
	if g.held.since.IsZero() {
		g.held.since = now
	}
	g.held.name, g.held.until = name, now.Add(d)
	return d
}

// Began is for pool.Gate.
func (g *gates) Began(now time.Time) {
	g.Gates.Began(now)
	g.mu.Lock()
	defer g.mu.Unlock()
	g.held = hold{}
}

// heldAfter is how long nothing may have begun that waits until that is told of: a gate
// is closed for a moment after most tasks.
const heldAfter = time.Second

// waiting returns what keeps tasks from beginning, "" for nothing. It may be called from
// any goroutine.
func (g *gates) waiting(now time.Time) string {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.held.since.IsZero() || now.Sub(g.held.since) < heldAfter || now.Sub(g.held.until) > heldAfter {
		return ""
	}
	return g.held.name
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
	return g
}
