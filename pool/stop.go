package pool

import (
	"time"

	"xpool/crashdetect"
)

// stop is Stop on the pool's goroutine.
func (p *Pool) stop(grace time.Duration) {
	p.mu.Lock()
	p.closed = true
	pending, again := p.pending, p.again
	p.pending, p.again = nil, nil
	p.mu.Unlock()
	p.stopping = true
	p.killAfter = min(p.killAfter, grace)
	p.makeRoom()
	for _, a := range again {
		p.finish(a.task, stoppedResult(a.task, a.number))
	}
	for _, t := range pending {
		p.finish(t, stoppedResult(t, 0))
	}
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
	if s.timer != nil && s.worker.pid() != 0 && time.Until(s.timer.at) > grace {
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
