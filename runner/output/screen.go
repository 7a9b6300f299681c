package output

import (
	"io"
	"time"
)

// A Status draws what is going on, below the output. Its methods are called by
// the printer's goroutine only.
type Status interface {
	// Clear takes away what the last Draw left on w, and puts the cursor at the
	// beginning of its line. It is called once at most for each Draw.
	Clear(w io.Writer)

	// Draw draws the status as it is now. A status that writes lines for a log
	// decides for itself at which calls it does.
	Draw(w io.Writer, now time.Time)
}

// batchMax is how much is gathered before it is written: what a pipe holds on
// Linux.
const batchMax = 64 << 10

// quietBeforeDraw is how long nothing must have been printed for the status to
// come back at once. In a stream of results it would be drawn and wiped out for
// each.
const quietBeforeDraw = 20 * time.Millisecond

// A screen is the two outputs and the status on top of them. It gathers small
// pieces, and keeps the order between the two streams. Only the printer's
// goroutine uses it.
type screen struct {
	out, err io.Writer
	status   Status // may be nil
	every    time.Duration
	one      bool        // both are the same place
	onFail   func(error) // told the first error of out; what comes later is dropped

	failed  bool
	lost    error  // the first error of err, of which nobody could be told
	stream  Stream // where the batch goes
	batch   []byte
	drawn   bool
	midLine bool      // the cursor is not at the beginning of a line
	wrote   time.Time // when something was last printed
	drew    time.Time // when the status was last drawn
}

func newScreen(o Options, onFail func(error)) *screen {
	now := time.Now()
	return &screen{
		out: o.Stdout, err: o.Stderr,
		status: o.Status, every: o.StatusEvery, one: o.OnePlace,
		onFail: onFail,
		batch:  make([]byte, 0, batchMax),
		wrote:  now, // a run that is over at once draws nothing
		drew:   now,
	}
}

// put prints b after all that was put before. It keeps no reference to b.
func (c *screen) put(s Stream, b []byte) {
	if len(b) == 0 || c.failed {
		return
	}
	if s != c.stream || len(c.batch)+len(b) > batchMax {
		c.flush()
		c.stream = s
	}
	if len(b) >= batchMax {
		c.write(s, b)
		return
	}
	c.batch = append(c.batch, b...)
}

// flush writes what was gathered; it reports whether there was something.
func (c *screen) flush() bool {
	if len(c.batch) == 0 {
		return false
	}
	c.write(c.stream, c.batch)
	c.batch = c.batch[:0]
	return true
}

func (c *screen) write(s Stream, b []byte) {
	if c.failed {
		return
	}
	if c.one || s == Stderr {
		c.clear()
		c.midLine = b[len(b)-1] != '\n'
	}
	if c.status != nil {
		c.wrote = time.Now()
	}
	if s == Stderr {
		if err := writeAll(c.err, b); err != nil && c.lost == nil {
			c.lost = err
		}
		return
	}
	if err := writeAll(c.out, b); err != nil {
		c.failed = true
		c.onFail(err)
	}
}

// writeAll goes on after a short write, whether w calls it an error or not.
func writeAll(w io.Writer, b []byte) error {
	for len(b) > 0 {
		n, err := w.Write(b)
		if err == io.ErrShortWrite && n > 0 {
			err = nil
		}
		if err != nil {
			return err
		}
		if n <= 0 || n > len(b) {
			return io.ErrShortWrite
		}
		b = b[n:]
	}
	return nil
}

func (c *screen) clear() {
	if c.drawn {
		c.status.Clear(c.err)
		c.drawn = false
	}
}

// due returns how long it is until the status should be drawn, 0 if now. ok is
// false if there is nothing to draw, or no line to draw it on: the last output
// has not ended its line, which Clear would wipe out.
func (c *screen) due(now time.Time) (wait time.Duration, ok bool) {
	if c.status == nil || c.midLine {
		return 0, false
	}
	wait = c.drew.Add(c.every).Sub(now)
	if !c.drawn {
		wait = min(wait, c.wrote.Add(quietBeforeDraw).Sub(now))
	}
	return max(wait, 0), true
}

// drawIfDue draws the status when it is time to.
func (c *screen) drawIfDue() {
	if c.status == nil || len(c.batch) > 0 {
		return
	}
	now := time.Now()
	if wait, ok := c.due(now); ok && wait == 0 {
		c.clear()
		c.status.Draw(c.err, now)
		c.drawn = true
		c.drew = now
	}
}
