// Package tokentest has the fifo of a jobserver, of which programs take tokens and put
// them back. It is for tests only.
package tokentest

import (
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// Fifo is a fifo whose bytes are tokens. It belongs to the goroutine of its test.
type Fifo struct {
	Path string
	File *os.File // both of its ends, open until the end of the test

	t testing.TB
}

// New makes a fifo in a directory of the test's that has the tokens.
func New(t testing.TB, tokens string) *Fifo {
	t.Helper()
	path := filepath.Join(t.TempDir(), "fifo")
	if err := unix.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	f := &Fifo{Path: path, File: file, t: t}
	f.Put(tokens)
	return f
}

// Put adds tokens.
func (f *Fifo) Put(tokens string) {
	f.t.Helper()
	if _, err := f.File.WriteString(tokens); err != nil {
		f.t.Fatal(err)
	}
}

// Take takes all tokens that are there now, and returns them sorted.
func (f *Fifo) Take() string {
	f.t.Helper()
	raw, err := f.File.SyscallConn()
	if err != nil {
		f.t.Fatal(err)
	}
	buf := make([]byte, 64<<10) // as much as a pipe holds
	n := 0
	if err := raw.Control(func(fd uintptr) { n, _ = unix.Read(int(fd), buf) }); err != nil { // it does not block
		f.t.Fatal(err)
	}
	got := buf[:max(n, 0)]
	slices.Sort(got)
	return string(got)
}

// TakeAll takes as many tokens as want has, for which it waits until then, and ends the
// test unless they are those of want, in any order, and no more are there.
func (f *Fifo) TakeAll(want string, then time.Time) {
	f.t.Helper()
	if err := f.File.SetReadDeadline(then); err != nil {
		f.t.Fatal(err)
	}
	got := make([]byte, len(want))
	if n, err := io.ReadFull(f.File, got); err != nil {
		f.t.Fatalf("%v: %q is there of %q", err, got[:n], want)
	}
	sorted := []byte(want)
	slices.Sort(got)
	slices.Sort(sorted)
	if more := f.Take(); string(got) != string(sorted) || more != "" {
		f.t.Fatalf("%q and then %q is there, want %q", got, more, want)
	}
}
