package pool

import (
	"fmt"
	"time"

	"golang.org/x/sys/unix"

	"xpool/crashdetect"
)

// Coprocess is the kind of pool whose workers are programs that stay: a task is
// a message on the worker's standard input, and what the worker writes on its
// standard output in return is the task's output. What it writes on its standard
// error while a task runs is that task's standard error, unless it serves several
// slots: see Multiplex and Log.
//
// A worker says nothing before its first task and nothing between tasks: what
// belongs to no task is against the protocol, and costs the worker. One that
// exits between tasks is replaced. If the first workers end without a single
// reply, the pool breaks down.
//
// A worker has to write out its reply at once: one that keeps it in a buffer until
// its input ends never replies, and only Task.Timeout or Task.StallTimeout ends
// that. It is to end when its input does.
//
// A Coprocess belongs to one pool. Argv has to be set.
type Coprocess struct {
	// Argv is what each worker runs: the program, searched for in PATH if it has
	// no slash, and its arguments.
	Argv []string

	// Dir is the workers' working directory; "" is the process's own.
	Dir string

	// Protocol is what the workers speak. The zero value is Lines.
	Protocol Protocol

	// Prefetch is how many tasks a worker may hold at most beyond the one that it
	// is to reply to. The zero value is 1 for Lines and NUL, which reply in order by
	// their nature, and none for JSON: its workers may rely on getting one request
	// at a time, and those that work at what they get side by side would reply in
	// any order, with nothing in their responses to tell them apart. With 1, the next
	// is sent when the worker has read all before it, and can be taken back until the
	// worker asks for it: a slow task holds up no other one, and a death is charged to
	// the task that ran. With more, short tasks are sent together, which is faster. A
	// worker that reads all that its input has then keeps them to itself behind a slow
	// one; when it dies, the first without a reply is charged, even if the worker had
	// not come to it; and if it exits with status 0, that one is tried again.
	Prefetch int

	// Multiplex is how many slots one process serves at the same time, with
	// Protocol JSON; 0 or 1 means one. Its requests have numbers over 0, and it
	// responds to them in any order. What ends the process ends all that it runs: if
	// it did so by itself or broke the protocol, each of those tasks is charged; if
	// the pool ended it for one of them, the others are tried again elsewhere, which
	// is not charged but may run a part of them twice. Options.RecycleTasks and
	// Options.RecycleRSS, and Task.MemLimit, are then of the process, with all that it
	// runs. XPOOL_SLOT is the number of the slot for which it was started.
	Multiplex int

	// Cancel has a request cancelled whose attempt has run into Task.Timeout or
	// Task.StallTimeout, with Protocol JSON: the worker vouches that it knows the
	// protocol's cancel requests. If it responds within Options.KillAfter, in whatever
	// way, it lives on, with all else that it runs; else it gets SIGTERM then, and
	// SIGKILL as long after that.
	Cancel bool

	// Log, if set, is called on the pool's goroutine with what a worker that serves
	// several slots has written on its standard error: nothing tells to which of its
	// tasks that belongs. Text is whole lines with their newlines, but for a line of
	// more than 4 KiB, and is valid only during the call.
	Log func(text []byte)

	// Silent, if set, is called at most once, on the pool's goroutine, for the
	// first worker of the protocols Lines or NUL that has read the task seq, its
	// first, and has written nothing at all for that long: a few seconds, or
	// until the task's time limit. As a rule such a program keeps what it prints
	// in a buffer.
	Silent func(seq int64, silence time.Duration)

	// Waiting, if set, is called at most once, on the pool's goroutine, for the
	// first worker of the protocols Lines or NUL that has written something before,
	// has read the task seq, and after that long waits for more input without a
	// reply: a few seconds, or until the task's time limit. It is called only if
	// the worker is a single thread without a child, so that no reply can come any
	// more unless it gets more to read; Linux alone tells.
	Waiting func(seq int64, silence time.Duration)

	path     string    // what Argv[0] was found to be
	replied  bool      // a worker has, at some time
	deaths   int       // of workers in a row that ended without a single reply
	vocal    bool      // a worker has written on its standard error
	hinted   bool      // Silent was called
	warned   bool      // Waiting was called
	watching *timer    // set while there may be a silent worker
	hosts    []*coHost // that have not ended, if workers are seats of these
}

// Protocol is how a co-process is told its tasks and how it replies. A task's
// Payload.Args are what it is told.
type Protocol uint8

const (
	// Lines sends a record, which is the task's arguments with a tab between
	// them, and a newline. The reply is one line, which is the task's output
	// with its newline, and its exit status is 0.
	Lines Protocol = iota

	// NUL is as Lines with a NUL byte instead of each newline.
	NUL

	// JSON is Bazel's JSON protocol for persistent workers, as package bazel has
	// it. The arguments are those of the request, the response's output is the
	// task's standard output, and its exit code is the task's exit status; one
	// that is not between 0 and 255 counts as 255.
	JSON
)

// String returns the protocol's name, such as "lines".
func (p Protocol) String() string {
	switch p {
	case Lines:
		return "lines"
	case NUL:
		return "nul"
	case JSON:
		return "json"
	}
	return fmt.Sprintf("protocol %d", uint8(p))
}

func (k *Coprocess) hopeless(error) bool { return false }

func (k *Coprocess) start(s *slot) (worker, error) {
	if k.hosted() {
		return k.seat(s)
	}
	w, err := startResident(s, k.Argv[0], &k.path, newCoWorker(k, s))
	if err == nil {
		s.ready()
	}
	return w, err
}

// gone is lost for a coWorker.
func (k *Coprocess) gone(w *coWorker, charged bool) {
	k.lost(w.slot.pool, death{w.end(), w.words.String(), w.replies, charged, false})
}

// death is the end of a process.
type death struct {
	end     crashdetect.End
	words   string // its last
	replies int    // in its life
	charged bool   // an attempt ended with it
	logged  bool   // Log has had the words
}

// news are its last words, unless the user has them already.
func (d *death) news() string {
	if d.charged || d.logged { // an attempt's Result.Words, or in Log
		return ""
	}
	return d.words
}

// lost is told of each process that has ended by itself, or for what it wrote.
// Starting workers for ever that do nothing is of no use to anybody.
func (k *Coprocess) lost(p *Pool, d death) {
	if d.replies > 0 || k.replied && d.charged {
		return
	}
	k.deaths++
	switch {
	case p.stopping || p.ending:
	case !k.replied && k.deaths >= deathsAllowed, k.deaths >= startTries:
		err := fmt.Errorf("the workers end before they have finished a single task; the last one: %v",
			crashdetect.Classify(d.end))
		p.breakDown(&BrokenError{Err: err, Words: d.news()})
	case k.replied:
		p.pause(k.deaths)
	}
}

// silentAfter is how long a worker may take for its first reply before its user
// is asked whether it keeps that in a buffer.
const silentAfter = 5 * time.Second

// watchSilence looks after silentAfter whether a worker is silent, as long as there
// is something to tell of it.
func (k *Coprocess) watchSilence(p *Pool) {
	if k.watching != nil || !k.mayTellSilence() && !k.mayTellWaiting() {
		return
	}
	next := silentAfter
	for _, s := range p.slots {
		if w, ok := s.worker.(*coWorker); ok && w.current.attempt != nil {
			silence := time.Since(w.current.attempt.start)
			if silence < silentAfter {
				next = min(next, silentAfter-silence)
				continue
			}
			if !k.replied { // it is not known whether the workers ever say something
				k.tellSilence(w, silence)
			}
			k.tellWaiting(w, silence)
		}
	}
	k.watching = p.timers.after(next, func() {
		k.watching = nil
		if p.working() {
			k.watchSilence(p)
		}
	})
}

func (k *Coprocess) mayTellSilence() bool {
	return k.Silent != nil && !k.hinted && !k.replied && k.Protocol != JSON
}

func (k *Coprocess) mayTellWaiting() bool {
	return k.Waiting != nil && !k.warned && k.Protocol != JSON
}

// tellSilence tells of the worker's silence if the worker is to blame.
func (k *Coprocess) tellSilence(w *coWorker, silence time.Duration) {
	if k.Silent == nil || k.hinted || k.Protocol == JSON || w.spoke || w.input.unread() > 0 {
		return
	}
	k.hinted = true
	k.Silent(w.current.attempt.task.Seq, silence)
}

// tellWaiting tells of a worker that waits for more instead of replying.
func (k *Coprocess) tellWaiting(w *coWorker, silence time.Duration) {
	if !k.mayTellWaiting() || !w.spoke || w.answered || w.stdout.paused || w.input.unread() > 0 {
		return
	}
	if !waitsForInput(w.process.pid(), w.input.r) {
		return
	}
	// What it wrote before it began to wait may not have been read yet.
	if n, err := unix.IoctlGetInt(w.stdout.fd, fionread); err != nil || n > 0 {
		return
	}
	k.warned = true
	k.Waiting(w.current.attempt.task.Seq, silence)
}
