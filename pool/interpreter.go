package pool

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"xpool/crashdetect"
	"xpool/pool/child"
	"xpool/pool/stub"
)

// Interpreter is the kind of pool whose workers are interpreters of a programming
// language that stay: the code is compiled once in each, and a task sends only its
// arguments, Payload.Args, of which it needs one at least. The code finds the first
// of them, all of them, and Task.Seq in variables:
//
//	Python  arg   args   seq
//	Perl    $arg  @args  $seq
//	Node    arg   args   seq; as Buffers argBytes and argsBytes
//
// What it prints is the task's output. Where a program of its own would have exited
// with a status, that is the task's, and the worker lives on; an exception that
// nobody catches is exit status 1, with what the language has to say of it on the
// task's standard error. Standard input is empty. Package stub has the details.
//
// Code that does not compile, and an Init that fails, break the pool before any
// task is run.
//
// An Interpreter belongs to one pool. Path, Language and Code have to be set.
type Interpreter struct {
	// Path is the interpreter's file, searched for in PATH if it has no slash.
	Path string

	// Language says which language it is; LanguageOf(Path) tells as a rule. It must
	// not be NoLanguage.
	Language Language

	// Code is what a task runs: a program text. With Call, which is for Python only,
	// it is the name of a function as module:function, which is called with the
	// task's arguments; what it returns is printed with a newline, unless it is
	// None.
	Code string
	Call bool

	// Init is run once in each worker before its first task; "" is nothing. What
	// it prints belongs to no task.
	Init string

	path   string // what Path was found to be
	proven bool   // a worker has been ready
}

// Language is a programming language for which there is a worker.
type Language uint8

// The languages. NoLanguage is the zero value.
const (
	NoLanguage Language = iota
	Python
	Perl
	Node
)

// LanguageOf tells from the name of an interpreter's file which language it is:
// python3, pypy3, perl5.36, node and nodejs count, whatever their directory. It
// returns NoLanguage for any other name. The file need not exist.
func LanguageOf(path string) Language {
	name := filepath.Base(path)
	for _, l := range []struct {
		prefix   string
		language Language
	}{{"python", Python}, {"pypy", Python}, {"perl", Perl}, {"nodejs", Node}, {"node", Node}} {
		if rest, ok := strings.CutPrefix(name, l.prefix); ok && strings.Trim(rest, "0123456789.-") == "" {
			return l.language
		}
	}
	return NoLanguage
}

// argv starts the interpreter with its stub.
func (k *Interpreter) argv() []string {
	name := filepath.Base(k.path)
	switch k.Language {
	case Perl:
		return []string{name, "-e", stub.Perl()}
	case Node:
		return []string{name, "-e", stub.Node(), "3"}
	default:
		return []string{name, "-c", stub.Python()}
	}
}

func (k *Interpreter) hopeless(error) bool { return false }

func (k *Interpreter) start(s *slot) (worker, error) {
	p := s.pool
	if k.path == "" {
		path, err := crashdetect.LookPath(k.Path, searchPath(p.env))
		if err != nil {
			return nil, err
		}
		k.path = path
	}
	w := &interpreterWorker{kind: k, slot: s}
	if err := w.open(); err != nil {
		w.close()
		if child.Temporary(err) {
			return nil, err
		}
		return nil, crashdetect.NewStartError(k.Path, k.path, err)
	}
	return w, nil
}

// pairsMost is how many pairs of pipes a worker has: one for the attempt that
// runs, and one for each that is sent ahead.
const pairsMost = 8

// interpreterWorker is one interpreter. It implements queuer.
type interpreterWorker struct {
	kind      *Interpreter
	slot      *slot
	process   *process
	number    int // the process's, for results
	requests  *requests
	replies   *lineReader
	words     *lineReader
	last      []byte // line of the worker's own standard error
	violation string // what came in the place of a reply, for which it is killed
	failure   []byte // what it said of the setup, of which there may be several lines
	buf       []byte // reused

	pairs  [pairsMost]*pair // as the worker knows them; nil where there is none
	free   int              // how many of those are unused, or could be made
	jobs   []job            // what the worker was sent, in order; the first one runs
	held   []stub.Reply     // to jobs, while the output of an earlier one is awaited
	unsent []byte           // of a request that is longer than there was room for

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
	var out, errs int
	if w.replies, out, err = newLineReader(p.reactor, w.reply); err != nil {
		return err
	}
	defer unix.Close(out)
	if w.words, errs, err = newLineReader(p.reactor, w.said); err != nil {
		return err
	}
	defer unix.Close(errs)
	if err := p.reactor.AddWriter(w.requests.ours, w.flush); err != nil {
		return err
	}
	spec := &child.Spec{
		Path: w.kind.path, Argv: w.kind.argv(), Env: p.taskEnv(w.slot, 0, 0),
		Stdin: w.requests.theirs, Stdout: out, Stderr: errs,
	}
	if w.kind.Language == Node {
		spec.Stdin, spec.Extra = p.null, []int{w.requests.theirs}
	}
	if w.process, err = startProcess(w.slot, spec, w.exited); err != nil {
		return err
	}
	w.number = w.process.pid()
	mode := stub.Code
	if w.kind.Call {
		mode = stub.Call
	}
	w.post(stub.AppendSetup(nil, mode, w.kind.Code, w.kind.Init))
	return nil
}

// said keeps the last line of the worker's own standard error, and all of them
// until it is ready.
func (w *interpreterWorker) said(line []byte) {
	if len(strings.TrimSpace(string(line))) == 0 {
		return
	}
	w.last = append(w.last[:0], line...)
	w.failure = keepFailure(w.slot, w.failure, line)
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
		if errors.Is(err, unix.EAGAIN) {
			w.slot.pool.reactor.Blocked(w.requests.ours)
		}
		if err != nil {
			return false
		}
		w.unsent = w.unsent[n:]
	}
	if len(w.unsent) == 0 {
		w.unsent = nil
	}
	return false
}

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
	w.jobs = append(w.jobs, j)
	return nil
}

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
		w.violation = quoteSome(line) + " is not a reply"
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
	w.words.drain()
	w.replies.drain()
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
	w.replies.close()
	w.words.close()
	for _, p := range w.pairs {
		if p != nil {
			p.close()
		}
	}
}

// release ends the worker's requests, and with them the worker.
func (w *interpreterWorker) release() {
	if w.requests != nil && w.requests.ours >= 0 {
		w.slot.pool.reactor.Remove(w.requests.ours)
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

func (w *interpreterWorker) signal(sig syscall.Signal) { w.process.signal(sig) }
func (w *interpreterWorker) pid() int                  { return w.process.pid() }
func (w *interpreterWorker) resident() bool            { return true }
