package output

// A cursor reads the log for the printer's goroutine, wherever its blocks are,
// and gives back what was read. It looks at bytes without the lock: those of a
// record that is complete do not change, and only its own goroutine moves a
// block out of memory.
type cursor struct {
	p  *Printer
	at int64 // address of the next ReadByte

	start int64  // address of view[0]
	view  []byte // part of one block: its memory, or buf
	buf   []byte // what was read from the file last

	done segment // printed, but not yet released
}

// window returns the first bytes of a segment that is not empty, as many as can
// be had at one time. They are valid until the next call or forget.
func (c *cursor) window(s segment) ([]byte, error) {
	if s.at < c.start || s.at >= c.start+int64(len(c.view)) {
		if err := c.load(s.at); err != nil {
			return nil, err
		}
	}
	b := c.view[s.at-c.start:]
	return b[:min(int64(len(b)), s.n)], nil
}

func (c *cursor) load(at int64) error {
	c.forget()
	size := c.p.file.block
	number, off := at/size, at%size
	c.p.mu.Lock()
	data, place := c.p.store.log.lookup(number)
	c.p.mu.Unlock()
	if data != nil {
		c.start, c.view = number*size, data
		return nil
	}
	if c.buf == nil {
		c.buf = make([]byte, min(readWindow, size))
	}
	b := c.buf[:min(int64(len(c.buf)), size-off)]
	if err := c.p.file.read(place, off, b); err != nil {
		return err
	}
	c.start, c.view = at, b
	return nil
}

// forget drops the view, since the block behind it may move.
func (c *cursor) forget() { c.start, c.view = 0, nil }

// ReadByte reads the byte at c.at and moves on.
func (c *cursor) ReadByte() (byte, error) {
	b, err := c.window(segment{c.at, 1})
	if err != nil {
		return 0, err
	}
	c.at++
	return b[0], nil
}

// segment reads an entry of a list of pieces.
func (c *cursor) segment(at int64) (segment, error) {
	var raw [segmentSize]byte
	for n := 0; n < len(raw); {
		b, err := c.window(segment{at + int64(n), int64(len(raw) - n)})
		if err != nil {
			return segment{}, err
		}
		n += copy(raw[n:], b)
	}
	return parseSegment(raw[:], at)
}

// release gives s back, at once or together with what comes right after it.
// After a failure it does nothing: all is dropped then, and s may be what a
// damaged file said.
func (c *cursor) release(s segment) {
	if s.n == 0 || c.p.screen.failed {
		return
	}
	if c.done.at+c.done.n == s.at && c.done.n < readWindow {
		c.done.n += s.n
		return
	}
	c.flush()
	c.done = s
}

// flush gives back what release kept.
func (c *cursor) flush() {
	if c.done.n == 0 {
		return
	}
	c.p.mu.Lock()
	c.p.store.log.release(c.done)
	c.p.mu.Unlock()
	c.done = segment{}
}
