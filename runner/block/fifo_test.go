package block

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"testing/iotest"
)

// newFifo returns a Fifo of text in a directory that has to be empty after Close.
func newFifo(t *testing.T, ctx context.Context, r io.Reader) (*Fifo, string) {
	t.Helper()
	dir := t.TempDir()
	f, err := NewFifo(ctx, dir, r)
	if err != nil {
		t.Fatal(err)
	}
	return f, dir
}

func closeFifo(t *testing.T, f *Fifo, dir string) {
	t.Helper()
	for range 2 {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
	isEmpty(t, dir)
}

func TestFifo(t *testing.T) {
	for _, text := range []string{"", "a\n", strings.Repeat("0123456789abcde\n", 100_000)} {
		f, dir := newFifo(t, t.Context(), strings.NewReader(text))
		info, err := os.Stat(f.Path())
		if err != nil || info.Mode() != os.ModeNamedPipe|0o600 {
			t.Errorf("%v, %v", info, err)
		}
		out, err := exec.Command("cat", f.Path()).Output()
		if string(out) != text || err != nil || f.Wait() != nil {
			t.Errorf("%d bytes of %d, %v, %v", len(out), len(text), err, f.Wait())
		}
		closeFifo(t, f, dir)
	}
}

func TestFifoNeverOpened(t *testing.T) {
	f, dir := newFifo(t, t.Context(), strings.NewReader("a"))
	closeFifo(t, f, dir)
	if err := f.Wait(); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	enough := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	f, dir = newFifo(t, ctx, strings.NewReader("a"))
	cancel(enough)
	if err := f.Wait(); err != enough {
		t.Error(err)
	}
	closeFifo(t, f, dir)
}

func TestFifoReaderGoesAway(t *testing.T) {
	f, dir := newFifo(t, t.Context(), strings.NewReader(strings.Repeat("x", 1<<20)))
	if out, err := exec.Command("head", "-c", "3", f.Path()).Output(); string(out) != "xxx" || err != nil {
		t.Errorf("%q, %v", out, err)
	}
	if err := f.Wait(); err != nil {
		t.Error(err)
	}
	closeFifo(t, f, dir)
}

// Who opens it and does not read keeps nobody waiting.
func TestFifoReaderStops(t *testing.T) {
	f, dir := newFifo(t, t.Context(), strings.NewReader(strings.Repeat("x", 4<<20)))
	r, err := os.Open(f.Path())
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if _, err := io.ReadFull(r, make([]byte, 10)); err != nil {
		t.Fatal(err)
	}
	closeFifo(t, f, dir)
	if err := f.Wait(); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestFifoSourceFails(t *testing.T) {
	broken := errors.New("broken")
	f, dir := newFifo(t, t.Context(), io.MultiReader(strings.NewReader("abc"), iotest.ErrReader(broken)))
	if out, err := exec.Command("cat", f.Path()).Output(); string(out) != "abc" || err != nil {
		t.Errorf("%q, %v", out, err)
	}
	if err := f.Wait(); err != broken {
		t.Error(err)
	}
	closeFifo(t, f, dir)
}
