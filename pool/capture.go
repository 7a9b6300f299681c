package pool

import (
	"time"

	"golang.org/x/sys/unix"

	"xpool/pool/reactor"
)

// A grandchild may hold a task's output open when the task itself has ended.
// What it still says within a quiet moment belongs to the task; it does not
// hold it for longer than the limit, however much it says.
const (
	quietMoment = 30 * time.Millisecond
	quietLimit  = time.Second
)

// readsAtOnce bounds how often one stream is read before the others get their
// turn.
const readsAtOnce = 16

// capture reads what attempts print: two pipes, of which it keeps the ends for
// reading. A task's own pipes are the only way to tell its output from that of
// a background child of the task before, so a capture is used for the next
// attempt only when nobody holds its pipes any more.
type capture struct {
	pool    *Pool
	streams [streams]capturedStream

	reusable bool // the pipes can get a new writer after an end of file

	out   Output // of the present attempt; nil between attempts
	ended bool   // the attempt itself has ended: an end of file now is the end
	over  func() // called once, when nothing more will come of the attempt
	quiet *timer
	limit *timer
}

type capturedStream struct {
	fd     int
	eof    bool
	paused bool // the Output wants no more for now
}

// newCapture makes the two pipes and returns their ends for writing too, which
// are the caller's to close.
func newCapture(p *Pool, reusable bool) (c *capture, w [streams]int, err error) {
	c = &capture{pool: p, reusable: reusable}
	for i := range c.streams {
		c.streams[i].fd, w[i] = -1, -1
	}
	for i := range c.streams {
		r, wr, err := reactor.Pipe()
		if err == nil {
			c.streams[i].fd, w[i] = r, wr
			unix.SetNonblock(r, true)
			err = p.reactor.Add(r, func() bool { return c.read(Stream(i)) })
		}
		if err != nil {
			c.close()
			closeAll(w)
			return nil, w, err
		}
	}
	return c, w, nil
}

func closeAll(fds [streams]int) {
	for _, fd := range fds {
		if fd >= 0 {
			unix.Close(fd)
		}
	}
}

// begin takes what comes from now on for an attempt whose output goes to out.
func (c *capture) begin(out Output) {
	c.out, c.ended = out, false
	for i := range c.streams {
		c.streams[i].eof = false
	}
}

// end is called when the attempt itself has ended and has no more to say. over
// is called when all that it, and who inherited its streams, have said is read.
func (c *capture) end(over func()) {
	c.ended, c.over = true, over
	for i := range c.streams {
		if c.read(Stream(i)) {
			c.pool.reactor.Again(c.streams[i].fd)
		}
	}
	c.check()
	switch {
	case c.over == nil:
	case c.pool.stopping && c.paused(): // its reader is not waited for any more
		c.finish()
	default:
		c.listen()
	}
}

func (c *capture) paused() bool { return c.streams[Stdout].paused || c.streams[Stderr].paused }

// listen restarts the quiet moment; a paused stream has all the time it needs.
func (c *capture) listen() {
	c.pool.timers.stop(c.quiet)
	c.quiet = nil
	if c.paused() {
		c.pool.timers.stop(c.limit)
		c.limit = nil
		return
	}
	c.quiet = c.pool.timers.after(quietMoment, c.finish)
	if c.limit == nil {
		c.limit = c.pool.timers.after(quietLimit, c.finish)
	}
}

// read is the handler of a stream.
func (c *capture) read(i Stream) (again bool) {
	s := &c.streams[i]
	if c.out == nil || s.paused || s.eof || s.fd < 0 {
		return false
	}
	for range readsAtOnce {
		n, err := unix.Read(s.fd, c.pool.buf)
		switch {
		case err == unix.EINTR:
		case n > 0:
			if !c.out.Write(i, c.pool.buf[:n], func() { c.pool.post(func() { c.resume(i) }) }) {
				s.paused = true
				c.pool.reactor.Remove(s.fd)
			}
			if c.over != nil {
				c.listen()
			}
			if s.paused {
				return false
			}
		case err == unix.EAGAIN:
			return false
		default: // nobody holds it for writing; of a reusable one, maybe not yet
			s.eof = c.ended || !c.reusable || err != nil
			c.check()
			return false
		}
	}
	return true
}

func (c *capture) resume(i Stream) {
	s := &c.streams[i]
	if !s.paused {
		return
	}
	s.paused = false
	if s.fd < 0 {
		return
	}
	// Adding tells at once whether there is something to read.
	if err := c.pool.reactor.Add(s.fd, func() bool { return c.read(i) }); err != nil {
		s.eof = true
	}
	if c.over != nil {
		c.listen()
		c.check()
	}
}

// check ends the attempt when both streams have.
func (c *capture) check() {
	if c.over != nil && c.clean() {
		c.finish()
	}
}

// clean tells whether nobody holds the pipes, so that they can be used again.
func (c *capture) clean() bool { return c.streams[Stdout].eof && c.streams[Stderr].eof }

func (c *capture) finish() {
	over := c.over
	if over == nil {
		return
	}
	c.pool.timers.stop(c.quiet)
	c.pool.timers.stop(c.limit)
	c.quiet, c.limit, c.over, c.out = nil, nil, nil, nil
	over()
}

// close ends the capture; whoever still writes gets SIGPIPE. Calling it again
// does nothing.
func (c *capture) close() {
	c.pool.timers.stop(c.quiet)
	c.pool.timers.stop(c.limit)
	c.out, c.over = nil, nil
	for i := range c.streams {
		s := &c.streams[i]
		if s.fd >= 0 {
			c.pool.reactor.Remove(s.fd)
			unix.Close(s.fd)
			s.fd = -1
		}
	}
}
