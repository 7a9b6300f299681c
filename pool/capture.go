package pool

import (
	"time"

	"golang.org/x/sys/unix"

	"xpool/pool/reactor"
)

// A grandchild may hold a task's output open when the task itself has ended.
// What it still says within a quiet moment belongs to the task; it does not
// hold it for longer than the limits, however much it says.
const (
	quietMoment = 30 * time.Millisecond
	quietLimit  = time.Second
	lateMost    = 1 << 20 // bytes
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

	out    Output // of the present attempt; nil between attempts
	young  bool   // the attempt began since the last look at the watch list
	listed bool   // on the watch list
	ended  bool   // the attempt itself has ended: an end of file now is the end
	all    bool   // and nobody has inherited its streams: what is there is all
	over   func() // called once, when nothing more will come of the attempt
	quiet  *timer
	limit  *timer
	left   time.Duration // of the limit, when it began or at the last pause
	since  int           // bytes read since the end
	size   int           // bytes read in all
}

type capturedStream struct {
	fd      int
	eof     bool
	watched bool // the reactor tells of it
	paused  bool // the Output wants no more for now
	drained bool // all that was there has been read, when no more can come
	wide    bool // the pipe was made larger, or cannot be
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
			_, err = unix.FcntlInt(uintptr(r), unix.F_SETFL, unix.O_NONBLOCK)
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
	c.out, c.ended, c.all, c.young, c.size = out, false, false, true, 0
	for i := range c.streams {
		c.streams[i].eof, c.streams[i].drained = false, false
	}
	if c.pool.copious > 0 {
		c.pool.copious--
		c.watch()
	} else {
		c.pool.watchLater(c)
	}
}

// watchAfter is how often it is looked which attempts have lasted. What a task
// prints before is read when it ends, and costs no wake-up of its own: most
// tasks are short, and being woken by the output, the end of each stream and the
// end of the process costs more than running many a task.
const watchAfter = 5 * time.Millisecond

// copiousFor is how many attempts are watched from the start after one that has printed
// more than a pipe holds, and so may have had to wait for its reader that long.
const copiousFor = 16

// watchLater has c watched if its attempt lasts.
func (p *Pool) watchLater(c *capture) {
	if c.listed {
		return
	}
	c.listed = true
	p.unwatched = append(p.unwatched, c)
	if p.watching == nil {
		p.watching = p.timers.after(watchAfter, p.watchLasting)
	}
}

// watchLasting watches the captures of the attempts that have lasted.
func (p *Pool) watchLasting() {
	p.watching = nil
	young := p.unwatched[:0]
	for _, c := range p.unwatched {
		switch {
		case c.out == nil:
			c.listed = false
		case c.young:
			c.young = false
			young = append(young, c)
		default:
			c.listed = false
			c.watch()
		}
	}
	clear(p.unwatched[len(young):])
	p.unwatched = young
	if len(young) > 0 {
		p.watching = p.timers.after(watchAfter, p.watchLasting)
	}
}

// watch has the reactor tell of what comes, and of what is there already. Where
// that fails for want of memory, the stream is read at the attempt's end.
func (c *capture) watch() {
	for i := range c.streams {
		s := &c.streams[i]
		if s.fd < 0 || s.watched || s.paused || s.eof {
			continue
		}
		s.watched = c.pool.reactor.Add(s.fd, func() bool { return c.read(Stream(i)) }) == nil
	}
}

func (c *capture) unwatch(s *capturedStream) {
	if s.watched {
		c.pool.reactor.Remove(s.fd)
		s.watched = false
	}
}

// end is called when the attempt itself has ended and has no more to say. over
// is called when all that it, and who inherited its streams, have said is read.
func (c *capture) end(over func()) {
	c.ended, c.over, c.left, c.since = true, over, quietLimit, 0
	for i := range c.streams {
		c.read(Stream(i))
	}
	c.check()
	switch {
	case c.over == nil:
	case c.pool.stopping && c.paused(): // its reader is not waited for any more
		c.finish()
	default:
		for i := range c.streams { // anew, so that it tells of what is there
			c.unwatch(&c.streams[i])
		}
		c.watch()
		c.listen()
	}
}

// settle is end for an attempt of which it is known that nobody but the worker
// itself holds its streams.
func (c *capture) settle(over func()) {
	c.ended, c.all, c.over = true, true, over
	for i := range c.streams {
		c.drain(Stream(i))
	}
}

// drain reads all that is there.
func (c *capture) drain(i Stream) {
	for c.read(i) {
	}
}

// abandon is for an attempt that will not run after all.
func (c *capture) abandon() { c.out = nil }

func (c *capture) paused() bool { return c.streams[Stdout].paused || c.streams[Stderr].paused }

// pipeHolds is how much a pipe holds: after more than that since its end, what
// comes is not the attempt's own any more.
const pipeHolds = 64 << 10

// listen restarts the quiet moment. While a stream is paused neither it nor the
// limit runs, as long as there may be something of the attempt's own to come:
// that time is its reader's.
func (c *capture) listen() {
	c.pool.timers.stop(c.quiet)
	c.quiet = nil
	if c.paused() {
		if c.limit != nil && c.since <= pipeHolds {
			c.left = max(0, time.Until(c.limit.at))
			c.pool.timers.stop(c.limit)
			c.limit = nil
		}
		return
	}
	c.quiet = c.pool.timers.after(quietMoment, c.stillQuiet)
	if c.limit == nil {
		c.limit = c.pool.timers.after(c.left, c.finish)
	}
}

// stillQuiet ends the attempt unless something has come that the reactor has not
// told of yet, as when this process was kept from running.
func (c *capture) stillQuiet() {
	c.quiet = nil
	for i := range c.streams {
		c.read(Stream(i))
	}
	if c.over != nil && c.quiet == nil && !c.paused() {
		c.finish()
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
			c.size += n
			if c.ended {
				c.since += n
			} else if n == len(c.pool.buf) && !s.wide { // the task may have waited for room
				widen(s.fd)
				s.wide = true
			}
			if !c.out.Write(i, c.pool.buf[:n], func() { c.pool.post(func() { c.resume(i) }) }) {
				s.paused = true
				c.unwatch(s)
			}
			if c.over != nil {
				if c.since > lateMost && !c.all {
					c.finish()
					return false
				}
				if !c.all {
					c.listen()
				}
			}
			if s.paused {
				return false
			}
			if c.all && n < len(c.pool.buf) { // it was all that there is, and ever will be
				s.drained = true
				c.check()
				return false
			}
		case err == unix.EAGAIN:
			if c.all {
				s.drained = true
				c.check()
			}
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
	if c.all && c.over != nil {
		c.drain(i)
		return
	}
	c.watch() // which tells at once whether there is something to read
	if c.over != nil {
		c.listen()
		c.check()
	}
}

// check ends the attempt when both streams have.
func (c *capture) check() {
	if c.over != nil && (c.clean() || c.streams[Stdout].over() && c.streams[Stderr].over()) {
		c.finish()
	}
}

// over tells whether nothing more is to be read.
func (s *capturedStream) over() bool { return s.eof || s.drained }

// clean tells whether nobody holds the pipes, so that they can be used again.
func (c *capture) clean() bool { return c.streams[Stdout].eof && c.streams[Stderr].eof }

func (c *capture) finish() {
	over := c.over
	if over == nil {
		return
	}
	c.pool.timers.stop(c.quiet)
	c.pool.timers.stop(c.limit)
	if c.size > pipeHolds {
		c.pool.copious = copiousFor
	}
	c.quiet, c.limit, c.over, c.out = nil, nil, nil, nil
	for i := range c.streams {
		c.unwatch(&c.streams[i])
	}
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
			c.unwatch(s)
			unix.Close(s.fd)
			s.fd = -1
		}
	}
}
