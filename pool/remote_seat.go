package pool

import (
	"errors"
	"fmt"
	"syscall"
	"time"

	"xpool/crashdetect"
	"xpool/pool/wire"
)

// remoteSeat is a slot's place at the far end of a stream. It implements worker:
//
//	         run            Began              Done
//	(idle) -----> job sent -------> it runs -----------> done
//	  ^              |                 |                  |
//	  |              | Returned        | the stream       | its output has been taken
//	  |              |                 v broke            |
//	  |              |               gone                 |
//	  +--------------+------------------------------------+
type remoteSeat struct {
	line *remoteLine
	slot *slot
	job  *remoteJob // nil while it is idle
}

// answerWithin is how long a far end may take to kill a task, and to say so, before
// its stream counts as lost; hurryWithin is that when the pool is being stopped.
const (
	answerWithin = 5 * time.Second
	hurryWithin  = 500 * time.Millisecond
)

func (w *remoteSeat) run(a *attempt) error {
	l := w.line
	l.last++
	j := &remoteJob{seat: w, line: l, id: l.last, attempt: a}
	j.files = l.filesOf(a)
	if err := j.open(); err != nil {
		return err
	}
	if _, err := l.send(j.run()); err != nil {
		j.input.close()
		return err
	}
	if j.input == nil {
		j.end = l.sent
	}
	w.job, l.running[j.id] = j, j
	l.pump()
	l.watch()
	return nil
}

// release gives the seat up, and if it is the last one takes leave of the far end.
func (w *remoteSeat) release() {
	if l := w.line; len(l.seats) == 1 {
		l.release()
		return
	}
	w.vacate()
}

// vacate ends the seat.
func (w *remoteSeat) vacate() {
	w.line.giveUp(w)
	w.slot.vacate()
}

// terminate asks the far end to end the task.
func (w *remoteSeat) terminate() {
	j := w.job
	switch {
	case j == nil: // it is leaving, and has been told
	case j.done != nil: // its reader is not waited for any more
		j.drop()
	default:
		w.line.send(&wire.Stop{ID: j.id, Grace: w.grace(), Steps: wireSteps(w.slot.ladder())})
	}
}

// grace is the time until the slot's kill.
func (w *remoteSeat) grace() time.Duration {
	if w.slot.timer == nil {
		return 0
	}
	return max(0, time.Until(w.slot.timer.at))
}

// kill is the next step after terminate. The far end kills the task by itself then;
// it is asked for that at once, and if it does not answer the stream is given up.
func (w *remoteSeat) kill() {
	l, j, p := w.line, w.job, w.slot.pool
	switch {
	case j == nil && w.slot.state == starting && len(l.seats) > 1:
		w.vacate()
	case j == nil && w.slot.state == starting:
		l.abort()
	case j == nil:
		l.lose(errors.New("it did not end when it was asked to"))
	case j.done != nil:
		j.drop()
	case j.hurried:
		l.lose(fmt.Errorf("it did not end task %d when it was asked to", j.attempt.task.Seq))
	default:
		j.hurried = true
		limit := answerWithin
		if p.stopping {
			limit = hurryWithin
		}
		p.timers.stop(w.slot.timer)
		w.slot.timer = p.timers.after(limit, w.kill)
		l.send(&wire.Stop{ID: j.id})
	}
}

// signal passes a stop and a continue on, for all seats of the stream. The steps of
// Options.TermSeq are the far end's.
func (w *remoteSeat) signal(sig syscall.Signal) {
	switch {
	case w.line.seats[0] != w:
	case sig == syscall.SIGSTOP:
		w.line.send(&wire.Suspend{})
	case sig == syscall.SIGCONT:
		w.line.send(&wire.Continue{})
	}
}

func (w *remoteSeat) pid() int       { return w.line.stream.pid() }
func (w *remoteSeat) resident() bool { return true }

// taskPid is the pid of the process that runs the slot's attempt, where that runs.
func (s *slot) taskPid() int {
	if w, ok := s.worker.(*remoteSeat); ok && w.job != nil {
		return w.job.pid
	}
	return s.worker.pid()
}

// conclude ends the attempt, which is done, when its output has been taken.
func (w *remoteSeat) conclude() {
	j, l := w.job, w.line
	if j == nil || j.done == nil || j.paused {
		return
	}
	w.job = nil
	if j.done.Verdict.Kind == crashdetect.Stopped && w.slot.why == noReason {
		l.refuse()
		w.lose(j, true, "", errors.New("it was told to end there"))
	} else {
		l.finished++
		w.slot.over(w.result(j))
	}
	switch {
	case l.over:
		w.vacate()
	case w.slot.state == busy && w.slot.attempt == nil: // it was given back
		w.slot.rest()
	}
}

// result is how the attempt ended, as the far end saw it.
func (w *remoteSeat) result(j *remoteJob) ended {
	d := j.done
	v := j.withFiles(d.Verdict)
	e := ended{
		host: w.line.host.Name, pid: d.Pid, words: d.Words, gone: w.line.over, took: d.Took,
		usage: Usage{User: d.User, System: d.System, MaxRSS: d.MaxRSS}, verdict: &v,
	}
	if d.Err != nil {
		e.how.StartErr = d.Err.Err()
	}
	return e
}

// bereave ends the seat of a stream that has ended, of which so much had been
// written. Charged is what the far end may have begun, unless tasks know nothing of
// it.
func (w *remoteSeat) bereave(written int64, words string) {
	l, j := w.line, w.job
	switch {
	case j == nil:
	case j.done != nil && !w.slot.pool.stopping:
		return // until its output has been taken
	case j.done != nil:
		j.drop()
		return
	default:
		j.forget()
		w.job = nil
		w.lose(j, j.begun || j.end <= written, words, l.why)
	}
	w.vacate()
}

// lose ends the attempt, which may have begun, for something that is not its own
// doing.
func (w *remoteSeat) lose(j *remoteJob, begun bool, words string, why error) {
	l, a := w.line, j.attempt
	if w.slot.why == noReason && a.starts < startTries && (!begun || l.host.kind.Uncharged) {
		if r, ok := a.task.Output.(Resetter); ok {
			r.Reset()
		}
		w.slot.giveBack()
		return
	}
	w.slot.over(ended{
		host: l.host.Name, pid: j.pid, words: words, gone: l.over,
		how: crashdetect.End{ConnectionLost: l.host.blame(why)},
	})
}
