package pool

import (
	"math"
	"os"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"xpool/crashdetect"
)

// tap is an Output that can be shut.
type tap struct {
	shut   bool
	resume func()
	resets int
}

func (o *tap) Write(_ Stream, _ []byte, resume func()) bool {
	o.resume = resume
	return !o.shut
}

func (o *tap) Reset() { o.resets++ }

// busySlot is a slot of a pool without a goroutine, in which an attempt runs.
func busySlot(o Options, t *Task) *slot {
	p := newPool(&fakeKind{}, o)
	s := &slot{pool: p, number: 1, state: busy, attempt: &attempt{task: t, number: 1, start: time.Now()}}
	s.worker = &fakeWorker{kind: &fakeKind{}, slot: s, number: os.Getpid()}
	p.slots = append(p.slots, s)
	return s
}

func TestStallTimeout(t *testing.T) {
	type event struct {
		at time.Duration
		do string // write, shut (and write), open
	}
	const s = time.Second
	for _, c := range []struct {
		name   string
		events []event
		want   time.Duration // when the attempt is ended
	}{
		{"silent", nil, 10 * s},
		{"once", []event{{4 * s, "write"}}, 14 * s},
		{"often", []event{{9 * s, "write"}, {18 * s, "write"}, {27 * s, "write"}}, 37 * s},
		{"blocked for long", []event{{4 * s, "shut"}, {95 * s, "open"}, {96 * s, "write"}}, 110 * s},
		{"blocked until it is looked at", []event{{4 * s, "shut"}, {20*s - 1, "open"}, {20*s + 1, "write"}}, 30*s + 1},
		{"blocked and silent", []event{{4 * s, "shut"}, {45 * s, "open"}}, 60 * s},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				out := &tap{}
				slot := busySlot(Options{KillAfter: time.Hour}, &Task{StallTimeout: 10 * s, Output: out})
				a := slot.attempt
				w := a.output()
				begin := time.Now()
				slot.watchSilence(a)
				events := c.events
				for slot.why == noReason && time.Since(begin) < time.Hour {
					d, ok := slot.pool.timers.next()
					if !ok {
						break
					}
					if len(events) > 0 {
						d = min(d, events[0].at-time.Since(begin))
					}
					time.Sleep(d)
					slot.pool.timers.run()
					if len(events) == 0 || time.Since(begin) < events[0].at {
						continue
					}
					switch events[0].do {
					case "open":
						out.shut = false
						out.resume()
					case "shut":
						out.shut = true
						fallthrough
					default:
						w.Write(Stdout, nil, func() {})
					}
					events = events[1:]
				}
				if d := time.Since(begin); slot.why != stalled || d < c.want || d > c.want+s || len(events) > 0 {
					t.Errorf("ended after %v for reason %d, want %v; %d events left", d, slot.why, c.want, len(events))
				}
			})
		})
	}
}

func TestStallTimeoutNeedsAnOutput(t *testing.T) {
	s := busySlot(Options{}, &Task{StallTimeout: time.Second})
	if out := s.attempt.output(); out != nil {
		t.Errorf("the output is %v", out)
	}
	s.watchSilence(s.attempt)
	if _, ok := s.pool.timers.next(); ok {
		t.Error("there is a timer")
	}
}

func TestAgain(t *testing.T) {
	killed := crashdetect.Verdict{Kind: crashdetect.Killed, Signal: syscall.SIGKILL}
	for _, c := range []struct {
		name    string
		verdict crashdetect.Verdict
		again   bool
	}{
		{"ok", crashdetect.Verdict{}, false},
		{"exit", crashdetect.Verdict{Kind: crashdetect.Exit, Code: 1, Exited: true}, false},
		{"killed", killed, true},
		{"out of memory", crashdetect.Verdict{Kind: crashdetect.OutOfMemory}, true},
		{"left", crashdetect.Verdict{Kind: crashdetect.Exit, Left: true}, true},
		{"protocol", crashdetect.Verdict{Kind: crashdetect.Protocol}, true},
		{"lost", crashdetect.Verdict{Kind: crashdetect.Lost}, true},
		{"timed out", crashdetect.Verdict{Kind: crashdetect.TimedOut, Signal: syscall.SIGKILL}, false},
		{"stalled", crashdetect.Verdict{Kind: crashdetect.Stalled}, false},
		{"over memory", crashdetect.Verdict{Kind: crashdetect.OverMemory}, false},
		{"not started", crashdetect.Verdict{Kind: crashdetect.NotStarted}, false},
		{"stopped", crashdetect.Verdict{Kind: crashdetect.Stopped}, false},
	} {
		out := &tap{}
		a := &attempt{task: &Task{CrashLimit: 3, Output: out}, number: 1, starts: 7}
		if got := a.again(c.verdict); got != c.again {
			t.Errorf("%s: again is %v", c.name, got)
		}
		if c.again && (a.number != 2 || a.starts != 0 || out.resets != 1) || !c.again && (a.number != 1 || out.resets != 0) {
			t.Errorf("%s: attempt %d, %d starts, %d resets", c.name, a.number, a.starts, out.resets)
		}
	}
	for limit, want := range map[int]int{0: 1, 1: 1, 2: 2, 5: 5} {
		a := &attempt{task: &Task{CrashLimit: limit}, number: 1}
		for a.again(killed) {
		}
		if a.number != want {
			t.Errorf("with a limit of %d there were %d attempts", limit, a.number)
		}
	}
}

func TestRecycleTasks(t *testing.T) {
	s := busySlot(Options{RecycleTasks: 3}, &Task{})
	for s.tasks = 1; s.tasks < 3; s.tasks++ {
		if s.recycle(); s.leaveNext {
			t.Errorf("the worker is to leave after %d tasks", s.tasks)
		}
	}
	if s.recycle(); !s.leaveNext {
		t.Error("the worker is not to leave after 3 tasks")
	}
	if n := busySlot(Options{}, &Task{}).tasksLeft(); n != math.MaxInt {
		t.Errorf("without a limit, %d tasks are left", n)
	}
}

// No more is sent ahead than the worker may do.
func TestRecycleTasksAhead(t *testing.T) {
	k := aheadKind()
	k.greedy, k.queue = true, 20
	inBubble(t, k, Options{Jobs: 1, RecycleTasks: 5}, func(b *bench) {
		b.warm(1)
		for range 30 {
			b.submit("0", 0)
		}
		b.end()
		done := map[int]int{}
		for _, r := range b.results {
			done[r.Pid]++
		}
		for pid, n := range done {
			if n > 5 {
				t.Errorf("worker %d did %d tasks", pid, n)
			}
		}
	})
}

// The worker whose memory is looked at is this process.
func TestRecycleRSS(t *testing.T) {
	own, ok := crashdetect.RSS(os.Getpid())
	if !ok {
		t.Skip("memory cannot be seen here")
	}
	for _, c := range []struct {
		name   string
		limit  int64
		tasks  int
		level  int64         // after the first task
		looked time.Duration // ago
		want   bool
	}{
		{"no limit", 0, 1, 0, 0, false},
		{"below", own + 1<<40, 1, 0, 0, false},
		{"over", 1, 1, 0, 0, true},
		{"over, looked at lately", 1, 2, 0, recycleEvery / 2, false},
		{"over, looked at long ago", 1, 2, 0, 2 * recycleEvery, true},
		{"auto, first task", RecycleAuto, 1, 0, 0, false},
		{"auto, grown", RecycleAuto, 2, -recycleGrowth, 2 * recycleEvery, true},
		{"auto, not grown", RecycleAuto, 2, own, 2 * recycleEvery, false},
	} {
		s := busySlot(Options{RecycleRSS: c.limit}, &Task{})
		s.tasks, s.level, s.looked = c.tasks, c.level, time.Now().Add(-c.looked)
		if s.recycle(); s.leaveNext != c.want {
			t.Errorf("%s: leaveNext is %v", c.name, s.leaveNext)
		}
		if c.limit != 0 && c.tasks == 1 && s.level == 0 {
			t.Errorf("%s: no level after the first task", c.name)
		}
	}
}

func TestMemoryIsLookedAtOnlyWithALimit(t *testing.T) {
	s := busySlot(Options{}, &Task{})
	if s.checkMemory() {
		t.Error("an attempt without a limit counts")
	}
	s.attempt.task.MemLimit = 1 << 40
	if !s.checkMemory() || s.why != noReason {
		t.Errorf("an attempt below its limit is ended: %d", s.why)
	}
	s.state = idle
	if s.checkMemory() {
		t.Error("an idle worker counts")
	}
}
