package pool

import (
	"syscall"
	"time"

	"xpool/crashdetect"
)

// ordered is what resident workers have in common that are sent attempts ahead of
// need, and reply to them in the order in which they were sent.
type ordered struct {
	speaker
	how       orderedKind
	jobs      []job    // what the worker was sent, in order; the first one runs
	held      []answer // to jobs, while the output of an earlier one is awaited
	violation string   // what came in the place of a reply, for which it is killed

	ending   bool // the output of the first job is awaited, to which it has replied
	died     bool
	finished bool
	status   syscall.WaitStatus // once it died
}

// orderedKind is what tells such workers from each other.
type orderedKind interface {
	// unread tells whether the worker has not read all of its first job, which then
	// has not begun.
	unread() bool

	// reported is how an attempt ended to which the worker replied with status, and
	// lost how one did that its own end has cut short.
	reported(status int) crashdetect.End
	lost() crashdetect.End

	// remove is for the streams of a job that is over; clean tells that nobody but
	// the worker holds them.
	remove(j job, clean bool)

	// stillborn is for a worker that is no more before it was ready.
	stillborn()

	// release ends the worker's input, and close gives back all descriptors.
	release()
	close()
}

// job is an attempt on its way.
type job struct {
	attempt *attempt
	pair    *pair
	opens   bool  // its message has the request for the pair too
	long    bool  // it was sent in several messages, of which all but the first may look like anything
	end     int64 // where it ends in what was ever written to a shell
}

// pair is where a worker's attempts write. It is used for one after the other as
// long as nobody else holds its pipes.
type pair struct {
	*pathCapture
	number int
	busy   bool
}

// answer is a worker's word that a job is over, with its exit status. Clean tells
// that nobody but the worker holds its streams.
type answer struct {
	status int
	clean  bool
}

// expects tells whether seq is that of the first job that has no reply yet.
func (w *ordered) expects(seq int64) bool {
	i := len(w.held)
	if w.ending { // the first job has its reply
		i++
	}
	return i < len(w.jobs) && seq == w.jobs[i].attempt.task.Seq
}

// enqueue takes a job that is sent to the worker.
func (w *ordered) enqueue(j job) {
	if len(w.jobs) == 0 {
		w.begin()
	}
	w.jobs = append(w.jobs, j)
}

// answered takes the reply to the job that expects was asked about. The words that
// were read so far are not those of the next one; of a dead worker all have been
// read, and the last ones tell of its end.
func (w *ordered) answered(a answer) {
	if !w.died {
		w.forget()
	}
	w.held = append(w.held, a)
	w.next()
}

// garbled ends a worker that has said what is no reply: somebody who found its
// private descriptor.
func (w *ordered) garbled(line []byte) {
	if w.violation == "" {
		w.violation = crashdetect.Excerpt(line) + " is not a reply"
	}
	w.slot.leave() // if it is idle, so that it gets no task any more
	w.process.kill()
}

// next takes the replies into account that have come.
func (w *ordered) next() {
	for len(w.held) > 0 && !w.ending {
		a := w.held[0]
		w.held = w.held[1:]
		if w.process.ending { // it may say what it likes, it is being ended
			continue
		}
		w.replied(w.jobs[0], a)
	}
	if w.died && !w.ending {
		w.settleLost()
	}
}

// replied ends the first job. What it has written is in its pipes; where it has
// left nobody behind who could write more, what is there is all.
func (w *ordered) replied(j job, a answer) {
	w.slot.settled()
	w.process.working = false
	w.ending = true
	e := ended{pid: w.number, how: w.how.reported(a.status)}
	later := false
	over := func() {
		w.ending = false
		w.remove(j, a.clean)
		e.gone = w.died && len(w.jobs) == 0
		w.slot.over(e)
		if later {
			w.next()
		}
	}
	if a.clean {
		j.pair.settle(over)
	} else {
		j.pair.end(over)
	}
	later = true
}

// remove forgets the first job.
func (w *ordered) remove(j job, clean bool) {
	w.jobs = w.jobs[1:]
	w.how.remove(j, clean)
	if len(w.jobs) > 0 {
		w.process.since, w.process.working = time.Now(), true
	}
}

// exited is called when the process is no more.
func (w *ordered) exited(status syscall.WaitStatus, _ Usage, _ int) {
	w.died, w.status = true, status
	w.drain()
	if w.ending && w.process.ending { // its reader is not waited for any more
		w.jobs[0].pair.finish()
	}
	w.next()
}

// settleLost is called when the process is no more and its replies are dealt with:
// the attempt that it was running is charged, if it was running one.
func (w *ordered) settleLost() {
	switch {
	case w.finished:
	case len(w.jobs) == 0:
		w.finish()
	case !w.process.ending && w.jobs[0].attempt.starts < startTries && w.how.unread():
		w.slot.giveBack()
		w.finish()
	default:
		w.charge(w.jobs[0])
	}
}

func (w *ordered) charge(j job) {
	w.slot.settled()
	w.ending = true
	e := ended{pid: w.number, words: string(w.last), gone: true, how: w.how.lost()}
	j.pair.end(func() {
		w.slot.over(e)
		w.finish()
	})
}

// finish gives back all that the worker had, and the slot.
func (w *ordered) finish() {
	if w.finished {
		return
	}
	w.finished = true
	w.how.close()
	if w.slot.state == starting {
		w.how.stillborn()
	}
	w.slot.gone(string(w.last))
}

func (w *ordered) kill() {
	w.giveUp()
	w.process.kill()
}

func (w *ordered) terminate() {
	w.giveUp()
	w.process.terminate()
}

// giveUp ends the wait for what may still come from others than the process.
func (w *ordered) giveUp() {
	if w.process.pid() == 0 && w.ending && len(w.jobs) > 0 {
		w.jobs[0].pair.finish()
	}
}
