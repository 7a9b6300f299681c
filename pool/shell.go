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
	"xpool/pool/reactor"
)

// Shell is the kind of pool whose workers are shells that stay: a function is
// defined in each once, and a task sends only its arguments.
//
// The worker reads commands on its standard input; all of them are written by
// this package, and every value in them stands in single quotes. It answers with
// a line on its standard output, which no task ever sees: a task's own streams
// are opened, by path, for it alone. A task runs in a subshell, unless its
// Payload says InWorker, with /dev/null as its standard input.
//
// The exit status that a shell gives for a task is the task's. If a task ends
// the worker itself by exiting, as it can when it runs in the worker, that
// status is the task's too.
//
// A Shell belongs to one pool. Path and Body have to be set.
type Shell struct {
	// Path is the shell's file, searched for in PATH if it has no slash. It must
	// understand the POSIX shell language.
	Path string

	// Body is what a task runs: the body of a shell function, whose positional
	// parameters are the task's Payload.Args.
	Body string

	// Names are the variables in which the body finds the task's Payload.Values,
	// in the same order.
	Names []string

	// Init is run once in each worker before its first task, outside of any
	// function, with /dev/null as standard input and what it prints going to the
	// worker's own standard error. A worker whose Init fails does not come up, and
	// breaks the pool. Whatever it says, set -e is off afterwards: a task that fails must not end
	// its worker.
	Init string

	path string // what Path was found to be
}

func (k *Shell) hopeless(error) bool { return false }

func (k *Shell) start(s *slot) (worker, error) {
	p := s.pool
	if k.path == "" {
		path, err := crashdetect.LookPath(k.Path, searchPath(p.env))
		if err != nil {
			return nil, err
		}
		k.path = path
	}
	w := &shellWorker{kind: k, slot: s}
	if err := w.open(); err != nil {
		w.close()
		if child.Temporary(err) {
			return nil, err
		}
		return nil, crashdetect.NewStartError(k.Path, k.path, err)
	}
	return w, nil
}

// argv starts the shell without the files that belong to an interactive one.
func (k *Shell) argv() []string {
	if name := filepath.Base(k.path); name == "zsh" {
		return []string{name, "-f", "-s"}
	}
	return []string{filepath.Base(k.path), "-s"}
}

// The functions that a worker is given: _xpool_task is the body, which begins on
// the first line so that the shell counts lines as the user does. _xpool_sub and
// _xpool_here put a task's number, attempt and values in their variables and run
// it, in a subshell or in the worker, with its streams at the paths that they are
// given. _xpool_reply answers with the task's number and its exit status; it is a
// command line of its own, because bash drops the whole of one in which an
// expansion fails, and goes on with the next. Whether the paths can be opened is
// tried before the worker says that it is ready.
const (
	shellReady = "xpool-ready"
	prelude    = `_xpool_task() { %s
}
_xpool_sub() {
%s
( _xpool_task "$@" ) </dev/null >"$_xpool_out" 2>"$_xpool_err"
}
_xpool_here() {
%s
_xpool_task "$@" </dev/null >"$_xpool_out" 2>"$_xpool_err"
}
_xpool_reply() {
command printf '%%s %%s\n' "$1" "$?"
}
if { :; } >%s; then :; else exit 1; fi
command printf '%%s\n' ` + shellReady + `
`
)

// prelude is what a worker reads first. It can open path for writing if it is to
// be of use.
func (k *Shell) prelude(path string) string {
	var b strings.Builder
	b.WriteString("XPOOL_SEQ=$1 XPOOL_ATTEMPT=$2 _xpool_out=$3 _xpool_err=$4")
	const fixed = 4
	for i, name := range k.Names {
		fmt.Fprintf(&b, " %s=${%d}", name, fixed+1+i)
	}
	fmt.Fprintf(&b, "\nshift %d", fixed+len(k.Names))
	return fmt.Sprintf(prelude, k.Body, b.String(), b.String(), appendQuoted(nil, path))
}

// initCommand runs Init, which comes before all else: aliases and options that it
// sets count in the body. path is the file that it is in, if it is in one.
func (k *Shell) initCommand(path string) string {
	if path != "" {
		return ". " + path + " </dev/null >&2 || exit\nset +e\n"
	}
	// The newline keeps what begins with a hyphen from being an option of eval.
	return fmt.Sprintf("eval %s </dev/null >&2 || exit\nset +e\n", appendQuoted(nil, "\n"+k.Init))
}

// shellWorker is one shell.
type shellWorker struct {
	kind    *Shell
	slot    *slot
	process *process
	number  int // the process's, for results
	replies *lineReader
	words   *lineReader
	capture *pathCapture
	source  sourceFile // for commands too long for a pipe read byte by byte

	initSource sourceFile // for Init
	command    []byte     // reused
	current    *attempt   // nil while it is idle
	last       []byte     // line of the worker's own standard error
	failure    []byte     // all lines of it until the worker was ready
	broke      string     // what it said that is no reply, if no reply followed
	doubt      *timer     // set while a reply may yet follow that

	replyLen int // bytes of the line after the last command

	// The pipe for commands. Both ends are kept: what is left in it when the
	// worker dies tells whether the last command has begun. The end for writing
	// is -1 once it is closed.
	stdin, stdinRead int

	died     bool
	finished bool
}

// open starts the shell and sends it the prelude.
func (w *shellWorker) open() (err error) {
	p := w.slot.pool
	w.stdin, w.stdinRead = -1, -1
	if w.stdinRead, w.stdin, err = reactor.Pipe(); err != nil {
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
	// So that a worker which is up lacks nothing for its first task.
	if err = w.prepareCapture(); err != nil {
		return err
	}
	command, err := w.firstCommands()
	if err != nil {
		return err
	}
	spec := &child.Spec{
		Path: w.kind.path, Argv: w.kind.argv(), Env: p.taskEnv(w.slot, 0, 0),
		Stdin: w.stdinRead, Stdout: out, Stderr: errs,
	}
	if w.process, err = startProcess(w.slot, spec, w.exited); err != nil {
		return err
	}
	// From here on the process's end is what tells of a failure: an error would
	// free the slot while it still has one.
	w.number = w.process.pid()
	if w.send(command) != nil {
		w.process.kill()
	}
	return nil
}

// firstCommands are what the worker reads before its first task.
func (w *shellWorker) firstCommands() ([]byte, error) {
	prelude := []byte(w.kind.prelude(w.capture.paths[Stdout]))
	if w.kind.Init == "" {
		return w.source.shorten(prelude)
	}
	path, err := w.initSource.put([]byte(w.kind.Init))
	if err != nil {
		return nil, err
	}
	first := []byte(w.kind.initCommand(path))
	// In a file of its own, so that lines count from its beginning.
	if path, err = w.source.put(prelude); err != nil {
		return nil, err
	}
	if path != "" {
		prelude = []byte(". " + path + "\n")
	}
	return append(first, prelude...), nil
}

// said keeps the last line of the worker's own standard error.
func (w *shellWorker) said(line []byte) {
	if len(bytes.TrimSpace(line)) > 0 {
		w.last = append(w.last[:0], line...)
		w.failure = keepFailure(w.slot, w.failure, line)
	}
}

// failureMost bounds what is kept of the words about a start that failed.
const failureMost = 8 << 10

// keepFailure adds a line to what a worker has said before it was ready.
func keepFailure(s *slot, failure, line []byte) []byte {
	if s.state == starting && len(failure) < failureMost {
		if len(failure) > 0 {
			failure = append(failure, '\n')
		}
		failure = append(failure, line...)
	}
	return failure
}

func (w *shellWorker) run(a *attempt) error {
	if err := checkNUL(a.payload); err != nil {
		return err
	}
	if err := w.prepareCapture(); err != nil {
		return err
	}
	w.command = w.appendCommand(w.command[:0], a)
	command, err := w.source.shorten(w.command)
	if err != nil {
		return err
	}
	reply := fmt.Appendf(nil, "_xpool_reply %d\n", a.task.Seq)
	w.replyLen = len(reply)
	command = append(command, reply...)
	w.current = a
	w.process.since, w.process.working = a.start, true
	w.believe()
	w.capture.begin(a.output())
	return w.send(command)
}

// send writes a command. The worker reads it in time or dies; a pipe that is
// full is waited for. As both ends are open here, it does not fail for want of a
// reader.
func (w *shellWorker) send(b []byte) error {
	for len(b) > 0 {
		n, err := unix.Write(w.stdin, b)
		if err != nil && err != unix.EINTR {
			return err
		}
		b = b[max(0, n):]
	}
	return nil
}

// unread tells whether the worker has left a part of its last command unread,
// which then has not begun: the end of its line is read last. The line that asks
// for the reply may be left when a task is running.
func (w *shellWorker) unread() bool {
	n, err := unix.IoctlGetInt(w.stdinRead, fionread)
	return err == nil && n > w.replyLen
}

func checkNUL(p Payload) error {
	for _, words := range [][]string{p.Args, p.Values} {
		for _, w := range words {
			if strings.IndexByte(w, 0) >= 0 {
				return errors.New("a NUL byte cannot be handed to a shell")
			}
		}
	}
	return nil
}

// appendCommand appends the line that runs a.
func (w *shellWorker) appendCommand(b []byte, a *attempt) []byte {
	if a.payload.InWorker {
		b = append(b, "_xpool_here "...)
	} else {
		b = append(b, "_xpool_sub "...)
	}
	b = strconv.AppendInt(b, a.task.Seq, 10)
	b = append(b, ' ')
	b = strconv.AppendInt(b, int64(a.number), 10)
	for _, path := range w.capture.paths {
		b = appendQuoted(append(b, ' '), path)
	}
	for _, v := range a.payload.Values {
		b = appendQuoted(append(b, ' '), v)
	}
	for _, v := range a.payload.Args {
		b = appendQuoted(append(b, ' '), v)
	}
	return append(b, '\n')
}

// appendQuoted appends s as one shell word that stands for itself.
func appendQuoted(b []byte, s string) []byte {
	b = append(b, '\'')
	for {
		i := strings.IndexByte(s, '\'')
		if i < 0 {
			break
		}
		b = append(b, s[:i]...)
		b = append(b, `'\''`...)
		s = s[i+1:]
	}
	b = append(b, s...)
	return append(b, '\'')
}

// reply is called for each line of the worker's standard output. Apart from
// replies there can be what the shell's own start-up files and the traps of a
// script say; it belongs to no task and is dropped, unless it is in the way of a
// reply.
func (w *shellWorker) reply(line []byte) {
	if w.slot.state == starting && string(line) == shellReady {
		w.slot.ready()
		return
	}
	if w.current == nil {
		return
	}
	seq, status, ok := parseReply(line)
	if !ok || seq != w.current.task.Seq {
		w.garbled(line)
		return
	}
	w.replied(status)
}

// parseReply reads "SEQ STATUS".
func parseReply(line []byte) (seq int64, status int, ok bool) {
	a, b, found := strings.Cut(string(line), " ")
	seq, err := strconv.ParseInt(a, 10, 64)
	if !found || err != nil {
		return 0, 0, false
	}
	status, err = strconv.Atoi(b)
	return seq, status, err == nil && status >= 0
}

func (w *shellWorker) replied(status int) {
	if w.process.ending { // it may say what it likes, it is being ended
		return
	}
	w.believe()
	w.process.working = false
	w.slot.settled()
	e := ended{pid: w.number, how: crashdetect.End{
		Replied: true, ReplyCode: status & 0xff, Worker: true, ShellStatus: true,
	}}
	w.capture.end(func() {
		w.current = nil
		e.gone = w.died
		w.slot.over(e)
		if w.died {
			w.finish()
		}
	})
}

// garbageGrace is how long a worker may go without a reply that has said what is
// none. It is short of a hang, and long enough for a shell that exits to do so,
// whose exit status then counts.
const garbageGrace = 100 * time.Millisecond

// garbled charges the current attempt with what the worker said, if neither a
// reply nor the worker's end follows.
func (w *shellWorker) garbled(line []byte) {
	w.broke = fmt.Sprintf("%q is not a reply", line)
	if w.doubt == nil {
		w.doubt = w.slot.pool.timers.after(garbageGrace, w.process.kill)
	}
}

func (w *shellWorker) believe() {
	w.slot.pool.timers.stop(w.doubt)
	w.broke, w.doubt = "", nil
}

// exited is called when the shell is no more.
func (w *shellWorker) exited(status syscall.WaitStatus, _ Usage, pid int) {
	w.died = true
	w.slot.pool.timers.stop(w.doubt)
	w.words.drain()
	w.replies.drain()
	// An init that exits will do so in every worker; one that was killed may have
	// been unlucky.
	if w.slot.state == starting && w.kind.Init != "" && status.Exited() && w.slot.pool.startErr == nil {
		how := crashdetect.Classify(crashdetect.End{Status: status, HasStatus: true}).String()
		if status.Exited() && status.ExitStatus() == 0 {
			how = "it ended the shell"
		}
		w.slot.pool.startErr = &BrokenError{Err: errors.New("init failed: " + how), Words: string(w.failure)}
	}
	if w.current == nil {
		w.finish()
		return
	}
	if !w.process.working { // its reply is complete; the capture goes on by itself
		return
	}
	if a := w.current; !w.process.ending && a.starts < startTries && w.unread() {
		w.current = nil
		w.slot.giveBack()
		w.finish()
		return
	}
	w.slot.settled()
	how := crashdetect.End{Status: status, HasStatus: true, ProtocolName: "shell"}
	if !status.Exited() {
		how.Protocol = w.broke
	}
	e := ended{pid: pid, words: string(w.last), gone: true, how: how}
	w.capture.end(func() {
		w.current = nil
		w.slot.over(e)
		w.finish()
	})
}

// finish gives back all that the worker had, and the slot.
func (w *shellWorker) finish() {
	if w.finished {
		return
	}
	w.finished = true
	w.close()
	if w.slot.state == starting && w.kind.Init != "" {
		w.last = w.failure
	}
	w.slot.gone(string(w.last))
}

// close gives back the descriptors, as far as there are any.
func (w *shellWorker) close() {
	w.release()
	if w.stdinRead >= 0 {
		unix.Close(w.stdinRead)
		w.stdinRead = -1
	}
	w.replies.close()
	w.words.close()
	w.source.close()
	w.initSource.close()
	if w.capture != nil {
		w.capture.close()
	}
}

// release ends the worker's input, and with it the worker.
func (w *shellWorker) release() {
	if w.stdin >= 0 {
		unix.Close(w.stdin)
		w.stdin = -1
	}
}

func (w *shellWorker) kill() {
	w.giveUp()
	w.process.kill()
}

func (w *shellWorker) terminate() {
	w.giveUp()
	w.process.terminate()
}

// giveUp ends the wait for what may still come from others than the process.
func (w *shellWorker) giveUp() {
	if w.process.pid() == 0 && w.capture != nil {
		w.capture.finish()
	}
}

func (w *shellWorker) signal(sig syscall.Signal) { w.process.signal(sig) }
func (w *shellWorker) pid() int                  { return w.process.pid() }
func (w *shellWorker) resident() bool            { return true }
