package reactor_test

import (
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"xpool/pool/reactor"
)

func newReactor(t *testing.T) *reactor.Reactor {
	t.Helper()
	r, err := reactor.New()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	return r
}

// pipe returns a pipe whose end for reading does not block.
func pipe(t *testing.T) (r, w int) {
	t.Helper()
	r, w, err := reactor.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(r); unix.Close(w) })
	if err := unix.SetNonblock(r, true); err != nil {
		t.Fatal(err)
	}
	return r, w
}

func write(t *testing.T, fd int, s string) {
	t.Helper()
	if _, err := unix.Write(fd, []byte(s)); err != nil {
		t.Fatal(err)
	}
}

func TestHandlerIsCalledWhenReadable(t *testing.T) {
	r := newReactor(t)
	rd, wr := pipe(t)
	got := ""
	handle := func() bool {
		b := make([]byte, 16)
		n, _ := unix.Read(rd, b)
		got += string(b[:max(0, n)])
		return false
	}
	if err := r.Add(rd, handle); err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{"one", "two"} {
		write(t, wr, s)
		if err := r.Wait(reactor.Forever); err != nil {
			t.Fatal(err)
		}
	}
	if got != "onetwo" {
		t.Errorf("read %q", got)
	}
	r.Remove(rd)
	write(t, wr, "three")
	if err := r.Wait(0); err != nil || got != "onetwo" {
		t.Errorf("after Remove: %q, %v", got, err)
	}
}

func TestAddTellsOfWhatIsThere(t *testing.T) {
	r := newReactor(t)
	rd, wr := pipe(t)
	write(t, wr, "x")
	calls := 0
	if err := r.Add(rd, func() bool { calls++; return false }); err != nil {
		t.Fatal(err)
	}
	if r.Wait(reactor.Forever); calls != 1 {
		t.Errorf("%d calls", calls)
	}
}

func TestAgain(t *testing.T) {
	r := newReactor(t)
	rd, wr := pipe(t)
	write(t, wr, "x")
	calls := 0
	r.Add(rd, func() bool { calls++; return calls < 3 })
	for range 3 {
		r.Wait(reactor.Forever) // must not block: there is no new edge
	}
	if calls < 3 {
		t.Errorf("%d calls, want 3", calls)
	}
}

// A handler may remove a descriptor that has an event in the same round, and
// another may have taken its number.
func TestRemoveInARound(t *testing.T) {
	r := newReactor(t)
	a, aw := pipe(t)
	b, bw := pipe(t)
	var order []string
	r.Add(a, func() bool { order = append(order, "a"); r.Remove(b); return false })
	r.Add(b, func() bool { order = append(order, "b"); r.Remove(a); return false })
	write(t, aw, "x")
	write(t, bw, "x")
	r.Wait(reactor.Forever)
	r.Wait(0)
	if len(order) != 1 {
		t.Errorf("called %v, want one of them", order)
	}
}

func TestWake(t *testing.T) {
	r := newReactor(t)
	r.Wake() // before Wait: it must not be lost
	r.Wait(reactor.Forever)
	done := make(chan struct{})
	go func() {
		defer close(done)
		r.Wake()
	}()
	r.Wait(reactor.Forever)
	<-done
}

func TestWaitEndsInTime(t *testing.T) {
	r := newReactor(t)
	start := time.Now()
	r.Wait(5 * time.Millisecond)
	if d := time.Since(start); d < 5*time.Millisecond {
		t.Errorf("Wait(5ms) came back after %v", d)
	}
}
