package output

import (
	"bytes"
	"io"
	"math/rand/v2"
	"os"
	"runtime"
	"strings"
	"testing"
)

// start makes a printer whose outputs are recorded.
func start(t *testing.T, o Options) (*Printer, *recorder) {
	t.Helper()
	rec := &recorder{}
	if o.Stdout == nil {
		o.Stdout = rec.stream(Stdout)
	}
	if o.Stderr == nil {
		o.Stderr = rec.stream(Stderr)
	}
	if o.TempDir == "" {
		o.TempDir = t.TempDir()
	}
	return New(o), rec
}

func write(e *Entry, s Stream, text string) { e.Write(s, []byte(text), nil) }

func TestOrder(t *testing.T) {
	for _, tc := range []struct {
		name      string
		unordered bool
		want      string
	}{
		{"ordered", false, "one[bad one][\ntail\n]three"},
		{"unordered", true, "threeone[bad one][\ntail\n]"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p, rec := start(t, Options{Unordered: tc.unordered})
			one, two, three := p.Open(), p.Open(), p.Open()
			write(three, Stdout, "three")
			three.Close("")
			two.Close("")
			write(one, Stderr, "bad one")
			write(one, Stdout, "one")
			one.Close("tail\n")
			if err := p.Close(); err != nil {
				t.Fatal(err)
			}
			want := strings.ReplaceAll(tc.want, "][", "") // one stream
			if got := rec.String(); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

// lines sends what is written to a channel.
func lines(ch chan<- string) io.Writer {
	return writerFunc(func(b []byte) (int, error) {
		ch <- string(b)
		return len(b), nil
	})
}

func TestHeadStreams(t *testing.T) {
	out := make(chan string)
	p, _ := start(t, Options{Stdout: lines(out)})
	defer p.Close()
	one, two := p.Open(), p.Open()
	two.Hold(true)
	write(two, Stdout, "early, ")
	write(one, Stdout, "first")
	if got := <-out; got != "first" {
		t.Fatalf("got %q", got)
	}
	write(one, Stdout, "more")
	if got := <-out; got != "more" {
		t.Fatalf("got %q", got)
	}
	one.Close("")
	write(two, Stdout, "held")
	two.Hold(false)
	if got := <-out; got != "early, held" {
		t.Fatalf("got %q", got)
	}
	write(two, Stdout, "live")
	if got := <-out; got != "live" {
		t.Fatalf("got %q", got)
	}
	two.Close("")
}

func TestReset(t *testing.T) {
	out := make(chan string, 1)
	p, _ := start(t, Options{Stdout: lines(out)})
	e := p.Open()
	e.Hold(true)
	write(e, Stdout, strings.Repeat("x", 3*pieceMax))
	write(e, Stderr, "x")
	if !e.Reset() {
		t.Error("what was held is said to be printed")
	}
	e.Hold(false)
	write(e, Stdout, "again")
	if got := <-out; got != "again" {
		t.Errorf("got %d bytes", len(got))
	}
	if e.Reset() {
		t.Error("what was printed is said to be dropped")
	}
	e.Close("")
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	checkEmpty(t, 0, p)
}

func TestCloseClosesOpenEntries(t *testing.T) {
	p, rec := start(t, Options{})
	one, two := p.Open(), p.Open()
	write(one, Stdout, "1")
	write(one, Stderr, "2")
	write(two, Stdout, "3")
	two.Close("")
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	if got := rec.String(); got != "1[2]3" {
		t.Errorf("got %q", got)
	}
	// All of this is too late, and harmless.
	write(one, Stdout, "x")
	one.Reset()
	one.Close("x")
	p.Open().Close("x")
	p.Say("x")
	if err := p.Abort(); err != nil || rec.String() != "1[2]3" {
		t.Errorf("after the end: %v, %q", err, rec.String())
	}
}

func TestAbort(t *testing.T) {
	for _, tc := range []struct {
		name      string
		unordered bool
		held      bool
		want      string
	}{
		{"streaming", false, false, "1two[err]"},
		{"held", false, true, "1"},
		{"unordered", true, false, "13"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p, rec := start(t, Options{Unordered: tc.unordered})
			one, two, three := p.Open(), p.Open(), p.Open()
			two.Hold(tc.held)
			one.Write(Stdout, []byte("1"), nil)
			one.Close("")
			write(two, Stdout, "two")
			write(two, Stderr, "err")
			write(three, Stdout, "3")
			three.Close("")
			p.waitIdle()
			if err := p.Abort(); err != nil {
				t.Fatal(err)
			}
			two.Close("late")
			if got := rec.String(); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

// waitIdle waits until the goroutine has nothing to do, by making it print.
func (p *Printer) waitIdle() {
	done := make(chan struct{})
	p.mu.Lock()
	p.store.waiters = append(p.store.waiters, waiter{&Entry{closed: true}, Stdout, func() { close(done) }})
	p.rouse()
	p.mu.Unlock()
	<-done
	for idle := false; !idle; runtime.Gosched() { // what was printed may not have been written
		p.mu.Lock()
		idle = p.idle
		p.mu.Unlock()
	}
}

// A reader that does not read holds everybody back, and nobody is forgotten.
func TestSlowReader(t *testing.T) {
	for _, unordered := range []bool{false, true} {
		rec := &recorder{}
		g := newGate(rec.stream(Stdout))
		p, _ := start(t, Options{Stdout: g, Unordered: unordered, MemLimit: 64 << 10})
		first := p.Open()
		write(first, Stdout, "first\n")
		first.Close("")
		<-g.reached

		resumed := make(chan struct{}, 100)
		entries := []*Entry{p.Open(), p.Open(), p.Open()}
		var want bytes.Buffer
		want.WriteString("first\n")
		paused := 0
		for _, e := range entries {
			text := bytes.Repeat([]byte{byte('0' + e.Number())}, 5000)
			for more := true; more; {
				more = e.Write(Stdout, text, func() { resumed <- struct{}{} })
				want.Write(text)
			}
			paused++
		}
		p.mu.Lock()
		used := p.store.memory()
		p.mu.Unlock()
		if used > 2*64<<10 {
			t.Errorf("%d bytes in memory", used)
		}
		close(g.open)
		for range paused {
			<-resumed
		}
		for _, e := range entries {
			e.Close("")
		}
		if err := p.Close(); err != nil {
			t.Fatal(err)
		}
		if len(resumed) > 0 {
			t.Error("resumed twice")
		}
		if got := rec.String(); got != want.String() {
			t.Errorf("got %d bytes, want %d", len(got), want.Len())
		}
	}
}

// With the head paused and the memory full of what others wait with, both move.
func TestHeadHeldMemoryFull(t *testing.T) {
	p, rec := start(t, Options{MemLimit: 64 << 10})
	head := p.Open()
	head.Hold(true)
	resumed := make(chan struct{}, 1)
	resume := func() { resumed <- struct{}{} }
	text := bytes.Repeat([]byte("h"), 10_000)
	var want bytes.Buffer
	for range 100 {
		for _, s := range []Stream{Stdout, Stderr} {
			if !head.Write(s, text, resume) {
				<-resumed
			}
		}
		e := p.Open()
		if !e.Write(Stdout, text, resume) {
			<-resumed
		}
		e.Close("")
	}
	head.Close("")
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	big := strings.Repeat("h", 1_000_000)
	want.WriteString(big + "[" + big + "]" + big)
	if got := rec.String(); got != want.String() {
		t.Errorf("got %d bytes, want %d", len(got), want.Len())
	}
	checkEmpty(t, 0, p)
}

// In a steady state, where some output always waits, the file stops growing.
func TestFileIsUsedAgain(t *testing.T) {
	dir := t.TempDir()
	p, rec := start(t, Options{TempDir: dir, MemLimit: 64 << 10})
	rng := rand.New(rand.NewPCG(7, 7))
	var want bytes.Buffer
	resumed := make(chan struct{}, 1)
	put := func(e *Entry) {
		b := bytes.Repeat([]byte{byte('a' + rng.IntN(26))}, 1000+rng.IntN(4000))
		want.Write(b)
		if !e.Write(Stdout, b, func() { resumed <- struct{}{} }) {
			<-resumed
		}
	}
	// Four entries run; each gets its output while it waits behind others.
	var running []*Entry
	top := int32(0)
	for range 400 {
		e := p.Open()
		for range 20 {
			put(e)
		}
		if running = append(running, e); len(running) == 4 {
			running[0].Close("")
			running = running[1:]
		}
		p.mu.Lock()
		top = max(top, p.store.log.places.top)
		p.mu.Unlock()
	}
	for _, e := range running {
		e.Close("")
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("%v is to be seen (%v)", left, err)
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	if got := rec.String(); got != want.String() {
		t.Errorf("got %d bytes, want %d", len(got), want.Len())
	}
	file := int64(top) * p.file.block
	if top == 0 || file > 2<<20 {
		t.Errorf("the file grew to %d bytes, of %d in all", file, want.Len())
	}
}

func TestSay(t *testing.T) {
	p, rec := start(t, Options{})
	p.Open()
	p.Say("hello\n")
	p.waitIdle()
	if got := rec.String(); got != "[hello\n]" {
		t.Errorf("got %q", got)
	}
	p.Close()
}
