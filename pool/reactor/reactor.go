// Package reactor waits for descriptors and child processes on one thread.
//
// A pool spends its life between the end of one child and the start of the
// next. Handing each of these moments from goroutine to goroutine costs a wake
// of another thread every time, which on a busy machine is a good part of what
// a short task costs at all. So everything that belongs to the children happens
// on the goroutine that calls Wait: it is the only one that registers
// descriptors, and the handlers run on it, one after the other.
//
// Wake is the one method that any goroutine may call.
package reactor

import (
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// A Handler is called when its descriptor may be read (of Add) or written (of
// AddWriter), or when its peer is gone. It goes on until the descriptor would
// block (readiness is told once, at the edge), or returns again=true to be called
// once more before the reactor blocks: a handler that stops half-way so that its
// neighbours get their turn.
type Handler func() (again bool)

// Forever as a duration for Wait means: until something happens.
const Forever time.Duration = -1

// States of a Reactor as Wake sees them.
const (
	running  int32 = iota // the owner is at work and will look before it sleeps
	sleeping              // the owner is, or is about to be, blocked in Wait
	notified              // somebody called Wake since the last Wait
)

// A Reactor is owned by the goroutine that calls Wait; New makes one.
type Reactor struct {
	poller  poller
	handler []registration // indexed by descriptor
	again   []int          // descriptors whose handler wants another call
	state   atomic.Int32
	wakeR   int
	wakeW   int
	gen     uint32
	peer    bool // the event being handled was collected while there was a peer
}

type registration struct {
	handle Handler
	gen    uint32 // tells this registration from an earlier one of the same number
}

// New returns a reactor, or the error of the system call that failed. The
// caller ends it with Close.
func New() (*Reactor, error) {
	r := &Reactor{}
	if err := r.poller.open(); err != nil {
		return nil, err
	}
	var err error
	if r.wakeR, r.wakeW, err = Pipe(); err != nil {
		r.poller.close()
		return nil, err
	}
	unix.SetNonblock(r.wakeR, true)
	unix.SetNonblock(r.wakeW, true)
	if err := r.Add(r.wakeR, r.drainWakes); err != nil {
		r.Close()
		return nil, err
	}
	return r, nil
}

// Close releases the reactor's own descriptors; those that were added stay
// with their owners.
func (r *Reactor) Close() {
	unix.Close(r.wakeR)
	unix.Close(r.wakeW)
	r.poller.close()
}

// Add calls h on the owner's goroutine each time fd becomes readable. fd is in
// non-blocking mode and stays the caller's, who removes it before closing it.
func (r *Reactor) Add(fd int, h Handler) error { return r.register(fd, toRead, h) }

// AddWriter calls h on the owner's goroutine when fd can be written, once now and
// once after each call of Blocked; it may call it at other times too. Apart from
// that it is as Add. A descriptor is added for one of the two at a time.
func (r *Reactor) AddWriter(fd int, h Handler) error { return r.register(fd, toWrite, h) }

// Blocked says that a write to fd, which was added by AddWriter, found no room
// for all. It costs no system call.
func (r *Reactor) Blocked(fd int) { r.poller.blocked(fd) }

// interest is what a descriptor is watched for.
type interest uint8

const (
	toRead interest = iota
	toWrite
)

func (r *Reactor) register(fd int, i interest, h Handler) error {
	for fd >= len(r.handler) {
		r.handler = append(r.handler, registration{})
	}
	r.gen++
	if err := r.poller.add(fd, i, r.gen); err != nil {
		return err
	}
	r.handler[fd] = registration{h, r.gen}
	return nil
}

// Remove forgets fd. Events of it that were already collected are dropped.
func (r *Reactor) Remove(fd int) {
	if fd < len(r.handler) && r.handler[fd].handle != nil {
		r.poller.remove(fd)
		r.handler[fd] = registration{}
	}
}

// HasPeer tells, in a Handler of Add, that the event was collected while some
// process held the other end of the pipe. Its end will then be told by another
// event: a read that returned less than was asked for has emptied the pipe, and
// need not be repeated to find out about the end.
func (r *Reactor) HasPeer() bool { return r.peer }

// Wait blocks until a descriptor is ready, Wake is called or d has passed
// (Forever: no limit), calls the handlers of what is ready and returns.
func (r *Reactor) Wait(d time.Duration) error {
	if len(r.again) > 0 || !r.state.CompareAndSwap(running, sleeping) {
		d = 0
	}
	events, err := r.poller.wait(d)
	r.state.Store(running)
	if err != nil && err != unix.EINTR {
		return err
	}
	again := r.again
	r.again = nil
	for _, fd := range again {
		r.call(fd)
	}
	for _, e := range events {
		if r.handler[e.fd].gen == e.gen {
			r.peer = !e.hangUp
			r.call(e.fd)
			r.peer = false
		}
	}
	return nil
}

func (r *Reactor) call(fd int) {
	h := r.handler[fd].handle
	if h != nil && h() {
		r.again = append(r.again, fd)
	}
}

// Wake makes the current or the next Wait return. It is cheap while the owner
// is awake.
func (r *Reactor) Wake() {
	if r.state.Swap(notified) == sleeping {
		unix.Write(r.wakeW, []byte{0})
	}
}

func (r *Reactor) drainWakes() bool {
	var b [64]byte
	n, _ := unix.Read(r.wakeR, b[:])
	return n == len(b)
}

// event is one readiness as a poller tells it.
type event struct {
	fd     int
	gen    uint32
	hangUp bool // it says that the peer is gone
}
