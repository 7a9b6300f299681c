package pool

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"syscall"
	"time"

	"xpool/pool/child"
)

// Remote is the kind of pool whose workers are elsewhere: behind streams, each of
// which leads to a pool of another process, on this machine or on another one,
// that package serve serves there. What the workers there are is Inner. Dispatch,
// order, retries, limits of time and gates are this pool's; the far end only runs
// what it is handed, and looks after its own processes.
//
//	slot 1 --- seat --+
//	slot 2 --- seat --+--- stream --- pool at the far end --- its own slots and workers
//	slot 4 --- seat --+
//
// A slot takes a seat on the host of which the smallest part is taken, so that few
// tasks spread out, and a host is connected when the first slot takes a seat there.
// Tasks are begun there only when it has said that it is ready. There are never
// more slots at work than the hosts have seats, whatever Options.Jobs is.
//
// Short tasks are sent to a host before they can begin there, as many as it ends within
// a round trip, unless there is an Options.Gate or Options.NoAhead, or the Remote is Exact. For these, slots
// beyond the number of seats are at work, each with one of them. The time limit of a
// task counts from when it begins there.
//
// A host that cannot be connected is out: it gets no more slots, which Out is told.
// One whose stream breaks later is tried again after a pause, and is out when that
// has happened several times without a task being finished in between. When all
// hosts are out the pool breaks down.
//
// When a stream breaks, what its far end may have begun ends with the verdict Lost,
// so that Task.Tries says whether it is begun again. What it cannot have begun goes
// to another worker, and is not charged.
//
// Of the Options, Nice, IdleTimeout, InitTimeout, KillAfter, TermSeq, RecycleTasks
// and RecycleRSS hold at the far end, and Env, SlotEnv and Dir at the near one, for
// the programs that are streams. Task.MemLimit and Task.StallTimeout hold at the far
// end. A Task without an Output loses what it prints.
//
// A Remote belongs to one pool. Hosts, with a name and a way to it each, and Inner
// have to be set.
type Remote struct {
	Hosts []RemoteHost

	// Inner is what the workers are: a *Program, *Shell, *Interpreter or *Coprocess,
	// of which what concerns this process alone means nothing: Program.Stdin and
	// Program.Interactive, and the functions of a Coprocess.
	Inner Kind

	// Key is that of a far end which serves several pools: all that use it have the
	// same. An agent's is "".
	Key string

	// Dir is the workers' directory; one that is not absolute is below that of the far
	// end. It is made if it is not there; "..." is a new one, which is removed in the
	// end.
	Dir string

	// Env are variables of the workers as NAME=value. They are added to those of the
	// far end, from which Unset are taken away; with Bare they are all there are.
	Env   []string
	Unset []string
	Bare  bool

	// Base are files that are there before the first attempt begins; with Remove they
	// are removed in the end.
	Base   []File
	Remove bool

	// SlotVars are variables of the workers that have the number of their slot there.
	SlotVars []RemoteSlotVar

	// Exact keeps tasks from being sent before they can begin, so that no more of them
	// are lost with a stream than its far end has slots: without it, a short task that
	// waits there may have begun when the stream breaks, for all that is known here.
	Exact bool

	// Uncharged has tasks whose stream broke begun again, as if they had not been: for
	// a far end that is this very machine, and of which the tasks know nothing. The
	// Output should be a Resetter. A task to which that happens over and over is
	// charged in the end.
	Uncharged bool

	// StartTimeout is how long a host may take until it is ready; 0 means 30 s.
	StartTimeout time.Duration

	// Log, if set, is called on the pool's goroutine with each line that a host has to
	// say besides what its tasks print: the standard error of RemoteHost.Argv, and
	// that of workers there which serve several slots. The last line of a host that is
	// not reached is in its HostError instead. The line has no newline and is valid only
	// during the call.
	Log func(host string, line []byte)

	// Out, if set, is called on the pool's goroutine for a host that gets no more
	// tasks, while there are others that do. The error is a *HostError.
	Out func(host string, err error)

	hosts   []*remoteHost
	connect func(*remoteLine) remoteStream // a test's
}

// RemoteHost is a place where tasks run.
type RemoteHost struct {
	// Name is what the host is called in results and messages; "" is for a place on this
	// machine, of which these say nothing.
	Name string

	// Argv is a program, searched for in PATH if it has no slash, and its arguments:
	// its standard input and output are the stream, and its end is that of the stream.
	// It is started in this process's working directory.
	Argv []string

	// Dial, if Argv is empty, returns a socket that is the stream, or any one file that
	// can be read and written. It is called on a goroutine of its own, may block until
	// the context is done, and what it returns is the pool's to close.
	Dial func(context.Context) (RemoteConn, error)

	// Slots is how many tasks run there at once; 0 means as many as the host says that
	// it has CPUs, and less than 0 as many as the pool has slots.
	Slots int

	// SlotsOf, if set and Slots is 0, returns how many tasks run there at once, from
	// how many CPUs the host says that it has. It is called on the pool's goroutine.
	SlotsOf func(cpus int) int

	// SameFiles says that the host has the files of this machine in the places where
	// they are here: none are sent, returned or removed.
	SameFiles bool

	// Greeting, if set, returns what the stream begins with; it is called for each.
	Greeting func() Greeting

	// StartTimeout, unless it is 0, is what Remote.StartTimeout is for other hosts;
	// less than 0 means that it may take for ever, as in a queue.
	StartTimeout time.Duration
}

// RemoteSlotVar is a variable whose value is the number of a slot, from 1, plus Plus.
// The slots of all hosts have different numbers, as far as Slots says how many there
// are.
type RemoteSlotVar struct {
	Name string
	Plus int
}

// RemoteConn is what RemoteHost.Dial returns, such as a *net.UnixConn or an *os.File.
type RemoteConn interface {
	syscall.Conn
	io.Closer
}

// HostError says why a host gets no tasks.
type HostError struct {
	Host  string
	Err   error
	Words string // the last line that was said on the way to it; "" if there was none
}

func (e *HostError) Error() string {
	if e.Words == "" {
		return fmt.Sprintf("host %s: %v", e.Host, e.Err)
	}
	return fmt.Sprintf("host %s: %v: %s", e.Host, e.Err, e.Words)
}

func (e *HostError) Unwrap() error { return e.Err }

// errNoSeat says that no host has a free seat for a slot now. The pool need not be
// told when there is one: it looks whenever something has happened.
var errNoSeat = errors.New("no host has a free seat")

func (k *Remote) hopeless(error) bool { return false }

// start takes a seat for the slot. A host that cannot be connected at all is out,
// and the next one is tried.
func (k *Remote) start(s *slot) (worker, error) {
	for h := k.pick(s.pool); h != nil; h = k.pick(s.pool) {
		w, err := h.seat(s)
		switch {
		case err == nil:
			return w, nil
		case child.Temporary(err):
			return nil, err
		}
		if last := h.giveUp(err, ""); last != nil { // not now, in the middle of a start
			s.pool.post(func() { s.pool.breakDown(last) })
		}
	}
	return nil, errNoSeat
}

// prepare makes the hosts, once.
func (k *Remote) prepare(p *Pool) {
	if k.hosts != nil {
		return
	}
	for _, h := range k.Hosts {
		k.hosts = append(k.hosts, &remoteHost{RemoteHost: h, kind: k, pool: p})
	}
}

// pick returns the host with a free seat of which the smallest part is taken, or
// nil.
func (k *Remote) pick(p *Pool) *remoteHost {
	k.prepare(p)
	var best *remoteHost
	for _, h := range k.hosts {
		if h.free() > 0 && (best == nil || h.taken()*best.capacity() < best.taken()*h.capacity()) {
			best = h
		}
	}
	return best
}

// seats tells whether a slot could be started: whether a host has a free seat, if the
// workers are on hosts.
func (p *Pool) seats() bool {
	k, ok := p.kind.(*Remote)
	return !ok || k.pick(p) != nil
}

// resized tells the far ends that the pool has another number of slots.
func (p *Pool) resized() {
	if k, ok := p.kind.(*Remote); ok {
		for _, h := range k.hosts {
			h.resized()
		}
	}
}

// home returns the slot that lends a new process its number: s, unless a process
// has it that s has left, and that its other slots still use.
func (k *Remote) home(s *slot) *slot {
	taken := func(s *slot) bool {
		return slices.ContainsFunc(k.hosts, func(h *remoteHost) bool { return h.line != nil && h.line.home == s })
	}
	for _, other := range s.pool.slots {
		if taken(s) && !taken(other) { // there is one: each process has a slot at least
			return other
		}
	}
	return s
}

// remote tells whether the slot's worker is a seat at a far end, which says itself
// when its attempt begins, and how long it may take until it is ready.
func (s *slot) remote() bool {
	_, ok := s.worker.(*remoteSeat)
	return ok
}
