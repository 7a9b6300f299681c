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

// TestNoPipe holds that who closes what he got in spite of an error closes nothing.
func TestNoPipe(t *testing.T) {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	none := limit
	none.Cur = 0
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &none); err != nil {
		t.Fatal(err)
	}
	r, w, err := reactor.Pipe()
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	if r != -1 || w != -1 || err == nil {
		t.Errorf("without descriptors to be had: %d, %d, %v; want -1, -1 and an error", r, w, err)
	}
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
	r.Add(a, func() bool { order = append(order, "a"); empty(t, a); r.Remove(b); return false })
	r.Add(b, func() bool { order = append(order, "b"); empty(t, b); r.Remove(a); return false })
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

// fill writes to fd until it is full and returns how much that was.
func fill(t *testing.T, r *reactor.Reactor, fd int) (n int) {
	t.Helper()
	b := make([]byte, 4096)
	for {
		k, err := unix.Write(fd, b)
		if err == unix.EAGAIN {
			r.Blocked(fd)
			return n
		}
		if err != nil {
			t.Fatal(err)
		}
		n += k
	}
}

func empty(t *testing.T, fd int) {
	t.Helper()
	b := make([]byte, 1<<20)
	for {
		switch n, err := unix.Read(fd, b); {
		case err == unix.EAGAIN:
			return
		case err != nil || n == 0:
			t.Fatal(n, err)
		}
	}
}

func TestAddWriter(t *testing.T) {
	r := newReactor(t)
	rd, wr := pipe(t)
	if err := unix.SetNonblock(wr, true); err != nil {
		t.Fatal(err)
	}
	calls := 0
	if err := r.AddWriter(wr, func() bool { calls++; return false }); err != nil {
		t.Fatal(err)
	}
	wait := func(d time.Duration, want int, when string) {
		t.Helper()
		if err := r.Wait(d); err != nil {
			t.Fatal(err)
		}
		if calls != want {
			t.Fatalf("%d calls %s, want %d", calls, when, want)
		}
	}
	wait(reactor.Forever, 1, "at first")
	wait(0, 1, "without a change")
	for i := range 3 {
		fill(t, r, wr)
		wait(0, 1+i, "while it is full")
		empty(t, rd)
		wait(reactor.Forever, 2+i, "with room again")
	}
	// Room that comes before the wait is told too.
	fill(t, r, wr)
	empty(t, rd)
	wait(reactor.Forever, 5, "with room before it was waited for")
	fill(t, r, wr)
	r.Remove(wr)
	empty(t, rd)
	wait(0, 5, "after Remove")
}

// A descriptor may be added for reading under the number of one for writing.
func TestWriterThenReader(t *testing.T) {
	r := newReactor(t)
	rd, wr := pipe(t)
	unix.SetNonblock(wr, true)
	r.AddWriter(wr, func() bool { return false })
	r.Wait(0)
	r.Remove(wr)
	if err := unix.Dup2(rd, wr); err != nil { // there is no writer now: it can be read
		t.Fatal(err)
	}
	calls := 0
	r.Add(wr, func() bool { calls++; return false })
	if r.Wait(reactor.Forever); calls != 1 {
		t.Errorf("%d calls", calls)
	}
}

func TestHasPeer(t *testing.T) {
	r := newReactor(t)
	rd, wr := pipe(t)
	var got []bool
	r.Add(rd, func() bool { empty(t, rd); got = append(got, r.HasPeer()); return false })
	write(t, wr, "x")
	r.Wait(reactor.Forever)
	write(t, wr, "x")
	null, err := unix.Open("/dev/null", unix.O_WRONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(null)
	b := make([]byte, 1)
	r.Remove(rd)
	r.Add(rd, func() bool { unix.Read(rd, b); got = append(got, r.HasPeer()); return false })
	if err := unix.Dup2(null, wr); err != nil { // closes it
		t.Fatal(err)
	}
	r.Wait(reactor.Forever)
	if len(got) != 2 || !got[0] || got[1] {
		t.Errorf("the peer was there: %v, want true and then false", got)
	}
}
