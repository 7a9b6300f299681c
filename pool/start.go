package pool

import (
	"errors"
	"time"

	"xpool/pool/child"
)

// startTries bounds how often the start of one attempt is put off for a
// shortage: with the delays of putOff, for about ten seconds.
const startTries = 30

// putOff is for an attempt whose process could not be had now: it goes back to
// the head of the queue, and no start is tried for a while.
func (p *Pool) putOff(a *attempt) {
	p.mu.Lock()
	p.again = append(p.again, a)
	p.mu.Unlock()
	p.pause(min(time.Millisecond<<min(a.starts, 9), 500*time.Millisecond))
}

func (p *Pool) pause(d time.Duration) {
	p.timers.stop(p.paused)
	p.paused = p.timers.after(d, func() { p.paused = nil })
}

// startFailed is for a worker that could not be started.
func (p *Pool) startFailed(err error) {
	if child.Temporary(err) && p.failedStarts < startTries {
		p.failedStarts++
		p.pause(min(time.Millisecond<<min(p.failedStarts, 9), 500*time.Millisecond))
		return
	}
	p.breakDown(err)
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
	p.breakDown(&BrokenError{Err: err, Words: words})
}

// BrokenError says that no worker of the pool comes up.
type BrokenError struct {
	Err   error
	Words string // what the last worker said on standard error
}

func (e *BrokenError) Error() string {
	if e.Words == "" {
		return e.Err.Error()
	}
	return e.Err.Error() + ": " + e.Words
}

func (e *BrokenError) Unwrap() error { return e.Err }
