package block

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// partFile returns a file of n bytes and what is in it.
func partFile(t testing.TB, n int) (*os.File, string) {
	t.Helper()
	text := strings.Repeat("0123456789abcde\n", n/16+1)[:n]
	name := filepath.Join(t.TempDir(), "input")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f, text
}

func TestFeed(t *testing.T) {
	src, text := partFile(t, 3<<20)
	for _, p := range []Part{
		{Offset: 0, Length: 10},
		{Offset: 7, Length: int64(len(text)) - 7, Header: []byte("header\n")},
		{Offset: 5, Length: 2<<20 + 1},
	} {
		feed, err := StartFeed(t.Context(), p, src)
		if err != nil {
			t.Fatal(err)
		}
		cat := exec.Command("cat")
		cat.Stdin = feed.Stdin()
		out, err := cat.Output()
		feed.Stdin().Close()
		if want := string(p.Header) + text[p.Offset:][:p.Length]; string(out) != want || err != nil || feed.Wait() != nil {
			t.Errorf("%d bytes, %v, %v; want %d", len(out), err, feed.Wait(), len(want))
		}
	}
}

// A Feed ends when its reader goes away, when the context does, and when the file is shorter than it was.
func TestFeedEnds(t *testing.T) {
	src, text := partFile(t, 3<<20)
	whole := Part{Length: int64(len(text))}

	feed, err := StartFeed(t.Context(), whole, src)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(feed.Stdin(), make([]byte, 10)); err != nil {
		t.Fatal(err)
	}
	feed.Stdin().Close()
	if err := feed.Wait(); err != nil {
		t.Errorf("the reader went away: %v", err)
	}

	ctx, cancel := context.WithCancelCause(t.Context())
	if feed, err = StartFeed(ctx, whole, src); err != nil {
		t.Fatal(err)
	}
	enough := errors.New("enough")
	cancel(enough)
	if err := feed.Wait(); err != enough {
		t.Errorf("cancelled: %v", err)
	}
	feed.Stdin().Close()

	whole.Length++
	if feed, err = StartFeed(t.Context(), whole, src); err != nil {
		t.Fatal(err)
	}
	if n, err := io.Copy(io.Discard, feed.Stdin()); n != int64(len(text)) || err != nil {
		t.Errorf("%d bytes, %v", n, err)
	}
	if err := feed.Wait(); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("a short file: %v", err)
	}
	feed.Stdin().Close()
}

// Three ways to hand 64 MiB of a file to a process; the reading of the process is in all of them.
func BenchmarkPart(b *testing.B) {
	src := benchFile(b)
	p := Part{Length: 64 << 20}
	for name, open := range map[string]func(*testing.B) (stdin *os.File, end func() error){
		"splice": func(b *testing.B) (*os.File, func() error) {
			feed, err := StartFeed(b.Context(), p, src)
			if err != nil {
				b.Fatal(err)
			}
			return feed.Stdin(), feed.Wait
		},
		"write": func(b *testing.B) (*os.File, func() error) {
			r, w, err := newPipe()
			if err != nil {
				b.Fatal(err)
			}
			done := make(chan error)
			go func() { done <- errors.Join(copyRange(w, src, 0, p.Length), w.Close()) }()
			return r, func() error { return <-done }
		},
		"memory": func(b *testing.B) (*os.File, func() error) {
			blob, err := Spill(b.Context(), "", InMemory, p.Reader(src))
			if err != nil {
				b.Fatal(err)
			}
			f, err := blob.Open()
			if err != nil {
				b.Fatal(err)
			}
			return f, blob.Close
		},
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(p.Length)
			for b.Loop() {
				stdin, end := open(b)
				cat := exec.Command("cat")
				cat.Stdin = stdin
				if err := cat.Run(); err != nil {
					b.Fatal(err)
				}
				stdin.Close()
				if err := end(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
