package pool_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"xpool/crashdetect"
	"xpool/pool"
	"xpool/pool/peertest"
)

// TestMain lets the test binary play the co-processes too.
func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == coworkerName {
		play(os.Args[2], os.Args[3:])
		return
	}
	if len(os.Args) > 2 && os.Args[1] == farName {
		os.Exit(playFar(os.Args[2]))
	}
	goleak.VerifyTestMain(m)
}

// sink keeps what one task prints.
type sink struct {
	mu       sync.Mutex
	out, err bytes.Buffer
}

func (s *sink) Write(st pool.Stream, b []byte, _ func()) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if st == pool.Stdout {
		s.out.Write(b)
	} else {
		s.err.Write(b)
	}
	return true
}

// outcome is what became of one task.
type outcome struct {
	pool.Result
	out, err string
}

// runAll runs the payloads as tasks 1, 2, ... and returns what became of them,
// in the same order, and the pool's own error.
func runAll(t *testing.T, k pool.Kind, o pool.Options, timeout time.Duration, payloads ...pool.Payload) ([]outcome, error) {
	t.Helper()
	return runTasks(t, k, o, func(task *pool.Task, s *sink) { task.Output, task.Timeout = s, timeout }, payloads...)
}

// runTasks is runAll for tasks that are made complete, with the sink for their output.
func runTasks(t *testing.T, k pool.Kind, o pool.Options, complete func(*pool.Task, *sink), payloads ...pool.Payload) ([]outcome, error) {
	t.Helper()
	p, err := pool.New(k, o)
	if err != nil {
		t.Fatal(err)
	}
	outcomes := make([]outcome, len(payloads))
	for i, pl := range payloads {
		s := &sink{}
		task := &pool.Task{
			Seq:     int64(i + 1),
			Payload: func(pool.Place) (pool.Payload, error) { return pl, nil },
			Done: func(r pool.Result) {
				if outcomes[i].Seq != 0 {
					t.Errorf("task %d ended twice", i+1)
				}
				outcomes[i] = outcome{r, s.out.String(), s.err.String()}
			},
		}
		complete(task, s)
		if err := p.Submit(context.Background(), task); err != nil {
			break
		}
	}
	p.Close()
	err = p.Wait()
	return outcomes, err
}

func words(w ...string) pool.Payload { return pool.Payload{Args: w} }

func TestProgram(t *testing.T) {
	var ps []pool.Payload
	for i := range 50 {
		ps = append(ps, words("sh", "-c", fmt.Sprintf("echo out %d; echo err %d >&2; exit %d", i, i, i%3)))
	}
	got, err := runAll(t, &pool.Program{Fixed: true}, pool.Options{Jobs: 4}, 0, ps...)
	if err != nil {
		t.Fatal(err)
	}
	for i, o := range got {
		if want := fmt.Sprintf("out %d\n", i); o.out != want {
			t.Errorf("task %d printed %q, want %q", i, o.out, want)
		}
		if want := fmt.Sprintf("err %d\n", i); o.err != want {
			t.Errorf("task %d printed %q on standard error, want %q", i, o.err, want)
		}
		if o.Verdict.Code != i%3 {
			t.Errorf("task %d: %v, want exit %d", i, o.Verdict, i%3)
		}
		if o.Slot < 1 || o.Slot > 4 || o.Pid == 0 {
			t.Errorf("task %d ran in slot %d as process %d", i, o.Slot, o.Pid)
		}
	}
}

func TestProgramNotFound(t *testing.T) {
	got, err := runAll(t, &pool.Program{Fixed: true}, pool.Options{Jobs: 2}, 0, words("no-such-program-xyzzy"), words("no-such-program-xyzzy"))
	if err == nil || !strings.Contains(err.Error(), "not found") {
		t.Errorf("the pool ended with %v", err)
	}
	if k := got[0].Verdict.Kind; k != crashdetect.Stopped {
		t.Errorf("task 1 ended with %v", got[0].Verdict)
	}
}

func TestProgramTimeout(t *testing.T) {
	start := time.Now()
	got, err := runAll(t, &pool.Program{}, pool.Options{Jobs: 2, KillAfter: 10 * time.Second, Subreaper: true}, time.Second,
		words("sh", "-c", "sleep 77 & setsid sleep 77 & echo started; wait"), words("echo", "quick"))
	if err != nil {
		t.Fatal(err)
	}
	if got[0].Verdict.Kind != crashdetect.TimedOut || got[0].out != "started\n" {
		t.Errorf("task 1: %v, %q", got[0].Verdict, got[0].out)
	}
	if !got[1].Verdict.OK() {
		t.Errorf("task 2: %v", got[1].Verdict)
	}
	if d := time.Since(start); d > 8*time.Second {
		t.Errorf("it took %v: the tree was not told to end", d)
	}
}

func shell(path, body string, names ...string) *pool.Shell {
	return &pool.Shell{Path: path, Body: body, Names: names}
}

func TestShell(t *testing.T) {
	for _, sh := range []string{"dash", "bash", "zsh"} {
		t.Run(sh, func(t *testing.T) {
			if _, err := crashdetect.LookPath(sh, "/bin:/usr/bin"); err != nil {
				peertest.Missing(t, "%v", err)
			}
			for _, inWorker := range []bool{false, true} {
				for _, brief := range []bool{false, true} {
					testShell(t, sh, inWorker, brief)
				}
			}
		})
	}
}

func testShell(t *testing.T, sh string, inWorker, brief bool) {
	var ps []pool.Payload
	long := strings.Repeat("long 'value' ", 20000)
	for i := range 100 {
		v := fmt.Sprintf("it's \\ $(value) %d \n\xff\xfe\x81*", i)
		if i == 50 {
			v = long
		}
		ps = append(ps, pool.Payload{Args: []string{"a b", fmt.Sprint(i)}, Values: []string{v}, InWorker: inWorker})
	}
	body := `printf '%s|%s|%s|%s|' "$v" "$1" "$2" "$XPOOL_SEQ"; echo error $2 >&2; x=leak; return $(( $2 % 4 ))`
	kind := shell(sh, body, "v")
	kind.Brief = brief
	got, err := runAll(t, kind, pool.Options{Jobs: 3, IdleTimeout: time.Minute}, 0, ps...)
	if err != nil {
		t.Fatal(err)
	}
	pids := map[int]bool{}
	for i, o := range got {
		want := fmt.Sprintf("%s|a b|%d|%d|", ps[i].Values[0], i, i+1)
		if o.out != want {
			t.Fatalf("task %d printed %.200q, want %.200q", i+1, o.out, want)
		}
		if want := fmt.Sprintf("error %d\n", i); o.err != want {
			t.Errorf("task %d printed %q on standard error, want %q", i+1, o.err, want)
		}
		if o.Verdict.Code != i%4 {
			t.Errorf("task %d: %v, want exit %d", i+1, o.Verdict, i%4)
		}
		pids[o.Pid] = true
	}
	if len(pids) > 3 {
		t.Errorf("%d workers for 3 slots", len(pids))
	}
}

func TestShellCrash(t *testing.T) {
	for _, brief := range []bool{false, true} {
		testShellCrash(t, brief)
	}
}

func testShellCrash(t *testing.T, brief bool) {
	var ps []pool.Payload
	for i := 1; i <= 100; i++ {
		ps = append(ps, pool.Payload{Args: []string{fmt.Sprint(i)}, InWorker: i%2 == 0})
	}
	kind := shell("sh", `if [ $1 = 50 ]; then kill -SEGV $$; fi; echo $1`)
	kind.Brief = brief
	got, err := runAll(t, kind, pool.Options{Jobs: 2}, 0, ps...)
	if err != nil {
		t.Fatal(err)
	}
	for i, o := range got {
		if i+1 == 50 {
			if o.Verdict.Kind != crashdetect.Killed || o.Verdict.Signal != syscall.SIGSEGV || o.out != "" {
				t.Errorf("task 50: %v, %q", o.Verdict, o.out)
			}
			continue
		}
		if want := fmt.Sprintf("%d\n", i+1); o.out != want || !o.Verdict.OK() {
			t.Errorf("task %d: %v, %q", i+1, o.Verdict, o.out)
		}
	}
}

func TestShellBroken(t *testing.T) {
	got, err := runAll(t, shell("sh", `if then`), pool.Options{Jobs: 2}, 0, words("1"), words("2"))
	var broken *pool.BrokenError
	if err == nil || !strings.Contains(err.Error(), "yntax") {
		t.Errorf("the pool ended with %v (%v)", err, broken)
	}
	for _, o := range got {
		if o.Verdict.Kind != crashdetect.Stopped && o.Seq != 0 {
			t.Errorf("task %d: %v", o.Seq, o.Verdict)
		}
	}
}

func TestShellTimeoutKillsTree(t *testing.T) {
	got, err := runAll(t, shell("sh", `trap "" TERM; sleep 77 & setsid sleep 77 & wait; sleep 77`),
		pool.Options{Jobs: 1, KillAfter: 50 * time.Millisecond, Subreaper: true}, 500*time.Millisecond, words("1"), words("2"))
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range got {
		if o.Verdict.Kind != crashdetect.TimedOut {
			t.Errorf("task %d: %v", o.Seq, o.Verdict)
		}
	}
}

func TestBackgroundChildHoldsNothing(t *testing.T) {
	got, err := runAll(t, shell("sh", `echo "$1"; { sleep 0.3; echo late; sleep 77; } & :`),
		pool.Options{Jobs: 1, Subreaper: true}, 0, words("1"), words("2"), words("3"))
	if err != nil {
		t.Fatal(err)
	}
	for i, o := range got {
		if want := fmt.Sprintf("%d\n", i+1); o.out != want || !o.Verdict.OK() {
			t.Errorf("task %d: %v, %q", i+1, o.Verdict, o.out)
		}
	}
}
