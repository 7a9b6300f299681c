package pool

import (
	"fmt"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"xpool/crashdetect"
)

// fakeQueuer is a fakeWorker that takes attempts ahead of need.
type fakeQueuer struct{ *fakeWorker }

func (w *fakeQueuer) room() int {
	if w.dead {
		return 0
	}
	return w.kind.queue - len(w.ahead)
}

func (w *fakeQueuer) send(a *attempt) error {
	w.tell("sent " + a.payload.Args[0])
	w.ahead = append(w.ahead, a)
	return nil
}

func (w *fakeQueuer) push() {}

func (w *fakeQueuer) takeBack() *attempt {
	if w.kind.greedy || len(w.ahead) == 0 {
		return nil
	}
	a := w.ahead[0]
	w.ahead = w.ahead[1:]
	w.tell("gave back " + a.payload.Args[0])
	return a
}

const ms = time.Millisecond

// aheadKind makes workers with room for two attempts ahead. Of its tasks, slow
// takes a second; crash dies after 5 ms; others take as many milliseconds as
// their name says.
func aheadKind() *fakeKind {
	k := &fakeKind{queue: 2, byTask: map[string]step{"slow": {takes: time.Second}, "crash": {takes: 5 * ms, dies: true}}}
	for i := range 20 {
		k.byTask[fmt.Sprint(i)] = step{takes: time.Duration(i) * ms}
	}
	return k
}

// warm has each of n workers do a short task, so that more are sent ahead to
// them. It returns when that is so.
func (b *bench) warm(n int) (at time.Time) {
	for range n {
		b.submit("1", 0)
	}
	time.Sleep(2 * ms)
	synctest.Wait()
	return time.Now()
}

// submitAll submits tasks without a time limit, of which n are then sent ahead.
func (b *bench) submitAll(n int, names ...string) {
	b.t.Helper()
	for _, name := range names {
		b.submit(name, 0)
	}
	b.checkAhead(n)
}

// sentAhead returns how many attempts are sent ahead.
func (b *bench) sentAhead() (n int) {
	synctest.Wait()
	b.pool.call(func() {
		for _, s := range b.pool.slots {
			n += len(s.ahead)
		}
	})
	return n
}

// checkAhead checks that n attempts are sent ahead.
func (b *bench) checkAhead(n int) {
	b.t.Helper()
	if got := b.sentAhead(); got != n {
		b.t.Errorf("%d attempts were sent ahead, want %d", got, n)
	}
}

// checkKind checks what sort of end a task came to.
func (b *bench) checkKind(seq int64, want crashdetect.Kind) {
	b.t.Helper()
	if r, ok := b.results[seq]; !ok || r.Verdict.Kind != want {
		b.t.Errorf("task %d, over: %t: %v, want %v", seq, ok, r.Verdict, want)
	}
}

// checkRun checks in which slot a task ran, and how long after at it was over.
func (b *bench) checkRun(seq int64, slot int, at time.Time, after time.Duration) {
	b.t.Helper()
	synctest.Wait()
	r, ok := b.results[seq]
	if !ok {
		b.t.Fatalf("task %d is not over", seq)
	}
	if r.Slot != slot || r.End.Sub(at) != after || r.Attempt != 1 || !r.Verdict.OK() {
		b.t.Errorf("task %d ended in slot %d after %v with %v in attempt %d; want slot %d after %v, well and at once",
			seq, r.Slot, r.End.Sub(at), r.Verdict, r.Attempt, slot, after)
	}
}

func TestSentAheadRunsInOrder(t *testing.T) {
	inBubble(t, aheadKind(), Options{Jobs: 1}, func(b *bench) {
		at := b.warm(1)
		for range 3 {
			b.submit("5", 0)
		}
		b.checkAhead(2)
		b.end()
		for i := range 3 {
			b.checkRun(int64(2+i), 1, at, time.Duration(5*(i+1))*ms)
		}
	})
}

func TestNothingIsSentAheadToSlowWorkers(t *testing.T) {
	inBubble(t, aheadKind(), Options{Jobs: 1}, func(b *bench) {
		b.submit("slow", 0)
		time.Sleep(2 * time.Second)
		b.submitAll(0, "slow", "1")
		b.end()
	})
}

func TestNothingIsSentAheadBehindASlowTask(t *testing.T) {
	inBubble(t, aheadKind(), Options{Jobs: 1}, func(b *bench) {
		b.warm(1)
		b.submit("slow", 0)
		time.Sleep(2 * shortTask)
		b.submitAll(0, "1")
		b.end()
	})
}

// An attempt behind a slow one goes to the worker that falls idle next.
func TestSentAheadIsTakenOver(t *testing.T) {
	for _, greedy := range []bool{false, true} {
		k := aheadKind()
		k.greedy = greedy
		inBubble(t, k, Options{Jobs: 2}, func(b *bench) {
			at := b.warm(2)
			b.submitAll(1, "slow", "15", "1")
			b.end()
			if greedy { // it has been read
				b.checkRun(5, 1, at, time.Second+ms)
			} else {
				b.checkRun(5, 2, at, 16*ms)
			}
		})
	}
}

// A task that is held up goes soon, however many came later, even if no worker
// falls idle.
func TestHeldUpGoesFirst(t *testing.T) {
	inBubble(t, aheadKind(), Options{Jobs: 2}, func(b *bench) {
		b.warm(2)
		b.submit("slow", 0)
		b.submit("15", 0)
		for range 30 {
			b.submit("19", 0)
		}
		b.end()
		for seq := int64(5); seq <= 26; seq++ {
			if r := b.results[seq]; r.End.After(b.results[seq+8].End) {
				b.t.Errorf("task %d was over before task %d", seq+8, seq)
			}
		}
	})
}

// If no worker falls idle, one is started, as soon as the task counts as held up.
func TestHeldUpGetsAWorkerOfItsOwn(t *testing.T) {
	inBubble(t, aheadKind(), Options{Jobs: 2}, func(b *bench) {
		at := b.warm(2)
		b.submitAll(1, "slow", "crash", "1")
		b.end(4)
		b.checkRun(5, 2, at, shortTask+ms)
	})
}

func TestSentAheadIsNotCharged(t *testing.T) {
	for _, greedy := range []bool{false, true} {
		k := aheadKind()
		k.greedy = greedy
		inBubble(t, k, Options{Jobs: 1}, func(b *bench) {
			at := b.warm(1)
			b.submitAll(2, "crash", "1", "2")
			b.end(2)
			if v := b.results[2].Verdict; v.Signal != syscall.SIGSEGV {
				b.t.Errorf("task 2: %v", v)
			}
			b.checkRun(3, 1, at, 6*ms)
			b.checkRun(4, 1, at, 8*ms)
		})
	}
}

// A time limit counts from when an attempt begins, and what was sent behind one
// that exceeds it goes on elsewhere, even while the worker is being ended.
func TestTimeoutsOfAttemptsSentAhead(t *testing.T) {
	k := aheadKind()
	k.deaf = true
	inBubble(t, k, Options{Jobs: 2, KillAfter: 300 * ms}, func(b *bench) {
		at := b.warm(2)
		b.submit("15", 0)
		b.submit("slow", 20*ms)
		b.submit("15", 20*ms)
		b.submit("15", 20*ms)
		b.checkAhead(2)
		b.end(4)
		b.checkKind(4, crashdetect.TimedOut)
		b.checkRun(5, 1, at, 30*ms)
		b.checkRun(6, 1, at, 45*ms)
	})
}

func TestHaltTakesBack(t *testing.T) {
	k := aheadKind()
	inBubble(t, k, Options{Jobs: 1}, func(b *bench) {
		at := b.warm(1)
		b.submitAll(1, "15", "1")
		b.pool.Halt()
		b.end(3)
		b.checkRun(2, 1, at, 15*ms)
		b.checkKind(3, crashdetect.Stopped)
	})
}

// Halt called by Done takes effect before another task begins, even one that was
// sent ahead, or that could be taken over.
func TestHaltByDoneTakesBack(t *testing.T) {
	inBubble(t, aheadKind(), Options{Jobs: 2}, func(b *bench) {
		b.warm(2)
		b.submitAll(1, "slow", "15", "1")
		b.halt = 4
		b.end(5)
		b.checkKind(5, crashdetect.Stopped)
	})
	inBubble(t, aheadKind(), Options{Jobs: 1}, func(b *bench) {
		b.warm(1)
		b.submitAll(1, "15", "1")
		b.halt = 2
		b.end(3)
	})
}

func TestStopTakesBack(t *testing.T) {
	inBubble(t, aheadKind(), Options{Jobs: 1, KillAfter: time.Second}, func(b *bench) {
		at := b.warm(1)
		b.submitAll(1, "slow", "1")
		b.pool.Stop(100 * ms)
		b.end(2, 3)
		for seq := int64(2); seq <= 3; seq++ {
			b.checkKind(seq, crashdetect.Stopped)
		}
		if d := time.Since(at); d > 100*ms {
			b.t.Errorf("stopping took %v", d)
		}
	})
}

// A worker that replies while it is being ended has begun with what was sent ahead,
// and dies of that: by the pool's own signal, which is no crash.
func TestEndingCostsNothingAhead(t *testing.T) {
	replyAtTheEnd := func(why reason, failed ...int64) func(b *bench) {
		return func(b *bench) {
			b.warm(1)
			b.submitAll(1, "15", "2")
			time.Sleep(14*ms + ms/2) // half a millisecond before the reply
			if why == stopped {
				b.pool.Stop(100 * ms)
			} else {
				b.pool.call(func() { b.pool.slots[0].end(why, 100*ms) })
			}
			b.end(failed...)
			for _, seq := range failed {
				b.checkKind(seq, crashdetect.Stopped)
			}
		}
	}
	k := func() *fakeKind {
		k := aheadKind()
		k.greedy, k.late = true, true
		return k
	}
	inBubble(t, k(), Options{Jobs: 1}, replyAtTheEnd(stopped, 2, 3))
	inBubble(t, k(), Options{Jobs: 1}, replyAtTheEnd(preempted))
}

// resets counts how often an Output was to drop what it has.
type resets struct{ n int }

func (r *resets) Write(Stream, []byte, func()) bool { return true }
func (r *resets) Reset()                            { r.n++ }

// What was sent ahead may have printed something before it is put back.
func TestPutBackDropsOutput(t *testing.T) {
	k := aheadKind()
	k.greedy = true
	inBubble(t, k, Options{Jobs: 1}, func(b *bench) {
		b.warm(1)
		b.submit("crash", 0)
		out := &resets{}
		b.submitTask("1", &Task{Output: out})
		b.checkAhead(1)
		b.end(2)
		if out.n != 1 {
			t.Errorf("output was dropped %d times, want once", out.n)
		}
	})
}

func TestResizeTakesBack(t *testing.T) {
	inBubble(t, aheadKind(), Options{Jobs: 2}, func(b *bench) {
		at := b.warm(2)
		b.submit("15", 0)
		b.submit("slow", 0)
		for range 4 {
			b.submit("1", 0)
		}
		b.checkAhead(4)
		b.pool.Resize(1)
		b.checkAhead(2) // the others wait
		b.end()
		for i, seq := range []int64{5, 7, 6, 8} {
			b.checkRun(seq, 1, at, time.Duration(16+i)*ms)
		}
	})
}
