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
