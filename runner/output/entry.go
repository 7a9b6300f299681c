package output

// An Entry is the output of one task. Its methods never wait for a disk or a
// terminal. After Close they do nothing.
type Entry struct {
	p      *Printer
	number int64

	// Guarded by the printer's mutex.
	older, newer *Entry // open entries
	place        int64  // slot in an ordered index
	piles        [2]pile
	held         bool
	printed      bool // some of it may have been printed
	midLine      midLine
	closed       bool
}

// midLine tells whether an entry's output, as far as it can stand before its tail
// in one place, ends within a line.
type midLine struct{ out, err, said bool }

func (m *midLine) add(s Stream, b []byte) {
	open := b[len(b)-1] != '\n'
	if s == Stdout {
		m.out = open
	} else {
		m.err, m.said = open, true
	}
}

// beforeTail tells whether the tail needs a newline before it; one says that both
// streams go to the same place.
func (m *midLine) beforeTail(one bool) bool {
	if m.said {
		return m.err
	}
	return one && m.out
}

// A pile is what one stream of an open entry printed and nobody has printed yet:
// first the pieces in the log, then the buffer.
type pile struct {
	pieces []segment
	buf    []byte
}

func (d *pile) any() bool { return len(d.pieces) > 0 || len(d.buf) > 0 }

// add puts a segment behind the others, as one with the last where they touch.
func (d *pile) add(s segment) {
	if n := len(d.pieces); n > 0 && d.pieces[n-1].at+d.pieces[n-1].n == s.at {
		d.pieces[n-1].n += s.n
		return
	}
	d.pieces = append(d.pieces, s)
}

// Number is the place of the entry in the order of Open, from 1.
func (e *Entry) Number() int64 { return e.number }

// Write adds b, of which it keeps a copy, to what the task printed. All of b is
// taken, always. If more is false, the caller should read no more of this
// stream, and best nothing of this task, until resume is called: once, from the
// printer's goroutine, at a moment when no lock is held, also if the entry is
// closed or the printer fails or ends meanwhile. resume must not block. It may
// be nil if the caller will not stop.
func (e *Entry) Write(s Stream, b []byte, resume func()) (more bool) {
	p := e.p
	p.mu.Lock()
	defer p.mu.Unlock()
	st := &p.store
	if e.closed || st.deaf || len(b) == 0 {
		return true
	}
	st.add(e, s, b)
	e.midLine.add(s, b)
	full := st.full(e, s, st.limit)
	if full && resume != nil {
		st.waiters = append(st.waiters, waiter{e, s, resume})
	}
	if full || s == Stdout && st.live(e) || st.memory() > st.soft {
		p.rouse()
	}
	return !full
}

// Hold says whether the entry must not stream even at the head of the order,
// because its task may yet be tried again. A new entry is not held.
func (e *Entry) Hold(held bool) {
	p := e.p
	p.mu.Lock()
	defer p.mu.Unlock()
	if e.held = held; !held && !e.closed {
		p.rouse()
	}
}

// Reset drops what the task printed, because it will be tried again. It reports
// whether all of it could be dropped: always for an entry that was held since
// it was opened. Where part of it was printed already, that stays.
func (e *Entry) Reset() bool {
	p := e.p
	p.mu.Lock()
	defer p.mu.Unlock()
	if !e.closed {
		for i := range e.piles {
			p.store.empty(&e.piles[i])
		}
		e.midLine = midLine{}
		p.rouse() // for those who wait for memory
	}
	return !e.printed
}

// Close says that the task is over. The tail, which may be empty, is printed on
// standard error after the standard error of the task, on a line of its own. Every entry must be
// closed once; a second time does nothing.
func (e *Entry) Close(tail string) {
	p := e.p
	p.mu.Lock()
	defer p.mu.Unlock()
	st := &p.store
	if e.closed {
		return
	}
	if tail != "" {
		if e.midLine.beforeTail(st.one) {
			tail = "\n" + tail
		}
		st.add(e, Stderr, []byte(tail))
	}
	st.close(e)
	if st.index.ready() || st.hasLive() || len(st.waiters) > 0 || st.memory() > st.soft {
		p.rouse()
	}
}
