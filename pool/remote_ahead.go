package pool

import (
	"cmp"
	"slices"
	"time"

	"xpool/pool/wire"
)

// The far end has the next task when one is over only if that has been sent before:
// a round trip may take longer than many a task. So a host of which all slots are
// taken has some seats more while its tasks are short, as many as it brings tasks to
// an end within a round trip. What is sent to these waits at the far end, and is asked
// back when a slow one holds it up: an attempt waits for a round trip, and not for
// another attempt.

const (
	// aheadShare is from when on a round trip counts: a twentieth of a task.
	aheadShare = 20

	// aheadOfSlot bounds how many attempts wait for each slot of a far end.
	aheadOfSlot = 64
)

// queues tells whether attempts may be sent before they can begin.
func (p *Pool) queues() bool { return p.opts.Gate == nil && !p.opts.NoAhead }

// answered takes the far end's answer to a Ping: the shortest time that one took is
// that of a round trip, as others may have waited behind output.
func (l *remoteLine) answered(m *wire.Pong) {
	if m.Number != l.pings {
		return
	}
	if d := time.Since(l.pinged); l.trip == 0 || d < l.trip {
		l.trip = max(d, time.Microsecond)
	}
}

// ahead is how many attempts may wait at the far end, as of this turn of the pool.
func (l *remoteLine) ahead() int {
	if l.aheadAt != l.pool.turn {
		l.aheadAt, l.aheadMost = l.pool.turn, l.findAhead()
	}
	return l.aheadMost
}

// findAhead finds out how many attempts may wait. Slots that a slow one has do not
// count.
func (l *remoteLine) findAhead() int {
	mean := max(l.pace.mean, time.Microsecond)
	if !l.pool.queues() || l.host.kind.Exact || !l.pace.known || l.trip*aheadShare < mean {
		return 0
	}
	slots := l.asked
	for _, w := range l.seats {
		if j := w.job; j != nil && j.begun && j.done == nil && j.attempt.lasts() > shortTask+4*mean {
			slots--
		}
	}
	if slots <= 0 {
		return 0
	}
	return min(int(int64(slots)*int64(l.trip)/int64(mean))+1, slots*aheadOfSlot)
}

// waiting is how many attempts wait at the far end, as far as is known here.
func (l *remoteLine) waiting() int { return max(0, len(l.running)-l.asked) }

// crowded tells whether an attempt in the seat, which is idle, would have to wait at
// the far end.
func (w *remoteSeat) crowded() bool { return len(w.line.running) >= w.line.asked }

// findSeat is findIdle for seats: one in which the attempt begins at once, or, if
// there is none on any host, one in which it waits for no more than a round trip.
func (p *Pool) findSeat(k *Remote) *slot {
	var queue *slot
	for _, s := range p.slots {
		w, ok := s.worker.(*remoteSeat)
		if !ok || s.state != idle || s.number > p.jobs {
			continue
		}
		if !w.crowded() {
			return s
		}
		if queue == nil && w.line.waiting() < w.line.ahead() {
			queue = s
		}
	}
	if queue != nil {
		if h := k.pick(p); h != nil && h.taken() < h.capacity() {
			return nil
		}
	}
	return queue
}

// watch has the attempts that wait at the far end looked after, as long as there are
// any.
func (l *remoteLine) watch() {
	if l.looking != nil || l.waiting() == 0 {
		return
	}
	l.looking = l.pool.timers.after(shortTask, func() {
		l.looking = nil
		if !l.over {
			l.askBack()
			l.watch()
		}
	})
}

// askBack asks for what waits beyond what should, the last ones first.
func (l *remoteLine) askBack() {
	excess := l.waiting() - l.ahead()
	if excess <= 0 {
		return
	}
	var waiting []*remoteJob
	for _, j := range l.running {
		if !j.begun {
			waiting = append(waiting, j)
		}
	}
	slices.SortFunc(waiting, func(a, b *remoteJob) int { return cmp.Compare(b.id, a.id) })
	for _, j := range waiting[:min(excess, len(waiting))] {
		l.recall(j)
	}
}

// recall asks for an attempt that has not begun, as far as is known here.
func (l *remoteLine) recall(j *remoteJob) {
	if !j.recalled {
		j.recalled = true
		l.send(&wire.Recall{ID: j.id})
	}
}

// recall asks for the slot's attempt back if it has not begun at its far end.
func (s *slot) recall() {
	if w, ok := s.worker.(*remoteSeat); ok && w.job != nil && !w.job.begun && w.job.done == nil {
		w.line.recall(w.job)
	}
}
