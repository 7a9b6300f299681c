package pool

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"xpool/crashdetect"
	"xpool/pool/child"
	"xpool/pool/reactor"
)

// ErrClosed is what Submit returns after Close, Halt or Stop.
var ErrClosed = errors.New("the pool is closed")

// Pool is a bounded set of workers of one kind. Its methods may be called from
// any goroutine. New starts one, and Wait has seen it end.
type Pool struct {
	kind        Kind
	idleTimeout time.Duration
	killAfter   time.Duration
	opts        Options

	host    host
	done    chan struct{} // closed when the pool's goroutine has ended
	err     error         // why the pool broke down; set before done is closed
	workers atomic.Int32  // slots that are not empty

	mu      sync.Mutex
	pending []*Task       // submitted, not begun; a queue of at most window tasks
	again   []*attempt    // to be begun before those
	posted  []func()      // to be called on the pool's goroutine
	closed  bool          // no more tasks are taken
	halting bool          // no more tasks begin
	hungry  bool          // a task can begin, or a worker be started for it, at once
	room    chan struct{} // has an element when a Submit may find room

	// What follows belongs to the pool's goroutine.
	equipment
	slots        []*slot
	turn         uint64 // counts how often run has come round
	jobs         int
	timers       timers
	paused       *timer     // set while no process is to be started
	unwatched    []*capture // of attempts that may be short
	copious      int        // attempts to begin that are watched from the start
	watching     *timer     // set while there are any
	resting      []*attempt // that are to be tried again after a delay
	gated        *timer     // set while the Gate lets no attempt begin
	killing      *timer     // set until the Gate is asked again whether it wants an attempt ended
	timeout      time.Duration
	rescuing     *timer // set while something sent ahead may come to be held up
	sweep        *timer // set while orphans are to be reaped
	failedStarts int    // workers in a row that did not come up
	suspended    time.Time
	shortages    int   // starts in a row that failed for want of something, with nothing running
	startErr     error // why the pool itself ended a worker that was starting
	family       family
	stopBy       time.Time // when all is to be over, once Stop was called
	stopping     bool      // Stop was called
	ending       bool      // the last task is over
	broken       error
	guard        *guardian
	insured      bool                  // the guard was started early, for Options.Loan
	memory       *timer                // set while attempts have a limit of memory
	stops        *timer                // set while attempts may be stopped
	lasting      *timer                // set until the run counts as one that lasts
	oom          *crashdetect.OOMWatch // nil before that
}

// host is where the pool's goroutine waits: the reactor, or a test's.
type host interface {
	Wait(d time.Duration) error
	Wake()
}

// equipment is what the workers need of the process they run in.
type equipment struct {
	reactor *reactor.Reactor
	watcher *child.Watcher
	null    int // /dev/null, for reading
	runID   string
	env     []string // of every worker
	slotEnv func(slot int) []string
	buf     []byte // for reading what tasks print
	pids    map[int]bool
}

// New starts a pool of workers of kind k. No process is started before a task
// waits for it, so that a program that does not exist is no error here. The caller
// must end the pool with Close, Halt or Stop, and then call Wait.
func New(k Kind, o Options) (*Pool, error) {
	p := newPool(k, o)
	if err := p.equip(); err != nil {
		return nil, err
	}
	p.host = p.reactor
	go p.run()
	return p, nil
}

func newPool(k Kind, o Options) *Pool {
	p := &Pool{
		kind: k, opts: o, jobs: max(1, o.Jobs), idleTimeout: o.IdleTimeout, killAfter: o.KillAfter,
		done: make(chan struct{}), room: make(chan struct{}, 1),
	}
	if _, ok := k.(*Remote); ok {
		p.idleTimeout = 0 // the workers are not here
	}
	return p
}

// Submit hands t to the pool. It blocks while enough tasks wait already, until
// ctx is done, which does not matter to the task afterwards. After an error t is
// the caller's again, and its Done is never called: the pool is closed (ErrClosed),
// broken (the error that Wait returns, once it has ended, and ErrClosed before), or
// ctx is done (its error).
func (p *Pool) Submit(ctx context.Context, t *Task) error {
	for {
		p.mu.Lock()
		if p.closed {
			p.mu.Unlock()
			return p.closedErr()
		}
		if len(p.pending) < window {
			p.pending = append(p.pending, t)
			more, hungry := len(p.pending) < window, p.hungry
			p.mu.Unlock()
			if more {
				p.makeRoom() // another Submit may be waiting
			}
			if hungry {
				p.host.Wake()
			}
			return nil
		}
		p.mu.Unlock()
		select {
		case <-p.room:
		case <-p.done:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (p *Pool) closedErr() error {
	select {
	case <-p.done:
		if p.err != nil {
			return p.err
		}
	default:
	}
	return ErrClosed
}

func (p *Pool) makeRoom() {
	select {
	case p.room <- struct{}{}:
	default:
	}
}

// Resize changes the number of slots; less than 1 counts as 1. It does not wait:
// growing takes effect as tasks wait, and workers over the new number finish the
// task that they run.
func (p *Pool) Resize(jobs int) {
	p.post(func() {
		p.jobs = max(1, jobs)
		p.resized()
		for _, s := range p.slots {
			if s.number > p.jobs && s.state == idle && s.worker.resident() {
				s.leave()
			} else if s.number > p.jobs {
				s.takeAllBack()
			}
		}
	})
}

// Close takes no more tasks: those submitted are run, and then the pool ends. It
// does not wait for that, and may be called more than once.
func (p *Pool) Close() {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	p.makeRoom()
	p.host.Wake()
}

// Halt takes no more tasks, and those that have not begun end with a verdict
// Stopped; the pool ends when those that run have ended by themselves. Called by
// a task's Done, it takes effect before another task begins.
func (p *Pool) Halt() {
	p.mu.Lock()
	p.halting = true
	p.mu.Unlock()
	p.post(p.halt)
}

// Stop ends the pool now, without waiting for it: tasks that have not begun, and
// those that run, end with a verdict Stopped. Running trees get SIGTERM, and
// SIGKILL after grace. A second call with a shorter grace hurries up the first.
// Called by a task's Done, it takes effect before another task begins.
func (p *Pool) Stop(grace time.Duration) {
	p.mu.Lock()
	p.halting = true
	p.mu.Unlock()
	p.post(func() { p.stop(grace) })
}

// Wait blocks until the pool has ended, after Close, Halt or Stop or because it
// broke down. It returns nil, however its tasks have ended, or why it broke down: a
// *BrokenError, a *crashdetect.StartError for workers whose program cannot be run,
// or an error of the system. When it returns, Done has been called for every task,
// and no process that the pool started is left, nor (with Options.Subreaper) what
// these have started. Several goroutines may wait.
func (p *Pool) Wait() error {
	<-p.done
	return p.err
}

// post has f called on the pool's goroutine.
func (p *Pool) post(f func()) {
	p.mu.Lock()
	p.posted = append(p.posted, f)
	p.mu.Unlock()
	p.host.Wake()
}

// run is the pool's goroutine.
func (p *Pool) run() {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for !p.over() {
		p.turn++
		p.runPosted()
		p.timers.run()
		p.dispatch()
		p.push()
		if p.over() {
			break
		}
		d, ok := p.timers.next()
		if !ok {
			d = reactor.Forever
		}
		if err := p.host.Wait(d); err != nil {
			p.breakDown(err)
		}
	}
	p.tidy()
	p.err = p.broken
	close(p.done)
}

func (p *Pool) runPosted() {
	p.mu.Lock()
	posted := p.posted
	p.posted = nil
	p.mu.Unlock()
	for _, f := range posted {
		f()
	}
}

// over tells whether nothing is left to do; as long as there is a worker after
// the last task, it is asked to leave.
func (p *Pool) over() bool {
	p.mu.Lock()
	ending := p.closed && len(p.pending) == 0 && len(p.again) == 0 && len(p.posted) == 0 && len(p.resting) == 0
	p.mu.Unlock()
	if !ending {
		return false
	}
	for _, s := range p.slots {
		if s.state == busy {
			return false
		}
	}
	left := false
	for _, s := range p.slots {
		switch {
		case s.state == empty, s.state == idle && !s.worker.resident():
			continue
		case s.state == idle:
			s.leave()
		case s.state == starting: // nobody needs it any more
			p.ending = true
			s.worker.kill()
		}
		left = left || s.state != empty
	}
	return !left && p.familyGone()
}

func (p *Pool) finish(t *Task, r Result) { t.Done(r) }

// sweepOrphans reaps the orphans that have ended, from now on until nothing runs
// that could have left any.
func (p *Pool) sweepOrphans() {
	if !p.opts.Subreaper || p.sweep != nil {
		return
	}
	p.sweep = p.timers.after(sweepAfter, func() {
		p.sweep = nil
		crashdetect.ReapAdopted(p.ours)
		if p.working() {
			p.sweepOrphans()
		}
	})
}

// sweepAfter is how long orphans that have ended stay zombies at the most:
// looking for them costs more than a few zombies do.
const sweepAfter = time.Second
