package block

import (
	"bytes"
	"context"
	"io"
)

// Splitter cuts a stream into blocks. It is used by one goroutine at a time; the blocks it hands out may be released by
// any.
type Splitter struct {
	r   io.Reader
	opt Options
	cut *cutter
	mem buffers

	size   int    // of a block; grows
	began  bool   // the header has been looked for
	header []byte // of every block
	seq    int64  // of the last block

	buf        *buffer // nil before the first read and after the end
	start, end int     // what is read and not handed out: buf.data[start:end]
	err        error   // of the reader; set once, and told when what was read is used up

	// What is known of buf.data[start:end].
	searched int // in its first bytes there is no border for a block that is not counted out
	records  int // whole records at its front that are counted already
	counted  int // where these end
	retry    int // where the search for the next end begins
}

// NewSplitter returns the blocks of r. It reads nothing yet, and will not close r, whose Read should be one system call: it
// is given all the room that is left in a block. The error is that of Options.Validate.
func NewSplitter(r io.Reader, o Options) (*Splitter, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	c, err := newCutter(o)
	if err != nil {
		return nil, err
	}
	return &Splitter{r: r, opt: o, cut: c, mem: newBuffers(o.Buffers), size: c.size}, nil
}

// Next returns the next block, which the caller has to Release, or io.EOF after the last one. If all buffers are in use it
// waits until one is released or ctx is done; then it returns the cause, and may be called again. A reader that blocks is
// not interrupted.
//
// Next reads until a block is full, or has all its Records. When the reader fails, the records that were read whole are
// handed out first, then the error is returned, and stays; what was read of the next record is dropped.
func (s *Splitter) Next(ctx context.Context) (*Block, error) {
	if !s.began {
		if err := s.findHeader(ctx); err != nil {
			return nil, err
		}
	}
	for {
		n := s.find()
		rest := s.end - s.start
		ended := s.err != nil && (rest <= s.size || s.cut.records > 0) // else the next block has to be larger
		switch {
		case n > 0 || !ended:
		case s.err == io.EOF:
			n = rest
		case s.cut.records > 0:
			n = s.whole(s.unsplit())
		}
		switch {
		case n > 0:
			if b := s.take(n); b != nil {
				return b, nil
			}
		case ended:
			s.leave()
			return nil, s.err
		default:
			if err := s.read(ctx); err != nil {
				return nil, err
			}
		}
	}
}

// findHeader reads the header, if there is to be one.
func (s *Splitter) findHeader(ctx context.Context) error {
	// A block at a time, as GNU parallel does; a header of many blocks in larger steps, so as not to look at it too often.
	for room := s.size; s.cut.header != nil; room += max(s.size, room/16) {
		if err := s.fill(ctx, room, false); err != nil {
			return err
		}
		got := s.unsplit()
		if n := s.cut.header(got); n >= 0 {
			s.header = bytes.Clone(got[:n])
			s.start += n
			break
		}
		if s.err != nil || room >= maxHeader {
			if s.opt.OnNoHeader != nil && len(got) > 0 {
				s.opt.OnNoHeader("")
			}
			break
		}
	}
	s.began = true
	return nil
}

func (s *Splitter) unsplit() []byte {
	if s.buf == nil {
		return nil
	}
	return s.buf.data[s.start:s.end]
}

// find returns where the next block ends, counted from start; 0 if that is not known yet, or is the end of the input.
func (s *Splitter) find() int {
	got := s.unsplit()
	if s.cut.records > 0 {
		return s.findCounted(got)
	}
	full := len(got) >= s.size
	if !full && s.err == nil {
		return 0
	}
	if full {
		got = got[:s.size] // behind a header there may be more
	}
	if s.cut.lines > 0 {
		return lastLines(got, s.cut.lines)
	}
	if !full && s.err == io.EOF {
		return len(got)
	}
	n := s.cut.sep.last(got, s.searched)
	if n == 0 {
		s.searched = len(got)
	}
	return n
}

// findCounted returns where the last record of a block of Options.Records ends.
func (s *Splitter) findCounted(got []byte) int {
	want := s.cut.records
	if s.cut.lines > 0 {
		return s.findLines(got, want*s.cut.lines)
	}
	switch sep := s.cut.sep.(type) {
	case anywhere:
		if len(got) >= want {
			return want
		}
		return 0
	case *literal:
		if sep.isNewline() {
			return s.findLines(got, want)
		}
	case *pattern:
		if len(got) < s.size && s.err == nil {
			return 0 // looking after each read would look at long records too often
		}
	}
	for s.records < want {
		border, retry := nextRecord(s.cut.sep, got, s.counted, s.retry, s.err == io.EOF)
		if border < 0 {
			s.retry = retry
			return 0
		}
		s.records++
		s.counted, s.retry = border, border
	}
	return s.counted
}

// whole returns where the last record in got ends, of which there are fewer than Options.Records.
func (s *Splitter) whole(got []byte) int {
	if s.cut.lines > 0 {
		return lastLines(got, s.cut.lines)
	}
	switch sep := s.cut.sep.(type) {
	case anywhere:
		return len(got)
	case *literal:
		if sep.isNewline() {
			return lastLines(got, 1)
		}
	}
	return s.counted
}

// findLines is findCounted for lines.
func (s *Splitter) findLines(got []byte, want int) int {
	end, n := skipLines(got, s.retry, want-s.records)
	s.records += n
	if s.records == want {
		return end
	}
	s.retry = len(got)
	return 0
}

// take hands out the next n bytes. It returns nil if there is nothing left of them.
func (s *Splitter) take(n int) *Block {
	data := s.buf.data[s.start : s.start+n : s.start+n]
	s.start += n
	s.searched, s.records, s.counted, s.retry = 0, 0, 0, 0
	if s.opt.RemoveSep {
		data = s.cut.sep.strip(data)
		if len(data)+len(s.header) == 0 {
			return nil
		}
	}
	s.buf.users.Add(1)
	s.seq++
	return &Block{Seq: s.seq, Header: s.header, Data: data, buf: s.buf}
}

// leave gives the buffer back, and what is in it up.
func (s *Splitter) leave() {
	if s.buf != nil {
		s.buf.release()
		s.buf, s.start, s.end = nil, 0, 0
	}
}

// read gets more of the input, into larger blocks if it has to be.
func (s *Splitter) read(ctx context.Context) error {
	if s.end-s.start >= s.size {
		from := s.size
		// GNU parallel's numbers: 1 becomes 3, then 5, 8, 12, 17, 24.
		s.size = (from*13+9)/10 + 1
		if s.opt.OnGrow != nil {
			s.opt.OnGrow(int64(from), int64(s.size))
		}
	}
	_, regexp := s.cut.sep.(*pattern)
	return s.fill(ctx, s.size, s.cut.records > 0 && !regexp)
}

// fill reads until size bytes are there to be split, or the input ends; if once, a single read will do. The error is that
// of ctx.
func (s *Splitter) fill(ctx context.Context, size int, once bool) error {
	if err := s.makeRoom(ctx, size); err != nil {
		return err
	}
	for s.end < size && s.err == nil {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		n, err := readSome(s.r, s.buf.data[s.end:size])
		s.end += n
		s.err = err
		if once {
			break
		}
	}
	return nil
}

// makeRoom puts what is to be split at the front of a buffer of at least size bytes.
func (s *Splitter) makeRoom(ctx context.Context, size int) error {
	got := s.unsplit()
	switch {
	case s.buf == nil, s.start > 0 && s.buf.users.Load() > 1: // blocks stand before it
		to, err := s.mem.get(ctx, size)
		if err != nil {
			return err
		}
		copy(to.data, got)
		s.leave()
		s.buf = to
	case len(s.buf.data) < size:
		larger := make([]byte, size)
		copy(larger, got)
		s.buf.data = larger
	default:
		copy(s.buf.data, got)
	}
	s.start, s.end = 0, len(got)
	return nil
}

// noProgress is how often a reader may return neither bytes nor an error before it is taken to be broken, as in package
// bufio.
const noProgress = 100

// readSome is one read of r into b that returns bytes or an error.
func readSome(r io.Reader, b []byte) (int, error) {
	for range noProgress {
		if n, err := r.Read(b); n > 0 || err != nil {
			return n, err
		}
	}
	return 0, io.ErrNoProgress
}
