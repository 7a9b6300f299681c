package pool

import (
	"errors"
	"strings"
	"syscall"
	"time"

	"xpool/pool/child"
)

// startTries bounds how often a start is put off for a shortage that nothing of
// the pool's own can end: with the delays of pause, for about ten seconds.
const startTries = 30

// ownTries is the same where the shortage is this process's own, which nobody else
// can end: for a tenth of a second, in which files of another goroutine may be closed.
const ownTries = 6

// triesFor bounds how often a start is tried again that failed with err; 0 is never.
func triesFor(err error) int {
	switch {
	case !child.Temporary(err):
		return 0
	case errors.Is(err, syscall.EMFILE):
		return ownTries
	default:
		return startTries
	}
}

// putOff is for an attempt whose process could not be had now: it goes back to
// the head of the queue until something has ended, or some time has passed.
func (p *Pool) putOff(a *attempt) {
	p.mu.Lock()
	p.again = append(p.again, a)
	p.mu.Unlock()
	p.pause(a.starts)
}

// startFailed is for a worker that could not be started.
func (p *Pool) startFailed(err error) {
	switch {
	case p.shortages >= triesFor(err):
		p.breakDown(err)
	case p.working():
		p.pause(p.shortages)
	default:
		p.shortages++
		p.pause(p.shortages)
	}
}

// working tells whether something runs whose end will end a shortage.
func (p *Pool) working() bool {
	for _, s := range p.slots {
		if s.state == busy || s.state == leaving {
			return true
		}
	}
	return false
}

// pause keeps the pool from starting processes for a while, the longer the more
// often it has been tried.
func (p *Pool) pause(tries int) {
	p.timers.stop(p.paused)
	d := min(time.Millisecond<<min(tries, 9), 500*time.Millisecond)
	p.paused = p.timers.after(d, func() { p.paused = nil })
}

// unpause is for the end of an attempt or a worker, which gave something back.
func (p *Pool) unpause() {
	p.timers.stop(p.paused)
	p.paused = nil
}

// deathsAllowed bounds how many workers in a row may die before their hello.
const deathsAllowed = 3

func (p *Pool) diedStarting(words string) {
	if p.stopping || p.ending {
		return
	}
	p.failedStarts++
	err := p.startErr
	p.startErr = nil
	if p.failedStarts < deathsAllowed && err == nil {
		return
	}
	if err == nil {
		err = errors.New("the workers die before they are ready")
	}
	if broken, ok := errors.AsType[*BrokenError](err); ok {
		p.breakDown(broken)
		return
	}
	p.breakDown(&BrokenError{Err: err, Words: words})
}

// BrokenError says that no worker of the pool comes up, or that none gets as far as
// the end of a single task, so that it is of no use to start more of them.
type BrokenError struct {
	Err error

	// Words are what the last worker said on standard error, a line or several. They
	// are empty if they came before with the Result of a task or by Coprocess.Log.
	Words string
}

func (e *BrokenError) Error() string {
	if e.Words == "" {
		return e.Err.Error()
	}
	if strings.Contains(e.Words, "\n") {
		return e.Err.Error() + ":\n" + e.Words
	}
	return e.Err.Error() + ": " + e.Words
}

func (e *BrokenError) Unwrap() error { return e.Err }
