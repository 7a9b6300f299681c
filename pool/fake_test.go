package pool

import (
	"context"
	"errors"
	"fmt"
	"math/rand"
	"slices"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"xpool/crashdetect"
)

// fakeHost waits without a reactor, so that a pool can run in a synctest bubble.
type fakeHost struct{ wake chan struct{} }

func (h fakeHost) Wait(d time.Duration) error {
	if d < 0 {
		<-h.wake
		return nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-h.wake:
	case <-t.C:
	}
	return nil
}

func (h fakeHost) Wake() {
	select {
	case h.wake <- struct{}{}:
	default:
	}
}

// fakeKind makes workers that do what their tasks tell them; see step.
type fakeKind struct {
	startUp   time.Duration   // until hello
	startErrs []error         // of the first starts
	stillborn int             // how many of the first workers die before their hello
	deaf      bool            // workers do not follow SIGTERM
	late      bool            // a reply that is due comes even after SIGTERM
	log       func(string)    // told of each event
	starts    int             // how many were started
	alive     int             // how many there are
	most      int             // the most there have been
	byTask    map[string]step // what to do for Args[0]; the zero step: reply at once
	queue     int             // how many attempts a worker takes ahead; see fakeQueuer
	greedy    bool            // it reads them at once, so that they cannot be taken back
}

// step is what a fake worker does with a task.
type step struct {
	takes time.Duration
	dies  bool // instead of a reply
	code  int  // the exit status in the reply
}

func (k *fakeKind) hopeless(error) bool { return false }

func (k *fakeKind) start(s *slot) (worker, error) {
	if len(k.startErrs) > 0 {
		err := k.startErrs[0]
		k.startErrs = k.startErrs[1:]
		return nil, err
	}
	k.starts++
	k.alive++
	k.most = max(k.most, k.alive)
	w := &fakeWorker{kind: k, slot: s, number: k.starts}
	if k.starts <= k.stillborn {
		w.event = s.pool.timers.after(k.startUp, func() { w.die("stillborn") })
		return w, nil
	}
	w.event = s.pool.timers.after(k.startUp, s.ready)
	if k.queue > 0 {
		return &fakeQueuer{w}, nil
	}
	return w, nil
}

type fakeWorker struct {
	kind   *fakeKind
	slot   *slot
	number int
	event  *timer // what it will do next
	busy   bool
	dead   bool
	ahead  []*attempt // sent to it, not begun
}

func (w *fakeWorker) tell(what string) {
	if w.kind.log != nil {
		w.kind.log(fmt.Sprintf("worker %d in slot %d: %s", w.number, w.slot.number, what))
	}
}

func (w *fakeWorker) run(a *attempt) error {
	do := w.kind.byTask[a.payload.Args[0]]
	w.busy = true
	w.event = w.slot.pool.timers.after(do.takes, func() {
		if do.dies {
			w.die("crash")
			return
		}
		w.busy = false
		w.slot.over(ended{how: crashdetect.End{Replied: true, ReplyCode: do.code}, pid: w.number})
		if len(w.ahead) > 0 && !w.dead {
			next := w.ahead[0]
			w.ahead = w.ahead[1:]
			w.run(next)
		}
	})
	return nil
}

func (w *fakeWorker) die(words string) {
	if w.dead {
		return
	}
	w.dead = true
	w.kind.alive--
	w.slot.pool.timers.stop(w.event)
	if w.busy {
		w.busy = false
		how := crashdetect.End{HasStatus: true, Status: syscall.WaitStatus(syscall.SIGSEGV)}
		w.slot.over(ended{how: how, gone: true, pid: w.number})
	}
	w.slot.gone(words)
}

func (w *fakeWorker) release() {
	w.tell("released")
	w.event = w.slot.pool.timers.after(time.Millisecond, func() { w.die("") })
}

func (w *fakeWorker) terminate() {
	w.tell("terminated")
	if !w.kind.late {
		w.slot.pool.timers.stop(w.event)
	}
	if !w.kind.deaf {
		w.slot.pool.timers.after(time.Millisecond, func() { w.die("") })
	}
}

func (w *fakeWorker) kill()                     { w.tell("killed"); w.die("") }
func (w *fakeWorker) signal(sig syscall.Signal) { w.tell("got " + crashdetect.SignalName(sig)) }
func (w *fakeWorker) pid() int                  { return w.number }
func (w *fakeWorker) resident() bool            { return true }

// fakePool starts a pool of fake workers inside a bubble.
func fakePool(k *fakeKind, o Options) *Pool {
	p := newPool(k, o)
	p.host = fakeHost{make(chan struct{}, 1)}
	go p.run()
	return p
}

// bench submits tasks and collects their results.
type bench struct {
	t       *testing.T
	pool    *Pool
	results map[int64]Result
	next    int64
	halt    int64 // the task whose Done halts the pool, if any
}

func (b *bench) submit(name string, timeout time.Duration) {
	b.t.Helper()
	b.submitTask(name, &Task{Timeout: timeout})
}

// submitTask submits t, of which the number, the payload and Done are set here.
func (b *bench) submitTask(name string, t *Task) {
	b.t.Helper()
	b.next++
	t.Seq = b.next
	t.Payload = func(Place) (Payload, error) { return Payload{Args: []string{name}}, nil }
	t.Done = func(r Result) {
		if _, twice := b.results[r.Seq]; twice {
			b.t.Errorf("task %d ended twice", r.Seq)
		}
		b.results[r.Seq] = r
		if r.Seq == b.halt {
			b.pool.Halt()
		}
	}
	err := b.pool.Submit(context.Background(), t)
	if err != nil {
		b.t.Errorf("submitting task %d: %v", b.next, err)
	}
}

// end closes the pool and checks that each task has ended, all well but those
// listed.
func (b *bench) end(failed ...int64) {
	b.t.Helper()
	b.pool.Close()
	if err := b.pool.Wait(); err != nil {
		b.t.Errorf("the pool ended with %v", err)
	}
	bad := map[int64]bool{}
	for _, seq := range failed {
		bad[seq] = true
	}
	for seq := int64(1); seq <= b.next; seq++ {
		r, ok := b.results[seq]
		if !ok {
			b.t.Errorf("task %d never ended", seq)
		} else if r.Verdict.OK() == bad[seq] {
			b.t.Errorf("task %d: %v", seq, r.Verdict)
		}
	}
}

// inBubble runs f with a pool of fake workers in fake time.
func inBubble(t *testing.T, k *fakeKind, o Options, f func(b *bench)) {
	synctest.Test(t, func(t *testing.T) {
		f(&bench{t: t, pool: fakePool(k, o), results: map[int64]Result{}})
		if k.alive != 0 {
			t.Errorf("%d workers are left", k.alive)
		}
	})
}

func TestWorkersAreBoundedAndReused(t *testing.T) {
	k := &fakeKind{startUp: time.Second, byTask: map[string]step{"slow": {takes: time.Minute}}}
	inBubble(t, k, Options{Jobs: 4}, func(b *bench) {
		for range 100 {
			b.submit("slow", 0)
		}
		b.end()
	})
	if k.starts != 4 || k.most != 4 {
		t.Errorf("%d workers were started, %d at once; want 4", k.starts, k.most)
	}
}

func TestNoMoreWorkersThanTasks(t *testing.T) {
	k := &fakeKind{startUp: time.Second}
	inBubble(t, k, Options{Jobs: 100}, func(b *bench) {
		b.submit("a", 0)
		b.submit("b", 0)
		b.end()
	})
	if k.starts != 2 {
		t.Errorf("%d workers were started for 2 tasks", k.starts)
	}
}

func TestACrashCostsOneTask(t *testing.T) {
	k := &fakeKind{byTask: map[string]step{"crash": {takes: time.Second, dies: true}, "": {takes: time.Second}}}
	inBubble(t, k, Options{Jobs: 2}, func(b *bench) {
		for i := 1; i <= 20; i++ {
			if i%7 == 0 {
				b.submit("crash", 0)
			} else {
				b.submit("", 0)
			}
		}
		b.end(7, 14)
		if v := b.results[7].Verdict; v.Signal != syscall.SIGSEGV {
			t.Errorf("task 7: %v", v)
		}
	})
	if k.starts != 4 {
		t.Errorf("%d workers were started, want 2 and 2 more", k.starts)
	}
}

func TestIdleWorkersLeave(t *testing.T) {
	k := &fakeKind{}
	inBubble(t, k, Options{Jobs: 2, IdleTimeout: time.Second}, func(b *bench) {
		b.submit("a", 0)
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if k.alive != 0 {
			t.Errorf("%d workers are there after the idle timeout", k.alive)
		}
		b.submit("b", 0)
		b.end()
	})
	if k.starts != 2 {
		t.Errorf("%d workers were started, want 2", k.starts)
	}
}

// TestNothingIsLostToLeavingWorkers lets tasks arrive around the very moment at
// which workers leave.
func TestNothingIsLostToLeavingWorkers(t *testing.T) {
	for seed := range int64(1000) {
		rnd := rand.New(rand.NewSource(seed))
		k := &fakeKind{startUp: time.Duration(rnd.Intn(3)) * 500 * time.Microsecond, byTask: map[string]step{}}
		k.queue, k.greedy = rnd.Intn(4), rnd.Intn(2) == 0 // many take tasks ahead
		for i := range 30 {
			k.byTask[fmt.Sprint(i)] = step{takes: time.Duration(rnd.Intn(4)) * 500 * time.Microsecond}
		}
		inBubble(t, k, Options{Jobs: 1 + rnd.Intn(3), IdleTimeout: time.Millisecond}, func(b *bench) {
			for i := range 30 {
				b.submit(fmt.Sprint(i), 0)
				time.Sleep(time.Duration(rnd.Intn(8)) * 500 * time.Microsecond)
			}
			b.end()
		})
		if t.Failed() {
			t.Fatalf("with seed %d", seed)
		}
	}
}

func TestTimeoutLadder(t *testing.T) {
	var log []string
	var begin time.Time
	k := &fakeKind{deaf: true, byTask: map[string]step{"hang": {takes: time.Hour}}}
	k.log = func(s string) { log = append(log, fmt.Sprintf("%v %s", time.Since(begin), s)) }
	inBubble(t, k, Options{Jobs: 1, KillAfter: 2 * time.Second}, func(b *bench) {
		begin = time.Now()
		b.submit("hang", 3*time.Second)
		b.end(1)
		if v := b.results[1].Verdict; v.Kind != crashdetect.TimedOut || v.Limit != 3*time.Second {
			t.Errorf("verdict %v", v)
		}
	})
	want := "[3s worker 1 in slot 1: terminated 5s worker 1 in slot 1: killed]"
	if fmt.Sprint(log) != want {
		t.Errorf("the ladder was %v, want %v", log, want)
	}
}

func TestBrokenPool(t *testing.T) {
	k := &fakeKind{stillborn: 1000}
	synctest.Test(t, func(t *testing.T) {
		b := &bench{t: t, pool: fakePool(k, Options{Jobs: 2}), results: map[int64]Result{}}
		b.submit("a", 0)
		b.submit("b", 0)
		err := b.pool.Wait()
		if broken, ok := err.(*BrokenError); !ok || broken.Words != "stillborn" {
			t.Errorf("the pool ended with %v", err)
		}
		for seq, r := range b.results {
			if r.Verdict.Kind != crashdetect.Stopped {
				t.Errorf("task %d: %v", seq, r.Verdict)
			}
		}
		if len(b.results) != 2 {
			t.Errorf("%d of 2 tasks ended", len(b.results))
		}
	})
	if k.starts > 4 {
		t.Errorf("%d workers were started", k.starts)
	}
}

func TestAFewDeathsAtTheStartAreSurvived(t *testing.T) {
	k := &fakeKind{stillborn: deathsAllowed - 1}
	inBubble(t, k, Options{Jobs: 1}, func(b *bench) {
		b.submit("a", 0)
		b.end()
	})
}

func TestShortagesPass(t *testing.T) {
	k := &fakeKind{startErrs: []error{syscall.EAGAIN, syscall.EMFILE, syscall.ENOMEM}}
	inBubble(t, k, Options{Jobs: 3}, func(b *bench) {
		for range 10 {
			b.submit("a", 0)
		}
		b.end()
	})
}

// A limit of this process's own does not pass by itself: the user is not kept waiting.
func TestOwnLimitDoesNotPass(t *testing.T) {
	k := &fakeKind{startErrs: slices.Repeat([]error{syscall.EMFILE}, 100)}
	synctest.Test(t, func(t *testing.T) {
		b := &bench{t: t, pool: fakePool(k, Options{Jobs: 3}), results: map[int64]Result{}}
		began := time.Now()
		b.submit("a", 0)
		if err := b.pool.Wait(); !errors.Is(err, syscall.EMFILE) {
			t.Errorf("got %v", err)
		}
		if took := time.Since(began); took > time.Second {
			t.Errorf("told after %v", took)
		}
	})
}

func TestResize(t *testing.T) {
	k := &fakeKind{byTask: map[string]step{"": {takes: time.Second}}}
	inBubble(t, k, Options{Jobs: 1}, func(b *bench) {
		for range 20 {
			b.submit("", 0)
		}
		time.Sleep(time.Second / 2)
		b.pool.Resize(5)
		time.Sleep(time.Second)
		synctest.Wait()
		if k.alive != 5 {
			t.Errorf("%d workers after growing to 5", k.alive)
		}
		b.pool.Resize(2)
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if k.alive != 2 {
			t.Errorf("%d workers after shrinking to 2", k.alive)
		}
		b.end()
	})
}

func TestStop(t *testing.T) {
	k := &fakeKind{deaf: true, byTask: map[string]step{"": {takes: time.Hour}}}
	synctest.Test(t, func(t *testing.T) {
		b := &bench{t: t, pool: fakePool(k, Options{Jobs: 2, KillAfter: time.Hour}), results: map[int64]Result{}}
		for range 10 {
			b.submit("", 0)
		}
		time.Sleep(time.Second)
		begin := time.Now()
		b.pool.Stop(500 * time.Millisecond)
		if err := b.pool.Wait(); err != nil {
			t.Error(err)
		}
		if d := time.Since(begin); d != 500*time.Millisecond {
			t.Errorf("stopping took %v", d)
		}
		for seq := int64(1); seq <= 10; seq++ {
			if r, ok := b.results[seq]; !ok || r.Verdict.Kind != crashdetect.Stopped {
				t.Errorf("task %d: %v, %v", seq, ok, r.Verdict)
			}
		}
		if err := b.pool.Submit(context.Background(), &Task{}); err != ErrClosed {
			t.Errorf("Submit after the end: %v", err)
		}
	})
}

// TestRandomWorkers checks that each task ends once, whatever workers do.
func TestRandomWorkers(t *testing.T) {
	for seed := range int64(300) {
		rnd := rand.New(rand.NewSource(seed))
		k := &fakeKind{startUp: time.Duration(rnd.Intn(3)) * time.Millisecond, deaf: rnd.Intn(2) == 0, byTask: map[string]step{}}
		k.queue, k.greedy = rnd.Intn(3), rnd.Intn(2) == 0
		o := Options{Jobs: 1 + rnd.Intn(5), IdleTimeout: time.Duration(rnd.Intn(4)) * time.Millisecond, KillAfter: time.Millisecond}
		for i := range 60 {
			k.byTask[fmt.Sprint(i)] = step{takes: time.Duration(rnd.Intn(6)) * time.Millisecond, dies: rnd.Intn(5) == 0}
		}
		inBubble(t, k, o, func(b *bench) {
			var failed []int64
			for i := range 60 {
				name := fmt.Sprint(i)
				s := k.byTask[name]
				var timeout time.Duration
				if rnd.Intn(6) == 0 {
					timeout = time.Duration(1+2*rnd.Intn(3))*time.Millisecond - time.Microsecond
				}
				if s.dies || timeout > 0 && s.takes > timeout {
					failed = append(failed, int64(i+1))
				}
				b.submit(name, timeout)
				switch rnd.Intn(10) {
				case 0:
					b.pool.Resize(1 + rnd.Intn(6))
				case 1:
					time.Sleep(time.Duration(rnd.Intn(10)) * time.Millisecond)
				}
			}
			b.end(failed...)
		})
		if t.Failed() {
			t.Fatalf("with seed %d", seed)
		}
	}
}
