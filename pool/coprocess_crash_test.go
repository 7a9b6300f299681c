package pool_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"xpool/crashdetect"
	"xpool/pool"
)

// A worker that dies between tasks costs nothing.
func TestCoprocessLeavesWhileIdle(t *testing.T) {
	var records []string
	for i := range 60 {
		records = append(records, fmt.Sprintf("leave %d", i%3))
	}
	got, err := runCo(t, coworker(t, pool.Lines), pool.Options{Jobs: 2}, records...)
	if err != nil {
		t.Fatal(err)
	}
	killed := 0
	for i, o := range got {
		switch {
		case o.Verdict.OK() && o.out == "leaving\n":
		case o.Verdict.Kind == crashdetect.Killed && o.out == "": // it had read the next one
			killed++
		default:
			t.Errorf("task %d: %v, %q", i+1, o.Verdict, o.out)
		}
	}
	t.Logf("%d of %d had been begun by a worker that died", killed, len(got))
}

// TestCoprocessGiveBack uses workers of which each reads one record and exits, so
// that most records are given to a worker that is about to leave.
func TestCoprocessGiveBack(t *testing.T) {
	var records []string
	for i := range 200 {
		records = append(records, fmt.Sprint(i))
	}
	k := &pool.Coprocess{Argv: []string{"sh", "-c", `IFS= read -r x; echo "$x"`}}
	got, err := runCo(t, k, pool.Options{Jobs: 3}, records...)
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range records {
		expectation{r, r, ""}.check(t, got[i], "\n")
	}
}

func TestCoprocessBroken(t *testing.T) {
	for _, tt := range []struct{ script, want string }{
		{"echo bad luck >&2; exit 3", "bad luck"},
		{"exit 0", leftWith(0)},
		{"kill -SEGV $$", "SIGSEGV"},
		{"yes", "worker broke the lines protocol"},
		{"read -r x; exit 5", leftWith(5)},
	} {
		got, err := runCo(t, &pool.Coprocess{Argv: []string{"sh", "-c", tt.script}}, pool.Options{Jobs: 2}, "1", "2", "3", "4", "5", "6")
		var broken *pool.BrokenError
		if !errors.As(err, &broken) || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: the pool ended with %v", tt.script, err)
		}
		charged := 0
		for _, o := range got {
			if o.Seq != 0 && o.Verdict.Kind != crashdetect.Stopped {
				charged++
			}
			if o.Verdict.OK() && o.Seq != 0 {
				t.Errorf("%s: task %d is ok", tt.script, o.Seq)
			}
		}
		if charged > 4 {
			t.Errorf("%s: %d tasks were charged", tt.script, charged)
		}
	}
}

func TestCoprocessCannotRun(t *testing.T) {
	_, err := runCo(t, &pool.Coprocess{Argv: []string{"no-such-program-xyzzy"}}, pool.Options{}, "1")
	var start *crashdetect.StartError
	if !errors.As(err, &start) {
		t.Errorf("the pool ended with %v", err)
	}
	dir := t.TempDir()
	got, err := runCo(t, &pool.Coprocess{Argv: []string{"sh", "-c", "read -r x; pwd"}, Dir: dir}, pool.Options{}, "1")
	if err != nil || got[0].out != dir+"\n" {
		t.Errorf("%v, %q", err, got[0].out)
	}
}

// TestCoprocessLimits has a worker that never reads, one that reads and never
// replies, and one that floods standard error meanwhile run into a time limit. They
// read with head, as read takes a system call for each byte, and the limit is short.
func TestCoprocessLimits(t *testing.T) {
	for _, tt := range []struct {
		argv   []string
		silent bool
	}{
		{[]string{"sh", "-c", "exec sleep 77"}, false},
		{[]string{"sh", "-c", "head -n 1 >/dev/null; exec sleep 77"}, true},
		{[]string{"sh", "-c", "head -n 1 >/dev/null; yes >&2"}, true},
		{[]string{"sh", "-c", "trap '' TERM; read -r x; printf a; sleep 77; sleep 77"}, false},
	} {
		var hints []int64
		k := &pool.Coprocess{Argv: tt.argv, Silent: func(seq int64, _ time.Duration) { hints = append(hints, seq) }}
		got, err := runAll(t, k, pool.Options{Jobs: 1, KillAfter: 50 * time.Millisecond, Subreaper: true}, 300*time.Millisecond,
			words(strings.Repeat("x", 100_000)), words("2"))
		if err != nil {
			t.Fatal(err)
		}
		for i, o := range got {
			if o.Verdict.Kind != crashdetect.TimedOut {
				t.Errorf("%q: task %d: %v", tt.argv, i+1, o.Verdict)
			}
		}
		if want := "[]"; !tt.silent && fmt.Sprint(hints) != want || tt.silent && fmt.Sprint(hints) != "[1]" {
			t.Errorf("%q: hints %v", tt.argv, hints)
		}
	}
}

// TestCoprocessWaiting has workers that have answered others run into a time limit:
// only of one that certainly waits for more is that told.
func TestCoprocessWaiting(t *testing.T) {
	const answer = `read -r x; echo "$x"; `
	for _, tt := range []struct {
		script string
		waits  bool
	}{
		{answer + `read -r x; read -r x`, true},
		{answer + `read -r x; printf part; read -r x`, true},
		{answer + `read -r x; exec sleep 77`, false},
		{answer + `read -r x; sleep 77 & read -r x`, false},
		{`read -r x; read -r x`, false}, // has said nothing ever: that is Silent's
	} {
		var told []int64
		k := &pool.Coprocess{
			Argv: []string{"sh", "-c", tt.script}, Waiting: func(seq int64, _ time.Duration) { told = append(told, seq) },
		}
		_, err := runAll(t, k, pool.Options{Jobs: 1, KillAfter: 50 * time.Millisecond, Subreaper: true}, time.Second,
			words("1"), words("2"))
		if err != nil {
			t.Fatal(err)
		}
		if want := tt.waits && runtime.GOOS == "linux"; want != (fmt.Sprint(told) == "[2]") || !want && len(told) > 0 {
			t.Errorf("%q: told of %v", tt.script, told)
		}
	}
}

// TestCoprocessIdleChatter has workers say something that nobody asked for.
func TestCoprocessIdleChatter(t *testing.T) {
	k := &pool.Coprocess{Argv: []string{"sh", "-c", `while IFS= read -r x; do echo "$x"; (exec 2>/dev/null; sleep 0.01; echo chatter) & done`}}
	p, err := pool.New(k, pool.Options{Jobs: 1, Subreaper: true})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 5 {
		done := make(chan pool.Result, 1)
		s := &sink{}
		err := p.Submit(context.Background(), &pool.Task{
			Seq: int64(i + 1), Output: s,
			Payload: func(pool.Place) (pool.Payload, error) { return words(fmt.Sprint("task ", i)), nil },
			Done:    func(r pool.Result) { done <- r },
		})
		if err != nil {
			t.Fatal(err)
		}
		r := <-done
		if r.Verdict.OK() && s.out.String() != fmt.Sprintf("task %d\n", i) || !r.Verdict.OK() && r.Verdict.Kind != crashdetect.Protocol {
			t.Errorf("task %d: %v, %q", i+1, r.Verdict, s.out.String())
		}
	}
	p.Close()
	if err := p.Wait(); err != nil {
		t.Error(err)
	}
}

// TestCoprocessHoldsNothingUp has one of two workers busy until all tasks that
// came later are over, whichever of them were sent ahead to it.
func TestCoprocessHoldsNothingUp(t *testing.T) {
	testHoldsNothingUp(t, coworker(t, pool.Lines))
}

// One that reads no more than it needs holds nothing up even if it gets several.
func TestPrefetchHoldsNothingUp(t *testing.T) {
	script := `while read -r op arg; do case $op in wait) read -r op <"$arg"; arg=waited;; esac; echo "$arg"; done`
	testHoldsNothingUp(t, &pool.Coprocess{Argv: []string{"sh", "-c", script}, Prefetch: 16})
}

func testHoldsNothingUp(t *testing.T, k *pool.Coprocess) {
	p, err := pool.New(k, pool.Options{Jobs: 2, Env: coworkerEnv()})
	if err != nil {
		t.Fatal(err)
	}
	fifo := filepath.Join(t.TempDir(), "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	seq := int64(0)
	submit := func(record, want string, done func()) {
		seq++
		s := &sink{}
		err := p.Submit(context.Background(), &pool.Task{
			Seq: seq, Output: s,
			Payload: func(pool.Place) (pool.Payload, error) { return words(record), nil },
			Done: func(r pool.Result) {
				if !r.Verdict.OK() || s.out.String() != want+"\n" || r.Attempt != 1 {
					t.Errorf("%s: %v, %q, attempt %d", record, r.Verdict, s.out.String(), r.Attempt)
				}
				done()
			},
		})
		if err != nil {
			t.Error(err)
			done()
		}
	}
	for range 30 {
		var quick, slow sync.WaitGroup
		for i := range 60 {
			if i == 30 {
				slow.Add(1)
				submit("wait "+fifo, "waited", slow.Done)
			}
			quick.Add(1)
			submit("say x", "x", quick.Done)
		}
		quick.Wait()
		f, err := os.OpenFile(fifo, os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		f.Close()
		slow.Wait()
	}
	p.Close()
	if err := p.Wait(); err != nil {
		t.Error(err)
	}
}

// slowSink wants no more after each piece until somebody calls what it sends.
type slowSink struct {
	sink
	resumes chan func()
}

func (s *slowSink) Write(st pool.Stream, b []byte, resume func()) bool {
	s.sink.Write(st, b, nil)
	s.resumes <- resume
	return false
}

// TestCoprocessChaos has workers that kill themselves at random moments after
// they have been given something to do.
func TestCoprocessChaos(t *testing.T) {
	for jobs := 1; jobs <= 4; jobs++ {
		testCoprocessChaos(t, pool.Lines, jobs, jobs%2 == 0)
	}
	testCoprocessChaos(t, pool.NUL, 2, false)
	testCoprocessChaos(t, pool.JSON, 2, true)
}

func testCoprocessChaos(t *testing.T, protocol pool.Protocol, jobs int, slow bool) {
	k := coworker(t, protocol, "chaos")
	k.Prefetch = jobs * jobs // with one worker none, and with the others some
	p, err := pool.New(k, pool.Options{Jobs: jobs, Env: coworkerEnv()})
	if err != nil {
		t.Fatal(err)
	}
	const n = 200
	ends := make([]int, n)
	crashed := 0
	resumes := make(chan func(), 1000)
	var readers sync.WaitGroup
	readers.Go(func() {
		for resume := range resumes {
			resume()
		}
	})
	for i := range n {
		text := fmt.Sprintf("%d %s", i, strings.Repeat("x", i*37%9000))
		s := &slowSink{resumes: resumes}
		var out pool.Output = s
		if !slow {
			out = &s.sink
		}
		err := p.Submit(context.Background(), &pool.Task{
			Seq: int64(i + 1), Output: out,
			Payload: func(pool.Place) (pool.Payload, error) { return words("say " + text), nil },
			Done: func(r pool.Result) {
				ends[i]++
				out := bytes.TrimRight(s.out.Bytes(), "\n\x00")
				switch {
				case r.Verdict.OK() && string(out) == text:
				case r.Verdict.Kind == crashdetect.Killed && r.Verdict.Signal == syscall.SIGKILL && strings.HasPrefix(text, string(out)):
					crashed++
				default:
					same := 0
					for same < min(len(out), len(text)) && out[same] == text[same] {
						same++
					}
					t.Errorf("%v, %d jobs: task %d, attempt %d in slot %d of process %d: %v, %.40q, %d bytes, of which %d are of the %d wanted, then %.40q; %q",
						protocol, jobs, i+1, r.Attempt, r.Slot, r.Pid, r.Verdict, out, len(out), same, len(text), out[same:], s.err.String())
				}
			},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	p.Close()
	if err := p.Wait(); err != nil {
		t.Errorf("%v, %d jobs: the pool ended with %v", protocol, jobs, err)
	}
	close(resumes)
	readers.Wait()
	for i, times := range ends {
		if times != 1 {
			t.Errorf("%v, %d jobs: task %d ended %d times", protocol, jobs, i+1, times)
		}
	}
	t.Logf("%v, %d jobs: %d of %d tasks lost their worker", protocol, jobs, crashed, n)
}
