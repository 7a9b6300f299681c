package pool

import (
	"syscall"
	"time"

	"xpool/crashdetect"
)

// halt is Halt on the pool's goroutine.
func (p *Pool) halt() {
	p.mu.Lock()
	p.closed, p.halting = true, true
	pending, again := p.pending, p.again
	p.pending, p.again = nil, nil
	p.mu.Unlock()
	p.makeRoom()
	for _, a := range again {
		p.finish(a.task, stoppedResult(a.task, a.number))
	}
	p.stopResting()
	for _, t := range pending {
		p.finish(t, stoppedResult(t, 0))
	}
	for _, s := range p.slots {
		s.takeAllBack()
	}
}

// stop is Stop on the pool's goroutine.
func (p *Pool) stop(grace time.Duration) {
	p.stopping = true
	p.killAfter = min(p.killAfter, grace)
	if by := time.Now().Add(grace); p.stopBy.IsZero() || by.Before(p.stopBy) {
		p.stopBy = by
	}
	p.halt()
	for _, s := range p.slots {
		s.stop(grace)
	}
}

// stop brings the slot's worker down, or hurries that up.
func (s *slot) stop(grace time.Duration) {
	switch s.state {
	case busy:
		s.end(stopped, grace)
	case idle:
		if s.worker.resident() {
			s.leave()
		}
	case starting:
		s.worker.kill()
		return
	case empty:
		return
	}
	s.hurry(grace)
}

// hurry has the slot's worker, which has been told to end, killed after grace if
// not before.
func (s *slot) hurry(grace time.Duration) {
	if s.timer != nil && (s.worker.pid() != 0 || s.remote()) && time.Until(s.timer.at) > grace {
		s.pool.timers.stop(s.timer)
		s.timer = s.pool.timers.after(grace, s.worker.kill)
	}
}

func stoppedResult(t *Task, attempt int) Result {
	return Result{Seq: t.Seq, Attempt: attempt, Verdict: crashdetect.Verdict{Kind: crashdetect.Stopped}}
}

// breakDown ends a pool that can do nothing more.
func (p *Pool) breakDown(err error) {
	if p.broken == nil {
		p.broken = err
		p.stop(p.killAfter)
	}
}

// family is what the pool does about the orphans at its end: they are told to
// end, are given the time that any worker has, and are killed then.
type family struct {
	told  map[int]bool
	until time.Time
	timer *timer
}

// familyEvery is how often it is looked whether the orphans have ended.
const familyEvery = 10 * time.Millisecond

// orphans returns those that live, and reaps all others: also those that end while it
// looks, and would be left dead by a pool that has ended, and theirs.
func (p *Pool) orphans() []int {
	for {
		left := crashdetect.FindAdopted(p.ours, func(crashdetect.Adoptee) bool { return true })
		if len(left) > 0 || crashdetect.ReapAdopted(p.ours) == 0 {
			return left
		}
	}
}

// familyGone tells whether no orphan is left, and sees to that.
func (p *Pool) familyGone() bool {
	f := &p.family
	if !p.opts.Subreaper || f.timer != nil {
		return f.timer == nil
	}
	left := p.orphans()
	if len(left) == 0 {
		return true
	}
	if f.told == nil {
		f.told, f.until = map[int]bool{}, time.Now().Add(p.killAfter)
	}
	if now := time.Now(); !now.Before(f.until) || p.stopping && !now.Before(p.stopBy) {
		crashdetect.EndFamily(p.ours, 0)
		return true
	}
	for _, pid := range left {
		if !f.told[pid] {
			f.told[pid] = true
			crashdetect.SignalTree(pid, syscall.SIGTERM)
		}
	}
	f.timer = p.timers.after(familyEvery, func() { f.timer = nil })
	return false
}
