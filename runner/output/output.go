// Package output prints the results of tasks in the order of the tasks, each
// whole, with bounded memory.
//
// The caller opens an [Entry] for each task, in task order, hands it the bytes
// that the task prints, and closes it. One goroutine, the printer, owns
// standard output, standard error and the status line; nobody else waits for a
// disk, a terminal or a slow reader.
//
//	event loop                    store (one mutex, no I/O)        printer goroutine
//	Open, Write, Close  ------->  index: 8 bytes a closed entry    --> standard output
//	            <--- resume ----  log: blocks of bytes, each in    --> standard error
//	                              memory or in the spill file      --> status line
//
// # Order
//
// Entries come out in the order of Open. The first one that is not over, the
// head, streams its standard output as it arrives; its standard error follows
// when it closes. With [Options.Unordered] entries come out in the order of
// Close, and none streams. (One short entry for each line, unordered, is how to
// mix the lines of running tasks.)
//
// # Memory
//
// Everything that waits for its turn is appended to one log of bytes. Its
// blocks stay in memory up to [Options.MemLimit]; beyond that the newest ones,
// which are needed last, go to an unlinked temporary file, from where they are
// read back when their turn comes. A place in the file is used again as soon as
// its block is printed, and the file is cut to nothing when all of them are, so
// it grows no larger than what was waiting at one time. It is one descriptor.
//
// The printer's own goroutine does the spilling, and only while it has to wait
// for a task that is not over. While it has something to print it is standard
// output that sets the pace: memory fills, and [Entry.Write] holds the tasks
// back. Writing to a disk then would only make a slow output slower, and fill
// the disk of somebody who looks at the first page in a pager. As the goroutine
// that waits for standard output never holds the lock and never waits for a
// task, no combination of slow reader, full memory and paused task can lock up:
// a ready entry is printed; if none is ready, what waits is spilled; both make
// room, and room resumes tasks.
package output

import (
	"io"
	"os"
	"sync"
	"time"
)

// Stream says where bytes belong.
type Stream uint8

const (
	Stdout Stream = iota
	Stderr
)

// defaultMemLimit is small enough that a run stays far under 64 MiB of resident
// memory, and large enough that an ordinary run never touches a disk.
const defaultMemLimit = 16 << 20

// defaultStatusEvery is as often as a person can follow a changing number.
const defaultStatusEvery = 200 * time.Millisecond

// abortGrace is how long Abort goes on printing what is complete. A second is
// what the user is promised for the whole of an interrupted run.
const abortGrace = 500 * time.Millisecond

// Options say where output goes and what it may cost.
type Options struct {
	// Stdout and Stderr are written by the printer's goroutine only, from New
	// to the end of Close or Abort. Nil discards.
	Stdout, Stderr io.Writer

	// Unordered prints entries in the order in which they are closed.
	Unordered bool

	// MemLimit bounds the bytes of output held in memory before some are moved
	// to a file; 0 means 16 MiB. Not counted are the index (8 bytes for a
	// closed entry that waits), the pieces list of a running task (16 bytes for
	// at most 64 KiB of its output), and what is in the hands of the printer
	// (under 1 MiB). It is passed by what one Write brings.
	MemLimit int64

	// TempDir is where the temporary file is made; "" means os.TempDir().
	TempDir string

	// Status, if not nil, draws below the output, on Stderr.
	Status Status

	// StatusEvery is how often the status is drawn anew; 0 means 200 ms.
	StatusEvery time.Duration

	// OnePlace says that Stdout and Stderr are the same terminal or file, so
	// that the status line must be cleared before either is written, and that a
	// line about a task may have to end one that the task printed.
	OnePlace bool
}

func (o Options) withDefaults() Options {
	if o.Stdout == nil {
		o.Stdout = io.Discard
	}
	if o.Stderr == nil {
		o.Stderr = io.Discard
	}
	if o.MemLimit <= 0 {
		o.MemLimit = defaultMemLimit
	}
	if o.TempDir == "" {
		o.TempDir = os.TempDir()
	}
	if o.StatusEvery <= 0 {
		o.StatusEvery = defaultStatusEvery
	}
	return o
}

// A Printer prints entries. Its methods may be called from any goroutine.
type Printer struct {
	mu     sync.Mutex
	store  store         // guarded by mu
	notes  []byte        // guarded by mu; lines of Say that wait
	err    error         // guarded by mu; set once, before failed is closed
	idle   bool          // guarded by mu; the goroutine waits, or is about to, for wake
	ending bool          // guarded by mu; set by Close and Abort, for good
	failed chan struct{} // closed by the goroutine at the first failure
	wake   chan struct{} // one token at most
	done   chan struct{} // closed by the goroutine when it ends

	// Owned by the goroutine.
	screen *screen
	cursor cursor
	file   *spillFile
	slots  []slot
	live   []byte
	pieces []segment

	flushed time.Time // when it last wrote
}

// New starts the printer's goroutine, which ends in Close or Abort; one of them
// must be called.
func New(o Options) *Printer {
	p := newPrinter(o)
	go p.run()
	return p
}

func newPrinter(o Options) *Printer {
	o = o.withDefaults()
	p := &Printer{
		failed: make(chan struct{}),
		wake:   make(chan struct{}, 1),
		done:   make(chan struct{}),
		slots:  make([]slot, 0, maxTake),
	}
	p.store.init(o.MemLimit, o.Unordered)
	p.store.one = o.OnePlace
	p.file = &spillFile{dir: o.TempDir, block: p.store.log.size}
	p.cursor = cursor{p: p}
	p.screen = newScreen(o, func(err error) { p.fail(&WriteError{Name: "standard output", Err: err}) })
	return p
}

// Open adds the next entry. In order, its place is after all those opened
// before. Entries opened after the end are valid and print nothing.
func (p *Printer) Open() *Entry {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.store.open(p)
}

// Say prints text, which should end with a newline, on standard error as soon
// as the printer gets to it, out of order: a warning, a trace of a command. It
// never blocks, and what it is given is kept in memory until it is printed.
func (p *Printer) Say(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ending || p.store.deaf {
		return
	}
	p.notes = append(p.notes, text...)
	p.rouse()
}

// Failed is closed when standard output cannot be written, or a temporary file
// cannot; Err then says which. Nothing that comes later is printed.
func (p *Printer) Failed() <-chan struct{} { return p.failed }

// Err returns nil, a *WriteError of standard output or a *SpillError.
func (p *Printer) Err() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.err
}

// Close waits until every entry is printed, ends the goroutine, gives the
// temporary file back and returns Err. Entries that are still open are closed
// as they are. It waits as long as the reader of standard output takes.
func (p *Printer) Close() error {
	p.mu.Lock()
	if !p.ending {
		p.store.closeAll()
		p.end()
	}
	p.mu.Unlock()
	<-p.done
	return p.Err()
}

// Abort ends an interrupted run: it prints what an unfinished head printed so
// far, if that streams, or the entries that are over up to the first one that
// is not; it drops everything after. It does so for half a second at most; what
// is not printed by then is dropped too.
//
// A write to a reader that does not read cannot be taken back. If the goroutine
// is in one, Abort leaves it there, to end by itself when the write returns,
// and returns a *WriteError that is os.ErrDeadlineExceeded.
func (p *Printer) Abort() error {
	p.mu.Lock()
	if !p.ending {
		p.store.cut()
		p.end()
	}
	p.mu.Unlock()
	if p.finishes(abortGrace) {
		return p.Err()
	}
	p.mu.Lock()
	p.store.drop()
	p.rouse()
	p.mu.Unlock()
	if p.finishes(abortGrace / 5) {
		return p.Err()
	}
	return &WriteError{Name: "standard output", Err: os.ErrDeadlineExceeded}
}

// end tells the goroutine that nothing more will come. Called with mu held.
func (p *Printer) end() {
	p.ending = true
	p.rouse()
}

func (p *Printer) finishes(within time.Duration) bool {
	t := time.NewTimer(within)
	defer t.Stop()
	select {
	case <-p.done:
		return true
	case <-t.C:
		return false
	}
}

// rouse wakes the goroutine if it waits. Called with mu held.
func (p *Printer) rouse() {
	if !p.idle {
		return
	}
	p.idle = false
	select {
	case p.wake <- struct{}{}:
	default: // left over from a wait that ended by its timer
	}
}

// Lost returns, after Close or Abort, nil or a *WriteError: some of what was to go to
// standard error could not be written. That does not end the printing, as the results
// may be of use without it.
func (p *Printer) Lost() error {
	select {
	case <-p.done:
	default:
		return nil
	}
	if p.screen.lost == nil {
		return nil
	}
	return &WriteError{Name: "standard error", Err: p.screen.lost}
}

// MidLine tells, after Close or Abort, whether the place where standard error
// goes was left within a line.
func (p *Printer) MidLine() bool {
	select {
	case <-p.done:
		return p.screen.midLine
	default:
		return false
	}
}
