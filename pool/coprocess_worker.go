package pool

import (
	"slices"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"xpool/crashdetect"
	"xpool/pool/child"
)

// coWorker is one co-process. It implements queuer:
//
//	         run                 a whole reply
//	(idle) ------> current set ----------------> answered
//	  ^                ^                            |
//	  |                | the next one sent ahead    | its output has been taken
//	  |                +----------------------------+
//	  +---------------------------------------------+
//
// Without Coprocess.Prefetch there is room for one attempt ahead of need, but for
// the JSON protocol: it is sent only when the worker has read all before it, and so
// waits in the pipe, where it can be taken back from, until the worker asks for
// more. With it, what is sent is written in one piece when the pool has done all
// else. None is sent to workers that use their standard error, which could come
// from the one or the other. A worker that ends is at first only dead: it is gone
// when what it had written has been taken too.
type coWorker struct {
	residentProcess
	kind    *Coprocess
	dialect dialect
	input   coInput
	stdout  coStream
	stderr  coStream
	words   lastWords // since the current attempt began

	request []byte // reused: that of an attempt
	current coJob  // nothing while it is idle
	ahead   []coJob
	replies int  // whole ones, in its life
	spoke   bool // it has written something, in its life

	part     []byte // of the reply to current
	answered bool   // that is complete
	status   int    // the exit status in it

	violation string // what it did against the protocol, for which it is killed
	deaf      bool   // what it writes does not matter any more
	told      bool   // the pool has told it to end
	doubt     *timer // set while it may yet end, as a sound worker would now

	looked uint64        // the turn of the pool in which its input was looked at last
	look   *timer        // set while it is to be looked at again
	wait   time.Duration // until then

	died     bool
	exit     syscall.WaitStatus // once it died
	late     int                // bytes read since
	finished bool
}

// coJob is an attempt that was sent to the worker; the zero coJob is none.
type coJob struct {
	attempt *attempt
	out     Output
	size    int // of its request, in bytes
}

func newCoWorker(k *Coprocess, s *slot) *coWorker {
	w := &coWorker{residentProcess: residentProcess{slot: s}, kind: k, dialect: k.Protocol.dialect(), wait: lookAfter}
	w.input.w, w.input.r, w.input.lazy = -1, -1, k.Prefetch > 1
	w.stdout = coStream{fd: -1, pool: s.pool, read: w.readStdout}
	w.stderr = coStream{fd: -1, pool: s.pool, read: w.readStderr}
	w.stdout.resume = func() { s.pool.post(func() { w.resume(&w.stdout) }) }
	w.stderr.resume = func() { s.pool.post(func() { w.resume(&w.stderr) }) }
	return w
}

// open starts the process.
func (w *coWorker) open() error {
	p := w.slot.pool
	in, err := w.input.open(p.reactor)
	if err != nil {
		return err
	}
	defer unix.Close(in)
	out, err := w.stdout.open()
	if err != nil {
		return err
	}
	defer unix.Close(out)
	errs, err := w.stderr.open()
	if err != nil {
		return err
	}
	defer unix.Close(errs)
	spec := &child.Spec{
		Path: w.kind.path, Argv: w.kind.Argv, Env: p.taskEnv(w.slot, 0, 0), Dir: w.kind.Dir,
		Stdin: in, Stdout: out, Stderr: errs,
	}
	return w.launch(spec, w.exited)
}

func (w *coWorker) run(a *attempt) error {
	request, err := w.dialect.appendRequest(w.request[:0], a.payload.Args)
	if err != nil {
		return err
	}
	w.request = request
	w.current = coJob{a, a.output(), len(request)}
	w.process.since, w.process.working = a.start, true
	w.words.forget()
	w.input.write(request)
	w.looked, w.wait = w.slot.pool.turn, lookAfter
	w.kind.watchSilence(w.slot.pool)
	return nil
}

// lookAfter is how long after an attempt began it is looked whether the worker has
// read it, if nothing else gives reason to. Once something is ahead, each reply
// does: the worker will have read the next one by then.
const lookAfter = time.Millisecond

func (w *coWorker) room() int {
	most := w.kind.Prefetch
	if most == 0 && w.kind.Protocol != JSON {
		most = 1
	}
	busy := w.current.attempt != nil && len(w.ahead) < most && !w.answered && !w.deaf && !w.died
	switch {
	case !busy || !w.input.apart || w.kind.vocal:
		return 0
	case most > 1 && w.current.size > pipeAtOnce:
		return 0
	case most > 1:
		return most - len(w.ahead)
	}
	p := w.slot.pool
	if w.input.empty || w.looked != p.turn && w.input.unread() == 0 {
		return 1
	}
	w.looked = p.turn
	if w.look == nil {
		w.look = p.timers.after(w.wait, func() { w.look = nil })
		w.wait *= 2
	}
	return 0
}

func (w *coWorker) send(a *attempt) error {
	request, err := w.dialect.appendRequest(w.request[:0], a.payload.Args)
	if err != nil {
		return err
	}
	w.request = request
	if aheadSize(w.ahead)+len(request) > pipeAtOnce {
		return errNoRoom{} // could not be taken back
	}
	w.ahead = append(w.ahead, coJob{a, a.output(), len(request)})
	w.input.write(request)
	return nil
}

func (w *coWorker) push() { w.input.push() }

// aheadSize is the size of all the requests for jobs, in bytes.
func aheadSize(jobs []coJob) (n int) {
	for _, j := range jobs {
		n += j.size
	}
	return n
}

func (w *coWorker) takeBack() *attempt {
	if len(w.ahead) == 0 {
		return nil
	}
	sizes := make([]int, len(w.ahead))
	for i, j := range w.ahead {
		sizes[i] = j.size
	}
	i := w.input.takeBack(sizes)
	if i < 0 {
		return nil
	}
	a := w.ahead[i].attempt
	w.ahead = slices.Delete(w.ahead, i, i+1)
	return a
}

// release ends the worker's input, and with it a sound worker.
func (w *coWorker) release() { w.input.release() }

func (w *coWorker) kill() {
	w.giveUp()
	w.process.kill()
}

func (w *coWorker) terminate() {
	if a := w.current.attempt; a != nil && (w.slot.why == timedOut || w.slot.why == stalled) {
		w.kind.tellSilence(w, time.Since(a.start))
		w.kind.tellWaiting(w, time.Since(a.start))
	}
	w.giveUp()
	w.process.terminate()
}

// giveUp ends the wait for those who take the output of a worker that has ended.
func (w *coWorker) giveUp() {
	w.told = true
	if w.died {
		w.abandon()
		w.settle()
	}
}

// abandon drops what the worker has written and nobody has taken.
func (w *coWorker) abandon() {
	w.deaf = true
	w.stdout.paused, w.stderr.paused = false, false
}

// exited is called when the process is no more.
func (w *coWorker) exited(status syscall.WaitStatus, _ Usage, _ int) {
	w.died, w.exit = true, status
	w.slot.pool.timers.stop(w.doubt)
	if w.told && (w.stdout.paused || w.stderr.paused) { // their reader is not waited for any more
		w.abandon()
	}
	w.settle()
}

// settle reads what a dead worker has left, as far as that is wanted now, and
// then lets go of it.
func (w *coWorker) settle() {
	for w.readStderr() && w.late < lateMost {
	}
	for w.readStdout() && w.late < lateMost {
	}
	if w.finished || w.stdout.paused || w.stderr.paused {
		return
	}
	switch a := w.current.attempt; {
	case a == nil:
		w.finish(false)
	case w.answered:
		w.conclude()
		if !w.finished && !w.answered {
			w.settle() // the next one
		}
	case !w.told && a.starts < startTries && w.unbegun():
		w.current.attempt.dropOutput()
		w.current = coJob{}
		w.slot.giveBack()
		w.finish(false)
	default:
		w.slot.pool.dropUnbegun(a, w.unbegun())
		w.slot.settled()
		w.current = coJob{}
		w.slot.over(ended{pid: w.number, words: w.words.String(), gone: true, how: w.end()})
		w.finish(true)
	}
}

// leaveTries is how often it is taken for granted that a worker which was sent
// several attempts has left before the next one, and not in it.
const leaveTries = 3

// unbegun tells whether a dead worker had not begun with the current attempt. One
// that has exited well may have left before that if it was sent several at once.
func (w *coWorker) unbegun() bool {
	if w.input.unread() >= w.current.size+aheadSize(w.ahead) {
		return true
	}
	return w.kind.Prefetch > 1 && w.current.attempt.starts < leaveTries && w.replies > 0 && len(w.part) == 0 && w.violation == "" &&
		w.exit.Exited() && w.exit.ExitStatus() == 0
}

// end is how a dead worker ended, as the end of its attempt.
func (w *coWorker) end() crashdetect.End {
	return crashdetect.End{
		Status: w.exit, HasStatus: true, Worker: true,
		Protocol: w.violation, ProtocolName: w.kind.Protocol.String(),
	}
}

// finish gives back all that a dead worker had, and the slot.
func (w *coWorker) finish(charged bool) {
	if w.finished {
		return
	}
	w.finished = true
	asked := w.told || w.slot.state == leaving && w.violation == ""
	w.close()
	w.slot.gone(w.words.String())
	if !asked {
		w.kind.gone(w, charged)
	}
}

// close gives back the descriptors, as far as there are any.
func (w *coWorker) close() {
	t := &w.slot.pool.timers
	t.stop(w.doubt)
	t.stop(w.look)
	w.input.close()
	w.stdout.close()
	w.stderr.close()
}
