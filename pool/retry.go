package pool

import "slices"

// retry has a failed attempt begun again, after the task's delay. Until that is
// over it is in p.resting.
func (p *Pool) retry(a *attempt) {
	d := a.task.RetryDelay
	if d <= 0 || p.stopping || p.halted() {
		p.putBack(a)
		return
	}
	p.resting = append(p.resting, a)
	p.timers.after(d, func() {
		if i := slices.Index(p.resting, a); i >= 0 {
			p.resting = slices.Delete(p.resting, i, i+1)
			p.putBack(a)
		}
	})
}

// stopResting is for tasks that will not be tried again.
func (p *Pool) stopResting() {
	for _, a := range p.resting {
		p.finish(a.task, stoppedResult(a.task, a.number))
	}
	p.resting = nil
}
