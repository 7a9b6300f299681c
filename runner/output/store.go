package output

// A store holds what waits to be printed. It is a plain data structure, guarded
// by the printer's mutex: it does no I/O and never waits.
type store struct {
	unordered bool
	one       bool  // both streams go to the same place
	limit     int64 // beyond it, tasks are held back
	soft      int64 // beyond it, what waits is moved to the file
	liveMax   int   // bytes of the live entry that wait for standard output

	index   index
	log     blockLog
	buffers int64 // capacity of the buffers of open entries

	// The open entries, in the order of Open: the one that the head of an
	// ordered index belongs to is always the oldest.
	oldest, newest *Entry
	opened         int64 // number of the last entry

	waiters []waiter
	deaf    bool // what comes is dropped
}

// A waiter is a task that was told to give no more.
type waiter struct {
	e      *Entry
	s      Stream
	resume func()
}

// pieceMax is when the buffer of an open entry is moved to the log: large enough
// that the list of its pieces is nothing beside it.
const pieceMax = 64 << 10

func (st *store) init(limit int64, unordered bool) {
	limit = max(limit, 16<<10)
	st.unordered = unordered
	st.limit = limit
	st.soft = limit / 4 * 3
	st.liveMax = int(min(limit/8, 256<<10))
	st.log = newLog(blockSize(limit))
}

func (st *store) open(p *Printer) *Entry {
	st.opened++
	e := &Entry{p: p, number: st.opened}
	if st.deaf || p.ending {
		e.closed = true
		return e
	}
	if !st.unordered {
		e.place = st.index.push(slotOpen)
	}
	if e.older = st.newest; e.older != nil {
		e.older.newer = e
	} else {
		st.oldest = e
	}
	st.newest = e
	return e
}

// live reports whether standard output of e may be printed at once.
func (st *store) live(e *Entry) bool {
	return e == st.oldest && !st.unordered && !e.held && st.index.head == e.place
}

// add keeps a copy of b for e.
func (st *store) add(e *Entry, s Stream, b []byte) {
	d := &e.piles[s]
	if len(d.buf)+len(b) >= pieceMax && !(s == Stdout && st.live(e)) {
		st.settle(d)
		d.add(segment{st.log.append(b), int64(len(b))})
		return
	}
	before := cap(d.buf)
	d.buf = append(d.buf, b...)
	st.buffers += int64(cap(d.buf) - before)
}

// settle moves the buffer of a pile to the log.
func (st *store) settle(d *pile) {
	if len(d.buf) > 0 {
		d.add(segment{st.log.append(d.buf), int64(len(d.buf))})
		d.buf = d.buf[:0]
	}
}

// dropBuffer gives the memory of a pile's buffer back.
func (st *store) dropBuffer(d *pile) {
	st.buffers -= int64(cap(d.buf))
	d.buf = nil
}

// empty drops all that a pile holds.
func (st *store) empty(d *pile) {
	for _, s := range d.pieces {
		st.log.release(s)
	}
	d.pieces = nil
	st.dropBuffer(d)
}

// close writes the record of e and fills its slot.
func (st *store) close(e *Entry) {
	s := slotEmpty
	if e.piles[Stdout].any() || e.piles[Stderr].any() {
		s = slotAt(st.record(e))
	}
	switch {
	case !st.unordered:
		st.index.set(e.place, s)
		st.index.pass()
	case s != slotEmpty:
		st.index.push(s)
	}
	st.unlink(e)
}

// record appends what is left of e to the log, and returns the address.
func (st *store) record(e *Entry) int64 {
	out, err := &e.piles[Stdout], &e.piles[Stderr]
	var room [maxHeader]byte
	at := st.log.append(header{
		outPieces: int64(len(out.pieces)), errPieces: int64(len(err.pieces)),
		outBytes: int64(len(out.buf)), errBytes: int64(len(err.buf)),
	}.append(room[:0]))
	for _, d := range []*pile{out, err} {
		for _, s := range d.pieces {
			st.log.append(appendSegment(room[:0], s))
		}
	}
	st.log.append(out.buf)
	st.log.append(err.buf)
	return at
}

// unlink takes e, whose pieces are somebody else's now, from the open ones.
func (st *store) unlink(e *Entry) {
	e.closed = true
	for i := range e.piles {
		st.dropBuffer(&e.piles[i])
		e.piles[i].pieces = nil
	}
	if e.older != nil {
		e.older.newer = e.newer
	} else {
		st.oldest = e.newer
	}
	if e.newer != nil {
		e.newer.older = e.older
	} else {
		st.newest = e.older
	}
	e.older, e.newer = nil, nil
}

func (st *store) closeAll() {
	for st.oldest != nil {
		st.close(st.oldest)
	}
}

// cut keeps what can be printed in order now, the beginning of a streaming head
// included, and drops the rest and all that will come.
func (st *store) cut() {
	if e := st.oldest; e != nil && st.live(e) {
		st.close(e)
		st.index.truncate(e.place + 1)
	} else {
		st.index.cut()
	}
	st.shut()
}

// drop drops everything.
func (st *store) drop() {
	st.index.truncate(st.index.head)
	st.shut()
}

// shut forgets the open entries and turns deaf. Their bytes stay in the log,
// unused, to its end.
func (st *store) shut() {
	for st.oldest != nil {
		st.unlink(st.oldest)
	}
	st.deaf = true
}

// memory is what counts against the limit.
func (st *store) memory() int64 { return st.log.inUse() + st.buffers }

// full reports whether the task of e should give no more of s for now.
func (st *store) full(e *Entry, s Stream, limit int64) bool {
	if e.closed || st.deaf {
		return false
	}
	if s == Stdout && st.live(e) {
		return len(e.piles[Stdout].buf) >= st.liveMax
	}
	return st.memory() > limit
}

// resumable takes the waiters that need wait no more.
func (st *store) resumable() []func() {
	if len(st.waiters) == 0 {
		return nil
	}
	var ready []func()
	keep := st.waiters[:0]
	for _, w := range st.waiters {
		// Between the two marks nothing changes, so that tasks are not stopped
		// and started for every block.
		if st.full(w.e, w.s, (st.limit+st.soft)/2) {
			keep = append(keep, w)
		} else {
			ready = append(ready, w.resume)
		}
	}
	clear(st.waiters[len(keep):])
	st.waiters = keep
	return ready
}

// pressed reports whether something should go to the file: memory is short, the
// printer waits for a task, and there is a block to write. Where no block is
// full it moves buffers of open entries to the log, the largest first.
func (st *store) pressed() bool {
	for st.memory() > st.soft && !st.index.ready() && !st.deaf {
		if _, ok := st.log.victim(); ok {
			return true
		}
		d := st.largest()
		if d == nil {
			return false
		}
		st.settle(d)
		st.dropBuffer(d)
	}
	return false
}

// largest returns the pile with the largest buffer, used or not; nil if none has
// one. The one that streams is no exception: whatever counts as memory can be
// given back, or tasks could wait for it for ever.
func (st *store) largest() *pile {
	var found *pile
	for e := st.oldest; e != nil; e = e.newer {
		for i := range e.piles {
			d := &e.piles[i]
			if cap(d.buf) > 0 && (found == nil || cap(d.buf) > cap(found.buf)) {
				found = d
			}
		}
	}
	return found
}

// takeLive takes what a streaming head has: a segment of the log, or else bytes
// appended to buf.
func (st *store) takeLive(buf []byte) (segment, []byte) {
	e := st.oldest
	if e == nil || !st.live(e) {
		return segment{}, buf
	}
	d := &e.piles[Stdout]
	if len(d.pieces) > 0 {
		s := d.pieces[0]
		if d.pieces = d.pieces[1:]; len(d.pieces) == 0 {
			d.pieces = nil
		}
		e.printed = true
		return s, buf
	}
	if len(d.buf) > 0 {
		e.printed = true
		buf = append(buf, d.buf...)
		if d.buf = d.buf[:0]; cap(d.buf) > 2*st.liveMax {
			st.dropBuffer(d)
		}
	}
	return segment{}, buf
}

// hasLive reports whether takeLive has something.
func (st *store) hasLive() bool {
	e := st.oldest
	return e != nil && st.live(e) && e.piles[Stdout].any()
}
