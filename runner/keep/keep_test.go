package keep

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
	"testing/iotest"
)

// TestBuffer writes in pieces, around the limit, and reads all of it back.
func TestBuffer(t *testing.T) {
	dir := t.TempDir()
	text := bytes.Repeat([]byte("0123456789abcdef"), 100)
	for _, limit := range []int{1, 16, 1000, 1600, 0} {
		for _, piece := range []int{1, 7, 800, 1600} {
			b := &Buffer{Limit: limit, Dir: dir}
			for rest := text; len(rest) > 0; {
				n, err := b.Write(rest[:min(piece, len(rest))])
				if err != nil {
					t.Fatal(err)
				}
				rest = rest[n:]
			}
			if b.Size() != int64(len(text)) || (b.file != nil) != (limit != 0 && limit < len(text)) {
				t.Errorf("limit %d, pieces of %d: size %d, file %v", limit, piece, b.Size(), b.file != nil)
			}
			if err := iotest.TestReader(io.NewSectionReader(b, 0, b.Size()), text); err != nil {
				t.Errorf("limit %d, pieces of %d: %v", limit, piece, err)
			}
			if n, err := b.ReadAt(make([]byte, 9), b.Size()-4); n != 4 || err != io.EOF {
				t.Errorf("limit %d: at the end: %d, %v", limit, n, err)
			}
			if n, err := b.ReadAt(make([]byte, 9), b.Size()+4); n != 0 || err != io.EOF {
				t.Errorf("limit %d: behind the end: %d, %v", limit, n, err)
			}
			checkClose(t, b)
		}
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("files left: %v, %v", left, err)
	}
}

// checkClose holds that a closed buffer is as good as new.
func checkClose(t *testing.T, b *Buffer) {
	t.Helper()
	if err := b.Close(); err != nil || b.Size() != 0 {
		t.Errorf("close: %v, size %d", err, b.Size())
	}
	if _, err := b.Write([]byte("x")); err != nil {
		t.Error(err)
	}
	got, err := io.ReadAll(io.NewSectionReader(b, 0, 1<<62))
	if err != nil || string(got) != "x" {
		t.Errorf("after it: %q, %v", got, err)
	}
	if err := b.Close(); err != nil || b.Size() != 0 {
		t.Errorf("close: %v, size %d", err, b.Size())
	}
}

// TestOpenNamed is for file systems where a file cannot be without a name.
func TestOpenNamed(t *testing.T) {
	dir := t.TempDir()
	f, err := openNamed(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("files left: %v, %v", left, err)
	}
}

func TestNoPlace(t *testing.T) {
	b := &Buffer{Limit: 4, Dir: filepath.Join(t.TempDir(), "missing")}
	if _, err := b.Write([]byte("1234")); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		var path *os.PathError
		if n, err := b.Write([]byte("5")); n != 0 || !errors.As(err, &path) {
			t.Errorf("without a directory: %d, %v", n, err)
		}
	}
	checkClose(t, b)
}
