package pool

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"xpool/crashdetect"
	"xpool/pool/child"
	"xpool/pool/reactor"
	"xpool/pool/wire"
)

// connect makes the stream to the host.
func (h *remoteHost) connect(l *remoteLine) (remoteStream, error) {
	if h.kind.connect != nil { // a test's
		return h.kind.connect(l), nil
	}
	if len(h.Argv) == 0 {
		return dialRemote(l, h.Dial), nil
	}
	s := newRemoteProcess(l)
	if err := l.pool.openProcess(h.Argv[0], &h.path, s); err != nil {
		return nil, err
	}
	return s, nil
}

// remoteProcess is a stream that is the standard input and output of a process.
type remoteProcess struct {
	residentProcess // whose slot is the line's home
	line            *remoteLine
	input           remoteWriter
	stdout          coStream
	stderr          *lineReader
	words           []byte // the last line on its standard error that is not blank
	held            []byte // those, until it is known whether an error is going to have them
	holding         *timer // set while that is not known
	doubt           *timer // set while it may yet end by itself, having closed its output
	exit            syscall.WaitStatus
	late            int // bytes read since it ended
}

func newRemoteProcess(l *remoteLine) *remoteProcess {
	s := &remoteProcess{residentProcess: residentProcess{slot: l.home}, line: l}
	s.stdout = coStream{fd: -1, pool: l.pool, read: s.read}
	s.input = remoteWriter{reactor: l.pool.reactor, fd: -1, drained: l.pump}
	l.decoder.Noise = remoteNoise
	return s
}

// open starts the process.
func (s *remoteProcess) open() error {
	p := s.line.pool
	in, w, err := reactor.Pipe()
	if err != nil {
		return err
	}
	defer unix.Close(in)
	s.input.open(w)
	out, err := s.stdout.open()
	if err != nil {
		return err
	}
	defer unix.Close(out)
	var errs int
	if s.stderr, errs, err = newLineReader(p.reactor, s.said); err != nil {
		return err
	}
	defer unix.Close(errs)
	spec := &child.Spec{
		Path: s.line.host.path, Argv: s.line.host.Argv, Env: p.taskEnv(s.slot, 0, 0),
		Stdin: in, Stdout: out, Stderr: errs,
	}
	return s.launch(spec, func(status syscall.WaitStatus, _ Usage, _ int) {
		s.exit = status
		p.post(s.settle) // which is read on, and may be in the middle of being read
	})
}

// close gives back the descriptors, as far as there are any.
func (s *remoteProcess) close() {
	s.line.pool.timers.stop(s.doubt)
	s.line.pool.timers.stop(s.holding)
	s.input.close()
	s.stdout.close()
	s.stderr.close()
}

// read is the handler of the process's standard output.
func (s *remoteProcess) read() (again bool) {
	for range readsAtOnce {
		b := s.stdout.take()
		if len(b) == 0 {
			if s.stdout.ended && s.process.pid() != 0 && s.doubt == nil && !s.line.released {
				// Why it has ended says more than that it has closed its output.
				s.doubt = s.line.pool.timers.after(garbageGrace, func() { s.line.lose(s.line.cut()) })
			}
			return false
		}
		s.late += len(b)
		s.line.fed(b)
	}
	return true
}

// lastFor is how long the last line that was said on the way to a far end may turn out
// to say why it is not reached: its command ends after that. Others, such as that a job
// waits in a queue, are to be seen soon.
const lastFor = time.Second

// said is told of each line on the process's standard error.
func (s *remoteProcess) said(line []byte) {
	line = bytes.TrimSuffix(line, []byte("\r"))
	if len(bytes.TrimSpace(line)) == 0 {
		return
	}
	s.pass()
	s.words = append(s.words[:0], line...)
	s.held = append(s.held[:0], line...)
	if s.line.greeted {
		s.pass()
		return
	}
	s.holding = s.line.pool.timers.after(lastFor, s.pass)
}

// pass logs the line that is held, if there is one.
func (s *remoteProcess) pass() {
	s.line.pool.timers.stop(s.holding)
	if len(s.held) > 0 {
		s.line.host.log(s.held)
		s.held = s.held[:0]
	}
}

// settle reads what the process, which is no more, has left.
func (s *remoteProcess) settle() {
	s.stderr.drain()
	for s.late = 0; s.read() && s.late < lateMost; {
	}
	words := string(bytes.TrimSpace(s.words))
	how := s.end()
	if words == "" && !s.line.greeted && (how != nil || s.line.why != nil) && !isNoise(s.line.why) {
		words = lastLine(s.line.decoder.Heard())
	}
	if !s.line.ended(how, words) {
		s.pass()
	}
	s.close()
}

// isNoise tells whether an error of a stream has in it what came instead of a far end: as any bytes may come, they are
// for the error to show.
func isNoise(err error) bool {
	_, noise := errors.AsType[*wire.NoiseError](err)
	_, cut := errors.AsType[*wire.CutError](err)
	return noise || cut
}

// lastLine is the last line of b that is not blank.
func lastLine(b []byte) string {
	var words lastWords
	words.add(b)
	return words.String()
}

// end says how the process ended, unless that was with status 0.
func (s *remoteProcess) end() error {
	name := filepath.Base(s.line.host.Argv[0])
	switch {
	case s.exit.Signaled():
		return fmt.Errorf("%s was killed by %s", name, crashdetect.SignalName(s.exit.Signal()))
	case s.exit.ExitStatus() != 0:
		return fmt.Errorf("%s exited with status %d", name, s.exit.ExitStatus())
	}
	return nil
}

func (s *remoteProcess) write(b []byte) { s.input.write(b) }
func (s *remoteProcess) unsent() int    { return len(s.input.unsent) }
func (s *remoteProcess) release()       { s.input.release() }
func (s *remoteProcess) kill()          { s.process.kill() }

// remoteWriter writes to a pipe or a socket as its reader takes it.
type remoteWriter struct {
	reactor *reactor.Reactor
	fd      int    // -1 if there is none now
	socket  bool   // what comes back is read from the same one
	watched bool   // the reactor tells when there is room
	unsent  []byte // for which there was no room yet
	buf     []byte // reused for that
	ending  bool   // nothing is written after that
	broken  bool   // nobody reads it
	drained func() // called when there is room again
}

// open begins to write to fd, which is the writer's from now on.
func (w *remoteWriter) open(fd int) {
	unix.SetNonblock(fd, true)
	w.fd = fd
	w.flush()
}

func (w *remoteWriter) write(b []byte) {
	if len(w.unsent) == 0 {
		w.unsent = w.buf[:0]
	}
	w.unsent = append(w.unsent, b...)
	w.buf = w.unsent[:0]
	w.flush()
}

// flush writes what there is room for.
func (w *remoteWriter) flush() {
	for len(w.unsent) > 0 && w.fd >= 0 && !w.broken {
		n, err := unix.Write(w.fd, w.unsent)
		switch {
		case n > 0:
			w.unsent = w.unsent[n:]
		case err == unix.EAGAIN:
			w.wait()
			return
		case err != unix.EINTR:
			w.broken = true // the end of what comes back tells the rest
		}
	}
	if cap(w.buf) > requestKept && len(w.unsent) == 0 {
		w.buf = nil
	}
	if w.ending && len(w.unsent) == 0 {
		w.finish()
	}
}

// wait has the rest written when there is room.
func (w *remoteWriter) wait() {
	if w.watched {
		w.reactor.Blocked(w.fd)
		return
	}
	err := w.reactor.AddWriter(w.fd, func() bool {
		w.flush()
		if len(w.unsent) == 0 {
			w.drained()
		}
		return false
	})
	if w.watched = err == nil; err != nil {
		w.broken = true // it cannot be written to for want of memory
	}
}

// release ends what is written, after all that was.
func (w *remoteWriter) release() {
	w.ending = true
	w.flush()
}

func (w *remoteWriter) finish() {
	if w.socket {
		if w.fd >= 0 {
			unix.Shutdown(w.fd, unix.SHUT_WR)
		}
		return
	}
	w.close()
}

func (w *remoteWriter) close() {
	if w.fd < 0 {
		return
	}
	if w.watched {
		w.reactor.Remove(w.fd)
		w.watched = false
	}
	unix.Close(w.fd)
	w.fd = -1
}
