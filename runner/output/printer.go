package output

import "time"

const (
	// maxTake bounds how long the lock is held while closed entries are taken.
	maxTake = 256

	// spillBurst is how many blocks are moved to the file before the printer
	// looks again for something to print.
	spillBurst = 16

	// readWindow is how much is read back at once: as much as a buffer that
	// goes to the log by itself, and many small records.
	readWindow = 64 << 10

	// pieceGroup is how many pieces of a huge entry are looked up at a time.
	pieceGroup = 512
)

// work is what the goroutine takes from the store at one time.
type work struct {
	notes []byte
	slots []slot  // closed entries
	piece segment // then this one of the streaming head
	live  []byte  // or these bytes of it
}

func (w work) any() bool {
	return len(w.notes) > 0 || len(w.slots) > 0 || w.piece.n > 0 || len(w.live) > 0
}

// run is the printer's goroutine. It gathers what is ready and writes it when
// the batch is full or nothing more is ready; it spills when it would wait.
func (p *Printer) run() {
	defer close(p.done)
	defer p.file.close()
	for {
		w := p.take()
		switch {
		case w.any():
			p.print(w)
			p.spill() // a head that never stops must not keep others from the disk
		case p.screen.flush():
			p.pace()
		case p.spill():
		case !p.rest():
			p.screen.clear()
			return
		}
		p.resume()
		p.screen.drawIfDue()
	}
}

// paceEvery is how far apart writes are while results come in a stream: being
// woken for each result would cost more than running many a task. The first
// result after a quiet time is never held up.
const paceEvery = 4 * time.Millisecond

// pace waits a little if the last write was a moment ago, for more to print.
func (p *Printer) pace() {
	now := time.Now()
	p.mu.Lock()
	ending := p.ending
	p.mu.Unlock()
	if !ending && now.Sub(p.flushed) < paceEvery {
		time.Sleep(paceEvery)
		now = now.Add(paceEvery)
	}
	p.flushed = now
}

func (p *Printer) take() work {
	p.mu.Lock()
	defer p.mu.Unlock()
	var w work
	w.notes, p.notes = p.notes, nil
	w.slots = p.store.index.take(p.slots[:0])
	if !p.store.index.ready() {
		w.piece, p.live = p.store.takeLive(p.live[:0])
		w.live = p.live
	}
	return w
}

func (p *Printer) print(w work) {
	p.screen.put(Stderr, w.notes)
	for _, s := range w.slots {
		if p.screen.failed {
			return
		}
		p.printRecord(s.address())
	}
	p.printSegment(Stdout, w.piece)
	p.screen.put(Stdout, w.live)
	p.cursor.flush()
}

// printRecord prints the entry whose record is at the given address.
func (p *Printer) printRecord(at int64) {
	c := &p.cursor
	c.at = at
	h, err := readHeader(c)
	if err != nil {
		p.lose(err)
		return
	}
	pieces := c.at
	bytes := pieces + segmentSize*(h.outPieces+h.errPieces)
	p.printPieces(Stdout, pieces, h.outPieces)
	p.printAt(Stdout, segment{bytes, h.outBytes})
	p.printPieces(Stderr, pieces+segmentSize*h.outPieces, h.errPieces)
	p.printAt(Stderr, segment{bytes + h.outBytes, h.errBytes})
	c.release(segment{at, bytes + h.outBytes + h.errBytes - at})
}

// printPieces prints and releases n segments that are listed at an address. It
// looks a group of them up before it prints any, so that the list is not read
// again after each.
func (p *Printer) printPieces(s Stream, list, n int64) {
	for end := list + n*segmentSize; list < end; {
		group := p.pieces[:0]
		p.cursor.at = list
		for ; list < end && len(group) < pieceGroup; list += segmentSize {
			piece, err := p.cursor.segment(list)
			if err != nil {
				p.lose(err)
				return
			}
			group = append(group, piece)
		}
		p.pieces = group
		for _, piece := range group {
			p.printSegment(s, piece)
		}
	}
}

// printSegment prints a segment and releases it.
func (p *Printer) printSegment(s Stream, piece segment) {
	p.printAt(s, piece)
	p.cursor.release(piece)
}

func (p *Printer) printAt(s Stream, piece segment) {
	for piece.n > 0 && !p.screen.failed {
		b, err := p.cursor.window(piece)
		if err != nil {
			p.lose(err)
			return
		}
		p.screen.put(s, b)
		piece.at += int64(len(b))
		piece.n -= int64(len(b))
	}
}

// lose ends the run after something could not be read back. What would follow
// it in the order is dropped: no entry is printed in part as if it were whole.
func (p *Printer) lose(err error) {
	p.screen.flush()
	p.screen.failed = true
	if _, ok := err.(*SpillError); !ok {
		err = &SpillError{Dir: p.file.dir, Read: true, Err: err}
	}
	p.fail(err)
}

// fail makes the first error known. After it nothing more is kept; after one of
// the file, what is complete in order is still printed.
func (p *Printer) fail(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.screen.failed {
		p.store.drop()
	} else {
		p.store.cut()
	}
	if p.err == nil {
		p.err = err
		close(p.failed)
	}
}

// spill moves some blocks to the file if memory is short and nothing is ready;
// it reports whether it did something.
func (p *Printer) spill() bool {
	for i := range spillBurst {
		p.mu.Lock()
		if !p.store.pressed() {
			p.mu.Unlock()
			return i > 0
		}
		r, _ := p.store.log.victim()
		place := p.store.log.startSpill(r.number)
		p.mu.Unlock()

		p.screen.flush() // results must not wait for a disk
		err := p.file.write(place, r.data)

		p.mu.Lock()
		p.store.log.endSpill(place, err == nil)
		p.mu.Unlock()
		p.cursor.forget()
		if err != nil {
			p.fail(err)
			return true
		}
	}
	return true
}

// rest waits until there may be something to do. It returns false when nothing
// will come any more.
func (p *Printer) rest() bool {
	p.mu.Lock()
	unused := p.store.log.places.top == 0
	p.mu.Unlock()
	if unused {
		p.file.trim()
	}

	p.mu.Lock()
	st := &p.store
	busy := len(p.notes) > 0 || st.index.ready() || st.hasLive() || st.pressed()
	// After pressed, which may have made room without any block to spill.
	ready := st.resumable()
	if busy || len(ready) > 0 || p.ending {
		p.mu.Unlock()
		call(ready)
		return busy || !p.ending
	}
	p.idle = true
	p.mu.Unlock()

	wait, ok := p.screen.due(time.Now())
	if !ok {
		<-p.wake
		return true
	}
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case <-p.wake:
	case <-t.C:
	}
	return true
}

// resume calls those whose task may go on, without the lock.
func (p *Printer) resume() {
	p.mu.Lock()
	ready := p.store.resumable()
	p.mu.Unlock()
	call(ready)
}

func call(all []func()) {
	for _, f := range all {
		f()
	}
}
