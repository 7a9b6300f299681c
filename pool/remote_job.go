package pool

import (
	"bytes"
	"errors"
	"time"

	"xpool/pool/wire"
)

// remoteJob is an attempt that was sent to a far end.
type remoteJob struct {
	seat    *remoteSeat
	line    *remoteLine
	id      int64
	attempt *attempt
	end     int64        // where its Run ends in all that was sent, in bytes
	input   *remoteInput // nil if nothing goes with it
	files   *Files       // nil if none go with it or come back
	back    fetching     // one that comes back
	missing error        // why one has not

	begun    bool
	pid      int // there
	hurried  bool
	recalled bool
	done     *wire.Done // once that has come; the output may still be here

	paused bool          // the Output wants no more for now
	held   []remotePiece // what has come meanwhile
	late   int           // bytes in it
	owed   int64         // bytes that were taken and for which there was no Credit yet
}

// remotePiece is a piece of output.
type remotePiece struct {
	stream Stream
	data   []byte
}

// open opens what goes with the attempt.
func (j *remoteJob) open() error {
	in := &remoteInput{line: j.line, job: j, stdin: j.attempt.payload.Stdin, fd: -1}
	if j.files != nil {
		in.files = j.files.Send
	}
	if len(in.files) == 0 && in.stdin == "" {
		return nil
	}
	if err := in.start(); err != nil {
		in.close()
		return err
	}
	j.input = in
	return nil
}

// began is the far end's word that the attempt runs from now on.
func (j *remoteJob) began(m *wire.Began) {
	j.begun, j.pid = true, m.Pid
	if s := j.seat.slot; s.why == noReason {
		s.started(j.attempt)
	}
}

// printed takes what the task has printed.
func (j *remoteJob) printed(s Stream, b []byte) {
	if j.paused {
		if j.late += len(b); j.late > heldMost {
			j.line.lose(errors.New("it sent more output than it was let"))
			return
		}
		j.held = append(j.held, remotePiece{s, bytes.Clone(b)})
		return
	}
	j.pass(s, b)
}

// heldMost is how much of a task's output may wait for its Output, in bytes: what the
// window allows, and what a far end sends beyond it of a task that it had to stop.
const heldMost = 2 * remoteWindow

// pass gives b to the Output.
func (j *remoteJob) pass(s Stream, b []byte) {
	if out := j.attempt.task.Output; out != nil && len(b) > 0 {
		p := j.line.pool
		j.paused = !out.Write(s, b, func() { p.post(j.resume) })
	}
	if j.owed += int64(len(b)); j.owed >= creditAfter {
		j.line.send(&wire.Credit{ID: j.id, Bytes: j.owed})
		j.owed = 0
	}
}

// resume is called when the Output wants more again.
func (j *remoteJob) resume() {
	if !j.paused || j.seat.job != j {
		return
	}
	j.paused = false
	for !j.paused && len(j.held) > 0 {
		piece := j.held[0]
		j.held = j.held[1:]
		j.late -= len(piece.data)
		j.pass(piece.stream, piece.data)
	}
	j.seat.conclude()
}

// reset drops what the task has printed: the far end will run it again.
func (j *remoteJob) reset() {
	j.owed += int64(j.late)
	j.held, j.late = nil, 0
	if r, ok := j.attempt.task.Output.(Resetter); ok {
		r.Reset()
	}
}

// drop ends the attempt, which is done, without waiting for its reader.
func (j *remoteJob) drop() {
	j.paused, j.held = false, nil
	j.seat.conclude()
}

// ended is the far end's word that the attempt is over.
func (j *remoteJob) ended(m *wire.Done) {
	j.forget()
	j.done = m
	j.line.pace.add(m.Took)
	j.seat.slot.settled()
	j.seat.conclude()
}

// returned is the far end's word that the attempt has not begun there, and will not.
// One that does so without being asked wants no more tasks. What was asked for is not
// put off, however often that happens.
func (j *remoteJob) returned() {
	j.forget()
	s := j.seat.slot
	j.seat.job = nil
	if s.why != noReason {
		s.over(ended{host: j.line.host.Name})
		return
	}
	if j.recalled {
		j.attempt.starts--
	} else {
		j.line.refuse()
	}
	s.giveBack()
	s.rest()
}

// forget is for a job of which nothing more is heard.
func (j *remoteJob) forget() {
	delete(j.line.running, j.id)
	j.input.close()
	j.back.drop()
}

// took is the time that the attempt took where it ran, if it was told.
func (e *ended) end(start time.Time) time.Time {
	if e.took > 0 {
		return start.Add(e.took)
	}
	return time.Now()
}
