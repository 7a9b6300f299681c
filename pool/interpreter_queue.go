package pool

import (
	"bytes"
	"errors"
	"slices"
	"strconv"

	"xpool/pool/stub"
)

func (w *interpreterWorker) run(a *attempt) error { return w.send(a) }

// errNoRoom is why an attempt is not sent ahead: it will be sent later.
type errNoRoom struct{}

func (errNoRoom) Error() string { return "the worker has no room for it" }

// send sends the worker an attempt. Ahead of need that is one message, with the
// request for the pair if there has to be one, so that it can be taken back whole.
func (w *interpreterWorker) send(a *attempt) error {
	if len(a.payload.Args) == 0 {
		return errors.New("a task needs an argument")
	}
	if slices.ContainsFunc(w.jobs, func(j job) bool { return j.attempt.task.Seq == a.task.Seq }) {
		return errNoRoom{} // nothing else tells the two apart
	}
	p, opens, err := w.takePair()
	if err != nil {
		return err
	}
	w.buf = w.buf[:0]
	if opens {
		w.buf = stub.AppendPair(w.buf, p.number, p.paths[Stdout], p.paths[Stderr])
	}
	w.buf = stub.AppendTask(w.buf, stub.Task{
		Seq: a.task.Seq, Attempt: a.number, Pair: p.number, Args: a.payload.Args,
	})
	j := job{attempt: a, pair: p, opens: opens, long: len(w.buf) > requestMost}
	switch {
	case len(w.jobs) == 0:
		w.process.since, w.process.working = a.start, true
		w.post(w.buf)
	case j.long || len(w.unsent) > 0:
		w.unsend(j)
		return errNoRoom{}
	default:
		if err := w.requests.send(w.buf); err != nil {
			w.unsend(j)
			return err
		}
	}
	p.begin(a.output())
	w.enqueue(j)
	return nil
}

// push does nothing: each message is on its way already.
func (w *interpreterWorker) push() {}

// takePair returns a pair that is not in use, and makes one if need be, which the
// worker then has to open.
func (w *interpreterWorker) takePair() (p *pair, opens bool, err error) {
	none := -1
	for i, p := range w.pairs {
		if p == nil {
			none = i
		} else if !p.busy {
			p.busy = true
			w.free--
			return p, false, nil
		}
	}
	if none < 0 {
		return nil, false, errNoRoom{}
	}
	c, err := newPathCapture(w.slot.pool)
	if err != nil {
		return nil, false, err
	}
	p = &pair{pathCapture: c, number: none, busy: true}
	w.pairs[none] = p
	w.free--
	return p, true, nil
}

// unsend is for a job that the worker does not know of.
func (w *interpreterWorker) unsend(j job) {
	if j.opens {
		w.dropPair(j.pair)
	}
	w.givePair(j.pair)
}

// dropPair is for a pair that the worker does not have open.
func (w *interpreterWorker) dropPair(p *pair) {
	p.close()
	w.pairs[p.number] = nil
}

func (w *interpreterWorker) givePair(p *pair) {
	p.busy = false
	w.free++
}

func (w *interpreterWorker) room() int {
	if !canTakeBack || w.died || w.process.ending || len(w.unsent) > 0 || len(w.jobs) > 0 && w.jobs[0].long {
		return 0
	}
	return w.free
}

// takeBack takes the oldest request back that the worker has not read, unless it
// is that of the attempt which is the slot's own.
func (w *interpreterWorker) takeBack() *attempt {
	var buf [messageHead]byte
	if i := w.jobOf(w.requests.head(buf[:])); i <= 0 {
		return nil
	}
	i := w.jobOf(w.requests.take(buf[:]))
	if i <= 0 {
		return nil
	}
	j := w.jobs[i]
	w.jobs = append(w.jobs[:i], w.jobs[i+1:]...)
	j.pair.abandon()
	w.unsend(j)
	return j.attempt
}

// messageHead is how much of a message tells what it is about, in bytes.
const messageHead = 64

// jobOf returns the index of the job whose first message begins so, or -1.
func (w *interpreterWorker) jobOf(head []byte) int {
	seq, task := stub.TaskSeq(head)
	number, pair := pairNumber(head)
	for i, j := range w.jobs {
		if task && j.attempt.task.Seq == seq || pair && j.opens && j.pair.number == number {
			return i
		}
	}
	return -1
}

// pairNumber returns the number in a request for a pair, of which the beginning is
// enough; ok is false if it is another request.
func pairNumber(request []byte) (n int, ok bool) {
	rest, ok := bytes.CutPrefix(request, []byte("pair "))
	if !ok {
		return 0, false
	}
	number, _, ok := bytes.Cut(rest, []byte(" "))
	n, err := strconv.Atoi(string(number))
	return n, ok && err == nil
}
