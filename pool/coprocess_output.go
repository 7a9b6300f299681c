package pool

import (
	"bytes"
	"slices"

	"golang.org/x/sys/unix"

	"xpool/crashdetect"
	"xpool/pool/reactor"
)

// coStream is one of the two streams that a co-process writes.
type coStream struct {
	pool    *Pool
	fd      int // -1 if there is none
	read    func() (again bool)
	resume  func() // given to an Output that wants no more for now
	watched bool   // the reactor tells of it
	paused  bool   // an Output wants no more for now
	ended   bool   // nobody holds it for writing
}

// open makes the pipe and returns its end for writing, which is the caller's to
// close.
func (s *coStream) open() (w int, err error) {
	if s.fd, w, err = reactor.Pipe(); err != nil {
		s.fd = -1
		return -1, err
	}
	if err = unix.SetNonblock(s.fd, true); err == nil {
		err = s.watch()
	}
	if err != nil {
		unix.Close(w)
		return -1, err
	}
	return w, nil
}

func (s *coStream) watch() error {
	if s.watched || s.fd < 0 || s.ended {
		return nil
	}
	err := s.pool.reactor.Add(s.fd, s.read)
	s.watched = err == nil
	return err
}

func (s *coStream) unwatch() {
	if s.watched {
		s.pool.reactor.Remove(s.fd)
		s.watched = false
	}
}

// pause stops reading until resume.
func (s *coStream) pause() {
	s.paused = true
	s.unwatch()
}

// take reads once, into the pool's buffer. It returns nothing when there is
// nothing to read now.
func (s *coStream) take() []byte {
	if s.fd < 0 || s.paused || s.ended {
		return nil
	}
	for {
		n, err := unix.Read(s.fd, s.pool.buf)
		switch {
		case n > 0:
			return s.pool.buf[:n]
		case err == unix.EINTR:
		case err == unix.EAGAIN:
			return nil
		default:
			s.ended = true
			s.unwatch()
			return nil
		}
	}
}

func (s *coStream) close() {
	if s.fd >= 0 {
		s.unwatch()
		unix.Close(s.fd)
		s.fd = -1
	}
}

// readStdout is the handler of the worker's standard output.
func (w *coWorker) readStdout() (again bool) {
	if w.stdout.paused || w.finished {
		return false
	}
	w.digest()
	for range readsAtOnce {
		b := w.stdout.take()
		if len(b) == 0 {
			if w.stdout.ended && !w.died {
				w.suspect()
			}
			return false
		}
		w.spoke = true
		if w.died {
			w.late += len(b)
		}
		if !w.deaf {
			w.dialect.feed(b)
			w.digest()
		}
		if len(b) < readSize && !w.died && w.slot.pool.reactor.HasPeer() {
			return false // it was all that there is
		}
	}
	return true
}

// digest takes what the worker has written as far as that is wanted now.
func (w *coWorker) digest() {
	for !w.deaf && !w.stdout.paused && !w.answered {
		if w.current.attempt == nil {
			w.unasked()
			return
		}
		p, ok := w.dialect.next()
		if !ok {
			w.check()
			return
		}
		switch {
		case p.done:
			w.replied(p.status, p.output)
		case len(w.part)+len(p.output) > partMost:
			w.passPart(p.output)
		default:
			w.part = append(w.part, p.output...)
		}
	}
	if !w.deaf {
		w.dialect.hold()
	}
}

// partMost is how much of a reply is kept, in bytes, until it is known that it will
// be a whole one: what a worker has written of one when it dies is not a result. Of
// a longer reply the beginning is passed on before.
const partMost = 1 << 20

// passPart gives what is kept of a reply, and what follows, to the current
// attempt's Output.
func (w *coWorker) passPart(next []byte) {
	if len(w.part) == 0 {
		w.pass(Stdout, next)
		return
	}
	w.part = append(w.part, next...)
	w.pass(Stdout, w.part)
	w.part = w.part[:0]
}

// unasked is for what a worker writes that has no task.
func (w *coWorker) unasked() {
	switch err := w.dialect.err(false); {
	case w.dialect.rest() != "":
		w.broke(w.dialect.rest())
	case err != nil:
		w.broke(err.Error())
	case w.dialect.begun():
		w.broke("it wrote what nobody had asked for")
	}
}

// check looks whether what is not a reply yet can become one.
func (w *coWorker) check() {
	if err := w.dialect.err(false); err != nil {
		w.broke(err.Error())
	} else if w.dialect.dubious() {
		w.suspect()
	}
}

// suspect ends a worker that cannot reply any more, unless it ends by itself: why
// it did says more then than what it wrote or that it closed its output. It may
// yet complete the line in which it says that.
func (w *coWorker) suspect() {
	if w.doubt != nil || w.told {
		return
	}
	w.doubt = w.slot.pool.timers.after(garbageGrace, func() {
		if err := w.dialect.err(true); err != nil {
			w.broke(err.Error())
		} else {
			w.broke("it closed its standard output")
		}
	})
}

// broke ends the worker for what it did, of which what says something to charge
// the current attempt with, if it has begun.
func (w *coWorker) broke(what string) {
	if w.slot.state == leaving { // some have a last word when their input ends
		w.deaf = true
		return
	}
	if w.violation != "" || w.told || w.finished {
		return
	}
	w.violation, w.deaf = what, true
	w.slot.leave() // if it is idle, so that it gets no task any more
	w.process.kill()
}

// replied takes a whole reply to the current attempt, which ends in output.
func (w *coWorker) replied(status int, output []byte) {
	if w.told { // it may say what it likes, it is being ended
		w.deaf = true
		return
	}
	w.looked = w.slot.pool.turn
	unread, ahead := w.input.unread(), aheadSize(w.ahead)
	if unread > ahead {
		w.broke("it replied before it had read what it was asked")
		return
	}
	if unread == ahead {
		if rest := w.dialect.rest(); rest != "" { // nobody has asked for that
			w.broke(rest)
			return
		}
	}
	w.passPart(output)
	w.replies++
	w.kind.replied, w.kind.deaths = true, 0
	w.slot.settled()
	w.answered, w.status = true, status
	w.process.working = false
	w.dialect.hold()     // the same buffer serves both streams
	if unread == ahead { // what is there is not from the next one
		w.drainStderr()
	}
	w.conclude()
}

// requestKept is the most memory that a worker keeps for its next request.
const requestKept = 64 << 10

// conclude ends the current attempt, which was answered, when its output has been
// taken.
func (w *coWorker) conclude() {
	if !w.answered || w.stdout.paused || w.stderr.paused {
		return
	}
	last := w.died && len(w.ahead) == 0
	e := ended{pid: w.number, how: crashdetect.End{Replied: true, ReplyCode: w.status, Worker: true}}
	e.gone = last
	w.current, w.answered = coJob{}, false
	if cap(w.request) > requestKept {
		w.request = nil
	}
	w.slot.over(e)
	if last {
		w.finish(true)
		return
	}
	w.next()
}

// next makes the attempt that was sent ahead, if it is still there, the current
// one. What the worker has said so far are not the words of that; of a dead worker
// all has been read, and the end tells of its end.
func (w *coWorker) next() {
	if len(w.ahead) == 0 {
		return
	}
	if !w.died {
		w.words.forget()
	}
	w.current = w.ahead[0]
	w.ahead = slices.Delete(w.ahead, 0, 1)
	w.process.since, w.process.working = w.current.attempt.start, true
	w.wait = lookAfter
}

// resume is called when an Output wants more again.
func (w *coWorker) resume(s *coStream) {
	if !s.paused || w.finished {
		return
	}
	s.paused = false
	if w.died {
		w.settle()
		return
	}
	if s.watch() != nil { // it cannot be read for want of memory
		w.broke("its output could not be watched")
	}
	w.conclude()
	w.digest()
}

// readStderr is the handler of the worker's standard error.
func (w *coWorker) readStderr() (again bool) {
	for range readsAtOnce {
		b := w.stderr.take()
		if len(b) == 0 {
			return false
		}
		w.complain(b)
	}
	return true
}

// drainStderr reads what the worker has written before its reply: no more than
// fits in a pipe.
func (w *coWorker) drainStderr() {
	for n := 0; n < pipeHolds; {
		b := w.stderr.take()
		if len(b) == 0 {
			return
		}
		n += len(b)
		w.complain(b)
	}
}

// complain takes what the worker has written on its standard error.
func (w *coWorker) complain(b []byte) {
	w.words.add(b)
	w.kind.vocal = true
	if w.died {
		w.late += len(b)
	}
	if w.current.attempt != nil && !w.deaf {
		w.pass(Stderr, b)
	}
}

// pass gives b to the current attempt's Output.
func (w *coWorker) pass(i Stream, b []byte) {
	s := &w.stdout
	if i == Stderr {
		s = &w.stderr
	}
	if out := w.current.out; out != nil && len(b) > 0 && !out.Write(i, b, s.resume) {
		s.pause()
	}
}

// lastWords keeps the last line of a text that is not blank.
type lastWords struct {
	line []byte // the last whole one
	part []byte // what came after it, as far as it is kept
}

func (l *lastWords) add(b []byte) {
	end := bytes.LastIndexByte(b, '\n')
	if end >= 0 {
		lines := bytes.TrimRight(b[:end], " \t\r\n")
		start := bytes.LastIndexByte(lines, '\n') + 1
		last := lines[start:]
		if start == 0 {
			last = append(l.part, last...)
		}
		if len(bytes.TrimSpace(last)) > 0 {
			l.line = append(l.line[:0], last[:min(len(last), lineMost)]...)
		}
		l.part = l.part[:0]
	}
	b = b[end+1:]
	l.part = append(l.part, b[:min(len(b), lineMost-min(lineMost, len(l.part)))]...)
}

// forget drops all of the text so far.
func (l *lastWords) forget() { l.line, l.part = l.line[:0], l.part[:0] }

func (l *lastWords) String() string {
	if part := bytes.TrimSpace(l.part); len(part) > 0 {
		return string(part)
	}
	return string(bytes.TrimSpace(l.line))
}
