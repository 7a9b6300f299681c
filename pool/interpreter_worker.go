package pool

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"

	"xpool/crashdetect"
	"xpool/pool/child"
	"xpool/pool/stub"
)

// pairsMost is how many pairs of pipes a worker has: one for the attempt that
// runs, and one for each that is sent ahead.
const pairsMost = 8

// interpreterWorker is one interpreter. It implements queuer.
type interpreterWorker struct {
	ordered
	kind     *Interpreter
	requests *requests
	buf      []byte // reused

	pairs  [pairsMost]*pair // as the worker knows them; nil where there is none
	free   int              // how many of those are unused, or could be made
	unsent []byte           // of a request that is longer than there was room for
	waits  bool             // the reactor tells when there is room for that
}

func newInterpreterWorker(s *slot, k *Interpreter) *interpreterWorker {
	w := &interpreterWorker{ordered: ordered{speaker: newSpeaker(s)}, kind: k, free: pairsMost}
	w.how = w
	return w
}

func (w *interpreterWorker) open() (err error) {
	p := w.slot.pool
	if w.requests, err = openRequests(); err != nil {
		return err
	}
	out, errs, err := w.listen(w.reply)
	if err != nil {
		return err
	}
	defer unix.Close(out)
	defer unix.Close(errs)
	spec := &child.Spec{
		Path: w.kind.path, Argv: w.kind.argv(), Env: p.taskEnv(w.slot, 0, 0),
		Stdin: w.requests.theirs, Stdout: out, Stderr: errs,
	}
	if w.kind.Language == Node {
		spec.Stdin, spec.Extra = p.null, []int{w.requests.theirs}
	}
	if err := w.launch(spec, w.exited); err != nil {
		return err
	}
	mode := stub.Code
	if w.kind.Call {
		mode = stub.Call
	}
	w.post(stub.AppendSetup(nil, mode, w.kind.Code, w.kind.Init))
	return nil
}

// post sends a request in as many messages as it takes. What there is no room for
// is sent when the worker has read the rest.
func (w *interpreterWorker) post(request []byte) {
	w.unsent = append(w.unsent, request...)
	w.flush()
}

// flush sends what is unsent, as far as there is room. If the worker is gone its
// end tells of that.
func (w *interpreterWorker) flush() (again bool) {
	for len(w.unsent) > 0 && w.requests.ours >= 0 {
		n := min(len(w.unsent), requestMost)
		err := w.requests.send(w.unsent[:n])
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err == nil {
			w.unsent = w.unsent[n:]
			continue
		}
		if errors.Is(err, unix.EAGAIN) {
			w.awaitRoom()
		}
		return false
	}
	if len(w.unsent) == 0 {
		w.unsent = nil
		w.forgetRoom()
	}
	return false
}

// awaitRoom has flush called when there is room again. The reactor watches the
// requests for no longer than that: it would be woken by each one that is read.
func (w *interpreterWorker) awaitRoom() {
	p := w.slot.pool
	if !w.waits {
		w.waits = p.reactor.AddWriter(w.requests.ours, w.flush) == nil
	}
	if w.waits {
		p.reactor.Blocked(w.requests.ours)
	} else { // for want of memory
		p.timers.after(lookAfter, func() { w.flush() })
	}
}

// forgetRoom ends what awaitRoom has begun.
func (w *interpreterWorker) forgetRoom() {
	if w.waits {
		w.slot.pool.reactor.Remove(w.requests.ours)
		w.waits = false
	}
}

// reply is called for each line of the worker's replies.
func (w *interpreterWorker) reply(line []byte) {
	if w.slot.state == starting {
		w.hello(string(line))
		return
	}
	r, ok := stub.ParseReply(line)
	if !ok || !w.expects(r.Seq) {
		w.garbled(line)
		return
	}
	w.answered(answer{r.Status, r.Clean})
}

func (w *interpreterWorker) hello(line string) {
	switch line {
	case stub.Ready:
		w.kind.proven = true
		w.slot.ready()
	case stub.Failed:
		w.words.drain()
		w.slot.pool.startErr = &BrokenError{
			Err: errors.New("the code or its init failed"), Words: string(w.failure),
		}
	default:
		w.garbled([]byte(line))
	}
}

// reported is how an attempt ended to which the worker has replied.
func (w *interpreterWorker) reported(status int) crashdetect.End {
	return crashdetect.End{Replied: true, ReplyCode: status, Worker: true}
}

// lost is how an attempt ended that the worker's own end has cut short.
func (w *interpreterWorker) lost() crashdetect.End {
	return crashdetect.End{Status: w.status, HasStatus: true, Worker: true, Protocol: w.violation}
}

// remove gives a job's pair back.
func (w *interpreterWorker) remove(j job, clean bool) {
	w.givePair(j.pair)
	if !clean { // the worker has closed it
		w.dropPair(j.pair)
	}
}

// unread tells whether the worker has not read all of its first job, which then
// has not begun.
func (w *interpreterWorker) unread() bool {
	var buf [messageHead]byte
	head := w.requests.head(buf[:])
	return len(w.unsent) > 0 || w.jobs[0].long && head != nil || w.jobOf(head) == 0
}

// stillborn says why the worker has not become ready. If the first one exits, all
// will do so; one that was killed, or that follows others, may have been unlucky.
func (w *interpreterWorker) stillborn() {
	w.last = w.failure
	p := w.slot.pool
	end := crashdetect.Classify(crashdetect.End{Status: w.status, HasStatus: true, Protocol: w.violation})
	switch {
	case p.startErr != nil || w.process.ending && w.violation == "":
	case w.status.Exited() && !w.kind.proven:
		p.startErr = &BrokenError{
			Err: fmt.Errorf("a worker ended with %v before it was ready", end), Words: string(w.last),
		}
	default:
		if len(w.last) > 0 {
			w.last = append(w.last, '\n')
		}
		w.last = fmt.Appendf(w.last, "%v", end)
	}
}

// close gives back the descriptors, as far as there are any.
func (w *interpreterWorker) close() {
	w.release()
	if w.requests != nil {
		w.requests.close()
	}
	w.hush()
	for _, p := range w.pairs {
		if p != nil {
			p.close()
		}
	}
}

// release ends the worker's requests, and with them the worker.
func (w *interpreterWorker) release() {
	if w.requests != nil && w.requests.ours >= 0 {
		w.forgetRoom()
		w.requests.release()
	}
}
