package pool

import (
	"syscall"
	"time"
)

// forEachWorker calls f for every worker that has a process, or is elsewhere.
func (p *Pool) forEachWorker(f func(s *slot)) {
	for _, s := range p.slots {
		if s.worker != nil && (s.worker.pid() != 0 || s.remote()) {
			f(s)
		}
	}
}

// Suspend stops every running process, and returns when that is done. Continue
// lets them go on; the time between counts for no limit.
func (p *Pool) Suspend() {
	p.call(func() {
		p.suspended = time.Now()
		p.forEachWorker(func(s *slot) { s.worker.signal(syscall.SIGSTOP) })
	})
}

// Continue undoes Suspend.
func (p *Pool) Continue() {
	p.call(func() {
		p.timers.shift(time.Since(p.suspended))
		p.forEachWorker(func(s *slot) { s.worker.signal(syscall.SIGCONT) })
	})
}

// call has f called on the pool's goroutine and waits for it, or for the end.
func (p *Pool) call(f func()) {
	called := make(chan struct{})
	p.post(func() { f(); close(called) })
	select {
	case <-called:
	case <-p.done:
	}
}

// SuspendTask stops the processes of a task that runs, and ContinueTask lets them go
// on. A task that does not run is left alone, and so is one whose process runs others
// as well, or is given others, or that runs elsewhere. While it is stopped, its silence
// counts for no limit. A worker that has replied before it could be stopped goes on
// when that task is over. The calls take effect in their order, also among those for
// other tasks.
func (p *Pool) SuspendTask(t *Task) {
	p.post(func() {
		if s := p.runs(t); s != nil && s.why == noReason && s.alone() {
			p.timers.stop(s.silence)
			s.silence, s.held = nil, true
			s.signalOwn(syscall.SIGSTOP)
		}
	})
}

// ContinueTask undoes SuspendTask.
func (p *Pool) ContinueTask(t *Task) {
	p.post(func() {
		if s := p.runs(t); s != nil && s.held {
			s.unhold()
			if s.silence == nil && s.why == noReason {
				s.watchSilence(s.attempt)
			}
		}
	})
}

// runs returns the slot that runs t in a process of its own or of others, or nil.
func (p *Pool) runs(t *Task) *slot {
	for _, s := range p.slots {
		if s.state == busy && s.attempt.task == t && s.worker.pid() != 0 && !s.remote() {
			return s
		}
	}
	return nil
}

// alone tells whether the process of the busy slot runs its attempt and nothing
// else.
func (s *slot) alone() bool {
	seat, ok := s.worker.(*coSeat)
	return !ok || !seat.answered && len(seat.host.running) == 1
}

// unhold lets the slot's process go on if SuspendTask has stopped it.
func (s *slot) unhold() {
	if s.held {
		s.held = false
		s.signalOwn(syscall.SIGCONT)
	}
}

// signalOwn signals the process of the slot's worker, whichever of its seats that is.
func (s *slot) signalOwn(sig syscall.Signal) {
	if seat, ok := s.worker.(*coSeat); ok {
		seat.host.signal(sig)
		return
	}
	s.worker.signal(sig)
}
