package output

import (
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

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

// spilled returns a printer whose goroutine is not started, with a head that is
// open and closed entries behind it, most of them in the file.
func spilled(t *testing.T, rec *recorder) (*Printer, *Entry) {
	p := newPrinter(Options{Stdout: rec.stream(Stdout), TempDir: t.TempDir(), MemLimit: 16 << 10})
	head := p.Open()
	for range 10 {
		e := p.Open()
		for range 1 + e.Number()%2*9 { // some of them in pieces
			write(e, Stdout, strings.Repeat("x", pieceMax/8))
		}
		e.Close("")
	}
	for p.spill() {
	}
	return p, head
}

// What cannot be read back ends the output before it, not in the middle.
func TestFileShrinks(t *testing.T) {
	rec := &recorder{}
	p, head := spilled(t, rec)
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

// Whatever is read back, the printer ends.
func TestFileChanges(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	for i := range 200 {
		rec := &recorder{}
		p, head := spilled(t, rec)
		garbage := make([]byte, 64<<10)
		for j := range garbage {
			garbage[j] = byte(rng.Uint32() >> (rng.IntN(8) + i%3*8))
		}
		for off := int64(0); off < int64(p.store.log.places.top)*p.file.block; off += int64(len(garbage)) {
			if _, err := p.file.f.WriteAt(garbage, off); err != nil {
				t.Fatal(err)
			}
		}
		head.Close("")
		go p.run()
		var se *SpillError
		if err := p.Close(); err != nil && !errors.As(err, &se) {
			t.Errorf("got %v", err)
		}
	}
}

// What is lost of standard error does not end the printing, and is told at the end.
func TestStderrLost(t *testing.T) {
	full := writerFunc(func([]byte) (int, error) { return 0, syscall.ENOSPC })
	p, rec := start(t, Options{Stderr: full})
	for range 2 {
		e := p.Open()
		write(e, Stdout, "out")
		write(e, Stderr, "err")
		e.Close("")
	}
	if err := p.Close(); err != nil {
		t.Errorf("got %v", err)
	}
	var we *WriteError
	if err := p.Lost(); !errors.As(err, &we) || we.Name != "standard error" || !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("lost: %v", err)
	}
	if got := rec.String(); got != "outout" {
		t.Errorf("printed %q", got)
	}
}
