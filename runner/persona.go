package runner

import (
	"errors"
	"fmt"
	"os/exec"
	"sync"
	"syscall"

	"xpool/crashdetect"
	"xpool/pool"
)

// persona is whose habits a run has towards its caller: what it says and which
// status it ends with. How tasks are made and run is none of its business.
type persona interface {
	sink

	// ends tells whether a task that ended so is the last one to begin.
	ends(v crashdetect.Verdict) bool

	// failure is the line about a task that ended so, without the newline; "" if
	// none is due.
	failure(t *task, res pool.Result) string

	// summary is the line at the end of a run, "" if none is due.
	summary() string

	// farewell is the line at the end of a run that a signal ended, or "".
	farewell(sig syscall.Signal) string

	// fault turns an error that ended the run into its line and its status.
	fault(err error) (line string, status Status)

	// status is the exit status that the tasks have earned.
	status() Status
}

// native is xpool's own persona.
type native struct {
	ledger *ledger
	quiet  bool
	run    *run
}

func (n *native) began(*task)                   {}
func (n *native) ended(*task, pool.Result)      {}
func (n *native) ends(crashdetect.Verdict) bool { return false }
func (n *native) status() Status                { return n.ledger.status() }
func (n *native) fault(err error) (string, Status) {
	return n.run.command.explain(err), errorStatus(err)
}

func (n *native) failure(t *task, res pool.Result) string {
	if n.quiet || !res.Verdict.Told() {
		return ""
	}
	return fmt.Sprintf("task %s: %s%s", t.title(res), res.Verdict, lastWords(res))
}

// title is how a task is named to a person: its number and its command, and the
// machine that it ran on if that is another one.
func (t *task) title(res pool.Result) string {
	title := fmt.Sprintf("%d (%s)", t.seq, t.run.command.label(t.context(res.Slot)))
	if host := elsewhere(res); host != "" {
		title += " on " + host
	}
	return title
}

// elsewhere is the name of the machine that ran a task, "" for this one, and where the
// verdict names it.
func elsewhere(res pool.Result) string {
	if res.Host == ":" || res.Verdict.Kind == crashdetect.Lost {
		return ""
	}
	return res.Host
}

func lastWords(res pool.Result) string {
	if res.Words == "" {
		return ""
	}
	return fmt.Sprintf(" (its worker said: %s)", shorten(res.Words))
}

func (n *native) summary() string {
	if n.quiet {
		return ""
	}
	return n.run.summary()
}

func (n *native) farewell(sig syscall.Signal) string {
	if n.quiet {
		return ""
	}
	return n.ledger.farewell(sig)
}

// xargsPersona is that of GNU xargs: it is silent about tasks that only failed,
// stops at the first one that must not happen, and tells of it in xargs' words,
// to which a crash adds the task's number and command.
type xargsPersona struct {
	run *run

	mu     sync.Mutex
	failed bool  // a task had failed with 1-254 before fatal was set
	fatal  int   // the status of a task that ended the run, 0 if none did
	ender  int64 // the number of that task if it ran, of several the lowest
}

func (x *xargsPersona) began(*task) {}

func (x *xargsPersona) ended(t *task, res pool.Result) {
	x.mu.Lock()
	defer x.mu.Unlock()
	switch {
	case res.Verdict.OK(), res.Verdict.Kind == crashdetect.Stopped:
	case x.ends(res.Verdict):
		x.fatal = max(x.fatal, fatalStatus(res))
		if res.Verdict.Kind != crashdetect.NotStarted && (x.ender == 0 || t.seq < x.ender) {
			x.ender = t.seq
		}
	case x.fatal == 0:
		x.failed = true
	}
}

func (x *xargsPersona) ends(v crashdetect.Verdict) bool {
	return !v.OK() && v.Kind != crashdetect.Stopped && v.ExitStatus() != exitFailed
}

// status is that of GNU xargs also where it surprises: of a task that failed
// before the one that ended the run it makes 123, but for the last one of all,
// which it waits for in another place.
func (x *xargsPersona) status() Status {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.failed && !x.endedLast() {
		return Status{Code: exitFailed}
	}
	return Status{Code: x.fatal}
}

// endedLast tells whether the task that ended the run is the last one that was
// made of the input; it may be asked when no more are made.
func (x *xargsPersona) endedLast() bool {
	made, _ := x.run.ledger.total()
	return x.ender != 0 && x.ender == made
}

func (x *xargsPersona) failure(t *task, res pool.Result) string {
	if !x.ends(res.Verdict) {
		return ""
	}
	name := t.args[0]
	switch v := res.Verdict; v.Kind {
	case crashdetect.Exit:
		return fmt.Sprintf("%s: exited with status %d; aborting", name, v.Code)
	case crashdetect.Killed:
		return fmt.Sprintf("%s: terminated by signal %d (command %d, %s: %s)",
			name, int(v.Signal), t.seq, t.run.command.label(t.context(res.Slot)), v)
	case crashdetect.NotStarted:
		return startFailure(name, res)
	default:
		return fmt.Sprintf("%s: task %s: %s", name, t.title(res), v)
	}
}

func (x *xargsPersona) summary() string                { return "" }
func (x *xargsPersona) farewell(syscall.Signal) string { return "" }

func (x *xargsPersona) fault(err error) (string, Status) {
	status := x.status()
	x.mu.Lock()
	defer x.mu.Unlock()
	switch {
	case x.fatal != 0 && !x.endedLast():
		return "", status // xargs would not have come as far as err
	case x.fatal == 0 && !x.failed:
		status = errorStatus(err)
	}
	return err.Error(), status
}

// fatalStatus is the exit status for a task that ended the run.
func fatalStatus(res pool.Result) int {
	if start, ok := errors.AsType[*crashdetect.StartError](res.Err); ok && errors.Is(startErrno(start), syscall.ENOENT) {
		return 127
	}
	return res.Verdict.ExitStatus()
}

// startErrno is the error that execvp(3) of the C library has for start, which
// itself may say more; nil if it has none.
func startErrno(start *crashdetect.StartError) error {
	errno, ok := errors.AsType[syscall.Errno](start.Err)
	switch {
	case errno == syscall.EISDIR:
		return syscall.EACCES
	case ok:
		return errno
	case start.Err == nil:
		return nil
	}
	return syscall.ENOENT // not in PATH, or it lacks its interpreter
}

// startFailure names a program that cannot be run as GNU xargs does, with the
// text of the C library and, after it, what else is known.
func startFailure(name string, res pool.Result) string {
	start, ok := errors.AsType[*crashdetect.StartError](res.Err)
	if !ok || start.Err == nil {
		return name + ": " + capital(res.Verdict.String())
	}
	errno := startErrno(start)
	line := name + ": " + capital(errno.Error())
	if !errors.Is(start.Err, errno) && !errors.Is(start.Err, exec.ErrNotFound) {
		line += " (" + start.Err.Error() + ")"
	}
	if start.Suggestion != "" {
		line += fmt.Sprintf(" (did you mean '%s'?)", start.Suggestion)
	}
	return line
}

// exitFailed is the status of a run in which a task exited with 1-254.
const exitFailed = 123
