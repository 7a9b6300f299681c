package pool

import (
	"fmt"
	"math/rand"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"xpool/crashdetect"
)

// stopCase submits tasks that each take a minute to one worker, and then ends
// some of them.
func stopCase(t *testing.T, k *fakeKind, o Options, f func(b *bench, tasks []*Task)) {
	t.Helper()
	k.byTask = map[string]step{"": {takes: time.Minute}, "short": {takes: time.Millisecond}}
	inBubble(t, k, o, func(b *bench) {
		var tasks []*Task
		for range 4 {
			tasks = append(tasks, &Task{})
			b.submitTask("", tasks[len(tasks)-1])
		}
		time.Sleep(time.Second)
		f(b, tasks)
	})
}

// A task that waits is over at once, and has not begun; one that runs is ended
// with its worker, and the others go on.
func TestStopTask(t *testing.T) {
	stopCase(t, &fakeKind{}, Options{KillAfter: time.Second}, func(b *bench, tasks []*Task) {
		b.pool.StopTask(tasks[2], time.Second)
		b.pool.Recall(tasks[0]) // which runs
		synctest.Wait()
		if r := b.results[3]; len(b.results) != 1 || r.Verdict.Kind != crashdetect.Stopped || r.Slot != 0 {
			t.Errorf("after the stop of the third: %v", b.results)
		}
		b.pool.StopTask(tasks[0], time.Second)
		time.Sleep(2 * time.Millisecond)
		synctest.Wait()
		if r := b.results[1]; r.Verdict.Kind != crashdetect.Stopped || r.Slot != 1 {
			t.Errorf("the first: %v, in slot %d", r.Verdict, r.Slot)
		}
		b.pool.Recall(tasks[3])
		b.pool.StopTask(tasks[0], 0) // which is over
		b.end(1, 3, 4)
		if r := b.results[4]; r.Slot != 0 {
			t.Errorf("the fourth came to slot %d", r.Slot)
		}
	})
}

// The ladder is that of the call, and a later call can only hurry.
func TestStopTaskLadder(t *testing.T) {
	for _, c := range []struct {
		name  string
		steps []TermStep
		again time.Duration // the grace of a second call, a second after the first; -1 for none
		want  string
	}{
		{"grace", nil, -1, "[0s terminated 3s killed]"},
		{"hurried", nil, time.Second / 2, "[0s terminated 1.5s killed]"},
		{"not slowed down", nil, time.Hour, "[0s terminated 3s killed]"},
		{"steps", []TermStep{{syscall.SIGINT, time.Second}, {syscall.SIGHUP, 5 * time.Second}}, -1, "[0s terminated 1s got SIGHUP 6s killed]"},
		{"steps, hurried", []TermStep{{syscall.SIGINT, 5 * time.Second}}, 0, "[0s terminated 1s killed]"},
	} {
		var log []string
		var begin time.Time
		k := &fakeKind{deaf: true}
		stopCase(t, k, Options{KillAfter: time.Hour}, func(b *bench, tasks []*Task) {
			begin = time.Now()
			k.log = func(s string) {
				log = append(log, fmt.Sprintf("%v %s", time.Since(begin), s[len("worker 1 in slot 1: "):]))
			}
			b.pool.StopTask(tasks[0], 3*time.Second, c.steps...)
			if c.again >= 0 {
				time.Sleep(time.Second)
				b.pool.StopTask(tasks[0], c.again)
			}
			time.Sleep(20 * time.Second)
			synctest.Wait()
			k.log = nil
			b.end(1)
		})
		if fmt.Sprint(log) != c.want {
			t.Errorf("%s: %v, want %s", c.name, log, c.want)
		}
	}
}

// What was sent ahead is taken back, and if the worker has read it already it is
// ended when it begins.
func TestStopTaskAhead(t *testing.T) {
	for _, greedy := range []bool{false, true} {
		k := &fakeKind{queue: 3, greedy: greedy, byTask: map[string]step{"short": {takes: time.Millisecond}, "long": {takes: 19 * time.Millisecond}}}
		inBubble(t, k, Options{}, func(b *bench) {
			for range 5 {
				b.submit("short", 0)
			}
			time.Sleep(7 * time.Millisecond)
			var tasks []*Task
			for range 3 {
				tasks = append(tasks, &Task{})
				b.submitTask("long", tasks[len(tasks)-1])
			}
			time.Sleep(time.Millisecond)
			b.pool.StopTask(tasks[1], 0)
			b.end(7)
			if r := b.results[7]; r.Verdict.Kind != crashdetect.Stopped || !greedy && r.Slot != 0 {
				t.Errorf("greedy %v: %v, in slot %d", greedy, r.Verdict, r.Slot)
			}
		})
	}
}

// A task that waits to be tried again is not.
func TestStopTaskBetweenAttempts(t *testing.T) {
	k := &fakeKind{byTask: map[string]step{"crash": {takes: time.Second, dies: true}}}
	inBubble(t, k, Options{}, func(b *bench) {
		task := &Task{Tries: 5, RetryDelay: time.Minute}
		b.submitTask("crash", task)
		time.Sleep(2 * time.Second)
		b.pool.Recall(task)
		b.end(1)
		if r := b.results[1]; r.Attempt != 2 || r.Slot != 0 || r.Verdict.Kind != crashdetect.Stopped {
			t.Errorf("%+v", r)
		}
	})
}

// Begun is told of each attempt, with the number that it was given.
func TestBegun(t *testing.T) {
	k := &fakeKind{byTask: map[string]step{"crash": {takes: time.Second, dies: true}}}
	var got []Begun
	inBubble(t, k, Options{}, func(b *bench) {
		b.submitTask("crash", &Task{First: 3, Tries: 4, Begun: func(begun Begun) { got = append(got, begun) }})
		b.end(1)
		if r := b.results[1]; r.Attempt != 4 {
			t.Errorf("ended with attempt %d", r.Attempt)
		}
	})
	if want := []Begun{{Place{1, 3}, 1}, {Place{1, 4}, 2}}; !slices.Equal(got, want) {
		t.Errorf("begun: %v, want %v", got, want)
	}
}

// A task that is suspended is not silent.
func TestSuspendTask(t *testing.T) {
	var log []string
	k := &fakeKind{byTask: map[string]step{"": {takes: time.Minute}}, log: func(s string) { log = append(log, s) }}
	inBubble(t, k, Options{Jobs: 2, KillAfter: time.Second}, func(b *bench) {
		task := &Task{}
		b.submitTask("", task)
		b.submit("", 0)
		time.Sleep(time.Second)
		b.pool.SuspendTask(task)
		b.pool.ContinueTask(task)
		b.pool.SuspendTask(&Task{}) // which is not one of the pool's
		b.end()
	})
	if want := []string{"worker 1 in slot 1: got SIGSTOP", "worker 1 in slot 1: got SIGCONT"}; !slices.Equal(log[:2], want) {
		t.Errorf("%q, want %q first", log, want)
	}
}

// A worker that had replied before it was stopped goes on with the next task, and so
// does one whose task is ended.
func TestSuspendTaskThatEnds(t *testing.T) {
	for _, stop := range []bool{false, true} {
		var log []string
		k := &fakeKind{byTask: map[string]step{"": {takes: time.Second}}, log: func(s string) { log = append(log, s) }}
		inBubble(t, k, Options{Jobs: 1}, func(b *bench) {
			task := &Task{}
			b.submitTask("", task)
			b.submit("", 0)
			time.Sleep(time.Second / 2)
			b.pool.SuspendTask(task)
			if stop {
				b.pool.StopTask(task, time.Second)
			}
			time.Sleep(time.Second)
			b.pool.ContinueTask(task) // which is over
			if stop {
				b.end(1)
			} else {
				b.end()
			}
		})
		var got []string
		for _, s := range log {
			if _, what, _ := strings.Cut(s, ": got "); what != "" {
				got = append(got, what)
			}
		}
		if fmt.Sprint(got) != "[SIGSTOP SIGCONT]" {
			t.Errorf("stopped %v: the worker got %v", stop, got)
		}
	}
}

// TestRandomStops checks that each task ends once, whichever are stopped when.
func TestRandomStops(t *testing.T) {
	for seed := range int64(200) {
		rnd := rand.New(rand.NewSource(seed))
		k := &fakeKind{startUp: time.Duration(rnd.Intn(3)) * time.Millisecond, deaf: rnd.Intn(2) == 0, byTask: map[string]step{}}
		k.queue, k.greedy = rnd.Intn(3), rnd.Intn(2) == 0
		inBubble(t, k, Options{Jobs: 1 + rnd.Intn(4), IdleTimeout: time.Millisecond}, func(b *bench) {
			var tasks []*Task
			for i := range 60 {
				k.byTask[fmt.Sprint(i)] = step{takes: time.Duration(rnd.Intn(6)) * time.Millisecond, dies: rnd.Intn(5) == 0}
			}
			for i := range 60 {
				tasks = append(tasks, &Task{Tries: 1 + rnd.Intn(2), RetryDelay: time.Millisecond})
				b.submitTask(fmt.Sprint(i), tasks[i])
				switch task := tasks[rnd.Intn(len(tasks))]; rnd.Intn(4) {
				case 0:
					b.pool.StopTask(task, time.Duration(rnd.Intn(3))*time.Millisecond)
				case 1:
					b.pool.Recall(task)
				case 2:
					time.Sleep(time.Duration(rnd.Intn(5)) * time.Millisecond)
				}
			}
			b.pool.Close()
			if err := b.pool.Wait(); err != nil || len(b.results) != 60 {
				t.Errorf("%d tasks ended, then %v", len(b.results), err)
			}
		})
		if t.Failed() {
			t.Fatalf("with seed %d", seed)
		}
	}
}
