package block

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
)

func kinds() map[string]BlobKind {
	return map[string]BlobKind{"in memory": InMemory, "unnamed": Unnamed, "named": Named}
}

// A block gets to a process as its standard input, again and again, and to several at once.
func TestBlob(t *testing.T) {
	for name, kind := range kinds() {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			s, err := NewSplitter(strings.NewReader("h\na\nb\n"), Options{Header: Header{Lines: 1}})
			if err != nil {
				t.Fatal(err)
			}
			block, err := s.Next(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			b, err := FromBlock(dir, kind, block)
			if err != nil {
				t.Fatal(err)
			}
			block.Release()
			if b.Size() != 6 || (b.Path() != "") != (kind == Named) {
				t.Errorf("%d bytes in %q", b.Size(), b.Path())
			}
			var readers sync.WaitGroup
			for range 3 {
				readers.Go(func() { catOf(t, b, "h\na\nb\n") })
			}
			readers.Wait()
			if err := b.Close(); err != nil {
				t.Error(err)
			}
			if err := b.Close(); err != nil {
				t.Error(err)
			}
			if _, err := b.Open(); err == nil {
				t.Error("opened after Close")
			}
			isEmpty(t, dir)
		})
	}
}

// catOf checks what cat finds in b.
func catOf(t *testing.T, b *Blob, want string) {
	f, err := b.Open()
	if err != nil {
		t.Error(err)
		return
	}
	defer f.Close()
	cat := exec.Command("cat")
	cat.Stdin = f
	if out, err := cat.Output(); string(out) != want || err != nil {
		t.Errorf("%q, %v; want %q", out, err, want)
	}
}

func isEmpty(t *testing.T, dir string) {
	t.Helper()
	left, err := os.ReadDir(dir)
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestSpill(t *testing.T) {
	text := strings.Repeat("0123456789abcdef", 100_000)
	broken := errors.New("broken")
	for name, kind := range kinds() {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			b, err := Spill(t.Context(), dir, kind, iotest.HalfReader(strings.NewReader(text)))
			if err != nil {
				t.Fatal(err)
			}
			f, err := b.Open()
			if err != nil {
				t.Fatal(err)
			}
			b.Close() // who has it open keeps it
			got, err := io.ReadAll(f)
			f.Close()
			if string(got) != text || err != nil {
				t.Errorf("%d bytes, %v", len(got), err)
			}
			r := io.MultiReader(strings.NewReader(text), iotest.ErrReader(broken))
			if _, err := Spill(t.Context(), dir, kind, r); !errors.Is(err, broken) {
				t.Error(err)
			}
			ctx, cancel := context.WithCancelCause(t.Context())
			cancel(broken)
			if _, err := Spill(ctx, dir, kind, strings.NewReader(text)); !errors.Is(err, broken) {
				t.Error(err)
			}
			isEmpty(t, dir)
		})
	}
}

func TestNoPlaceForBlobs(t *testing.T) {
	missing := t.TempDir() + "/missing"
	for _, kind := range []BlobKind{Unnamed, Named} {
		var bad *SpillError
		_, err := NewBlob(missing, kind)
		if !errors.As(err, &bad) || bad.Dir != missing || !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), "TMPDIR") {
			t.Errorf("%v", err)
		}
	}
	var bad *SpillError
	if _, err := NewFifo(t.Context(), missing, strings.NewReader("")); !errors.As(err, &bad) {
		t.Errorf("%v", err)
	}
}

func BenchmarkBlob(b *testing.B) {
	block := &Block{Data: bytes.Repeat([]byte("0123456789abcde\n"), 1<<16)}
	for name, kind := range kinds() {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(block.Size())
			dir := b.TempDir()
			for b.Loop() {
				blob, err := FromBlock(dir, kind, block)
				if err != nil {
					b.Fatal(err)
				}
				blob.Close()
			}
		})
	}
}
