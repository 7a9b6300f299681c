package pool_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"xpool/crashdetect"
	"xpool/pool"
)

// says returns a payload for each record.
func says(records ...string) (ps []pool.Payload) {
	for _, r := range records {
		ps = append(ps, words(r))
	}
	return ps
}

// descriptors returns how many this process has open, where that can be found out.
func descriptors() int {
	if r, w, err := os.Pipe(); err == nil { // the runtime's own poller is there from now on
		r.Close()
		w.Close()
	}
	d, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return 0
	}
	return len(d)
}

// runCo runs the records with co-processes and checks that no descriptor is left.
func runCo(t *testing.T, k *pool.Coprocess, o pool.Options, records ...string) ([]outcome, error) {
	t.Helper()
	before := descriptors()
	o.KillAfter, o.Env = 100*time.Millisecond, coworkerEnv()
	got, err := runAll(t, k, o, 0, says(records...)...)
	if after := descriptors(); after != before {
		t.Errorf("%d descriptors, %d before", after, before)
	}
	return got, err
}

// expectation is what is wanted of a task: its output, and its verdict if that is
// not OK.
type expectation struct{ record, out, verdict string }

func (e expectation) check(t *testing.T, o outcome, end string) {
	t.Helper()
	want := e.out
	if e.verdict == "" {
		want += end
		e.verdict = "ok"
	}
	if o.out != want {
		t.Errorf("%q printed %.100q, want %.100q", e.record, o.out, want)
	}
	if got := o.Verdict.String(); !strings.Contains(got, e.verdict) || e.verdict == "ok" && got != "ok" {
		t.Errorf("%q ended with %q, want %q", e.record, got, e.verdict)
	}
}

// runExpected runs the tasks one after the other on one slot.
func runExpected(t *testing.T, k *pool.Coprocess, end string, es ...expectation) {
	t.Helper()
	var records []string
	for _, e := range es {
		records = append(records, e.record)
	}
	got, err := runCo(t, k, pool.Options{Jobs: 1}, records...)
	if err != nil {
		t.Fatal(err)
	}
	for i, e := range es {
		e.check(t, got[i], end)
	}
}

func TestCoprocessLines(t *testing.T) {
	runExpected(t, coworker(t, pool.Lines), "\n",
		expectation{"say one", "one", ""},
		expectation{"say", "", ""},
		expectation{"say \xff\xfe\x00\r", "\xff\xfe\x00\r", ""},
		expectation{"exit 42", "", leftWith(42)},
		expectation{"say two", "two", ""},
		expectation{"exit 0", "", leftWith(0)},
		expectation{"kill", "", "SIGKILL"},
		expectation{"half part", "", "SIGKILL"},
		expectation{"say three", "three", ""},
		expectation{"twice four", "", `lines protocol: "more" is more than one line for a record`},
		expectation{"say five", "five", ""},
		expectation{"bad\nrecord", "", "a record with a newline cannot be sent"},
		expectation{"last", "last", ""},
		expectation{"last 1", "last", ""},
		expectation{"lastkill", "last", ""},
		expectation{"close", "", "it closed its standard output"},
		expectation{"say six", "six", ""},
	)
}

// leftWith is the verdict on a worker that exited before its reply.
func leftWith(code int) string {
	return crashdetect.Classify(crashdetect.End{Worker: true, HasStatus: true, Status: syscall.WaitStatus(code << 8)}).String()
}

func TestCoprocessNUL(t *testing.T) {
	runExpected(t, coworker(t, pool.NUL), "\x00",
		expectation{"say one\ntwo\n", "one\ntwo\n", ""},
		expectation{"half \n", "", "SIGKILL"},
		expectation{"twice one", "", `nul protocol: "more" is more than one NUL-ended string`},
		expectation{"bad\x00record", "", "a record with a NUL byte cannot be sent"},
		expectation{"say", "", ""},
	)
}

func TestCoprocessJSON(t *testing.T) {
	runExpected(t, coworker(t, pool.JSON), "",
		expectation{"say one\n", "one\n", ""},
		expectation{"say \u2028", "\u2028", ""},
		expectation{"status 7", "", "exit 7"},
		expectation{"status 256", "", "exit 255"},
		expectation{"status -1", "", "exit 255"},
		expectation{"kill", "", "SIGKILL"},
		expectation{`half {"exitCode":0,"output":"x"`, "", "SIGKILL"},
		expectation{"raw Loading model...\n", "", `json protocol: `},
		expectation{"raw Loading without an end", "", `Loading without an end`},
		expectation{`raw {"requestId":7}`, "", "json protocol: a response to request 7, which was never sent"},
		expectation{`raw {"wasCancelled":true}`, "", "json protocol: a response says that its request was cancelled"},
		expectation{"twice one", "", "json protocol: more than one response"},
		expectation{"raw {}{", "", ""}, // the reply was complete; what follows costs the worker
		expectation{"\xff", "", "not valid UTF-8"},
		expectation{"last", "last", ""},
		expectation{"close", "", "it closed its standard output"},
		expectation{"say two", "two", ""},
	)
}

func TestCoprocessJoinsWords(t *testing.T) {
	got, err := runAll(t, coworker(t, pool.Lines), pool.Options{Jobs: 1}, 0, words("say a", "b c", "d"), words())
	if err != nil {
		t.Fatal(err)
	}
	if got[0].out != "a\tb c\td\n" || got[1].out != "? \n" {
		t.Errorf("printed %q and %q", got[0].out, got[1].out)
	}
	p := &pool.Coprocess{Argv: []string{"cat"}}
	got, err = runAll(t, p, pool.Options{}, 0, words("a\nb"))
	var de *pool.DelimiterError
	if err != nil || !errors.As(got[0].Err, &de) || de.Protocol != pool.Lines || got[0].Verdict.Kind != crashdetect.NotStarted {
		t.Errorf("a record with a newline: %v, %v, %v", err, got[0].Err, got[0].Verdict)
	}
}

// Each reply has to get to its own task, whether records are sent ahead or not.
func TestCoprocessMany(t *testing.T) {
	for _, argv := range [][]string{{"cat"}, {"sh", "-c", `while IFS= read -r x; do echo "$x"; done`}} {
		for _, jobs := range []int{1, 4} {
			var records []string
			for i := range 5000 {
				records = append(records, fmt.Sprintf("record %d %s", i, strings.Repeat("x", i%300)))
			}
			got, err := runCo(t, &pool.Coprocess{Argv: argv}, pool.Options{Jobs: jobs}, records...)
			if err != nil {
				t.Fatal(err)
			}
			pids := map[int]bool{}
			for i, r := range records {
				expectation{r, r, ""}.check(t, got[i], "\n")
				pids[got[i].Pid] = true
			}
			if len(pids) > jobs {
				t.Errorf("%d workers for %d slots", len(pids), jobs)
			}
		}
	}
}

func TestCoprocessLongRecord(t *testing.T) {
	long := strings.Repeat("x", 5<<20)
	runExpected(t, coworker(t, pool.Lines), "\n",
		expectation{"count " + long, fmt.Sprint(len(long)), ""},
		expectation{"say " + long[:1<<20], long[:1<<20], ""},
		expectation{"say short", "short", ""},
	)
	json := coworker(t, pool.JSON)
	runExpected(t, json, "", expectation{"say " + long[:1<<20], long[:1<<20], ""})
}

// meter is an Output that counts, and takes no more than one piece at a time.
type meter struct {
	n       [2]int
	last    byte
	waiting bool
	late    bool // it was given something while it wanted nothing
	resumes chan func()
}

func (m *meter) Write(s pool.Stream, b []byte, resume func()) bool {
	m.late = m.late || m.waiting
	m.n[s] += len(b)
	m.last = b[len(b)-1]
	m.waiting = true
	m.resumes <- func() { m.waiting = false; resume() }
	return false
}

// TestCoprocessSlowReader has 100 MB in one line taken piece by piece.
func TestCoprocessSlowReader(t *testing.T) {
	p, err := pool.New(coworker(t, pool.Lines), pool.Options{Jobs: 1})
	if err != nil {
		t.Fatal(err)
	}
	m := &meter{resumes: make(chan func(), 100)}
	quick := &sink{}
	var results []pool.Result
	for i, record := range []string{"big 100", "say quick"} {
		var out pool.Output = m
		if i > 0 {
			out = quick
		}
		err := p.Submit(context.Background(), &pool.Task{
			Seq: int64(i + 1), Output: out,
			Payload: func(pool.Place) (pool.Payload, error) { return words(record), nil },
			Done:    func(r pool.Result) { results = append(results, r) },
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	p.Close()
	done := make(chan error)
	go func() { done <- p.Wait() }()
	for ended := false; !ended; {
		select {
		case resume := <-m.resumes:
			resume()
		case err := <-done:
			if err != nil {
				t.Error(err)
			}
			ended = true
		}
	}
	if m.n[pool.Stdout] != 100<<20+1 || m.last != '\n' || m.late {
		t.Errorf("%d bytes, the last %q, too early: %v", m.n[pool.Stdout], m.last, m.late)
	}
	if len(results) != 2 || !results[0].Verdict.OK() || !results[1].Verdict.OK() || quick.out.String() != "quick\n" {
		t.Errorf("results %v, %q", results, quick.out.String())
	}
}

// A pool that is stopped does not wait for a reader that takes nothing.
func TestCoprocessStopWithSlowReader(t *testing.T) {
	for _, record := range []string{"big 10", "say x", "complain 1000000", "last"} {
		p, err := pool.New(coworker(t, pool.Lines), pool.Options{Jobs: 1})
		if err != nil {
			t.Fatal(err)
		}
		m := &meter{resumes: make(chan func(), 100)}
		var result pool.Result
		err = p.Submit(context.Background(), &pool.Task{
			Seq: 1, Output: m,
			Payload: func(pool.Place) (pool.Payload, error) { return words(record), nil },
			Done:    func(r pool.Result) { result = r },
		})
		if err != nil {
			t.Fatal(err)
		}
		resume := <-m.resumes
		p.Stop(100 * time.Millisecond)
		if err := p.Wait(); err != nil || result.Verdict.Kind != crashdetect.Stopped {
			t.Errorf("%s: %v, %v", record, err, result.Verdict)
		}
		resume() // comes too late to do anything
	}
}

func TestCoprocessStderr(t *testing.T) {
	k := coworker(t, pool.Lines)
	got, err := runCo(t, k, pool.Options{Jobs: 1}, "complain 1000000", "say x", "complain 10", "explain the reason", "say y")
	if err != nil {
		t.Fatal(err)
	}
	for i, n := range []int{1000001, 0, 11, len("the reason\n"), 0} {
		if len(got[i].err) != n {
			t.Errorf("task %d: %d bytes on standard error, want %d", i+1, len(got[i].err), n)
		}
	}
	if got[3].Words != "the reason" {
		t.Errorf("the last words were %q", got[3].Words)
	}
}

// What a worker said before an attempt began is not told of its end.
func TestCoprocessWordsSince(t *testing.T) {
	for _, p := range []pool.Protocol{pool.Lines, pool.NUL, pool.JSON} {
		got, err := runCo(t, coworker(t, p), pool.Options{Jobs: 1}, "complain 10", "kill", "complain 10", "explain the reason")
		if err != nil {
			t.Fatal(err)
		}
		if got[1].Verdict.OK() || got[1].Words != "" || got[3].Words != "the reason" {
			t.Errorf("%v: %v with the words %q, and then %q", p, got[1].Verdict, got[1].Words, got[3].Words)
		}
	}
}

// What a worker wrote on standard error before its reply belongs to that task.
func TestCoprocessStderrComesFirst(t *testing.T) {
	var records []string
	for i := range 1000 {
		records = append(records, []string{"mix", "say x"}[i%2])
	}
	got, err := runCo(t, coworker(t, pool.Lines), pool.Options{Jobs: 2}, records...)
	if err != nil {
		t.Fatal(err)
	}
	for i, o := range got {
		if want := []string{"c", ""}[i%2]; o.err != want {
			t.Errorf("task %d has %q on standard error, want %q", i+1, o.err, want)
		}
	}
}
