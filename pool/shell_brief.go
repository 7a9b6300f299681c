package pool

import (
	"fmt"
	"slices"
	"strconv"

	"golang.org/x/sys/unix"

	"xpool/crashdetect"
	"xpool/pool/child"
)

// briefPairs is how many pairs of pipes a briefShell has: as many as fit into the
// descriptors of one digit, as POSIX has no others in redirections, of which the
// first is 3, and the last the standard input of tasks, which is empty.
const (
	briefPairs = 3
	briefInput = 9
)

// How many descriptors of this process a briefShell takes, which has the reading ends of
// all its pairs, and all else together, both rounded up.
const (
	briefDescriptors = 16
	otherDescriptors = 32
)

// hasBriefRoom tells whether so many slots can all have a briefShell.
func hasBriefRoom(jobs int) bool {
	var limit unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &limit) != nil {
		return true
	}
	return (uint64(limit.Cur)-otherDescriptors)/briefDescriptors >= uint64(jobs) && limit.Cur > otherDescriptors
}

// briefShell is a shell whose tasks are brief, see Shell.Brief: they start nothing
// that could keep what they write to, or see it. So the shell has the pipes open all
// the time, and is sent tasks ahead, a pair of pipes for each. What has been sent it
// cannot give back, and need not: none of them takes long.
type briefShell struct {
	ordered
	kind   *Shell
	pairs  [briefPairs]*pair
	free   int    // of pairs
	buf    []byte // reused
	unsent []byte // commands that go with the next push
	source sourceFile

	commands commandPipe
}

func newBriefShell(s *slot, k *Shell) *briefShell {
	w := &briefShell{ordered: ordered{speaker: newSpeaker(s)}, kind: k, free: briefPairs, commands: noCommandPipe()}
	w.how = w
	return w
}

func (w *briefShell) open() (err error) {
	p := w.slot.pool
	if err := w.commands.open(); err != nil {
		return err
	}
	out, errs, err := w.listen(w.reply)
	if err != nil {
		return err
	}
	ends, err := w.openPairs()
	defer func() {
		for _, fd := range append(ends, out, errs) {
			unix.Close(fd)
		}
	}()
	if err != nil {
		return err
	}
	first, err := w.firstCommands()
	if err != nil {
		return err
	}
	spec := &child.Spec{
		Path: w.kind.path, Argv: w.kind.argv(), Env: p.taskEnv(w.slot, 0, 0),
		Stdin: w.commands.theirs, Stdout: out, Stderr: errs, Extra: append(slices.Clone(ends), p.null),
	}
	if err := w.launch(spec, w.exited); err != nil {
		return err
	}
	if w.commands.send(first) != nil {
		w.process.kill() // whose end frees the slot
	}
	return nil
}

// openPairs makes the pairs and returns their ends for writing, in the order in
// which the shell has them; also after an error, for the caller to close.
func (w *briefShell) openPairs() (ends []int, err error) {
	for i := range w.pairs {
		c, e, err := newCapture(w.slot.pool, false)
		if err != nil {
			return ends, err
		}
		ends = append(ends, e[:]...)
		w.pairs[i] = &pair{pathCapture: withoutPaths(c), number: i}
	}
	return ends, nil
}

// firstCommands are what the worker reads before its first task: a function for each
// pair, in a subshell and in the worker.
func (w *briefShell) firstCommands() ([]byte, error) {
	k := w.kind
	b := fmt.Appendf(nil, body, k.Body)
	b = append(b, fmt.Sprintf(replyFunction, k.builtin())...)
	taking := k.taking("XPOOL_SEQ", "XPOOL_ATTEMPT")
	for i := range briefPairs {
		out := 3 + i*int(streams)
		b = fmt.Appendf(b, "_xpool_sub%[1]d() {\n%[2]s\n( _xpool_task \"$@\" ) <&%[5]d >&%[3]d 2>&%[4]d\n}\n"+
			"_xpool_here%[1]d() {\n%[2]s\n_xpool_task \"$@\" <&%[5]d >&%[3]d 2>&%[4]d\n}\n", i, taking, out, out+1, briefInput)
	}
	first, err := w.source.shorten(b)
	return fmt.Appendf(first, "%[1]s set +e; %[1]s printf '%%s\\n' %[2]s\n", k.builtin(), shellReady), err
}

// run begins an attempt.
func (w *briefShell) run(a *attempt) error {
	if err := w.send(a); err != nil {
		return err
	}
	w.process.since, w.process.working = a.start, true
	return w.flush()
}

// send sends an attempt with the next push.
func (w *briefShell) send(a *attempt) error {
	if err := checkNUL(a.payload); err != nil {
		return err
	}
	i := w.freePair()
	w.buf = w.appendCommand(w.buf[:0], a, i)
	// There is one file for a long command, and little room in the pipe.
	if len(w.buf) > sourceOver && len(w.jobs) > 0 {
		return errNoRoom{}
	}
	command, err := w.kind.shortenCall(&w.source, w.buf)
	if err != nil {
		return err
	}
	w.unsent = append(w.unsent, command...)
	j := job{attempt: a, pair: w.pairs[i], end: w.commands.sent + int64(len(w.unsent))}
	w.unsent = fmt.Appendf(w.unsent, "_xpool_reply %d\n", a.task.Seq)
	j.pair.busy = true
	w.free--
	j.pair.begin(a.output())
	w.enqueue(j)
	return nil
}

// freePair returns the number of a pair that is not in use; there is one.
func (w *briefShell) freePair() int {
	for i, p := range w.pairs {
		if !p.busy {
			return i
		}
	}
	return -1
}

// appendCommand appends the line that runs a.
func (w *briefShell) appendCommand(b []byte, a *attempt, pair int) []byte {
	name := "_xpool_sub"
	if a.payload.InWorker {
		name = "_xpool_here"
	}
	b = strconv.AppendInt(append(b, name...), int64(pair), 10)
	b = strconv.AppendInt(append(b, ' '), a.task.Seq, 10)
	b = strconv.AppendInt(append(b, ' '), int64(a.number), 10)
	return appendValues(b, a.payload)
}

// push sends what send has prepared. If the shell is gone its end tells of that.
func (w *briefShell) push() { _ = w.flush() }

func (w *briefShell) flush() error {
	if len(w.unsent) == 0 || w.commands.ours < 0 {
		return nil
	}
	err := w.commands.send(w.unsent)
	w.unsent = w.unsent[:0]
	return err
}

func (w *briefShell) room() int {
	if w.died || w.process.ending {
		return 0
	}
	return w.free
}

// takeBack returns nil: most shells read all that there is.
func (w *briefShell) takeBack() *attempt { return nil }

// reply is called for each line of the worker's standard output. What the shell's own
// start-up files say comes before it is ready, and is dropped.
func (w *briefShell) reply(line []byte) {
	if w.slot.state == starting {
		if string(line) == shellReady {
			w.slot.ready()
		}
		return
	}
	seq, status, ok := parseReply(line)
	if !ok || !w.expects(seq) {
		w.garbled(line)
		return
	}
	w.answered(answer{status: status, clean: true})
}

func (w *briefShell) unread() bool { return w.commands.unread(w.jobs[0].end) }

func (w *briefShell) reported(status int) crashdetect.End {
	return crashdetect.End{Replied: true, ReplyCode: status & 0xff, Worker: true, ShellStatus: true}
}

// lost is how an attempt ended with its shell: by exiting, which is its own status, or
// by a crash.
func (w *briefShell) lost() crashdetect.End {
	e := crashdetect.End{Status: w.status, HasStatus: true, ProtocolName: "shell"}
	if !w.status.Exited() {
		e.Protocol = w.violation
	}
	return e
}

func (w *briefShell) remove(j job, _ bool) {
	j.pair.busy = false
	w.free++
}

func (w *briefShell) stillborn() {}

func (w *briefShell) release() { w.commands.release() }

func (w *briefShell) close() {
	w.commands.close()
	w.hush()
	w.source.close()
	for _, p := range w.pairs {
		if p != nil {
			p.close()
		}
	}
}
