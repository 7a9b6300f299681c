// Package keep keeps what one task prints until the task is over, for forms of
// output that put the whole of it behind what is known only then: a row of a
// table, a line of JSON.
package keep

import (
	"cmp"
	"io"
	"os"
	"strings"
)

// defaultLimit is twice what a pipe of Linux holds, so that a task with as little
// output as most have costs no file.
const defaultLimit = 128 << 10

// A Buffer keeps bytes, the first of them in memory, all of them in an unlinked
// temporary file once they are more than Limit. It takes one descriptor then, and no
// memory. The zero value is empty and ready. It is for one goroutine at a time.
type Buffer struct {
	// Limit is how many bytes may be kept in memory; 0 means 128 KiB.
	Limit int

	// Dir is where the temporary file is made; "" means os.TempDir().
	Dir string

	memory []byte
	file   *os.File // nil while all is in memory
	size   int64
	err    error // the first of Write, for good
}

// Write keeps a copy of p. An error is a *SpillError; nothing can be kept after it until
// Close.
func (b *Buffer) Write(p []byte) (int, error) {
	if b.err != nil {
		return 0, b.err
	}
	if b.file == nil && b.size+int64(len(p)) <= b.limit() {
		b.memory = append(b.memory, p...)
		b.size += int64(len(p))
		return len(p), nil
	}
	n, err := b.spill(p)
	b.size += int64(n)
	if err != nil {
		b.err = &SpillError{Dir: cmp.Or(b.Dir, os.TempDir()), Err: err}
	}
	return n, b.err
}

func (b *Buffer) limit() int64 {
	if b.Limit <= 0 {
		return defaultLimit
	}
	return int64(b.Limit)
}

// spill writes p to the file, behind what was in memory.
func (b *Buffer) spill(p []byte) (int, error) {
	if b.file == nil {
		f, err := openUnnamed(b.Dir)
		if err != nil {
			return 0, err
		}
		if _, err := f.Write(b.memory); err != nil {
			f.Close()
			return 0, err
		}
		b.file, b.memory = f, nil
	}
	return b.file.Write(p)
}

// Size returns how many bytes are kept.
func (b *Buffer) Size() int64 { return b.size }

// ReadAt reads from what is kept, as io.ReaderAt says.
func (b *Buffer) ReadAt(p []byte, off int64) (int, error) {
	switch {
	case off < 0:
		return 0, os.ErrInvalid
	case b.file != nil:
		return b.file.ReadAt(p, off)
	case off >= b.size:
		return 0, io.EOF
	}
	n := copy(p, b.memory[off:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// Close drops all that is kept, and the error of Write, and gives the file back. The
// buffer is empty then, and ready for the next attempt.
func (b *Buffer) Close() error {
	var err error
	if b.file != nil {
		err = b.file.Close()
	}
	b.file, b.memory, b.size, b.err = nil, b.memory[:0], 0, nil
	return err
}

// openNamed makes a file in dir and takes its name away at once.
func openNamed(dir string) (*os.File, error) {
	f, err := os.CreateTemp(dir, "xpool-task-*") // mode 0600
	if err != nil {
		return nil, err
	}
	if err := os.Remove(f.Name()); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// Content is what was kept, or any other bytes that can be read more than once, such
// as a strings.Reader. Where one is asked for, nil is empty.
type Content interface {
	io.ReaderAt
	Size() int64
}

// Reader returns a reader of all of c, from its start.
func Reader(c Content) io.Reader {
	if c == nil {
		return strings.NewReader("")
	}
	return io.NewSectionReader(c, 0, c.Size())
}
