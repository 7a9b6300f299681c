package output

import (
	"bytes"
	"io"
	"os"
	"testing"
)

// The results of quick tasks, four of which run at a time: the target is over a
// million a second.
func BenchmarkSmall(b *testing.B) {
	for _, bc := range []struct {
		name string
		out  func(testing.TB) io.Writer
	}{
		{"discard", func(testing.TB) io.Writer { return io.Discard }},
		{"file", devNull},
	} {
		b.Run(bc.name, func(b *testing.B) {
			p := New(Options{Stdout: bc.out(b), Stderr: io.Discard})
			data := []byte("a result of 20 bytes")
			var running [4]*Entry
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if e := running[i%4]; e != nil {
					e.Write(Stdout, data, nil)
					e.Close("")
				}
				running[i%4] = p.Open()
			}
			p.Close()
		})
	}
}

// One large task at the head, which streams.
func BenchmarkStream(b *testing.B) {
	p := New(Options{Stdout: devNull(b)})
	e := p.Open()
	data := bytes.Repeat([]byte("x"), 64<<10)
	b.SetBytes(int64(len(data)))
	resumed := make(chan struct{}, 1)
	for b.Loop() {
		if !e.Write(Stdout, data, func() { resumed <- struct{}{} }) {
			<-resumed
		}
	}
	e.Close("")
	p.Close()
}

// Everything waits for the first task, and goes through the file.
func BenchmarkSpill(b *testing.B) {
	p := New(Options{Stdout: devNull(b), TempDir: b.TempDir()})
	head := p.Open()
	data := bytes.Repeat([]byte("x"), 16<<10)
	b.SetBytes(int64(len(data)))
	resumed := make(chan struct{}, 1)
	for b.Loop() {
		e := p.Open()
		if !e.Write(Stdout, data, func() { resumed <- struct{}{} }) {
			<-resumed
		}
		e.Close("")
	}
	head.Close("")
	p.Close()
}

func devNull(tb testing.TB) io.Writer {
	f, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { f.Close() })
	return f
}
