package pool

import (
	"slices"
	"time"
)

// Attempts are sent ahead of need to workers that can take them, which saves the
// round trip between a reply and the next task. They are sent only to workers
// whose attempts are short, and only when no other worker could begin them. An
// attempt behind one that turns out to be slow goes to a worker that falls idle,
// if its own has not read it yet: sending ahead never keeps a task waiting.

const (
	// aheadOf is the time of attempts that is sent ahead: some wake-ups of this
	// process, of which each then brings several replies.
	aheadOf = 2 * time.Millisecond

	// shortTask is the time up to which an attempt counts as short. For longer ones
	// a round trip, some tens of microseconds, makes no difference.
	shortTask = 20 * time.Millisecond
)

// pace is how long attempts on a worker take: a moving average, in which the last
// eight or so count.
type pace struct {
	mean  time.Duration
	known bool
}

func (p *pace) add(d time.Duration) {
	if !p.known {
		p.mean, p.known = d, true
		return
	}
	p.mean += (d - p.mean) / 8
}

// depth is how many attempts are worth sending ahead.
func (p *pace) depth() int {
	if !p.known || p.mean > shortTask {
		return 0
	}
	return int(aheadOf/max(p.mean, time.Microsecond)) + 1
}

// canQueue returns how many more attempts may be sent ahead to the slot's worker.
func (s *slot) canQueue() int {
	q, ok := s.worker.(queuer)
	if !ok || s.clogged || s.state != busy || s.why != noReason || s.leaveNext || s.number > s.pool.jobs || s.pool.stopping {
		return 0
	}
	n := min(s.pace.depth(), s.tasksLeft()-1) - len(s.ahead)
	if n <= 0 || s.attempt.lasts() > shortTask {
		return 0
	}
	return min(n, q.room())
}

// queue sends an attempt ahead; the slot can take one.
func (s *slot) queue(a *attempt) {
	err := s.prepare(a)
	if err == nil {
		err = s.worker.(queuer).send(a)
	}
	if err != nil {
		// Only an attempt that is about to begin can fail, with its number in its
		// place. This one will when it comes to that.
		s.pool.putBack(a)
		s.clogged = true
		return
	}
	s.ahead = append(s.ahead, a)
	s.clung = false
}

// push has the workers told what was sent to them.
func (p *Pool) push() {
	for _, s := range p.slots {
		if q, ok := s.worker.(queuer); ok && s.state == busy {
			q.push()
		}
	}
}

// advance makes the attempt that was sent ahead the one that runs.
func (s *slot) advance() {
	a := s.ahead[0]
	s.ahead = slices.Delete(s.ahead, 0, 1)
	s.attempt, s.why = a, noReason
	s.started(a)
}

// bequeath is advance for a worker that was told to end, for a reason, and had read
// the attempt already: its end is nobody's crash. The ladder goes on.
func (s *slot) bequeath(why reason) {
	s.attempt = s.ahead[0]
	s.ahead = slices.Delete(s.ahead, 0, 1)
	if s.why = preempted; why == stopped {
		s.why = stopped
	}
}

// takeBack takes an attempt back that was sent ahead, or returns nil.
func (s *slot) takeBack() *attempt {
	if len(s.ahead) == 0 || s.state != busy {
		return nil
	}
	a := s.worker.(queuer).takeBack()
	if a == nil {
		return nil
	}
	i := slices.Index(s.ahead, a)
	s.ahead = slices.Delete(s.ahead, i, i+1)
	return a
}

// takeAllBack is for a worker that is to get no more; what it has read already it
// will still run.
func (s *slot) takeAllBack() {
	s.recall()
	for a := s.takeBack(); a != nil; a = s.takeBack() {
		s.pool.putBack(a)
	}
}

// dropAhead gives back what was sent to a worker that is no more. One that broke the
// protocol may have run on, unheard; what it printed is not wanted.
func (s *slot) dropAhead() {
	for _, a := range s.ahead {
		a.dropOutput()
		s.pool.putBack(a)
	}
	s.ahead = nil
}

// putBack has an attempt begun again, before those that have not been; nothing is
// charged for it. Of several, the one that came first goes first.
func (p *Pool) putBack(a *attempt) {
	if p.stopping || p.halted() || a.condemned != nil {
		p.finish(a.task, stoppedResult(a.task, a.number))
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	i := len(p.again)
	for i > 0 && p.again[i-1].task.Seq > a.task.Seq {
		i--
	}
	p.again = append(p.again, nil)
	copy(p.again[i+1:], p.again[i:])
	p.again[i] = a
}

// findQueue returns the slot that can take an attempt ahead and has the fewest.
func (p *Pool) findQueue() *slot {
	var best *slot
	for _, s := range p.slots {
		if s.canQueue() > 0 && (best == nil || len(s.ahead) < len(best.ahead)) {
			best = s
		}
	}
	return best
}

// lasts returns how long the attempt has been running.
func (a *attempt) lasts() time.Duration { return time.Since(a.start) }

// steal returns an attempt that waits behind another one, which has lasted for
// some time at least, or nil.
func (p *Pool) steal(after time.Duration) *attempt {
	for {
		var most *slot
		for _, s := range p.slots {
			if len(s.ahead) > 0 && !s.clung && (most == nil || len(s.ahead) > len(most.ahead)) && s.attempt.lasts() >= after {
				most = s
			}
		}
		if most == nil {
			return nil
		}
		if a := most.takeBack(); a != nil {
			return a
		}
		most.clung = true // until its next reply
	}
}

// next returns the next attempt to begin, or nil: one that is held up by a slow
// one goes first, as it came first.
func (p *Pool) next() *attempt {
	if p.halted() {
		return nil
	}
	a := p.steal(shortTask)
	if a == nil {
		a = p.take()
	}
	return a
}

// rescue puts an attempt back that is held up by a slow one, if a worker can be
// started for it. It sees to being called again if one may come to need that.
func (p *Pool) rescue() (found bool) {
	if p.paused != nil || !p.roomy() || p.halted() {
		return false
	}
	if a := p.steal(shortTask); a != nil {
		p.putBack(a)
		return true
	}
	for _, s := range p.slots {
		if p.rescuing == nil && len(s.ahead) > 0 && !s.clung {
			p.rescuing = p.timers.after(shortTask-s.attempt.lasts(), func() { p.rescuing = nil })
		}
	}
	return false
}
