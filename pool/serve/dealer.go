package serve

import (
	"slices"
	"time"
)

// shortTask is up to what time tasks count as short: for longer ones it makes no
// difference that the pool has to ask for the next one.
const shortTask = 20 * time.Millisecond

// aheadMost is how many short tasks the pool may have beyond its slots, so that it
// need not wait for the dealer.
const aheadMost = 32

// place is where a task is on its way.
type place uint8

const (
	atDoor  place = iota // its standard input is still coming
	atQueue              // of its stream
	atPool               // it was dealt
	atEnd                // it is over
)

// deal is the dealer's goroutine: it gives the pool the tasks of the streams.
func (s *Server) deal() {
	for {
		s.mu.Lock()
		t := s.pick()
		for t == nil && !s.ended {
			s.work.Wait()
			t = s.pick()
		}
		s.mu.Unlock()
		if t == nil {
			return
		}
		s.submit(t)
	}
}

// pick takes the task that comes next out of its queue, or returns nil if there
// is none that the pool is to have now. s.mu is held.
func (s *Server) pick() *task {
	ahead := 0
	if s.pace > 0 && s.pace < shortTask && !s.noAhead {
		ahead = aheadMost
	}
	if s.ended || s.inPool >= s.jobs+ahead {
		return nil
	}
	var next *stream
	for _, st := range s.streams {
		most := st.jobs
		if most >= s.jobs {
			most = s.jobs + ahead
		}
		switch {
		case len(st.queue) == 0 || st.inPool >= most:
		case next == nil, st.inPool < next.inPool, st.inPool == next.inPool && st.lastTurn < next.lastTurn:
			next = st
		}
	}
	if next == nil {
		return nil
	}
	t := next.queue[0]
	next.queue[0] = nil
	next.queue = next.queue[1:]
	s.turn++
	s.inPool++
	next.inPool++
	next.lastTurn = s.turn
	t.place = atPool
	return t
}

// enqueue is for a task that can be dealt, unless it is over already; it is refused
// when there is no pool any more.
func (s *Server) enqueue(t *task) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t.place != atDoor {
		return true
	}
	if s.ended {
		t.place = atEnd
		return false
	}
	t.place = atQueue
	t.stream.queue = append(t.stream.queue, t)
	s.work.Signal()
	return true
}

// withdraw takes a task that was not dealt off the way, and tells whether it did. Of
// one that was, ask is called when the pool has it.
func (s *Server) withdraw(t *task, ask func()) bool {
	s.mu.Lock()
	switch {
	case t.place == atPool && !t.submitted:
		t.asks = append(t.asks, ask)
		s.mu.Unlock()
		return false
	case t.place == atPool:
		s.mu.Unlock()
		ask()
		return false
	case t.place == atEnd:
		s.mu.Unlock()
		return false
	}
	if i := slices.Index(t.stream.queue, t); i >= 0 {
		t.stream.queue = slices.Delete(t.stream.queue, i, i+1)
	}
	t.place = atEnd
	s.mu.Unlock()
	return true
}

// ends is for a task that was dealt and is over.
func (s *Server) ends(t *task, took time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t.place = atEnd
	s.inPool--
	t.stream.inPool--
	switch {
	case took <= 0:
	case s.pace == 0:
		s.pace = took
	default:
		s.pace += (took - s.pace) / 8
	}
	s.work.Signal()
}
