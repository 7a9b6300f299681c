package input

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"
)

// blockingPipe returns a pipe in blocking mode, as a shell makes it; os.Pipe's ends are not.
func blockingPipe(t *testing.T) (r, w *os.File) {
	t.Helper()
	var fds [2]int
	if err := unix.Pipe(fds[:]); err != nil {
		t.Fatal(err)
	}
	r, w = os.NewFile(uintptr(fds[0]), "r"), os.NewFile(uintptr(fds[1]), "w")
	t.Cleanup(func() {
		r.Close()
		w.Close()
	})
	return r, w
}

func interruptible(t *testing.T, f *os.File) *Interruptible {
	t.Helper()
	r, err := NewInterruptible(f)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

// flags returns the status flags of f, whether it is non-blocking among them.
func flags(t *testing.T, f *os.File) int {
	t.Helper()
	raw, err := f.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var n int
	ctlErr := raw.Control(func(fd uintptr) { n, err = unix.FcntlInt(fd, unix.F_GETFL, 0) })
	if err := errors.Join(ctlErr, err); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestInterruptibleReads(t *testing.T) {
	f, w := blockingPipe(t)
	before := flags(t, f)
	r := interruptible(t, f)
	if _, err := io.WriteString(w, "one\ntwo"); err != nil {
		t.Fatal(err)
	}
	src := NewReader(r, Options{Delim: '\n'})
	if rec, err := src.Next(); err != nil || rec.Text != "one" {
		t.Fatalf("Next = %q, %v; want one", rec.Text, err)
	}
	if got := flags(t, f); got != before || got&unix.O_NONBLOCK != 0 {
		t.Errorf("status flags %#x, were %#x", got, before)
	}
	w.Close()
	expect(t, src, "two")
}

func TestInterruptEndsRead(t *testing.T) {
	for name, end := range map[string]func(*Interruptible){
		"Interrupt": (*Interruptible).Interrupt,
		"Close":     func(r *Interruptible) { r.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			f, w := blockingPipe(t)
			// Many rounds, so that the end comes before, in and after the wait.
			for range 300 {
				r := interruptible(t, f)
				started := make(chan struct{})
				result := make(chan error, 1)
				go func() {
					close(started)
					_, err := r.Read(make([]byte, 10))
					result <- err
				}()
				<-started
				end(r)
				if err := <-result; err != ErrInterrupted {
					t.Fatalf("Read = %v, want ErrInterrupted", err)
				}
				r.Close()
			}
			// The file is still open and whole.
			if _, err := w.WriteString("x"); err != nil {
				t.Fatal(err)
			}
			if n, err := f.Read(make([]byte, 10)); n != 1 || err != nil {
				t.Errorf("the file after it: %d, %v; want one byte", n, err)
			}
		})
	}
}

func TestInterruptIsFinal(t *testing.T) {
	f, w := blockingPipe(t)
	if _, err := w.WriteString("data"); err != nil {
		t.Fatal(err)
	}
	r := interruptible(t, f)
	r.Interrupt()
	r.Interrupt()
	for range 2 {
		if n, err := r.Read(make([]byte, 10)); n != 0 || err != ErrInterrupted {
			t.Errorf("Read = %d, %v; want ErrInterrupted", n, err)
		}
		r.Close()
	}
	_, err := NewReader(r, Options{Delim: '\n', Name: "standard input"}).Next()
	if !errors.Is(err, ErrInterrupted) {
		t.Errorf("Next = %v, want ErrInterrupted", err)
	}
}

// A file that someone has made non-blocking is waited for all the same.
func TestInterruptibleNonBlockingFile(t *testing.T) {
	f, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	defer w.Close()
	r := interruptible(t, f)
	started := make(chan struct{})
	result := make(chan error, 1)
	go func() {
		close(started)
		_, err := io.ReadFull(r, make([]byte, 4))
		result <- err
	}()
	<-started
	for _, s := range []string{"ab", "cd"} {
		if _, err := io.WriteString(w, s); err != nil {
			t.Fatal(err)
		}
	}
	if err := <-result; err != nil {
		t.Errorf("Read = %v, want four bytes", err)
	}
}

// Two readers of one non-blocking pipe are both woken for each byte; the one that comes too late must wait again.
func TestInterruptibleSharedPipe(t *testing.T) {
	f, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	type result struct {
		n   int
		err error
	}
	results := make(chan result)
	for range 2 {
		r := interruptible(t, f)
		go func() {
			data, err := io.ReadAll(r)
			results <- result{len(data), err}
		}()
	}
	const size = 5000
	for range size {
		if _, err := w.WriteString("x"); err != nil {
			t.Fatal(err)
		}
		runtime.Gosched()
	}
	w.Close()
	total := 0
	for range 2 {
		got := <-results
		if got.err != nil {
			t.Errorf("Read = %v", got.err)
		}
		total += got.n
	}
	if total != size {
		t.Errorf("%d bytes read, want %d", total, size)
	}
}

func TestInterruptibleRegularFile(t *testing.T) {
	name := filepath.Join(t.TempDir(), "list")
	if err := os.WriteFile(name, []byte("x\ny"), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	expect(t, NewReader(interruptible(t, f), Options{Delim: '\n'}), "x", "y")
}

func TestInterruptibleErrors(t *testing.T) {
	f, err := os.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	r := interruptible(t, f)
	var pathErr *fs.PathError
	if _, err := r.Read(make([]byte, 10)); !errors.As(err, &pathErr) || !errors.Is(err, unix.EISDIR) {
		t.Errorf("Read of a directory = %v, want EISDIR in a PathError", err)
	}
	if n, err := r.Read(nil); n != 0 || err != nil {
		t.Errorf("Read of nothing = %d, %v", n, err)
	}
	f.Close()
	if _, err := r.Read(make([]byte, 10)); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("Read of a closed file = %v, want fs.ErrClosed", err)
	}
	if _, err := NewInterruptible(nil); err == nil {
		t.Error("NewInterruptible(nil) succeeded")
	}
}

// A file that has ended says so also when it is interrupted; the others lose nothing by being asked.
func TestInterruptedAtEnd(t *testing.T) {
	f, w := blockingPipe(t)
	name := filepath.Join(t.TempDir(), "list")
	if err := os.WriteFile(name, []byte("xy"), 0o600); err != nil {
		t.Fatal(err)
	}
	list, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer list.Close()
	if _, err := io.WriteString(w, "xy"); err != nil {
		t.Fatal(err)
	}
	w.Close()
	for _, file := range []*os.File{f, list} {
		for _, want := range []error{ErrInterrupted, ErrInterrupted, io.EOF} {
			r := interruptible(t, file)
			r.Interrupt()
			if n, err := r.Read(make([]byte, 10)); n != 0 || err != want {
				t.Errorf("%s: Read = %d, %v; want %v", file.Name(), n, err, want)
			}
			if want == io.EOF {
				break
			}
			if n, err := file.Read(make([]byte, 1)); n != 1 || err != nil {
				t.Fatalf("%s: %d, %v; want one byte", file.Name(), n, err)
			}
		}
	}
}
