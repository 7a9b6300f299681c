package pool

import (
	"errors"
	"fmt"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"xpool/crashdetect"
	"xpool/pool/child"
)

// shellWorker is one shell.
type shellWorker struct {
	speaker
	kind    *Shell
	capture *pathCapture
	current *attempt // nil while it is idle
	command []byte   // reused
	broke   string   // what it said that is no reply, if no reply followed
	doubt   *timer   // set while a reply may yet follow that

	source     sourceFile // for commands too long for a pipe read byte by byte
	initSource sourceFile // for Init

	commands commandPipe
	end      int64 // of the last command in what was sent, without the line after it

	died     bool
	finished bool
}

// open starts the shell and sends it its first commands.
func (w *shellWorker) open() (err error) {
	p := w.slot.pool
	w.commands = noCommandPipe()
	if err := w.commands.open(); err != nil {
		return err
	}
	out, errs, err := w.listen(w.reply)
	if err != nil {
		return err
	}
	defer unix.Close(out)
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
		Stdin: w.commands.theirs, Stdout: out, Stderr: errs,
	}
	if err := w.launch(spec, w.exited); err != nil {
		return err
	}
	// From here on the process's end is what tells of a failure: an error would
	// free the slot while it still has one.
	if w.commands.send(command) != nil {
		w.process.kill()
	}
	return nil
}

func (w *shellWorker) run(a *attempt) error {
	if err := checkNUL(a.payload); err != nil {
		return err
	}
	if err := w.prepareCapture(); err != nil {
		return err
	}
	w.command = w.appendCommand(w.command[:0], a)
	command, err := w.kind.shortenCall(&w.source, w.command)
	if err != nil {
		return err
	}
	w.begin()
	w.end = w.commands.sent + int64(len(command))
	command = fmt.Appendf(command, "_xpool_reply %d\n", a.task.Seq)
	w.current = a
	w.process.since, w.process.working = a.start, true
	w.believe()
	w.capture.begin(a.output())
	return w.commands.send(command)
}

// unread tells whether the worker has left a part of its last command unread,
// which then has not begun: the end of its line is read last. The line that asks
// for the reply may be left when a task is running.
func (w *shellWorker) unread() bool { return w.commands.unread(w.end) }

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
	w.drain()
	// An init that exits will do so in every worker; one that was killed may have
	// been unlucky.
	if w.slot.state == starting && w.kind.Init != "" && status.Exited() && w.slot.pool.startErr == nil {
		how := crashdetect.Classify(crashdetect.End{Status: status, HasStatus: true}).String()
		if status.Exited() && status.ExitStatus() == 0 {
			how = "it ended the shell"
		}
		w.slot.pool.startErr = &BrokenError{Err: errors.New("init failed: " + how), Words: w.spoken(w.failure)}
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
	e := ended{pid: pid, words: w.spoken(w.last), gone: true, how: how}
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
	if w.slot.state == starting && w.kind.Init != "" {
		w.last = w.failure
	}
	words := w.spoken(w.last)
	w.close()
	w.slot.gone(words)
}

// close gives back the descriptors, as far as there are any.
func (w *shellWorker) close() {
	w.commands.close()
	w.hush()
	w.source.close()
	w.initSource.close()
	if w.capture != nil {
		w.capture.close()
	}
}

// release ends the worker's input, and with it the worker.
func (w *shellWorker) release() { w.commands.release() }

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
