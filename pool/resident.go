package pool

import (
	"bytes"
	"syscall"

	"golang.org/x/sys/unix"

	"xpool/crashdetect"
	"xpool/pool/child"
)

// residentProcess is what all workers have in common that are a process which stays.
type residentProcess struct {
	slot    *slot
	process *process
	number  int // the process's, for results
}

// opener is what has a process that is not started yet.
type opener interface {
	// open starts the process. After an error close gives back what it got.
	open() error
	close()
}

// startResident starts w, as openProcess does.
func startResident[W interface {
	worker
	opener
}](s *slot, name string, path *string, w W) (worker, error) {
	if err := s.pool.openProcess(name, path, w); err != nil {
		return nil, err
	}
	return w, nil
}

// openProcess starts a process whose program is called name. Where that was found is kept
// in path for the next one.
func (p *Pool) openProcess(name string, path *string, o opener) error {
	if *path == "" {
		found, err := p.lookPath(name)
		if err != nil {
			return err
		}
		*path = found
	}
	if err := o.open(); err != nil {
		o.close()
		if child.Temporary(err) {
			return err
		}
		return crashdetect.NewStartError(name, *path, err)
	}
	return nil
}

// launch starts the process.
func (r *residentProcess) launch(spec *child.Spec, onExit func(syscall.WaitStatus, Usage, int)) (err error) {
	if r.process, err = startProcess(r.slot, spec, onExit); err != nil {
		return err
	}
	r.number = r.process.pid()
	return nil
}

func (r *residentProcess) signal(sig syscall.Signal) { r.process.signal(sig) }
func (r *residentProcess) pid() int                  { return r.process.pid() }
func (r *residentProcess) resident() bool            { return true }

// speaker is a resident worker that replies in lines on its standard output, and
// whose standard error is its own, not its tasks'.
type speaker struct {
	residentProcess
	replies *lineReader
	words   *lineReader
	last    []byte // line of its own standard error since its current attempt began
	failure []byte // all lines of it until the worker was ready
}

// newSpeaker is for a worker in s that is not started yet.
func newSpeaker(s *slot) speaker { return speaker{residentProcess: residentProcess{slot: s}} }

// listen makes the pipes for the worker's replies, of which each line is given to
// reply, and for its standard error. The ends for writing are the caller's to close.
func (w *speaker) listen(reply func(line []byte)) (out, errs int, err error) {
	// The words come first where descriptors are told of by number, so that what was
	// said before a reply is heard before it.
	if w.words, errs, err = newLineReader(w.slot.pool.reactor, w.said); err != nil {
		return -1, -1, err
	}
	if w.replies, out, err = newLineReader(w.slot.pool.reactor, reply); err != nil {
		unix.Close(errs)
		return -1, -1, err
	}
	return out, errs, nil
}

// failureMost bounds what is kept of the words about a start that failed.
const failureMost = 8 << 10

// said keeps the last line of the worker's own standard error, and all of them
// until it is ready.
func (w *speaker) said(line []byte) {
	if len(bytes.TrimSpace(line)) == 0 {
		return
	}
	w.last = append(w.last[:0], line...)
	if w.slot.state == starting && len(w.failure) < failureMost {
		if len(w.failure) > 0 {
			w.failure = append(w.failure, '\n')
		}
		w.failure = append(w.failure, line...)
	}
}

// begin is for an idle worker that gets an attempt: what it has said so far are not
// the words of that. What it has said and nobody has read is looked for only in a
// worker that has spoken since the last time, as that is a system call.
func (w *speaker) begin() {
	if len(w.last) > 0 {
		w.words.read()
		w.forget()
	}
}

// forget drops the words that have been read.
func (w *speaker) forget() {
	w.last = w.last[:0]
	w.words.part = w.words.part[:0]
}

// drain reads what the worker has left when it is no more, its words before its
// replies.
func (w *speaker) drain() {
	w.words.drain()
	w.replies.drain()
}

// hush gives the descriptors of both back.
func (w *speaker) hush() {
	w.replies.close()
	w.words.close()
}

// Workers returns how many slots have a worker at the moment; a process that serves
// several slots counts for each of them.
func (p *Pool) Workers() int { return int(p.workers.Load()) }

func (p *Pool) countWorker(comes bool) {
	if comes {
		p.workers.Add(1)
	} else {
		p.workers.Add(-1)
	}
}
