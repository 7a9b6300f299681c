package output

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
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
		{"ordered", false, "one[bad one][tail\n]three"},
		{"unordered", true, "threeone[bad one][tail\n]"},
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

func TestBrokenPipe(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	r.Close()
	p, rec := start(t, Options{Stdout: w, MemLimit: 32 << 10})
	one := p.Open()
	resumed := make(chan struct{}, 1000)
	write(one, Stdout, "hello")
	<-p.Failed()
	paused := 0
	for range 100 {
		e := p.Open()
		if !e.Write(Stdout, make([]byte, 4096), func() { resumed <- struct{}{} }) {
			paused++
		}
		e.Close("tail")
	}
	one.Close("tail")
	err = p.Close()
	var we *WriteError
	if !errors.As(err, &we) || we.Name != "standard output" || !errors.Is(err, syscall.EPIPE) {
		t.Errorf("got %v", err)
	}
	if paused != 0 || rec.String() != "" {
		t.Errorf("after the failure %d writes were held back, and %q printed", paused, rec.String())
	}
}

// A task that waits when standard output fails goes on.
func TestFailureResumes(t *testing.T) {
	g := newGate(writerFunc(func([]byte) (int, error) { return 0, syscall.EIO }))
	p, _ := start(t, Options{Stdout: g, MemLimit: 16 << 10})
	e := p.Open()
	resumed := make(chan struct{})
	if e.Write(Stdout, make([]byte, 100_000), func() { close(resumed) }) {
		t.Fatal("not held back")
	}
	close(g.open)
	<-resumed
	<-p.Failed()
	if err := p.Abort(); !errors.Is(err, syscall.EIO) {
		t.Errorf("got %v", err)
	}
}

func TestStandardErrorFails(t *testing.T) {
	p, rec := start(t, Options{Stderr: writerFunc(func([]byte) (int, error) { return 0, syscall.EIO })})
	for range 3 {
		e := p.Open()
		write(e, Stderr, "lost")
		write(e, Stdout, "kept ")
		e.Close("lost")
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	if got := rec.String(); got != "kept kept kept " {
		t.Errorf("got %q", got)
	}
}

func TestNoPlaceForTemporaryFile(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "missing")
	p, rec := start(t, Options{TempDir: dir, MemLimit: 16 << 10})
	one := p.Open()
	write(one, Stdout, "out")
	write(one, Stderr, "err")
	two := p.Open()
	resumed := make(chan struct{}, 1)
	if two.Write(Stdout, make([]byte, 32<<10), func() { resumed <- struct{}{} }) {
		t.Error("not held back")
	}
	<-p.Failed()
	<-resumed
	two.Close("")
	one.Close("tail")
	err := p.Close()
	var se *SpillError
	if !errors.As(err, &se) || se.Dir != dir || se.Read || !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
	if got := rec.String(); got != "out[err]" {
		t.Errorf("got %q", got)
	}
}

func TestErrorText(t *testing.T) {
	for _, tc := range []struct {
		err  error
		want string
	}{
		{&SpillError{Dir: "/tmp", Err: &os.PathError{Op: "write", Path: "/tmp/x", Err: syscall.ENOSPC}},
			"cannot write a temporary file in /tmp: no space left on device (set TMPDIR to a larger place)"},
		{&SpillError{Dir: "/x", Err: syscall.EROFS},
			"cannot write a temporary file in /x: read-only file system (set TMPDIR to a place that can be written)"},
		{&SpillError{Dir: "/x", Read: true, Err: io.ErrUnexpectedEOF},
			"cannot read back a temporary file in /x: unexpected EOF"},
		{&WriteError{Name: "standard output", Err: &os.PathError{Op: "write", Path: "/dev/stdout", Err: syscall.ENOSPC}},
			"cannot write standard output: no space left on device"},
	} {
		if got := tc.err.Error(); got != tc.want {
			t.Errorf("got  %q\nwant %q", got, tc.want)
		}
	}
}

// What cannot be read back ends the output before it, not in the middle.
func TestFileShrinks(t *testing.T) {
	rec := &recorder{}
	p := newPrinter(Options{Stdout: rec.stream(Stdout), TempDir: t.TempDir(), MemLimit: 16 << 10})
	head := p.Open()
	for range 10 {
		e := p.Open()
		write(e, Stdout, strings.Repeat("x", 8<<10))
		e.Close("")
	}
	for p.spill() { // nobody else runs: the goroutine is not started yet
	}
	if err := p.file.f.Truncate(0); err != nil {
		t.Fatal(err)
	}
	write(head, Stdout, "head")
	head.Close("")
	go p.run()
	<-p.Failed()
	var se *SpillError
	if err := p.Close(); !errors.As(err, &se) || !se.Read {
		t.Errorf("got %v", err)
	}
	if got := strings.TrimRight(rec.String(), "x"); got != "head" {
		t.Errorf("got %q", got)
	}
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
