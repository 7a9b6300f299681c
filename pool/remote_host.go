package pool

import (
	"fmt"
	"math"
	"slices"
	"time"
)

// remoteHost is a RemoteHost as the pool sees it:
//
//	          a slot takes a seat             it is ready
//	(apart) ----------------------> opening --------------> (open)
//	  ^ ^                             |                       |
//	  | |             the stream broke|                       |the last seat is given
//	  | +-- (resting) <---------------+-----------------------+up, or the stream broke
//	  |         |                     |
//	  +---------+                     +--> out
//	   a pause                         it never was ready, its pool broke
//	                                   down, or that was one time too many
type remoteHost struct {
	RemoteHost
	kind *Remote
	pool *Pool

	path    string      // what Argv[0] was found to be
	line    *remoteLine // nil while there is none
	cpus    int         // as it said itself; 0 before
	proven  bool        // it was ready once
	losses  int         // streams that broke in a row, without a task finished
	resting *timer      // set until it may be tried again
	out     bool
}

// lossesMost is how many streams to a host may break in a row before it is out.
const lossesMost = 6

// restAfter is how long a host is left alone after the stream has broken so often
// in a row: not at all the first time, as it often is the stream alone; with
// lossesMost, for half a minute in all.
func restAfter(losses int) time.Duration {
	if losses <= 1 {
		return 0
	}
	return time.Second << (losses - 2)
}

// capacity is how many seats there are, 1 at least. As long as the host has not said
// how many CPUs it has, one is enough to ask it.
func (h *remoteHost) capacity() int {
	switch {
	case h.Slots < 0:
		return h.pool.jobs
	case h.Slots == 0 && h.SlotsOf != nil && h.cpus > 0:
		return max(1, h.SlotsOf(h.cpus))
	case h.Slots == 0:
		return max(1, h.cpus)
	}
	return h.Slots
}

// wanted is how many tasks the far end is to run at once.
func (h *remoteHost) wanted() int { return min(h.capacity(), h.pool.jobs) }

func (h *remoteHost) taken() int {
	if h.line == nil {
		return 0
	}
	return len(h.line.seats)
}

// free is how many seats a slot could take now.
func (h *remoteHost) free() int {
	if h.out || h.resting != nil || h.line != nil && h.line.shut {
		return 0
	}
	n := h.capacity() - h.taken()
	if n <= 0 && h.line != nil && h.line.waiting() < h.line.ahead() {
		return 1 // at a time
	}
	return n
}

// seat gives the slot a seat, and connects the host if it is the first one.
func (h *remoteHost) seat(s *slot) (worker, error) {
	if h.line == nil {
		l := newRemoteLine(h, h.kind.home(s))
		if err := l.open(); err != nil {
			return nil, err
		}
		h.line = l
	}
	return h.line.take(s), nil
}

// resized tells the far end how many tasks it will run at once.
func (h *remoteHost) resized() {
	if h.line != nil {
		h.line.resize()
	}
}

// lost is told that a stream has ended which the pool did not end. A host that never
// was ready has something against it, unless that is a server of this machine which was
// killed so soon. It returns whether the words are in an error.
func (h *remoteHost) lost(l *remoteLine, words string) (told bool) {
	if h.pool.stopping || h.pool.ending {
		return false
	}
	if l.finished > 0 {
		h.losses = 0
	}
	h.losses++
	switch {
	case !h.proven && !(h.kind.Uncharged && l.reached):
		h.fail(l.why, words)
		return true
	case h.losses >= lossesMost:
		h.fail(fmt.Errorf("lost %d times in a row: %w", h.losses, l.why), words)
		return true
	}
	if d := restAfter(h.losses); d > 0 {
		h.resting = h.pool.timers.after(d, func() { h.resting = nil })
	}
	return false
}

// blame says of whom an error is: of a host without a name nothing is said.
func (h *remoteHost) blame(err error) string {
	if h.Name == "" {
		return err.Error()
	}
	return h.Name + ": " + err.Error()
}

// fail is giveUp for a host that may be the last one, without which the pool breaks
// down.
func (h *remoteHost) fail(err error, words string) {
	if last := h.giveUp(err, words); last != nil {
		h.pool.breakDown(last)
	}
}

// giveUp gives the host no more tasks. If it was the last one the error is what the
// pool is to break down for.
func (h *remoteHost) giveUp(err error, words string) (last error) {
	if h.out {
		return nil
	}
	h.out = true
	h.pool.timers.stop(h.resting)
	failure := &HostError{Host: h.Name, Err: err, Words: words}
	if !slices.ContainsFunc(h.kind.hosts, func(other *remoteHost) bool { return !other.out }) {
		return failure
	}
	if h.kind.Out != nil {
		h.kind.Out(h.Name, failure)
	}
	return nil
}

// base is how many slots the hosts before it have, as far as that is known.
func (h *remoteHost) base() (n int) {
	for _, other := range h.kind.hosts[:slices.Index(h.kind.hosts, h)] {
		n += other.capacity()
	}
	return n
}

// log passes on a line that belongs to no task.
func (h *remoteHost) log(line []byte) {
	if h.kind.Log != nil {
		h.kind.Log(h.Name, line)
	}
}

// seatsMost bounds the number that a host says it has of CPUs.
const seatsMost = math.MaxUint16

// introduced takes what the host has said of itself.
func (h *remoteHost) introduced(cpus int) { h.cpus = min(max(1, cpus), seatsMost) }
