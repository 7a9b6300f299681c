package pool

import (
	"errors"
	"fmt"
	"syscall"
	"time"

	"xpool/crashdetect"
)

type state uint8

// The states of a slot; the package comment has the drawing.
const (
	empty state = iota
	starting
	idle
	busy
	leaving
)

// How long a worker that was asked to leave may take before it is told to, and
// how long a start may take.
const (
	leaveAfter = time.Second
	startLimit = 30 * time.Second
)

// slot is the place of a worker. All of it is owned by the pool's goroutine.
type slot struct {
	pool      *Pool
	number    int // from 1
	state     state
	worker    worker     // not nil but in empty
	attempt   *attempt   // not nil in busy
	ahead     []*attempt // sent to the worker behind it, in order
	clung     bool       // the worker has read all of those
	clogged   bool       // the worker had no room for the next one; until its next reply
	pace      pace       // of the worker's attempts
	wear                 // of the worker
	leaveNext bool       // the worker is to leave when its attempts are over
	timer     *timer     // the one thing that the present state waits for
	silence   *timer     // set while the silence of the attempt is watched
	held      bool       // SuspendTask has stopped the worker's process, for the attempt
	why       reason     // why the worker was told to end, in busy
	used      int64      // bytes, if that was for memory
	steps     []TermStep // how the worker is brought down, if that was said for the attempt
}

// reason is why the pool ends a worker with its attempt.
type reason uint8

const (
	noReason reason = iota
	timedOut
	stalled
	overMemory
	preempted
	stopped
)

// shown is the slot's number as its processes know it.
func (s *slot) shown() int { return s.pool.opts.SlotBase + s.number }

func (s *slot) enter(st state) {
	s.pool.timers.stop(s.timer)
	s.pool.timers.stop(s.silence)
	s.timer, s.silence = nil, nil
	if (s.state == empty) != (st == empty) {
		s.pool.countWorker(st != empty)
	}
	s.state = st
	if st == empty {
		s.worker, s.attempt, s.why, s.steps, s.held = nil, nil, noReason, nil, false
		s.clung, s.clogged, s.pace, s.tasks, s.leaveNext = false, false, pace{}, 0, false
	}
}

// start brings a worker up in an empty slot.
func (s *slot) start() {
	s.enter(starting)
	w, err := s.pool.kind.start(s)
	if err != nil {
		s.enter(empty)
		if err != errNoSeat {
			s.pool.startFailed(err)
		}
		return
	}
	s.worker = w
	s.pool.publish(s)
	if s.state == idle { // it was ready at once, and can be let go only now
		s.rest()
	}
	if s.state == starting && !s.remote() {
		limit := s.pool.opts.InitTimeout
		if limit <= 0 {
			limit = startLimit
		}
		s.timer = s.pool.timers.after(limit, func() {
			s.pool.startErr = fmt.Errorf("a worker was not ready within %v", limit)
			s.worker.kill()
		})
	}
}

// ready is the worker's hello.
func (s *slot) ready() {
	if s.state == starting {
		s.pool.failedStarts, s.pool.shortages = 0, 0
		s.rest()
	}
}

// rest makes the slot idle, or has the worker leave if it is not wanted.
func (s *slot) rest() {
	s.enter(idle)
	switch {
	case s.worker == nil || !s.worker.resident():
	case s.number > s.pool.jobs || s.pool.stopping || s.leaveNext:
		s.leave()
	case s.pool.idleTimeout > 0:
		s.timer = s.pool.timers.after(s.pool.idleTimeout, s.leave)
	}
}

// begin runs a on the idle worker.
func (s *slot) begin(a *attempt) {
	s.enter(busy)
	s.attempt = a
	s.pool.sweepOrphans()
	err := s.prepare(a)
	if err == nil {
		err = s.worker.run(a)
	}
	switch {
	case err == nil:
		s.pool.publish(s)
		if !s.remote() {
			s.started(a)
		}
		s.pool.tellGate(a)
	case a.starts < triesFor(err):
		s.attempt = nil
		if s.rest(); s.state == idle && s.worker.resident() {
			s.leave() // what it holds is wanted elsewhere
		}
		if !s.pool.working() {
			a.starts++
		}
		s.pool.putOff(a)
	case s.pool.kind.hopeless(err), errors.Is(err, syscall.EMFILE): // one error for all, instead of one a task
		s.why = stopped
		s.over(ended{})
		s.pool.breakDown(err)
	default:
		s.over(ended{how: crashdetect.End{StartErr: err}})
	}
}

// prepare asks the task what is to be run.
func (s *slot) prepare(a *attempt) (err error) {
	a.payload, err = a.task.Payload(Place{Slot: s.number, Attempt: a.number})
	a.start = time.Now()
	return err
}

// started is for an attempt that runs from now on.
func (s *slot) started(a *attempt) {
	a.start = time.Now()
	s.pool.timers.stop(s.timer)
	s.pool.timers.stop(s.silence)
	s.timer, s.silence = nil, nil
	s.limitTime(a)
	s.watchSilence(a)
	if a.task.Begun != nil {
		a.task.Begun(Begun{Place{s.number, a.number}, s.taskPid()})
	}
	if a.condemned != nil {
		s.condemn(*a.condemned)
	}
	if a.task.MemLimit > 0 {
		s.pool.watchMemory()
	}
	s.pool.watchStops()
	s.pool.lasts()
}

// end is the ladder on which a busy worker is brought down with its tree:
// SIGTERM, and SIGKILL after grace; with Options.TermSeq, its signals, if grace is
// what is usual. It does nothing if the worker is on the ladder already.
func (s *slot) end(why reason, grace time.Duration) {
	if s.state != busy || s.why != noReason {
		return
	}
	s.why = why
	s.pool.timers.stop(s.timer)
	s.takeAllBack()
	if len(s.steps) > 0 || len(s.pool.opts.TermSeq) > 0 && grace == s.pool.killAfter {
		s.descend(0)
	} else {
		s.timer = s.pool.timers.after(grace, s.worker.kill)
	}
	s.worker.terminate()
	s.unhold() // it may have been asked, and not signalled
}

// leave lets an idle worker go: its input is closed, and if it does not take
// the hint it is terminated and then killed.
func (s *slot) leave() {
	if s.state != idle {
		return
	}
	s.enter(leaving)
	s.timer = s.pool.timers.after(leaveAfter, func() {
		s.timer = s.pool.timers.after(s.pool.killAfter, s.worker.kill)
		s.worker.terminate()
	})
	s.worker.release()
}

// settled is the worker's word that the attempt itself has ended, so that no
// time limit of it can run out any more; what it printed may still be coming.
func (s *slot) settled() {
	if s.worker == nil || !s.worker.resident() {
		s.pool.publishGone(s)
	}
	if s.why == noReason {
		s.pool.timers.stop(s.timer)
		s.pool.timers.stop(s.silence)
		s.timer, s.silence = nil, nil
	}
}

// over is the worker's word that its attempt has ended and that nothing more
// will come of it. A worker that is gone says so right after.
func (s *slot) over(e ended) {
	a := s.attempt
	if s.state != busy || a == nil {
		return
	}
	s.explain(&e.how, a)
	if s.why == noReason && e.how.StartErr == nil {
		s.findEvidence(&e, a)
	}
	r := Result{
		Seq: a.task.Seq, Slot: s.number, Attempt: a.number, Pid: e.pid,
		Host: e.host, Verdict: e.classify(s.why), Err: e.how.StartErr, Words: e.words,
		Start: a.start, End: e.end(a.start), Usage: e.usage,
	}
	why := s.why
	s.unhold() // it stopped after its reply, and is wanted for others
	s.attempt, s.why, s.steps, s.clung, s.clogged = nil, noReason, nil, false, false
	s.tasks++
	s.pace.add(r.End.Sub(a.start))
	s.pool.unpause()
	if !e.gone {
		s.recycle()
	}
	if g, ok := s.pool.opts.Gate.(EndedGate); ok && why != preempted {
		g.Ended(r.Verdict.OK())
	}
	switch {
	case why == preempted:
		a.renew()
		s.pool.putBack(a)
	case a.again(r.Verdict):
		if a.task.Retried != nil {
			a.task.Retried(r)
		}
		s.pool.retry(a)
	default:
		s.pool.finish(a.task, r) // which may halt the pool
	}
	s.proceed(e.gone, why)
}

// proceed is for a slot whose attempt is over: what was sent ahead runs, as far as
// it still is to run here, or the slot rests. Why is for what the pool has told the
// worker to end.
func (s *slot) proceed(gone bool, why reason) {
	if len(s.ahead) > 0 && (s.number > s.pool.jobs || s.leaveNext || s.pool.halted()) {
		s.takeAllBack()
	}
	switch {
	case gone:
	case len(s.ahead) > 0 && why != noReason:
		s.bequeath(why)
	case len(s.ahead) > 0:
		s.advance()
	default:
		s.rest()
	}
}

// explain adds what the pool knows of the end of an attempt that it ended itself.
func (s *slot) explain(e *crashdetect.End, a *attempt) {
	if s.why == noReason {
		return
	}
	e.TimedOut, e.Stalled = s.why == timedOut, s.why == stalled
	e.OverMemory, e.Stopped = s.why == overMemory, s.why == stopped || s.why == preempted
	e.Signalled = true
	e.Limit, e.Used, e.MemoryLimit = a.limit, s.used, a.task.MemLimit
	if e.Stalled {
		e.Limit = a.task.StallTimeout
	}
}

// giveBack is the worker's word that it died before its attempt began, which so
// is not charged: another worker takes it. The slot's gone is called right after.
func (s *slot) giveBack() {
	a := s.attempt
	a.starts++
	s.attempt = nil
	s.pool.putBack(a)
}

// gone is the worker's word that its process is no more, with its last words.
func (s *slot) gone(words string) {
	was := s.state
	s.vacate()
	if was == starting {
		s.pool.diedStarting(words)
	}
}

// vacate is gone for a worker whose end says nothing about the next one's start.
func (s *slot) vacate() {
	s.dropAhead()
	s.pool.publishGone(s)
	s.pool.unpause()
	s.enter(empty)
}
