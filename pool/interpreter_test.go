package pool

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"xpool/crashdetect"
	"xpool/pool/peertest"
	"xpool/pool/stub"
)

func TestLanguageOf(t *testing.T) {
	for path, want := range map[string]Language{
		"python": Python, "python3": Python, "python3.12": Python, "/usr/bin/python3": Python, "./venv/bin/python": Python,
		"pypy3": Python, "perl": Perl, "perl5.36.0": Perl, "/opt/perl-5.40/bin/perl": Perl, "node": Node, "nodejs": Node, "node22": Node,
		"": NoLanguage, "ruby": NoLanguage, "python-config": NoLanguage, "perlbrew": NoLanguage, "nodemon": NoLanguage,
		"/usr/bin/python3/": Python, "/python3/sh": NoLanguage,
	} {
		if got := LanguageOf(path); got != want {
			t.Errorf("LanguageOf(%q) is %v, want %v", path, got, want)
		}
	}
}

// interpreter is one that runs code, if there is one here.
func interpreter(t *testing.T, language Language, code string) *Interpreter {
	t.Helper()
	name := map[Language]string{Python: "python3", Perl: "perl", Node: "node"}[language]
	return &Interpreter{Path: peertest.Path(t, name), Language: language, Code: code}
}

// told is what a task of a trial has printed, and how it ended. It belongs to the
// pool's goroutine until the task is over.
type told struct {
	Result
	out, err bytes.Buffer
}

func (o *told) Write(s Stream, b []byte, _ func()) bool {
	if s == Stderr {
		o.err.Write(b)
	} else {
		o.out.Write(b)
	}
	return true
}

// trial is a pool whose tasks are submitted one by one.
type trial struct {
	t    *testing.T
	pool *Pool
	next int64
}

func newTrial(t *testing.T, k Kind, o Options) *trial {
	t.Helper()
	o.KillAfter = time.Second
	p, err := New(k, o)
	if err != nil {
		t.Fatal(err)
	}
	return &trial{t: t, pool: p}
}

// submit returns what a task will have told when the channel is closed.
func (r *trial) submit(args ...string) (*told, <-chan struct{}) {
	r.t.Helper()
	o, over := &told{}, make(chan struct{})
	r.next++
	err := r.pool.Submit(r.t.Context(), &Task{
		Seq:     r.next,
		Payload: func(Place) (Payload, error) { return Payload{Args: args}, nil },
		Output:  o,
		Done: func(res Result) {
			o.Result = res
			close(over)
		},
	})
	if err != nil {
		r.t.Errorf("submitting task %d: %v", r.next, err)
		close(over)
	}
	return o, over
}

// do runs one task to its end.
func (r *trial) do(args ...string) *told {
	r.t.Helper()
	o, over := r.submit(args...)
	<-over
	return o
}

// end closes the pool and waits for its end, which is to be without an error.
func (r *trial) end() {
	r.t.Helper()
	r.pool.Close()
	if err := r.pool.Wait(); err != nil {
		r.t.Error(err)
	}
}

// check checks what a task printed, and that it went well in its first attempt.
func (o *told) check(t *testing.T, want string) {
	t.Helper()
	if got := o.out.String(); got != want || !o.Verdict.OK() || o.Attempt != 1 {
		t.Errorf("task %d printed %.200q, %.200q and ended with %q in attempt %d; want %.200q, ok, 1",
			o.Seq, got, o.err.String(), o.Verdict, o.Attempt, want)
	}
}

func TestInterpreter(t *testing.T) {
	for _, c := range []struct {
		name     string
		language Language
		code     string
	}{
		{"python", Python, `import sys
print(seq, arg)
sys.stderr.write("error " + arg)
sys.exit(int(args[1]))`},
		{"perl", Perl, `print "$seq $arg\n"; print STDERR "error $arg"; exit $args[1]`},
		{"node", Node, `console.log(seq, arg); process.stderr.write("error " + arg); process.exit(Number(args[1]))`},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newTrial(t, interpreter(t, c.language, c.code), Options{Jobs: 3})
			const n = 1000
			var all []*told
			for i := range n {
				o, _ := r.submit(fmt.Sprint(i*i), fmt.Sprint(i%3))
				all = append(all, o)
			}
			r.end()
			pids := map[int]bool{}
			for i, o := range all {
				out, errs := fmt.Sprintf("%d %d\n", i+1, i*i), fmt.Sprintf("error %d", i*i)
				if o.out.String() != out || o.err.String() != errs || o.Verdict.Code != i%3 || o.Verdict.Left {
					t.Fatalf("task %d: %q, %q, %v", i+1, o.out.String(), o.err.String(), o.Verdict)
				}
				pids[o.Pid] = true
			}
			if len(pids) > 3 {
				t.Errorf("%d workers in 3 slots", len(pids))
			}
		})
	}
}

// Records that are too long for one message go in several, whatever is in them:
// also what would be a request where it stands.
func TestInterpreterLongRecords(t *testing.T) {
	r := newTrial(t, interpreter(t, Perl, `print length $arg, substr($arg, 0, 1), "\n"`), Options{Jobs: 2})
	forged := strings.Repeat("x", requestMost-len("task 2 1 0 00000\n")) + strings.Repeat("task 3 1 0 1\na", 10_000)
	var all []*told
	var want []string
	for i := range 60 {
		arg := fmt.Sprint(i)
		switch i % 3 {
		case 0:
			arg = forged
		case 1:
			arg = strings.Repeat("y", i<<15)
		}
		o, _ := r.submit(arg)
		all = append(all, o)
		want = append(want, fmt.Sprintf("%d%.1s\n", len(arg), arg))
	}
	r.end()
	for i, o := range all {
		o.check(t, want[i])
	}
}

// A task that the worker has not begun to read when it dies goes to another one,
// and is not charged.
func TestInterpreterGiveBack(t *testing.T) {
	if !canTakeBack {
		t.Skip("it is not known here what a worker has read")
	}
	for name, record := range map[string]string{
		"short":            "record",
		"long":             strings.Repeat("r", 1<<20),
		"of more messages": strings.Repeat("r", 5*requestMost),
	} {
		t.Run(name, func(t *testing.T) {
			r := newTrial(t, interpreter(t, Perl, `system "true" if $arg eq "unclean"; print length $arg, "\n"`), Options{Jobs: 1})
			for _, first := range []string{"clean", "unclean"} { // after that, a pair has to be opened
				o := r.do(first)
				o.check(t, fmt.Sprintln(len(first)))
				if err := unix.Kill(o.Pid, unix.SIGSTOP); err != nil {
					t.Fatal(err)
				}
				awaitStop(t, o.Pid) // until then it may still read
				second, over := r.submit(record)
				for range 2 { // it is sent after the first and before the second of these
					r.pool.call(func() {})
				}
				if err := unix.Kill(o.Pid, unix.SIGKILL); err != nil {
					t.Fatal(err)
				}
				<-over
				second.check(t, fmt.Sprintln(len(record)))
				if second.Pid == o.Pid {
					t.Error("it ran on the dead worker")
				}
			}
			r.end()
		})
	}
}

// One that has begun is charged.
func TestInterpreterCrash(t *testing.T) {
	r := newTrial(t, interpreter(t, Perl, `$| = 1; print $arg; kill $arg, $$ if $arg ne "end"; print "\n"`), Options{Jobs: 1})
	for _, sig := range []syscall.Signal{unix.SIGKILL, unix.SIGSEGV, unix.SIGTERM, unix.SIGHUP} {
		name := strings.TrimPrefix(unix.SignalName(sig), "SIG")
		o := r.do(name)
		if v := o.Verdict; v.Kind != crashdetect.Killed || v.Signal != sig || o.out.String() != name {
			t.Errorf("%s: %v, printed %q", name, v, o.out.String())
		}
	}
	r.do("end").check(t, "end\n")
	r.end()
}

// Who finds the worker's private descriptors cannot reply for it.
func TestInterpreterForgedReply(t *testing.T) {
	r := newTrial(t, interpreter(t, Python, `import os
if arg == "forge":
    for fd in range(3, 9):
        try: os.write(fd, b"7 0 1\n")
        except OSError: pass
    import signal; signal.pause()
print(arg)`), Options{Jobs: 1})
	o := r.do("forge")
	if v := o.Verdict; v.Kind != crashdetect.Protocol || !strings.Contains(v.Detail, `"7 0 1" is not a reply`) {
		t.Errorf("%v", v)
	}
	r.do("end").check(t, "end\n")
	r.end()
}

// Code or init that fails, or ends the worker, breaks the pool at once; a worker
// that is killed is tried again.
func TestInterpreterBroken(t *testing.T) {
	for _, c := range []struct{ name, code, init, want string }{
		{"syntax", "1 +", "", "syntax error at <code> line 1"},
		{"init", "1", `die "no way\n"`, "no way"},
		{"exit", "1", `require POSIX; POSIX::_exit(3)`, "ended with exit 3 before it was ready"},
		{"killed", "1", `print STDERR "last words\n"; kill "KILL", $$`, "last words\nkilled by SIGKILL"},
		{"hangs", "1", `print STDERR "here\n"; sleep`, "was not ready within 1.5s"},
	} {
		t.Run(c.name, func(t *testing.T) {
			k := interpreter(t, Perl, c.code)
			k.Init = c.init
			r := newTrial(t, k, Options{Jobs: 3, InitTimeout: 1500 * time.Millisecond})
			first, _ := r.submit("a")
			err := r.pool.Wait()
			broken, ok := err.(*BrokenError)
			if !ok || !strings.Contains(broken.Error(), c.want) {
				t.Errorf("the pool ended with %v, want %q", err, c.want)
			}
			if first.Verdict.Kind != crashdetect.Stopped {
				t.Errorf("the task ended with %v", first.Verdict)
			}
		})
	}
}

func TestInterpreterNotFound(t *testing.T) {
	r := newTrial(t, &Interpreter{Path: "python3-not-here", Language: Python, Code: "1"}, Options{})
	r.submit("a")
	err := r.pool.Wait()
	if start, ok := err.(*crashdetect.StartError); !ok || start.Code() != 127 {
		t.Errorf("the pool ended with %v", err)
	}
}

// The head of a message tells which job it is about, with or without the request
// for its pair before it.
func TestJobOf(t *testing.T) {
	one, two := &attempt{task: &Task{Seq: 41}}, &attempt{task: &Task{Seq: 42}}
	w := &interpreterWorker{ordered: ordered{jobs: []job{
		{attempt: one, pair: &pair{number: 3}},
		{attempt: two, pair: &pair{number: 5}, opens: true},
	}}}
	path := "/proc/4194304/fd/1000000"
	for _, c := range []struct {
		head string
		want int
	}{
		{string(stub.AppendTask(nil, stub.Task{Seq: 41, Attempt: 1, Pair: 3, Args: []string{"a"}})), 0},
		{string(stub.AppendPair(nil, 5, path, path)), 1},
		{string(stub.AppendPair(nil, 3, path, path)), -1},
		{"task 4", -1}, {"task 41", -1}, {"pair 5", -1}, {"pair x 1", -1}, {"pair ", -1}, {"", -1}, {"anything", -1},
	} {
		if got := w.jobOf([]byte(c.head)); got != c.want {
			t.Errorf("%q is about job %d, want %d", c.head, got, c.want)
		}
	}
}

func TestInterpreterNeedsAnArgument(t *testing.T) {
	r := newTrial(t, interpreter(t, Perl, "print 1"), Options{})
	if o := r.do(); o.Verdict.Kind != crashdetect.NotStarted {
		t.Errorf("%v", o.Verdict)
	}
	r.do("a").check(t, "1")
	r.end()
	if err := r.pool.Submit(context.Background(), &Task{}); err == nil {
		t.Error("a closed pool takes a task")
	}
}
