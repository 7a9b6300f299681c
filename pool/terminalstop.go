package pool

import (
	"syscall"
	"time"

	"xpool/pool/child"
)

// stopsEvery is how often workers are looked at for Options.Stopped: soon enough for a
// person who waits, and next to nothing.
const stopsEvery = time.Second

// watchStops looks now and then, while attempts run, for those that were stopped because
// they want the terminal. Nothing else tells of that: the end of a process is waited for,
// which a stop is not.
func (p *Pool) watchStops() {
	if p.opts.Stopped == nil || p.stops != nil {
		return
	}
	p.stops = p.timers.after(stopsEvery, func() {
		p.stops = nil
		for _, s := range p.slots {
			s.checkStop()
		}
		if p.working() {
			p.watchStops()
		}
	})
}

// checkStop tells, once, if the slot's attempt was stopped.
func (s *slot) checkStop() {
	if s.state != busy || s.why != noReason || s.attempt.stopped || s.remote() || s.worker.pid() == 0 {
		return
	}
	if sig := child.StoppedBy(s.worker.pid()); sig == syscall.SIGTTIN || sig == syscall.SIGTTOU {
		s.attempt.stopped = true
		s.pool.opts.Stopped(s.attempt.task.Seq, sig)
	}
}
