package pool

import (
	"bytes"
	"fmt"
	"slices"
	"syscall"

	"xpool/crashdetect"
	"xpool/pool/bazel"
)

// readStdout is the handler of the process's standard output. It is never paused:
// of each task no more than one response waits to be taken.
func (h *coHost) readStdout() (again bool) {
	for range readsAtOnce {
		b := h.stdout.take()
		if len(b) == 0 {
			if h.stdout.ended && !h.died {
				h.suspect()
			}
			return false
		}
		if h.died {
			h.late += len(b)
		}
		if !h.deaf {
			h.digest(b)
		}
		if len(b) < readSize && !h.died && h.slot.pool.reactor.HasPeer() {
			return false // it was all that there is
		}
	}
	return true
}

// digest takes what the process has written.
func (h *coHost) digest(b []byte) {
	h.json.feed(b)
	responses := h.json.responses
	h.json.responses = nil
	for i, r := range responses {
		again := func(other bazel.Response) bool { return other.RequestID == r.RequestID }
		h.receive(r, slices.ContainsFunc(responses[i+1:], again))
	}
	switch err := h.json.err(false); {
	case h.deaf:
	case err != nil:
		h.broke(err.Error())
	case len(h.running) == 0 && h.json.begun():
		h.broke("it wrote what nobody had asked for")
	case h.json.dubious():
		h.suspect()
	}
}

// receive takes a response to the task that it is for. If twice, another one to the
// same request has come with it.
func (h *coHost) receive(r bazel.Response, twice bool) {
	if h.deaf {
		return
	}
	w := h.running[r.RequestID]
	switch {
	case twice, w == nil && (h.solo && r.RequestID == 0 || r.RequestID > 0 && r.RequestID <= h.last):
		h.broke(fmt.Sprintf("more than one response to request %d", r.RequestID))
	case w == nil:
		h.broke(fmt.Sprintf("a response to request %d, which was never sent", r.RequestID))
	case r.WasCancelled && !w.cancelled:
		h.broke("a response says that its request was cancelled, which it was not")
	case h.read() < w.to:
		h.broke("it replied before it had read what it was asked")
	default:
		delete(h.running, r.RequestID)
		h.process.working = len(h.running) > 0
		h.replies++
		h.kind.replied, h.kind.deaths = true, 0
		if h.solo {
			h.drainStderr()
		}
		w.answer(r)
	}
}

// suspect ends a process that cannot reply any more, unless it ends by itself: why
// it did says more then than what it wrote or that it closed its output. It may
// yet complete the line in which it says that.
func (h *coHost) suspect() {
	if h.doubt != nil || h.told {
		return
	}
	h.doubt = h.slot.pool.timers.after(garbageGrace, func() {
		if err := h.json.err(true); err != nil {
			h.broke(err.Error())
		} else {
			h.broke("it closed its standard output")
		}
	})
}

// broke ends the process for what it did, of which what says something to charge
// the attempts with that it runs.
func (h *coHost) broke(what string) {
	if h.released { // some have a last word when their input ends
		h.deaf = true
		return
	}
	if h.violation != "" || h.told {
		return
	}
	h.violation, h.deaf = what, true
	h.shutDown()
	h.process.kill()
}

// readStderr is the handler of the process's standard error.
func (h *coHost) readStderr() (again bool) {
	for range readsAtOnce {
		b := h.stderr.take()
		if len(b) == 0 {
			return false
		}
		h.complain(b)
	}
	return true
}

// drainStderr reads what the process has written before its response: no more than
// fits in a pipe.
func (h *coHost) drainStderr() {
	for n := 0; n < pipeHolds; {
		b := h.stderr.take()
		if len(b) == 0 {
			return
		}
		n += len(b)
		h.complain(b)
	}
}

// complain takes what the process has written on its standard error. That is the
// task's if the process runs one at a time; else nothing tells whose it is.
func (h *coHost) complain(b []byte) {
	h.words.add(b)
	h.said += int64(len(b))
	if h.died {
		h.late += len(b)
	}
	if !h.solo {
		h.log(b)
		return
	}
	if w := h.seats[0]; w.attempt != nil && w.out != nil && !h.deaf && !w.out.Write(Stderr, b, h.stderr.resume) {
		h.stderr.pause()
	}
}

// resumeStderr is called when the Output of a task wants more again.
func (h *coHost) resumeStderr() {
	if !h.stderr.paused || len(h.seats) == 0 {
		return
	}
	h.stderr.paused = false
	if h.died {
		h.settle()
		return
	}
	if h.stderr.watch() != nil { // it cannot be read for want of memory
		h.broke("its output could not be watched")
	}
	if w := h.seats[0]; w.answered {
		h.drainStderr()
		w.conclude()
	}
}

// log gives whole lines to Log, and a longer line than lineMost in pieces.
func (h *coHost) log(b []byte) {
	if h.kind.Log == nil {
		return
	}
	h.line = append(h.line, b...)
	n := bytes.LastIndexByte(h.line, '\n') + 1
	if n == 0 && len(h.line) > lineMost {
		n = len(h.line)
	}
	if n > 0 {
		h.kind.Log(h.line[:n])
		h.line = append(h.line[:0], h.line[n:]...)
	}
}

// exited is called when the process is no more.
func (h *coHost) exited(status syscall.WaitStatus, _ Usage, _ int) {
	h.died, h.exit, h.shut = true, status, true
	h.slot.pool.timers.stop(h.doubt)
	h.settle()
}

// settle reads what a dead process has left, as far as that is wanted now, and
// then lets go of its slots.
func (h *coHost) settle() {
	if h.told { // their reader is not waited for any more
		h.deaf = h.deaf || h.stderr.paused
		h.stderr.paused = false
	}
	for h.readStderr() && h.late < lateMost {
	}
	for h.readStdout() && h.late < lateMost {
	}
	if h.stderr.paused && !h.told {
		return
	}
	read := h.read()
	for _, w := range slices.Clone(h.seats) {
		w.bereave(read)
	}
}

// end is how a dead process ended, as the end of an attempt.
func (h *coHost) end() crashdetect.End {
	return crashdetect.End{
		Status: h.exit, HasStatus: true, Worker: true,
		Protocol: h.violation, ProtocolName: JSON.String(),
	}
}

// finish gives back all that a dead process had.
func (h *coHost) finish() {
	h.close()
	if len(h.line) > 0 {
		h.log([]byte{'\n'})
	}
	h.kind.hosts = slices.DeleteFunc(h.kind.hosts, func(other *coHost) bool { return other == h })
	if !h.told && (!h.released || h.violation != "") {
		h.kind.lost(h.slot.pool, death{h.end(), h.words.String(), h.replies, h.charged, !h.solo && h.kind.Log != nil})
	}
}
