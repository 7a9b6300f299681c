// Package progress shows how far a run is: a line that stays at the bottom of a
// terminal, or now and then a line in a log.
//
// A [Progress] is an output.Status: the goroutine that owns the terminal draws
// it, and nobody else writes. The counts come from another goroutine by
// [Progress.Set].
package progress

import (
	"io"
	"sync"
	"time"
)

// Mode says what is shown.
type Mode uint8

const (
	None  Mode = iota // nothing
	Bar               // one line, drawn anew, for a terminal
	Plain             // lines at a slow pace, for a log
)

// Options say what is shown.
type Options struct {
	Mode Mode

	// Name stands at the beginning of a plain line; "" means xpool.
	Name string

	// Total returns how many tasks there will be, as far as is known. It is
	// called from any goroutine. Nil means that it is never known.
	Total func() (n int64, known bool)

	// Longest returns the tasks that have run longest so far, that one first, a few at
	// most. It may be called from any goroutine. Nil means that it is not known.
	Longest func(now time.Time) []Running

	// Waiting returns what tasks that could begin wait for, "" for nothing, in ASCII. It
	// may be called from any goroutine. Nil means that they wait for nothing.
	Waiting func(now time.Time) string

	// Width returns the columns of the terminal; it is called for each drawing,
	// as a terminal can be resized. Nil, or a result below 1, means 80.
	Width func() int

	// Start is when the run began; zero means the time of New.
	Start time.Time
}

// Counts say how far a run is.
type Counts struct {
	Done    int64 // tasks that are over, failed ones included
	Failed  int64
	Running int64
}

// Running is a task that runs.
type Running struct {
	Seq  int64
	Name string // in a few words
	For  time.Duration
}

// A Progress draws the state of a run.
type Progress struct {
	o    Options
	pace pace  // owned by the goroutine that draws
	rate speed // the same

	mu     sync.Mutex
	counts Counts // guarded by mu
}

// New returns a Progress for a run that begins now. It starts no goroutine and
// holds nothing that must be given back.
func New(o Options) *Progress {
	if o.Name == "" {
		o.Name = "xpool"
	}
	if o.Start.IsZero() {
		o.Start = time.Now()
	}
	if o.Total == nil {
		o.Total = func() (int64, bool) { return 0, false }
	}
	return &Progress{o: o, pace: newPace(o.Start), rate: newSpeed(o.Start)}
}

// Set makes the counts known that the next drawing shows. It may be called from
// any goroutine, and never waits for a terminal.
func (p *Progress) Set(c Counts) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.counts = c
}

// Clear wipes out the line of the last Draw. Lines of a log stay.
func (p *Progress) Clear(w io.Writer) {
	if p.o.Mode == Bar {
		io.WriteString(w, eraseLine)
	}
}

// Draw draws the line as of now: at each call in the Bar mode, when one is due
// in the Plain mode. An error of w has no consequence.
func (p *Progress) Draw(w io.Writer, now time.Time) {
	switch p.o.Mode {
	case Bar:
		io.WriteString(w, eraseLine+p.barLine(p.view(now)))
	case Plain:
		if p.pace.due(now) {
			io.WriteString(w, p.plainLine(p.view(now), tellAfter))
		}
	}
}

// Status returns a line about the state of the run, for who asks for one, with its
// newline. It names what has run longest. It may be called from any goroutine.
func (p *Progress) Status(now time.Time) string { return p.plainLine(p.look(now), 0) }

// eraseLine is carriage return, then "erase in line" of ECMA-48.
const eraseLine = "\r\x1b[K"

// view is one look at the run.
type view struct {
	Counts
	total   int64 // at least 1 if known
	known   bool
	elapsed time.Duration
	rate    float64 // tasks in a second; 0 if unknown
	longest []Running
	waiting string
}

func (p *Progress) view(now time.Time) view {
	v := p.look(now)
	v.rate = p.rate.at(now, v.Done)
	return v
}

// look is a view without the rate.
func (p *Progress) look(now time.Time) view {
	p.mu.Lock()
	v := view{Counts: p.counts}
	p.mu.Unlock()
	v.total, v.known = p.o.Total()
	if v.total <= 0 || v.total < v.Done {
		v.known = false // a total that is wrong would show as over 100%
	}
	v.elapsed = max(now.Sub(p.o.Start), 0)
	if p.o.Longest != nil {
		v.longest = p.o.Longest(now)
	}
	if p.o.Waiting != nil {
		v.waiting = p.o.Waiting(now)
	}
	return v
}

// left estimates how long the rest takes.
func (v view) left() (time.Duration, bool) {
	if !v.known || v.rate <= 0 || v.Done == 0 {
		return 0, false
	}
	seconds := float64(v.total-v.Done) / v.rate
	if seconds > maxLeft.Seconds() {
		return 0, false
	}
	return time.Duration(seconds * float64(time.Second)), true
}

// maxLeft is the longest estimate shown: beyond it there is nothing in it.
const maxLeft = 100 * 24 * time.Hour
