package jobserver

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"xpool/crashdetect"
)

// slice is how long a token goes from job to job before the others get their chance: long beside the microseconds that it
// takes to put it back and get another one, short for people.
const slice = 50 * time.Millisecond

// notOurs is the total of a jobserver that others serve.
const notOurs = -1

// Jobserver is one end of a jobserver: the client's, or the server's, which is one too. It is a pool.Tokens. Its methods
// may be called from any goroutine, but for Close.
type Jobserver struct {
	found  auth // as the environment told of it; the zero value for a server
	auth   auth // as tasks find it
	jobs   int  // see Jobs
	ends   ends
	loan   *crashdetect.Loan // nil for a server
	passed []int             // descriptors that are there for tasks
	enders []func() error    // give up what is left
	wake   func()
	slice  time.Duration

	asked chan struct{} // holds one request to the reader
	quit  chan struct{} // closed by Close
	done  chan struct{} // closed when the reader has ended

	mu     sync.Mutex
	cells  []byte  // of the tokens that are held
	free   []int   // cells that are
	used   int     // cells from here on have never been used
	held   []token // the oldest first
	wanted int     // tokens more
	total  int     // tokens that there are to be, wherever; notOurs
	excess int     // tokens that there are beyond that, and that go as they come back
	err    error   // why no more tokens come
}

// token is one that is held.
type token struct {
	cell  int
	since time.Time
}

func newJobserver(wake func()) *Jobserver {
	return &Jobserver{
		wake: wake, slice: slice,
		asked: make(chan struct{}, 1), quit: make(chan struct{}), done: make(chan struct{}),
	}
}

// Share says how many jobs may run, as pool.Tokens has it.
func (j *Jobserver) Share(run, more int) int {
	j.mu.Lock()
	defer j.mu.Unlock()
	now := time.Now()
	need, goal := max(run-1, 0), min(max(run+more-1, 0), maxTokens)
	for len(j.held) > need && (len(j.held) > goal || j.excess > 0 || j.stale(now)) {
		if !j.giveBack() {
			break
		}
	}
	if run == 0 && j.total > 0 {
		j.restore()
	}
	j.wanted = max(goal-len(j.held), 0)
	if j.wanted > 0 || j.excess > 0 {
		j.ask()
	}
	if len(j.held) > 0 && len(j.held) == need && j.stale(now) {
		return run - 1
	}
	return len(j.held) + 1
}

// stale tells whether the oldest token has been here for long enough.
func (j *Jobserver) stale(now time.Time) bool { return now.Sub(j.held[0].since) > j.slice }

// giveBack puts the oldest token back, and tells whether that was possible.
func (j *Jobserver) giveBack() bool {
	t := j.held[0]
	if j.excess > 0 {
		j.excess--
	} else if err := write(j.ends.write, j.cells[t.cell:t.cell+1]); err != nil {
		j.err = errors.Join(j.err, err)
		return false
	}
	j.held = j.held[1:]
	j.discard(t.cell)
	return true
}

// discard makes a cell free.
func (j *Jobserver) discard(cell int) {
	j.cells[cell] = 0
	j.free = append(j.free, cell)
}

// cell takes a free one; there is one as long as no more than maxTokens are held.
func (j *Jobserver) cell() int {
	if n := len(j.free); n > 0 {
		c := j.free[n-1]
		j.free = j.free[:n-1]
		return c
	}
	j.used++
	return j.used - 1
}

// Resize changes the number of a server's slots; for a client it means nothing, nor for a nil Jobserver.
func (j *Jobserver) Resize(jobs int) {
	if j == nil || j.total == notOurs {
		return
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	more := tokensFor(jobs) - j.total
	j.total += more
	if more <= 0 {
		j.excess -= more
		j.ask()
		return
	}
	kept := min(j.excess, more)
	j.excess -= kept
	if err := j.put(more - kept); err != nil {
		j.err = errors.Join(j.err, err)
	}
}

// put makes n tokens.
func (j *Jobserver) put(n int) error {
	tokens := make([]byte, n)
	for i := range tokens {
		tokens[i] = '+' // as make's
	}
	return write(j.ends.write, tokens)
}

// restore is for a server when no job runs: what is not in the pipe then was lost with a process that was killed, and what
// is too much has come back late from one that was given up.
func (j *Jobserver) restore() {
	var buf [maxTokens + 1]byte
	for {
		n, err := j.readInto(buf[:])
		if n < len(buf) || err != nil {
			break
		}
	}
	j.excess = max(len(j.held)-j.total, 0)
	if err := j.put(max(j.total-len(j.held), 0)); err != nil {
		j.err = errors.Join(j.err, err)
	}
}

// readInto reads what is there, and does not wait.
func (j *Jobserver) readInto(buf []byte) (n int, err error) {
	ctlErr := j.ends.conn.Control(func(fd uintptr) { n, err = unix.Read(int(fd), buf) })
	return n, errors.Join(ctlErr, err)
}

// write writes all of b, which a pipe has room for.
func write(fd int, b []byte) error {
	for len(b) > 0 {
		n, err := unix.Write(fd, b)
		if err != nil && err != unix.EINTR {
			return os.NewSyscallError("write", err)
		}
		b = b[max(n, 0):]
	}
	return nil
}

// ask wakes the reader up.
func (j *Jobserver) ask() {
	select {
	case j.asked <- struct{}{}:
	default:
	}
}

// run is the reader: the goroutine that waits for tokens. It is started by Attach and Serve, and ends with Close.
func (j *Jobserver) run() {
	defer close(j.done)
	for {
		select {
		case <-j.quit:
			return
		case <-j.asked:
		}
		for j.hungry() {
			if err := j.ends.conn.Read(j.take); errors.Is(err, os.ErrDeadlineExceeded) {
				return
			} else if err != nil {
				j.fail(err)
			}
			j.wake()
		}
	}
}

func (j *Jobserver) hungry() bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.err == nil && (j.wanted > 0 || j.excess > 0)
}

func (j *Jobserver) fail(err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.err = errors.Join(j.err, err)
}

// take takes as many tokens as are wanted, and returns false if it has to wait for the first one.
func (j *Jobserver) take(fd uintptr) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	took := false
	for j.wanted > 0 || j.excess > 0 {
		cell := j.cell()
		// Straight into the memory that the guard sees: there is no moment between pipe and loan.
		n, err := unix.Read(int(fd), j.cells[cell:cell+1])
		if n == 1 && j.excess == 0 {
			j.held = append(j.held, token{cell, time.Now()})
			j.wanted--
			took = true
			continue
		}
		j.discard(cell)
		switch {
		case n == 1:
			j.excess--
		case err == unix.EAGAIN:
			return took
		case err == unix.EINTR:
		case err == nil:
			err = io.ErrUnexpectedEOF
			fallthrough
		default:
			j.err = errors.Join(j.err, err)
			return true
		}
	}
	return true
}

// Close puts back what is held and gives up the rest. A guard that knows of the Loan is to be closed before. The error is
// what went wrong with the jobserver meanwhile. A nil Jobserver has nothing to close.
func (j *Jobserver) Close() error {
	if j == nil {
		return nil
	}
	close(j.quit)
	_ = j.ends.read.SetReadDeadline(time.Unix(1, 0)) // a pipe has deadlines
	<-j.done
	j.mu.Lock()
	defer j.mu.Unlock()
	for len(j.held) > 0 && j.giveBack() {
	}
	if err := errors.Join(j.err, j.release()); err != nil {
		return fmt.Errorf("jobserver: %w", err)
	}
	return nil
}

// release closes everything.
func (j *Jobserver) release() (err error) {
	for _, fd := range j.passed {
		err = errors.Join(err, unix.Close(fd))
	}
	if j.ends.read != nil {
		err = errors.Join(err, j.ends.close())
	}
	if j.loan != nil {
		err = errors.Join(err, j.loan.Close())
	}
	for _, end := range j.enders {
		err = errors.Join(err, end())
	}
	return err
}
