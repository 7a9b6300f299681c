package pool

import (
	"slices"
	"time"
)

// stopping is how an attempt is to be ended.
type stopping struct {
	grace time.Duration
	steps []TermStep
}

// Recall takes a task back that has not begun: it ends with a verdict Stopped and
// without a slot. One that has begun, or that its worker has read already, goes on
// and ends as it would have. Recall does not wait for that.
func (p *Pool) Recall(t *Task) {
	p.post(func() {
		p.withdraw(t)
	})
}

// StopTask ends one task, without waiting for it, unless it is over: one that
// has not begun as Recall does, and one that runs with its tree and a worker that
// stays with it. It gets SIGTERM, and SIGKILL after grace, or steps, if there are any,
// and SIGKILL at their end. Its verdict is Stopped, and it is not tried again. A second
// call with a shorter grace, and no steps, hurries up the first.
func (p *Pool) StopTask(t *Task, grace time.Duration, steps ...TermStep) {
	p.post(func() {
		if p.withdraw(t) {
			return
		}
		how := stopping{grace, steps}
		for _, s := range p.slots {
			if s.state == busy && s.attempt.task == t {
				s.condemn(how)
				return
			}
			for _, a := range s.ahead {
				if a.task == t {
					a.condemned = &how
					return
				}
			}
		}
	})
}

// condemn ends the attempt that runs, or hurries up its end.
func (s *slot) condemn(how stopping) {
	s.attempt.condemned = &how
	if s.why == noReason {
		s.steps = how.steps
		s.end(stopped, how.grace)
	} else if len(how.steps) == 0 {
		s.hurry(how.grace)
	}
}

// withdraw ends a task that has not begun, and tells whether it had not.
func (p *Pool) withdraw(t *Task) bool {
	for _, s := range p.slots {
		if slices.ContainsFunc(s.ahead, func(a *attempt) bool { return a.task == t }) {
			s.takeAllBack() // of which there is no choosing
		}
	}
	is := func(a *attempt) bool { return a.task == t }
	if i := slices.IndexFunc(p.resting, is); i >= 0 {
		a := p.resting[i]
		p.resting = slices.Delete(p.resting, i, i+1)
		p.finish(t, stoppedResult(t, a.number))
		return true
	}
	p.mu.Lock()
	i, j := slices.IndexFunc(p.again, is), slices.Index(p.pending, t)
	number := 0
	if i >= 0 {
		number = p.again[i].number
		p.again = slices.Delete(p.again, i, i+1)
	} else if j >= 0 {
		p.pending = slices.Delete(p.pending, j, j+1)
	}
	p.mu.Unlock()
	if i < 0 && j < 0 {
		return false
	}
	p.makeRoom()
	p.finish(t, stoppedResult(t, number))
	return true
}
