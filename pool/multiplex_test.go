package pool_test

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"xpool/crashdetect"
	"xpool/pool"
)

// muxTask is a record with what its task may do.
type muxTask struct {
	record     string
	timeout    time.Duration
	crashLimit int
}

func records(rs ...string) (tasks []muxTask) {
	for _, r := range rs {
		tasks = append(tasks, muxTask{record: r})
	}
	return tasks
}

// runMux runs the tasks and checks that no descriptor is left. The outcomes are in
// the order of the tasks, the numbers in that of their ends.
func runMux(t *testing.T, k *pool.Coprocess, o pool.Options, tasks ...muxTask) (got []outcome, ends []int64) {
	t.Helper()
	before := descriptors()
	o.Env = coworkerEnv()
	if o.KillAfter == 0 {
		o.KillAfter = 10 * time.Second
	}
	p, err := pool.New(k, o)
	if err != nil {
		t.Fatal(err)
	}
	got = make([]outcome, len(tasks))
	for i, task := range tasks {
		s := &sink{}
		err := p.Submit(context.Background(), &pool.Task{
			Seq: int64(i + 1), Output: s, Timeout: task.timeout, CrashLimit: task.crashLimit,
			Payload: func(pool.Place) (pool.Payload, error) { return words(task.record), nil },
			Done: func(r pool.Result) {
				if got[i].Seq != 0 {
					t.Errorf("task %d ended twice", r.Seq)
				}
				got[i] = outcome{r, s.out.String(), s.err.String()}
				ends = append(ends, r.Seq)
			},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	p.Close()
	if err := p.Wait(); err != nil {
		t.Errorf("the pool ended with %v", err)
	}
	if after := descriptors(); after != before {
		t.Errorf("%d descriptors, %d before", after, before)
	}
	return got, ends
}

// checkMux checks what came of the records.
func checkMux(t *testing.T, got []outcome, want ...expectation) {
	t.Helper()
	for i, e := range want {
		e.check(t, got[i], "")
	}
}

// One process serves all slots at once, and its responses come in any order.
func TestMultiplex(t *testing.T) {
	got, ends := runMux(t, multiplexer(t, 4), pool.Options{Jobs: 4},
		records("@4 down 1", "@4 down 2", "@4 down 3", "@4 status 7", "say \u2028x\n", "bad \xff", "id")...)
	checkMux(t, got,
		expectation{"down 1", "down", ""}, expectation{"down 2", "down", ""}, expectation{"down 3", "down", ""},
		expectation{"status 7", "", "exit 7"}, expectation{"say", "\u2028x\n", ""}, expectation{"bad", "", "not valid UTF-8"},
	)
	if !strings.HasPrefix(fmt.Sprint(ends), "[4 ") {
		t.Errorf("the tasks ended in the order %v", ends)
	}
	for i, o := range got {
		if i != 5 && o.Pid != got[0].Pid {
			t.Errorf("task %d ran in process %d, and the first in %d", i+1, o.Pid, got[0].Pid)
		}
	}
}

// Each response has to get to its own task, whatever the slots and their shares.
func TestMultiplexMany(t *testing.T) {
	for _, c := range []struct{ jobs, slots, processes int }{{1, 8, 1}, {8, 8, 1}, {7, 3, 3}, {4, 1 << 20, 1}} {
		var tasks []muxTask
		for i := range 800 {
			tasks = append(tasks, muxTask{record: fmt.Sprintf("say %d %s", i, strings.Repeat("x", i%300))})
		}
		got, _ := runMux(t, multiplexer(t, c.slots), pool.Options{Jobs: c.jobs}, tasks...)
		pids := map[int]bool{}
		for i, o := range got {
			expectation{tasks[i].record, strings.TrimPrefix(tasks[i].record, "say "), ""}.check(t, o, "")
			pids[o.Pid] = true
		}
		if len(pids) > c.processes {
			t.Errorf("%d slots, %d a process: %d processes", c.jobs, c.slots, len(pids))
		}
	}
}

// Requests that do not fit in the pipe wait behind each other.
func TestMultiplexLongRecords(t *testing.T) {
	var tasks []muxTask
	for i := range 12 {
		tasks = append(tasks, muxTask{record: "count " + strings.Repeat("x", i*100_000)})
	}
	got, _ := runMux(t, multiplexer(t, 4), pool.Options{Jobs: 4}, tasks...)
	for i, o := range got {
		expectation{"count", fmt.Sprint(i * 100_000), ""}.check(t, o, "")
	}
}

// What is written on standard error belongs to no task.
func TestMultiplexLog(t *testing.T) {
	k := multiplexer(t, 3)
	var log strings.Builder
	k.Log = func(text []byte) { log.Write(text) }
	got, _ := runMux(t, k, pool.Options{Jobs: 3}, records("complain one", "flood", "complain two", "@3 complain three")...)
	for i, o := range got {
		if !o.Verdict.OK() || o.err != "" {
			t.Errorf("task %d: %v, with %q on standard error", i+1, o.Verdict, o.err)
		}
	}
	text := log.String()
	for _, line := range []string{"one\n", "two\n", "three\n"} {
		if strings.Count(text, line) != 1 {
			t.Errorf("the log has %q not just once", line)
		}
	}
	if n := strings.Count(text, "flood\n"); n != 1<<19/6 {
		t.Errorf("the log has %d of the flood's %d lines", n, 1<<19/6)
	}
}

// Processes are replaced after so many tasks, which the slots share, and not before
// the last of these is over.
func TestMultiplexRecycleTasks(t *testing.T) {
	var tasks []muxTask
	for range 23 {
		tasks = append(tasks, muxTask{record: "pid"})
	}
	tasks[2].record = "@5 say long" // until the others that its process may do are there
	got, _ := runMux(t, multiplexer(t, 5), pool.Options{Jobs: 5, RecycleTasks: 5}, tasks...)
	done := map[int]int{}
	for i, o := range got {
		if !o.Verdict.OK() {
			t.Errorf("task %d: %v", i+1, o.Verdict)
		}
		done[o.Pid]++
	}
	for pid, n := range done {
		if n > 5 {
			t.Errorf("process %d did %d tasks", pid, n)
		}
	}
	if len(done) != 5 {
		t.Errorf("%d processes for 23 tasks", len(done))
	}
}

// A process that has too much memory after a task gets no more of them.
func TestMultiplexRecycleRSS(t *testing.T) {
	if _, ok := crashdetect.RSS(syscall.Getpid()); !ok {
		t.Skip("memory cannot be seen here")
	}
	got, _ := runMux(t, multiplexer(t, 2), pool.Options{Jobs: 1, RecycleRSS: 1}, records("pid", "pid", "pid")...)
	for i, o := range got {
		if !o.Verdict.OK() || i > 0 && o.Pid == got[i-1].Pid {
			t.Errorf("task %d: %v in process %d", i+1, o.Verdict, o.Pid)
		}
	}
}

// muxBench is a pool to which a test submits one task after the other.
type muxBench struct {
	t    *testing.T
	pool *pool.Pool
	seq  int64
}

func newMuxBench(t *testing.T, k *pool.Coprocess, o pool.Options) *muxBench {
	t.Helper()
	o.Env = coworkerEnv()
	p, err := pool.New(k, o)
	if err != nil {
		t.Fatal(err)
	}
	return &muxBench{t: t, pool: p}
}

// begin submits a task, whose end comes through the channel.
func (b *muxBench) begin(record string) <-chan outcome {
	b.t.Helper()
	b.seq++
	s := &sink{}
	done := make(chan outcome, 1)
	err := b.pool.Submit(context.Background(), &pool.Task{
		Seq: b.seq, Output: s,
		Payload: func(pool.Place) (pool.Payload, error) { return words(record), nil },
		Done:    func(r pool.Result) { done <- outcome{r, s.out.String(), s.err.String()} },
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return done
}

// end waits for the end of the pool.
func (b *muxBench) end() {
	b.t.Helper()
	if err := b.pool.Wait(); err != nil {
		b.t.Errorf("the pool ended with %v", err)
	}
}

// awaitGone polls until the process is no more, for as long as the tests may take.
func awaitGone(t *testing.T, pid int) {
	t.Helper()
	deadline, bounded := t.Deadline()
	for syscall.Kill(pid, 0) == nil {
		if bounded && time.Until(deadline) < time.Second {
			t.Fatalf("process %d is still there", pid)
		}
		runtime.Gosched()
	}
}

// A process is let go when all of its slots are idle, and others come up for what
// comes later.
func TestMultiplexIdle(t *testing.T) {
	b := newMuxBench(t, multiplexer(t, 3), pool.Options{Jobs: 3, IdleTimeout: 5 * time.Millisecond})
	last := 0
	for range 3 {
		var all []<-chan outcome
		for range 3 {
			all = append(all, b.begin("@3 pid"))
		}
		for _, done := range all {
			if o := <-done; !o.Verdict.OK() || o.Pid == last {
				t.Errorf("%v in process %d", o.Verdict, o.Pid)
			} else if all[2] == done {
				last = o.Pid
			}
		}
		awaitGone(t, last)
	}
	b.pool.Close()
	b.end()
}

// Fewer slots leave the others in peace, and more find a place in the same process.
func TestMultiplexResize(t *testing.T) {
	b := newMuxBench(t, multiplexer(t, 4), pool.Options{Jobs: 4})
	var all []<-chan outcome
	for range 4 {
		all = append(all, b.begin("@4 pid"))
	}
	first := 0
	for _, done := range all {
		first = (<-done).Pid
	}
	for _, jobs := range []int{1, 4, 2, 3} {
		b.pool.Resize(jobs)
		if o := <-b.begin("pid"); !o.Verdict.OK() || o.Pid != first {
			t.Errorf("%d slots: %v in process %d, the first was %d", jobs, o.Verdict, o.Pid, first)
		}
	}
	b.pool.Close()
	b.end()
}

// No two processes have the same number at the same time.
func TestMultiplexSlotNumber(t *testing.T) {
	b := newMuxBench(t, multiplexer(t, 2), pool.Options{Jobs: 4, RecycleTasks: 2})
	numbers := map[string]bool{}
	var held []<-chan outcome
	for range 3 { // each process has one that stays, and is asked for its number by another
		held = append(held, b.begin("hang"))
		o := <-b.begin("slot")
		if numbers[o.out] || o.out < "1" || o.out > "4" {
			t.Errorf("process %d has number %q, and there are %v", o.Pid, o.out, numbers)
		}
		numbers[o.out] = true
	}
	b.pool.Stop(time.Second)
	b.end()
	for _, done := range held {
		if o := <-done; o.Verdict.Kind != crashdetect.Stopped {
			t.Errorf("after the stop: %v", o.Verdict)
		}
	}
}

// submitTo is begin for an Output of the test's own.
func submitTo(t *testing.T, b *muxBench, out pool.Output, record string) <-chan pool.Result {
	t.Helper()
	b.seq++
	done := make(chan pool.Result, 1)
	err := b.pool.Submit(context.Background(), &pool.Task{
		Seq: b.seq, Output: out,
		Payload: func(pool.Place) (pool.Payload, error) { return words(record), nil },
		Done:    func(r pool.Result) { done <- r },
	})
	if err != nil {
		t.Fatal(err)
	}
	return done
}

// A reader that takes its time holds up its own task only, and a stop not at all.
func TestMultiplexSlowReader(t *testing.T) {
	for _, stop := range []bool{false, true} {
		b := newMuxBench(t, multiplexer(t, 2), pool.Options{Jobs: 2})
		m := &meter{resumes: make(chan func(), 1)}
		done := submitTo(t, b, m, "say slowly")
		resume := <-m.resumes
		for range 5 {
			if o := <-b.begin("say x"); o.out != "x" || !o.Verdict.OK() {
				t.Errorf("%v, %q", o.Verdict, o.out)
			}
		}
		want := crashdetect.OK
		if stop {
			want = crashdetect.Stopped
			b.pool.Stop(time.Second)
			b.end()
			resume() // comes too late to do anything
		} else {
			resume()
			b.pool.Close()
			b.end()
		}
		if r := <-done; r.Verdict.Kind != want || m.n[pool.Stdout] != len("slowly") {
			t.Errorf("%v, %d bytes", r.Verdict, m.n[pool.Stdout])
		}
	}
}
