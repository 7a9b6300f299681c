package block

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"testing"
)

// benchFile returns a file of 64 MiB in lines of 20 to 60 bytes, which is in the page cache.
func benchFile(b *testing.B) *os.File {
	b.Helper()
	line := bytes.Repeat([]byte("abcdefghij"), 6)
	var text []byte
	for i := 0; len(text) < 64<<20; i++ {
		text = append(append(text, line[:20+i*7%40]...), '\n')
	}
	name := filepath.Join(b.TempDir(), "input")
	if err := os.WriteFile(name, text, 0o600); err != nil {
		b.Fatal(err)
	}
	f, err := os.Open(name)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { f.Close() })
	return f
}

func BenchmarkSplitter(b *testing.B) {
	for _, c := range []struct {
		name string
		opt  Options
	}{
		{"lines", Options{}},
		{"lines-10M", Options{Size: 10 << 20}},
		{"records-100", Options{Records: 100}},
		{"records-100000", Options{Records: 100_000}},
		{"of-4-lines", Options{Lines: 4}},
		{"start-and-end", Options{RecEnd: new(`\n`), RecStart: new("a")}},
		{"without-separators", Options{RemoveSep: true}},
		{"regexp", Options{Regexp: true, RecEnd: new(`\n`), RecStart: new("[a-c]")}},
	} {
		b.Run(c.name, func(b *testing.B) {
			f := benchFile(b)
			b.SetBytes(64 << 20)
			for b.Loop() {
				if _, err := f.Seek(0, io.SeekStart); err != nil {
					b.Fatal(err)
				}
				drain(b, f, c.opt)
			}
		})
	}
}

// drain reads all blocks of r, and drops them.
func drain(b *testing.B, r io.Reader, o Options) {
	b.Helper()
	s, err := NewSplitter(r, o)
	if err != nil {
		b.Fatal(err)
	}
	for {
		block, err := s.Next(b.Context())
		if err == io.EOF {
			return
		}
		if err != nil {
			b.Fatal(err)
		}
		block.Release()
	}
}
