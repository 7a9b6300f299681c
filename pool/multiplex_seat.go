package pool

import (
	"syscall"

	"xpool/crashdetect"
	"xpool/pool/bazel"
)

// coSeat is a slot's place in a coHost. It implements worker:
//
//	        run                 response
//	(idle) -----> attempt set -----------> answered
//	  ^                |                      |
//	  |                | the process died     | its output has been taken
//	  |                v                      |
//	  |              gone                     |
//	  +---------------------------------------+
type coSeat struct {
	host *coHost
	slot *slot
	coRequest
}

// coRequest is an attempt that was sent to a process; the zero coRequest is none.
type coRequest struct {
	attempt   *attempt
	out       Output
	id        int32
	from, to  int64 // where it stands in all that the process was sent, in bytes
	said      int64 // what the process had said when it began, in bytes
	cancelled bool  // the process has been asked to give it up
	answered  bool
	replied   bool // the answer is a result
	status    int  // the exit status in it
	paused    bool // its Output wants no more for now
}

func (w *coSeat) open() error { return w.host.open() }
func (w *coSeat) close()      { w.host.close() }

func (w *coSeat) run(a *attempt) error {
	h := w.host
	r := bazel.Request{Arguments: a.payload.Args}
	if err := r.Check(); err != nil {
		return err
	}
	for _, other := range h.seats { // it is not theirs alone any more
		other.slot.unhold()
	}
	if len(h.running) == 0 {
		h.process.since, h.process.working = a.start, true
	}
	r.RequestID = h.next()
	w.coRequest = coRequest{attempt: a, out: a.output(), id: r.RequestID, from: h.sent, said: h.said}
	h.running[w.id] = w
	h.send(r)
	w.to = h.sent
	h.begun++
	if most := h.slot.pool.opts.RecycleTasks; most > 0 && h.begun >= most {
		h.shutDown()
	}
	return nil
}

// release gives the seat up, and if it is the last one ends the process's input,
// and with it a sound process.
func (w *coSeat) release() {
	h := w.host
	if len(h.seats) > 1 {
		h.giveUp(w)
		w.slot.gone("")
		return
	}
	h.shut, h.released = true, true
	h.input.release()
}

// terminate ends the attempt: alone if the process can be asked for that, else
// with the process. A process that is to end in any case, or that has too much
// memory, which belongs to no attempt, is told to.
func (w *coSeat) terminate() {
	h := w.host
	why := w.slot.why
	switch {
	case w.answered: // its reader is not waited for any more
		w.paused = false
		w.conclude()
	case h.kind.Cancel && (why == timedOut || why == stalled || why == stopped && !w.slot.pool.stopping) && !h.told:
		h.cancel(w)
	default:
		if h.kind.Cancel && why == stopped && !h.told { // for one that ends in good order
			for _, other := range h.running {
				h.cancel(other)
			}
		}
		h.terminate()
	}
}

// kill is the next step after terminate.
func (w *coSeat) kill() {
	h, p := w.host, w.slot.pool
	switch {
	case w.answered:
		w.paused = false
		w.conclude()
	case w.slot.state == busy && !h.told && !p.stopping: // it was only asked to give up the attempt
		w.slot.timer = p.timers.after(p.killAfter, w.kill)
		h.terminate()
	default:
		h.kill()
	}
}

// signal passes a signal on for all seats of the process.
func (w *coSeat) signal(sig syscall.Signal) {
	if w.host.seats[0] == w {
		w.host.signal(sig)
	}
}

func (w *coSeat) pid() int       { return w.host.pid() }
func (w *coSeat) resident() bool { return true }

// answer takes the response to the attempt.
func (w *coSeat) answer(r bazel.Response) {
	w.answered, w.replied = true, !r.WasCancelled
	w.slot.settled()
	if w.replied {
		w.status = exitStatus(r.ExitCode)
		w.pass(r.Output)
	}
	w.conclude()
}

// pass gives the attempt's Output what the task has to say.
func (w *coSeat) pass(text string) {
	if w.out == nil || text == "" {
		return
	}
	a, p := w.attempt, w.slot.pool
	resume := func() {
		p.post(func() {
			if w.attempt == a && w.paused {
				w.paused = false
				w.conclude()
			}
		})
	}
	w.paused = !w.out.Write(Stdout, []byte(text), resume) && !p.stopping
}

// conclude ends the attempt, which was answered, when its output has been taken.
func (w *coSeat) conclude() {
	h := w.host
	if !w.answered || w.paused || h.solo && h.stderr.paused {
		return
	}
	e := ended{pid: h.number, gone: h.died}
	e.how = crashdetect.End{Replied: w.replied, ReplyCode: w.status, Worker: true}
	w.coRequest = coRequest{}
	w.slot.over(e)
	if e.gone {
		w.slot.gone("")
		h.giveUp(w)
	}
}

// words are what the process has said last since the attempt began.
func (w *coSeat) words() string {
	if w.host.said == w.said {
		return ""
	}
	return w.host.words.String()
}

// bereave ends the seat of a process that is no more. Charged is whoever was being
// run, if the process ended by itself or for what it wrote: nothing tells which of
// them did it. If the pool ended it, that was for those whose slot has a reason,
// and the others are to run elsewhere; so are those whose request it has not read.
func (w *coSeat) bereave(read int64) {
	h, a := w.host, w.attempt
	switch {
	case a == nil:
		w.slot.gone(h.words.String())
	case w.answered && !h.told && !w.slot.pool.stopping:
		return // until its output has been taken
	case w.answered:
		w.paused = false
		w.conclude()
		return
	case w.slot.why == noReason && a.starts < startTries && (h.told || w.from >= read):
		if r, ok := a.task.Output.(Resetter); ok {
			r.Reset()
		}
		w.coRequest = coRequest{}
		w.slot.giveBack()
		w.slot.gone("")
	default:
		h.charged = true
		words := w.words()
		w.slot.pool.dropUnbegun(a, w.from >= read)
		w.coRequest = coRequest{}
		w.slot.settled()
		w.slot.over(ended{pid: h.number, words: words, gone: true, how: h.end()})
		w.slot.gone(h.words.String())
	}
	h.giveUp(w)
}
