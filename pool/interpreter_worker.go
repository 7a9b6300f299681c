package pool

import (
	"errors"
	"fmt"
	"syscall"
	"time"

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
	speaker
	kind      *Interpreter
	requests  *requests
	violation string // what came in the place of a reply, for which it is killed
	buf       []byte // reused

	pairs  [pairsMost]*pair // as the worker knows them; nil where there is none
	free   int              // how many of those are unused, or could be made
	jobs   []job            // what the worker was sent, in order; the first one runs
	held   []stub.Reply     // to jobs, while the output of an earlier one is awaited
	unsent []byte           // of a request that is longer than there was room for
	waits  bool             // the reactor tells when there is room for that

	ending   bool // the output of the first job is awaited, to which it has replied
	died     bool
	finished bool
	status   syscall.WaitStatus // once it died
}

// job is an attempt on its way.
type job struct {
	attempt *attempt
	pair    *pair
	opens   bool // its message has the request for the pair too
	long    bool // it was sent in several messages, of which all but the first may look like anything
}

// pair is where a worker's attempts write. It is used for one after the other as
// long as nobody else holds its pipes.
type pair struct {
	*pathCapture
	number int
	busy   bool
}

func (w *interpreterWorker) open() (err error) {
	p := w.slot.pool
	w.free = pairsMost
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
	i := len(w.held)
	if w.ending { // the first job has its reply
		i++
	}
	if !ok || i >= len(w.jobs) || r.Seq != w.jobs[i].attempt.task.Seq {
		w.garbled(line)
		return
	}
	w.held = append(w.held, r)
	w.next()
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

// garbled ends a worker that has said what is no reply: somebody who found its
// private descriptor.
func (w *interpreterWorker) garbled(line []byte) {
	if w.violation == "" {
		w.violation = crashdetect.Excerpt(line) + " is not a reply"
	}
	w.slot.leave() // if it is idle, so that it gets no task any more
	w.process.kill()
}

// next takes the replies into account that have come.
func (w *interpreterWorker) next() {
	for len(w.held) > 0 && !w.ending {
		r := w.held[0]
		w.held = w.held[1:]
		if w.process.ending { // it may say what it likes, it is being ended
			continue
		}
		w.replied(w.jobs[0], r)
	}
	if w.died && !w.ending {
		w.lost()
	}
}

// replied ends the first job. What it has written is in its pipes; where it has
// left nobody behind who could write more, what is there is all.
func (w *interpreterWorker) replied(j job, r stub.Reply) {
	w.slot.settled()
	w.process.working = false
	w.ending = true
	e := ended{pid: w.number, how: crashdetect.End{Replied: true, ReplyCode: r.Status, Worker: true}}
	later := false
	over := func() {
		w.ending = false
		w.remove(j, r.Clean)
		e.gone = w.died && len(w.jobs) == 0
		w.slot.over(e)
		if later {
			w.next()
		}
	}
	if r.Clean {
		j.pair.settle(over)
	} else {
		j.pair.end(over)
	}
	later = true
}

// remove forgets the first job.
func (w *interpreterWorker) remove(j job, clean bool) {
	w.jobs = w.jobs[1:]
	w.givePair(j.pair)
	if !clean { // the worker has closed it
		w.dropPair(j.pair)
	}
	if len(w.jobs) > 0 {
		w.process.since, w.process.working = time.Now(), true
	}
}

// exited is called when the interpreter is no more.
func (w *interpreterWorker) exited(status syscall.WaitStatus, _ Usage, _ int) {
	w.died, w.status = true, status
	w.drain()
	if w.ending && w.process.ending { // its reader is not waited for any more
		w.jobs[0].pair.finish()
	}
	w.next()
}

// lost is called when the interpreter is no more and its replies are dealt with:
// the attempt that it was running is charged, if it was running one.
func (w *interpreterWorker) lost() {
	switch {
	case w.finished:
	case len(w.jobs) == 0:
		w.finish()
	case !w.process.ending && w.jobs[0].attempt.starts < startTries && w.unread():
		w.slot.giveBack()
		w.finish()
	default:
		w.charge(w.jobs[0])
	}
}

// unread tells whether the worker has not read all of its first job, which then
// has not begun.
func (w *interpreterWorker) unread() bool {
	var buf [messageHead]byte
	head := w.requests.head(buf[:])
	return len(w.unsent) > 0 || w.jobs[0].long && head != nil || w.jobOf(head) == 0
}

func (w *interpreterWorker) charge(j job) {
	w.slot.settled()
	w.ending = true
	e := ended{pid: w.number, words: string(w.last), gone: true, how: crashdetect.End{
		Status: w.status, HasStatus: true, Worker: true, Protocol: w.violation,
	}}
	j.pair.end(func() {
		w.slot.over(e)
		w.finish()
	})
}

// finish gives back all that the worker had, and the slot.
func (w *interpreterWorker) finish() {
	if w.finished {
		return
	}
	w.finished = true
	w.close()
	if w.slot.state == starting {
		w.stillborn()
	}
	w.slot.gone(string(w.last))
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

func (w *interpreterWorker) kill() {
	w.giveUp()
	w.process.kill()
}

func (w *interpreterWorker) terminate() {
	w.giveUp()
	w.process.terminate()
}

// giveUp ends the wait for what may still come from others than the process.
func (w *interpreterWorker) giveUp() {
	if w.process.pid() == 0 && w.ending && len(w.jobs) > 0 {
		w.jobs[0].pair.finish()
	}
}
