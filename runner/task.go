package runner

import (
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"xpool/crashdetect"
	"xpool/pool"
	"xpool/runner/failures"
	"xpool/runner/output"
	"xpool/runner/template"
)

// sink is told what happens to tasks: one that counts, draws or keeps a log. It
// is called in order of the events, on the pool's goroutine or, for records that
// never become an attempt, the feeder's; so it locks what it owns, and never
// waits.
type sink interface {
	// began is called when the first attempt of a task begins.
	began(t *task)

	// ended is called once for each task; t.begun tells whether it ever began.
	ended(t *task, r pool.Result)
}

// task is one task of a run, from its record to its end.
type task struct {
	run   *run
	seq   int64
	args  []string
	begun bool          // an attempt has been
	slot  int           // of the first attempt
	entry *output.Entry // nil when the task has nothing to print but its failure
	lined *lined        // nil unless lines come out as they come

	made     time.Time         // when its record was read
	tails    [2]*failures.Tail // of what it prints, by stream, if that is wanted and there was any
	input    taskInput         // its data, nil if it has none
	keeper   keeper            // keeps what it prints, nil if that is printed
	sent     int64             // bytes of standard input
	received int64             // bytes of standard output
}

func (r *run) newTask(seq int64, b batch) *task {
	t := &task{run: r, seq: seq, args: b.args, made: time.Now(), input: b.input}
	if !r.inherit {
		t.entry = r.printer.Open()
		t.entry.Hold(r.opts.triesAgain()) // what is printed cannot be taken back
	}
	return t
}

// context is what the task offers to replacement strings.
func (t *task) context(slot int) template.Context {
	return template.Context{Args: t.args, Seq: t.seq, Slot: slot, Total: t.run.tasks, Slots: int(t.run.jobs.Load())}
}

// submission is the task as the pool sees it.
func (t *task) submission() *pool.Task {
	o := &t.run.opts
	p := &pool.Task{
		Seq:     t.seq,
		Payload: t.payload,
		Timeout: t.run.timeout,
		Done:    t.end,

		StallTimeout: time.Duration(o.StallTimeout),
		MemLimit:     int64(o.MemLimit),
		CrashLimit:   o.CrashLimit,
		Tries:        o.Retries,
		RetryDelay:   time.Duration(o.RetryDelay),
	}
	if out := t.outlet(); out != nil {
		p.Output = out
	}
	if reports := t.run.reports; reports != nil {
		p.Retried = func(res pool.Result) { reports.retried(t, res) }
	}
	return p
}

// payload is called when an attempt begins.
func (t *task) payload(p pool.Place) (pool.Payload, error) {
	stdin := ""
	if t.input != nil {
		in, arg, err := t.input.attempt()
		if err != nil {
			return pool.Payload{}, err
		}
		if stdin = in; arg != "" {
			t.args = []string{arg}
		}
	}
	if !t.begun {
		t.begun, t.slot = true, p.Slot
		if t.keeper != nil {
			if err := t.keeper.begin(); err != nil {
				return pool.Payload{}, err
			}
		}
		for _, s := range t.run.sinks {
			s.began(t)
		}
	}
	t.announce(p)
	c := t.context(p.Slot)
	payload, err := t.run.command.payload(c)
	if payload.Stdin = stdin; err == nil {
		payload.Files, err = t.run.transfers.of(c)
	}
	return payload, err
}

// end is called once, when the task is over.
func (t *task) end(res pool.Result) {
	r := t.run
	if t.input != nil && t.begun {
		t.sent = t.input.size()
	}
	if t.lined != nil {
		t.lined.flush()
	}
	if t.keeper != nil {
		if err := t.keeper.end(res); err != nil {
			r.fail(err)
		}
	}
	if t.input != nil {
		t.input.close()
	}
	if sig := r.deathOf(res.Verdict); sig != 0 {
		r.interrupt(sig)
		res.Verdict = crashdetect.Verdict{Kind: crashdetect.Stopped}
	}
	for _, s := range r.sinks {
		s.ended(t, res)
	}
	line := r.persona.failure(t, res)
	if line != "" {
		line = r.opts.Name + ": " + line + "\n"
	}
	if t.entry != nil {
		t.entry.Close(line)
	} else if line != "" {
		r.printer.Say(line)
	}
	if r.persona.ends(res.Verdict) {
		r.halt(nil)
		r.pool.Halt()
	}
}

// deathOf returns the signal that a task's death by it means for the run, or 0: a
// task that writes to the run's own output finds out first that nobody reads it,
// and one that shares the run's terminal dies of the keys that are to end the run.
func (r *run) deathOf(v crashdetect.Verdict) syscall.Signal {
	switch {
	case v.Kind != crashdetect.Killed:
	case r.inherit && v.Signal == syscall.SIGPIPE && !hasReader(r.streams.stdout.Fd()):
		return v.Signal
	case r.terminal.tty && (v.Signal == syscall.SIGINT || v.Signal == syscall.SIGQUIT):
		return v.Signal
	}
	return 0
}

// hasReader tells whether what is written to a pipe would still be read.
func hasReader(fd uintptr) bool {
	fds := []unix.PollFd{{Fd: int32(fd)}}
	n, err := unix.Poll(fds, 0)
	return err != nil || n == 0 || fds[0].Revents&unix.POLLERR == 0
}
