package runner_test

import (
	"os"
	"slices"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

const (
	bodyHang  = `echo $$ >>"$UP"; read x <"$NEVER"`
	bodyPrint = `head -c 200000 /dev/zero | tr '\0' x; echo;`
)

// phase is a moment of a run in which a signal may come.
type phase struct {
	name  string
	body  string   // of its tasks
	args  []string // of the run, before its command
	init  bool     // body is the set-up of the workers
	input string   // "fifo" for one that the test opens and writes nothing to; else two records are there
	only  []string // the kinds that have the phase; nil is all
	ready func(e *ending)
}

func phases() []phase {
	one := func(e *ending) { e.awaitUp(1) }
	return []phase{
		{name: "reading before it begins", args: []string{"--halt", "soon,fail=50%"}, input: "fifo", ready: func(e *ending) {}},
		{name: "reading", input: "fifo", ready: func(e *ending) {}},
		{name: "init", body: bodyHang, init: true, ready: one},
		{name: "running", body: bodyHang, args: []string{"-j2"}, ready: func(e *ending) { e.awaitUp(2) }},
		{name: "retry delay", body: `echo $$ >>"$UP"; exit 1`, args: []string{"-j2", "--retries", "2", "--retry-delay", "1000"},
			only: []string{"program", "shell", "python"}, ready: func(e *ending) { e.awaitUp(2) }},
		{name: "gate", body: `echo $$ >>"$UP"; echo`, args: []string{"-j2", "--delay", "1000"}, ready: one},
		{name: "halting", args: []string{"-j2", "--halt", "soon,fail=1"}, ready: one,
			body: `if mkdir failing 2>/dev/null; then until [ -s "$UP" ]; do :; done; exit 1; fi;` + bodyHang},
		{name: "printing to nobody", args: []string{"-j2"}, body: bodyPrint + bodyHang, ready: func(e *ending) { e.awaitUp(2); e.awaitPrinting() },
			only: []string{"program", "shell", "nofork", "python"}},
		{name: "the very end", args: []string{"-j2"}, body: bodyPrint + `echo $$ >>"$UP"`, ready: func(e *ending) { e.awaitUp(2); e.awaitPrinting() }},
		{name: "a task that stops itself", args: []string{"-j2"}, body: `echo $$ >>"$UP"; kill -STOP $$`, ready: func(e *ending) {
			e.awaitUp(2)
			for _, pid := range e.up() {
				e.awaitState(pid, 'T')
			}
		}},
		{name: "a deaf task", args: []string{"-j2"}, body: `trap '' TERM INT HUP QUIT ALRM;` + bodyHang, ready: func(e *ending) { e.awaitUp(2) }},
	}
}

// args are those of a run in the phase, with workers of a kind, but for the input;
// nil if there is no such run.
func (p *phase) command(k workerKind) []string {
	if p.only != nil && !slices.Contains(p.only, k.name) || p.init && k.init == nil {
		return nil
	}
	args := slices.Clone(p.args)
	if p.init {
		args = append(args, k.init...)
	}
	if p.input != "" {
		args = append(args, "-a", "in")
	}
	args = append(args, k.args...)
	if p.input == "" {
		args = append(args, ":::", "1", "2")
	}
	return args
}

// TestSignalPhases sends each signal to runs in each phase, with each kind of worker:
// they end with the signal's status, at once, and nothing is left of them. Those that
// are not to end a run do not. XPOOL_CASES, of any value, has all signals sent for
// each kind and phase, and not one in turn.
func TestSignalPhases(t *testing.T) {
	hearSignals(t)
	signals := []syscall.Signal{
		unix.SIGTERM, unix.SIGINT, unix.SIGTSTP, unix.SIGHUP, unix.SIGUSR1, unix.SIGQUIT, unix.SIGPIPE, unix.SIGALRM, unix.SIGUSR2,
	}
	turn := 0
	kinds := workerKinds(t)
	for _, p := range phases() {
		for _, k := range kinds {
			args := p.command(k)
			if args == nil {
				continue
			}
			some := signals[turn%len(signals):][:1]
			if turn++; number("XPOOL_CASES", 0) > 0 {
				some = signals
			}
			for _, sig := range some {
				t.Run(p.name+"/"+k.name+"/"+unix.SignalName(sig), func(t *testing.T) {
					t.Parallel()
					p.try(t, args, sig)
				})
			}
		}
	}
}

func (p *phase) try(t *testing.T, args []string, sig syscall.Signal) {
	e := startEnding(t, p.body, args...)
	if p.input == "fifo" {
		defer e.feed().Close()
	}
	p.ready(e)
	e.signal(sig)
	switch sig {
	case unix.SIGTSTP:
		e.awaitState(e.cmd.Process.Pid, 'T')
		e.signal(unix.SIGCONT)
		fallthrough
	case unix.SIGUSR1, unix.SIGUSR2, unix.SIGPIPE:
		sig = unix.SIGTERM
		e.signal(sig)
	}
	_ = e.cmd.Process.Signal(sig) // a second one may hurry it up, or be too late
	want := 128 + int(sig)
	if got := e.wait(); got != want {
		t.Errorf("ended with %d, want %d", got, want)
	}
	e.checkGone()
}

// feed opens the run's input, as soon as the run has.
func (e *ending) feed() (input *os.File) {
	e.t.Helper()
	e.await("a reader", func() (ok bool) {
		var err error
		input, err = os.OpenFile(e.path("in"), os.O_WRONLY|unix.O_NONBLOCK, 0)
		return err == nil
	})
	return input
}
