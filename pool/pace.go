package pool

import (
	"syscall"
	"time"
)

// Gate keeps attempts from beginning for a while. Its methods are called on the
// pool's goroutine and must not block. It may be an EndedGate, a KillingGate and a
// FailingGate as well.
type Gate interface {
	// Wait returns how long to wait before it is asked again; 0 or less lets an
	// attempt begin now.
	Wait(now time.Time) time.Duration

	// Began is told of each attempt that has begun.
	Began(now time.Time)
}

// EndedGate is a Gate that is told how each attempt has ended.
type EndedGate interface {
	Ended(ok bool)
}

// KillingGate is a Gate that may want the attempt that began last to be ended, as
// Preempt does; again is how long to wait before it is asked again, 0 for ever. It is
// asked while something runs.
type KillingGate interface {
	Kill(now time.Time) (youngest bool, again time.Duration)
}

// FailingGate is a Gate that may find out that it will never open; the error then
// breaks the pool. It is asked when Wait has not returned 0.
type FailingGate interface {
	Err() error
}

// AskGate has the Gate asked again at once.
func (p *Pool) AskGate() {
	p.post(func() {
		p.timers.stop(p.gated)
		p.gated = nil
		if p.killing != nil {
			p.timers.stop(p.killing)
			p.killing = nil
			p.askToKill()
		}
	})
}

// tellGate tells the gate of an attempt that has begun.
func (p *Pool) tellGate(a *attempt) {
	if g := p.opts.Gate; g != nil {
		g.Began(a.start)
		if p.killing == nil {
			p.askToKill()
		}
	}
}

// askToKill asks the gate whether the youngest attempt is to go, as long as
// anything runs.
func (p *Pool) askToKill() {
	g, ok := p.opts.Gate.(KillingGate)
	if !ok || !p.working() {
		return
	}
	youngest, again := g.Kill(time.Now())
	if youngest {
		p.preempt()
	}
	if again > 0 {
		p.killing = p.timers.after(again, func() {
			p.killing = nil
			p.askToKill()
		})
	}
}

// open asks the gate whether an attempt may begin, and sees to being called again
// if not.
func (p *Pool) open() bool {
	g := p.opts.Gate
	switch {
	case g == nil:
		return true
	case p.gated != nil:
		return false
	}
	d := g.Wait(time.Now())
	if d <= 0 {
		return true
	}
	if f, ok := g.(FailingGate); ok {
		if err := f.Err(); err != nil {
			p.breakDown(err)
			return false
		}
	}
	p.gated = p.timers.after(d, func() { p.gated = nil })
	return false
}

// SetTimeout bounds each attempt of a task without a Timeout of its own, those that
// run already too; 0 means no bound.
func (p *Pool) SetTimeout(d time.Duration) {
	p.post(func() {
		p.timeout = d
		for _, s := range p.slots {
			if s.state == busy && s.why == noReason && s.attempt.task.Timeout <= 0 {
				s.limitTime(s.attempt)
			}
		}
	})
}

// limitTime ends the attempt, which runs, when its time is over.
func (s *slot) limitTime(a *attempt) {
	s.pool.timers.stop(s.timer)
	s.timer = nil
	a.limit = a.task.Timeout
	if a.limit <= 0 {
		a.limit = s.pool.timeout
	}
	if a.limit > 0 {
		s.timer = s.pool.timers.after(max(0, a.limit-a.lasts()), func() { s.end(timedOut, s.pool.killAfter) })
	}
}

// Preempt ends the attempt that began last, with its tree, if there is one. Its task
// is begun again when the Gate lets it, and has not failed.
func (p *Pool) Preempt() { p.post(p.preempt) }

func (p *Pool) preempt() {
	var youngest *slot
	for _, s := range p.slots {
		if s.state == busy && s.why == noReason && (youngest == nil || s.attempt.start.After(youngest.attempt.start)) {
			youngest = s
		}
	}
	if youngest != nil {
		youngest.end(preempted, p.killAfter)
	}
}

// descend takes the step i of its ladder for the attempt that runs.
func (s *slot) descend(i int) {
	steps := s.ladder()
	if i == len(steps) || steps[i].Signal == syscall.SIGKILL {
		s.worker.kill()
		return
	}
	s.timer = s.pool.timers.after(steps[i].Wait, func() { s.descend(i + 1) })
	if i > 0 {
		s.worker.signal(steps[i].Signal)
	}
}

// ladder is what was said for the attempt, or else Options.TermSeq.
func (s *slot) ladder() []TermStep {
	if len(s.steps) > 0 {
		return s.steps
	}
	return s.pool.opts.TermSeq
}

// firstSignal is the one by which a tree is told to end.
func (s *slot) firstSignal() syscall.Signal {
	if steps := s.ladder(); len(steps) > 0 && steps[0].Signal != syscall.SIGKILL {
		return steps[0].Signal
	}
	return syscall.SIGTERM
}

// TermStep is a step on the way to the end of an attempt: a signal to its tree, and
// how long to wait before the next step.
type TermStep struct {
	Signal syscall.Signal
	Wait   time.Duration
}
