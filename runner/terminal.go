package runner

import (
	"os"
	"syscall"

	"xpool/pool"
)

// stoppedTeller is for pool.Options.Stopped, nil where nobody is to be told, or no task
// can be stopped: the run has no terminal, or shares its process group with the tasks.
func (r *run) stoppedTeller() func(int64, syscall.Signal) {
	if r.opts.Quiet || r.command.inherits() {
		return nil
	}
	tty, err := os.OpenFile("/dev/tty", os.O_RDONLY, 0)
	if err != nil {
		return nil
	}
	tty.Close()
	return r.tellStopped
}

// tellStopped tells that a signal has stopped a task that wants the terminal. It is
// called while the task runs.
func (r *run) tellStopped(seq int64, sig syscall.Signal) {
	t := r.standing.find(seq)
	if t == nil {
		return
	}
	wish := "read"
	if sig == syscall.SIGTTOU {
		wish = "change"
	}
	line := "task " + t.title(pool.Result{Slot: t.slot}) + ": stopped, as it wants to " + wish + " the terminal"
	switch r.opts.kind() {
	case scriptKind, linesKind:
		line += " (-o gives it that)"
	}
	r.note(line)
}
