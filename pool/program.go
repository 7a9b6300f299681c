package pool

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"xpool/crashdetect"
	"xpool/pool/child"
)

// Program is the kind of pool that starts a process for each task, without a
// shell: Payload.Args are its words. A name without a slash is searched for in
// the PATH of the pool's environment, once for each name.
//
// What a process exits with is the task's exit status. A process that it leaves
// behind in the background does not hold up the task.
//
// A Program belongs to one pool. The zero value is ready for use.
type Program struct {
	// Fixed says that all tasks run the same program, so that a program that
	// cannot be run breaks the pool instead of failing each of its tasks.
	Fixed bool

	// Stdin is what the processes find as their standard input; nil is
	// /dev/null. It is borrowed, and has to stay open as long as the pool lives.
	Stdin *os.File

	// Interactive leaves the processes in the process group of this one, so that
	// they may use its terminal. A signal that the terminal sends goes to all of
	// them then.
	Interactive bool

	found map[string]string // where names were found
}

func (k *Program) start(s *slot) (worker, error) {
	if k.found == nil {
		k.found = map[string]string{}
	}
	s.ready()
	return &programWorker{kind: k, slot: s}, nil
}

func (k *Program) hopeless(err error) bool {
	var start *crashdetect.StartError
	return k.Fixed && errors.As(err, &start) && !errors.Is(err, syscall.E2BIG)
}

// foundMost bounds how many names are remembered, for tasks that each run
// another program.
const foundMost = 1000

// find returns the file to execute for a program's name.
func (k *Program) find(name string, p *Pool) (string, error) {
	if path, ok := k.found[name]; ok {
		return path, nil
	}
	path, err := p.lookPath(name)
	if err != nil {
		return "", err
	}
	if len(k.found) < foundMost {
		k.found[name] = path
	}
	return path, nil
}

// lookPath returns the file to execute, from the workers' directory, for a name.
func (p *Pool) lookPath(name string) (path string, err error) {
	dir, search := p.opts.Dir, searchPath(p.env)
	switch {
	case dir == "":
		return crashdetect.LookPath(name, search)
	case !strings.Contains(name, "/"):
		if path, err = crashdetect.LookPath(name, search); err == nil {
			path, err = filepath.Abs(path)
		}
		return path, err
	case !filepath.IsAbs(name):
		path = filepath.Join(dir, name)
	default:
		path = name
	}
	_, err = crashdetect.LookPath(path, search)
	return name, err
}

// searchPath returns where programs are searched for: the last PATH in env, as in
// os/exec, and without one where execvp(3) of the GNU C library looks.
func searchPath(env []string) string {
	for i := len(env) - 1; i >= 0; i-- {
		if v, ok := strings.CutPrefix(env[i], "PATH="); ok {
			return v
		}
	}
	return "/bin:/usr/bin"
}

// programWorker is a place for one process after the other.
type programWorker struct {
	kind    *Program
	slot    *slot
	process *process // nil between attempts
	capture *capture // nil when the process inherits the streams
}

func (w *programWorker) run(a *attempt) error {
	p := w.slot.pool
	args := a.payload.Args
	path, err := w.kind.find(args[0], p)
	if err != nil {
		return err
	}
	spec := &child.Spec{
		Path: path, Argv: args, Env: p.taskEnv(w.slot, a.task.Seq, a.number),
		Stdin: p.null, Stdout: syscall.Stdout, Stderr: syscall.Stderr,
		SameGroup: w.kind.Interactive,
	}
	if f := w.kind.Stdin; f != nil {
		spec.Stdin = int(f.Fd())
	}
	if in := a.payload.Stdin; in != "" {
		if spec.Stdin, err = unix.Open(in, unix.O_RDONLY|unix.O_CLOEXEC, 0); err != nil {
			return &os.PathError{Op: "open", Path: in, Err: err}
		}
		defer unix.Close(spec.Stdin)
	}
	w.capture = nil
	if a.task.Output != nil {
		c, ends, err := newCapture(p, false)
		if err != nil {
			return err
		}
		defer closeAll(ends)
		c.begin(a.output())
		w.capture = c
		spec.Stdout, spec.Stderr = ends[Stdout], ends[Stderr]
	}
	w.process, err = startProcess(w.slot, spec, w.exited)
	if err != nil {
		w.discard()
		if child.Temporary(err) {
			return err
		}
		return crashdetect.NewStartError(args[0], path, err)
	}
	return nil
}

func (w *programWorker) discard() {
	if w.capture != nil {
		w.capture.close()
		w.capture = nil
	}
	w.process = nil
}

func (w *programWorker) exited(status syscall.WaitStatus, u Usage, pid int) {
	w.slot.settled()
	e := ended{how: crashdetect.End{Status: status, HasStatus: true}, pid: pid, usage: u}
	done := func() {
		w.discard()
		w.slot.over(e)
	}
	if w.capture == nil {
		done()
		return
	}
	w.capture.end(done)
}

func (w *programWorker) kill() {
	w.giveUp()
	w.process.kill()
}

func (w *programWorker) terminate() {
	w.giveUp()
	w.process.terminate()
}

// giveUp ends the wait for what may still come from others than the process.
func (w *programWorker) giveUp() {
	if w.process.pid() == 0 && w.capture != nil {
		w.capture.finish()
	}
}

func (w *programWorker) release()                  {}
func (w *programWorker) signal(sig syscall.Signal) { w.process.signal(sig) }
func (w *programWorker) pid() int                  { return w.process.pid() }
func (w *programWorker) resident() bool            { return false }
