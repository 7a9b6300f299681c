package pool

import (
	"errors"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"xpool/crashdetect"
)

// failing makes workers whose tasks fail in several ways after a second.
func failing() *fakeKind {
	return &fakeKind{byTask: map[string]step{
		"fail": {takes: time.Second, code: 3}, "crash": {takes: time.Second, dies: true},
		"well": {takes: time.Second}, "slow": {takes: time.Minute},
	}}
}

func TestTries(t *testing.T) {
	for _, c := range []struct {
		name     string
		task     Task
		attempts int
		after    time.Duration
	}{
		{"fail", Task{}, 1, time.Second},
		{"fail", Task{Tries: 3}, 3, 3 * time.Second},
		{"fail", Task{Tries: 3, RetryDelay: time.Minute}, 3, 2*time.Minute + 3*time.Second},
		{"fail", Task{CrashLimit: 3}, 1, time.Second},
		{"crash", Task{Tries: 2}, 2, 2 * time.Second},
		{"crash", Task{Tries: 2, CrashLimit: 5}, 5, 5 * time.Second},
		{"slow", Task{Tries: 2, Timeout: 5 * time.Second}, 2, 10*time.Second + ms}, // a worker takes 1 ms to end
		{"well", Task{Tries: 2}, 1, time.Second},
	} {
		inBubble(t, failing(), Options{Jobs: 2, KillAfter: time.Second}, func(b *bench) {
			at := time.Now()
			b.submitTask(c.name, &c.task)
			b.pool.Close()
			b.pool.Wait()
			r := b.results[1]
			if r.Attempt != c.attempts || r.Verdict.OK() != (c.name == "well") {
				t.Errorf("%s: %v in attempt %d, want %d", c.name, r.Verdict, r.Attempt, c.attempts)
			}
			if d := r.End.Sub(at); d < c.after || d > c.after+2*ms {
				t.Errorf("%s: over after %v, want %v", c.name, d, c.after)
			}
		})
	}
}

// Other tasks run while one waits for its next try, and a pool that is halted does
// not wait for that.
func TestRetryDelayHoldsNothingUp(t *testing.T) {
	inBubble(t, failing(), Options{Jobs: 1}, func(b *bench) {
		at := time.Now()
		b.submitTask("fail", &Task{Tries: 2, RetryDelay: time.Hour})
		for range 3 {
			b.submit("well", 0)
		}
		b.halt = 4
		b.pool.Close()
		b.pool.Wait()
		b.checkRun(4, 1, at, 4*time.Second)
		if r := b.results[1]; r.Verdict.Kind != crashdetect.Stopped || r.Attempt != 2 {
			t.Errorf("the one that was to be tried again: %v, attempt %d", r.Verdict, r.Attempt)
		}
		if d := time.Since(at); d > 10*time.Second {
			t.Errorf("the pool ended after %v", d)
		}
	})
}

// slowGate lets an attempt begin only some time after the last one.
type slowGate struct {
	every time.Duration
	next  time.Time
}

func (g *slowGate) Wait(now time.Time) time.Duration { return g.next.Sub(now) }
func (g *slowGate) Began(now time.Time)              { g.next = now.Add(g.every) }

func TestGate(t *testing.T) {
	inBubble(t, failing(), Options{Jobs: 4, Gate: &slowGate{every: 10 * time.Second}}, func(b *bench) {
		at := time.Now()
		for range 4 {
			b.submit("well", 0)
		}
		b.end()
		for i := range 4 {
			r := b.results[int64(i+1)]
			if d := r.Start.Sub(at); d != time.Duration(i)*10*time.Second {
				t.Errorf("task %d began after %v", i+1, d)
			}
		}
	})
}

// strictGate wants the youngest attempt ended after some time, and opens only when
// told to.
type strictGate struct {
	closed bool
	kill   time.Time
	ended  []bool
	err    error
}

func (g *strictGate) Began(time.Time) {}
func (g *strictGate) Ended(ok bool)   { g.ended = append(g.ended, ok) }
func (g *strictGate) Err() error      { return g.err }

func (g *strictGate) Wait(time.Time) time.Duration {
	if g.closed {
		return time.Hour
	}
	return 0
}

func (g *strictGate) Kill(now time.Time) (bool, time.Duration) {
	if !g.kill.IsZero() && !now.Before(g.kill) {
		g.kill = time.Time{}
		return true, time.Second
	}
	return false, time.Second
}

func TestGateHasWishes(t *testing.T) {
	g := &strictGate{}
	inBubble(t, failing(), Options{Jobs: 2, KillAfter: time.Second, Gate: g}, func(b *bench) {
		at := time.Now()
		g.kill = at.Add(5 * time.Second)
		b.submit("slow", 0)
		time.Sleep(time.Second)
		b.submit("slow", 0)
		b.submit("fail", 0)
		b.end(3)
		b.checkRun(1, 1, at, time.Minute)
		b.checkRun(2, 2, at, 65*time.Second+ms)
	})
	if !slices.Equal(g.ended, []bool{true, false, true}) && !slices.Equal(g.ended, []bool{true, true, false}) {
		t.Errorf("the gate was told %v", g.ended)
	}
}

func TestGateIsAskedAgain(t *testing.T) {
	g := &strictGate{closed: true}
	inBubble(t, failing(), Options{Gate: g}, func(b *bench) {
		at := time.Now()
		b.submit("well", 0)
		time.Sleep(time.Minute)
		b.pool.post(func() { g.closed = false })
		b.pool.AskGate()
		b.end()
		b.checkRun(1, 1, at, time.Minute+time.Second)
	})
}

func TestGateThatFails(t *testing.T) {
	g := &strictGate{closed: true, err: errors.New("never")}
	inBubble(t, failing(), Options{Gate: g}, func(b *bench) {
		b.submit("well", 0)
		if err := b.pool.Wait(); err != g.err || b.results[1].Verdict.Kind != crashdetect.Stopped {
			t.Errorf("%v, %v", err, b.results[1].Verdict)
		}
	})
}

func TestSetTimeout(t *testing.T) {
	inBubble(t, failing(), Options{Jobs: 4, KillAfter: time.Second}, func(b *bench) {
		at := time.Now()
		b.submit("slow", 0)
		b.submit("slow", 30*time.Second)
		time.Sleep(5 * time.Second)
		b.pool.SetTimeout(10 * time.Second) // also for those that run
		synctest.Wait()
		b.submit("slow", 0)
		b.end(1, 2, 3)
		for i, want := range []time.Duration{10 * time.Second, 30 * time.Second, 15 * time.Second} {
			r := b.results[int64(i+1)]
			if d := r.End.Sub(at); r.Verdict.Kind != crashdetect.TimedOut || d != want+ms {
				t.Errorf("task %d: %v after %v, want %v", i+1, r.Verdict, d, want)
			}
		}
		if s := b.results[1].Verdict.String(); !strings.Contains(s, "10s") {
			t.Errorf("%s", s)
		}
	})
}

func TestPreempt(t *testing.T) {
	inBubble(t, failing(), Options{Jobs: 2, KillAfter: time.Second}, func(b *bench) {
		at := time.Now()
		b.submit("slow", 0)
		time.Sleep(time.Second)
		b.submit("slow", 0)
		time.Sleep(9 * time.Second)
		b.pool.Preempt()
		b.end()
		b.checkRun(1, 1, at, time.Minute)
		b.checkRun(2, 2, at, 70*time.Second+ms)
	})
}

func TestTermSeq(t *testing.T) {
	var log []string
	k := failing()
	k.deaf = true
	k.log = func(s string) { log = append(log, s) }
	o := Options{KillAfter: time.Second, TermSeq: []TermStep{
		{syscall.SIGINT, time.Second}, {syscall.SIGHUP, 2 * time.Second}, {syscall.SIGTERM, 3 * time.Second},
	}}
	inBubble(t, k, o, func(b *bench) {
		at := time.Now()
		b.submit("slow", 5*time.Second)
		b.end(1)
		if d := b.results[1].End.Sub(at); d != 11*time.Second {
			t.Errorf("over after %v", d)
		}
	})
	want := []string{"terminated", "got SIGHUP", "got SIGTERM", "killed"}
	for i, w := range want {
		want[i] = "worker 1 in slot 1: " + w
	}
	if !slices.Equal(log, want) {
		t.Errorf("%q", log)
	}
}
