package semaphore

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// expectEmpty fails if anything is left in the root.
func expectEmpty(t *testing.T, root string) {
	t.Helper()
	files, err := os.ReadDir(root)
	if err != nil || len(files) > 0 {
		t.Errorf("left in the root: %v, %v", files, err)
	}
}

// Many goroutines and few places: never more holders than places, everyone gets one, nothing is left.
func TestAcquireMany(t *testing.T) {
	root := filepath.Join(t.TempDir(), "sub", "root")
	var holders, most, total atomic.Int32
	var all sync.WaitGroup
	for i := range 20 {
		s := open(t, root, "many", 3)
		all.Go(func() {
			for range 10 {
				h, err := s.Acquire(t.Context(), 0)
				if err != nil {
					t.Error(i, err)
					return
				}
				n := holders.Add(1)
				for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
				}
				total.Add(1)
				holders.Add(-1)
				h.Release()
			}
		})
	}
	all.Wait()
	if most.Load() > 3 || total.Load() != 200 {
		t.Errorf("%d held at a time, %d in all; want 3 and 200", most.Load(), total.Load())
	}
	expectEmpty(t, root)
}

// Processes take turns, while others that wait or hold are killed.
func TestProcesses(t *testing.T) {
	s := open(t, rootDir(t), "loop", 1)
	name := filepath.Join(t.TempDir(), "number")
	if err := os.WriteFile(name, []byte("0"), 0o600); err != nil {
		t.Fatal(err)
	}
	const procs = 3
	var working []*player
	for range procs {
		working = append(working, start(t, s, "loop", "loop", name))
		victim := start(t, s, "acquire", "loop", "")
		victim.held(t)
		victim.kill()
		start(t, s, "acquire", "loop", "").kill()
	}
	for _, p := range working {
		p.release(t)
	}
	if text, err := os.ReadFile(name); err != nil || string(text) != fmt.Sprint(procs*loops) {
		t.Errorf("counted to %s, %v; want %d", text, err, procs*loops)
	}
	acquire(t, s).Release() // whoever was killed last may have left something
	expectEmpty(t, filepath.Dir(s.dir))
}

func TestOrder(t *testing.T) {
	s := open(t, rootDir(t), "order", 1)
	first := acquire(t, s)
	var queue []<-chan *Hold
	for i := range 5 {
		queue = append(queue, ask(t, s))
		untilWaiting(t, s, i+1)
	}
	first.Release()
	for i, got := range queue {
		h := <-got
		for j, later := range queue[i+1:] {
			select {
			case <-later:
				t.Fatalf("number %d holds together with number %d", i+1+j, i)
			default:
			}
		}
		if holders, waiters := count(t, s); holders != 1 || waiters > len(queue)-i {
			t.Errorf("%d hold and %d wait at number %d", holders, waiters, i)
		}
		h.Release()
		h.Release() // does nothing
	}
}

// Each waits until there are fewer holders than its own n; whoever may go on does not wait for whoever may not.
func TestDifferentN(t *testing.T) {
	root := rootDir(t)
	one, two, three := open(t, root, "x", 1), open(t, root, "x", 2), open(t, root, "x", 3)
	a := acquire(t, one)
	blocked := ask(t, one)
	untilWaiting(t, one, 1)
	b := acquire(t, two)
	c := acquire(t, three)
	also := ask(t, two)
	untilWaiting(t, two, 2)
	a.Release()
	b.Release()
	h := <-also // now there is one holder
	select {
	case <-blocked:
		t.Error("one that wants to be alone is not")
	default:
	}
	h.Release()
	c.Release()
	(<-blocked).Release()
	other := acquire(t, open(t, root, "y", 1))
	defer other.Release()
	acquire(t, one).Release()
}

// Holders that are killed hold no more, and waiters that are killed wait no more.
func TestKilled(t *testing.T) {
	s := open(t, rootDir(t), "killed", 2)
	a, b := start(t, s, "acquire", "killed", ""), start(t, s, "acquire", "killed", "")
	a.held(t)
	b.held(t)
	c := start(t, s, "acquire", "killed", "")
	untilWaiting(t, s, 1)
	mine := ask(t, s)
	untilWaiting(t, s, 2)
	c.kill() // in the queue before this process
	a.kill()
	(<-mine).Release()
	d := start(t, s, "acquire", "killed", "")
	d.held(t)
	if holders, waiters := count(t, s); holders != 2 || waiters != 0 {
		t.Errorf("%d hold and %d wait, want 2 and none", holders, waiters)
	}
	b.release(t)
	d.release(t)
	expectEmpty(t, filepath.Dir(s.dir))
}

// A process that was started with a hold holds when this one does not any more, until it ends.
func TestAdopt(t *testing.T) {
	for _, end := range []string{"release", "kill"} {
		t.Run(end, func(t *testing.T) {
			s := open(t, rootDir(t), "adopt", 1)
			h := acquire(t, s)
			file, err := h.File()
			if err != nil {
				t.Fatal(err)
			}
			p := start(t, s, "adopt", "adopt", h.Name(), file)
			file.Close()
			h.Leave()
			h.Release() // does nothing
			p.held(t)
			if holders, _ := count(t, s); holders != 1 {
				t.Fatalf("%d hold after it was handed on", holders)
			}
			mine := ask(t, s)
			untilWaiting(t, s, 1)
			select {
			case <-mine:
				t.Error("two hold")
			default:
			}
			if end == "kill" {
				p.kill()
			} else {
				p.release(t)
			}
			(<-mine).Release()
			expectEmpty(t, filepath.Dir(s.dir))
		})
	}
}

// Until the process that was started adopts the hold, and when it never does, it holds as well.
func TestAdoptNever(t *testing.T) {
	s := open(t, rootDir(t), "x", 1)
	h := acquire(t, s)
	file, err := h.File()
	if err != nil {
		t.Fatal(err)
	}
	p := start(t, s, "acquire", "x", "", file) // waits for the hold that it has itself
	file.Close()
	h.Leave()
	untilWaiting(t, s, 1)
	if holders, _ := count(t, s); holders != 1 {
		t.Errorf("%d hold", holders)
	}
	p.kill()
	acquire(t, s).Release()
}

func TestAdoptErrors(t *testing.T) {
	s := open(t, rootDir(t), "x", 2)
	a, b := acquire(t, s), acquire(t, s)
	defer a.Release()
	defer b.Release()
	for _, name := range []string{"", "lock", "hold-", b.Name(), "hold-/../" + a.Name(), "../" + filepath.Base(s.dir) + "/" + a.Name()} {
		file, err := a.File()
		if err != nil {
			t.Fatal(err)
		}
		fd := file.Fd()
		if _, err := s.Adopt(name, fd); !errors.Is(err, ErrNotHeld) {
			t.Errorf("Adopt(%q) = %v", name, err)
		}
		if err := file.Close(); err == nil {
			t.Errorf("Adopt(%q) left the descriptor open", name)
		}
	}
	if holders, _ := count(t, s); holders != 2 {
		t.Errorf("%d hold, want 2", holders)
	}
}

func TestPatience(t *testing.T) {
	s := open(t, rootDir(t), "x", 1)
	if _, err := s.Acquire(t.Context(), -time.Nanosecond); err != nil {
		t.Fatalf("a free semaphore: %v", err)
	}
	if _, err := s.Acquire(t.Context(), -time.Millisecond); !errors.Is(err, ErrTimeout) {
		t.Errorf("gave up with %v", err)
	}
	h, err := s.Acquire(t.Context(), time.Millisecond)
	if err != nil || !h.Stolen {
		t.Fatalf("Acquire = %+v, %v; want a stolen hold", h, err)
	}
	if holders, waiters := count(t, s); holders != 2 || waiters != 0 {
		t.Errorf("%d hold and %d wait, want 2 and none", holders, waiters)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		_, err := s.Acquire(ctx, 0)
		ended <- err
	}()
	untilWaiting(t, s, 1)
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("canceled: %v", err)
	}
	if _, waiters := count(t, s); waiters != 0 {
		t.Errorf("%d wait after all gave up", waiters)
	}
	if _, err := s.Acquire(ctx, time.Hour); !errors.Is(err, context.Canceled) {
		t.Errorf("canceled before: %v", err)
	}
}

// Wait is for all that hold, and those that came before it.
func TestWait(t *testing.T) {
	root := rootDir(t)
	s := open(t, root, "x", 1)
	if err := s.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	expectEmpty(t, root)
	h := acquire(t, s)
	next := ask(t, s)
	untilWaiting(t, s, 1)
	ended := make(chan error, 1)
	go func() { ended <- s.Wait(t.Context()) }()
	h.Release()
	h = <-next
	select {
	case <-ended:
		t.Error("Wait ended while there was a holder")
	default:
	}
	h.Release()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	expectEmpty(t, root)

	defer acquire(t, s).Release()
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if err := s.Wait(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Wait = %v", err)
	}
}

func ExampleSemaphore() {
	root, err := os.MkdirTemp("", "semaphore")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(root)
	s, err := Open(root, "my database", 2)
	if err != nil {
		fmt.Println(err)
		return
	}
	hold, err := s.Acquire(context.Background(), 0)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("one of two at most")
	hold.Release()
	// Output: one of two at most
}

// BenchmarkAcquire takes and releases a semaphore that is free.
func BenchmarkAcquire(b *testing.B) {
	s, err := Open(filepath.Join(b.TempDir(), "root"), "x", 1)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		h, err := s.Acquire(context.Background(), 0)
		if err != nil {
			b.Fatal(err)
		}
		h.Release()
	}
}
