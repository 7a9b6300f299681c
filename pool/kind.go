package pool

import (
	"syscall"
	"time"

	"xpool/crashdetect"
)

// Kind says what the workers of a pool are: a *Program, *Shell, *Interpreter,
// *Coprocess or *Remote. From New on it belongs to that pool, and must be neither changed nor
// given to another one. It cannot be implemented elsewhere.
type Kind interface {
	// start brings a worker up in s. A worker that needs no start-up calls
	// s.ready before start returns. An error that child.Temporary knows is
	// tried again later; any other breaks the pool.
	start(s *slot) (worker, error)

	// hopeless tells whether err, which kept a worker from beginning an
	// attempt, will keep every other attempt from it too.
	hopeless(err error) bool
}

// worker is the pool's side of one child process, or of a place for one. All of
// its methods are called on the pool's goroutine and return at once; what comes
// of them it tells its slot: ready, over and gone.
type worker interface {
	// run begins an attempt; the worker is idle. An error means that the
	// attempt did not begin, and the worker is as it was.
	run(a *attempt) error

	// release asks an idle worker to leave: its input is closed. It is gone
	// later, by itself.
	release()

	// terminate and kill end the worker with its whole tree, with what runs. From
	// then on the attempt is over only when the worker is gone, whatever it says.
	terminate()
	kill()

	// signal passes a signal on to the tree, as for a stop and a continue.
	signal(sig syscall.Signal)

	// pid is that of the worker's process, 0 if there is none now.
	pid() int

	// resident tells whether the worker is a process even while it is idle, so
	// that there is something to let go.
	resident() bool
}

// ended is how a worker's attempt ended, as the worker saw it.
type ended struct {
	how   crashdetect.End
	pid   int
	usage Usage
	words string
	gone  bool // the worker is gone too: the slot's gone is called right after

	// What follows is for an attempt that ran elsewhere.
	host    string
	verdict *crashdetect.Verdict // of the far end, if it gave one
	took    time.Duration        // by its clock; 0 if it did not say
}

// queuer is a worker that takes attempts ahead of need, so that it finds the next
// one when it has replied to the last. The attempts run in the order in which they
// were sent, the one of run first; each ends with the slot's over.
type queuer interface {
	worker

	// room returns how many more attempts the worker takes now.
	room() int

	// send sends an attempt behind those that the worker has, at the latest when
	// push is called. An error is as that of run.
	send(a *attempt) error

	// push is called when all has been sent for now.
	push()

	// takeBack returns an attempt that was sent ahead and that the worker has not
	// begun and will not begin any more, or nil if there is none. The one that has
	// waited longest comes first.
	takeBack() *attempt
}
