package block

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"

	"xpool/runner/keep"
)

// BlobKind is where a Blob keeps its bytes.
type BlobKind int

const (
	// InMemory is a file that has no name and lives in memory, for blocks: the number of these bounds what they take.
	// Where the system has no such thing, it is as Unnamed.
	InMemory BlobKind = iota

	// Unnamed is a temporary file that has no name, for what may be large. Where the system cannot open such a file again
	// (there is no /proc), it is as Named, and the name is nobody's business.
	Unnamed

	// Named is a temporary file that others open by its name: --cat.
	Named
)

// Blob is a file that is written once and then read by any number of processes, each from its start. Its methods may be
// called from any goroutine, but for those that write, which come first, and Close, which comes last.
type Blob struct {
	dir  string
	kind BlobKind
	f    *os.File // open for writing until Seal; nil after Close
	path string   // of a file that has a name, ours to remove; else ""
	size int64
}

// NewBlob returns an empty Blob, to be written and then sealed; Close gives it back. Temporary files are made in dir, or in
// os.TempDir() if that is "", and can be read by this user only. A process that is killed leaves those behind that have a
// name.
func NewBlob(dir string, kind BlobKind) (*Blob, error) {
	if dir == "" {
		dir = os.TempDir()
	}
	b := &Blob{dir: dir, kind: kind}
	var err error
	if kind != Named {
		b.f, err = openAnonymous(dir, kind)
		if err == nil {
			return b, nil
		}
		if !errors.Is(err, errNotAnonymous) {
			return nil, b.failed(err)
		}
	}
	if b.f, err = os.CreateTemp(dir, "xpool-block-*"); err != nil { // mode 0600
		return nil, b.failed(err)
	}
	b.path = b.f.Name()
	return b, nil
}

// anonymity is the type of errNotAnonymous, which as a constant nobody can set.
type anonymity string

func (e anonymity) Error() string { return string(e) }

// errNotAnonymous says that a file without a name could not be opened again here.
const errNotAnonymous = anonymity("no files without a name")

// FromBlock returns a sealed Blob with what the block's WriteTo writes. The block stays the caller's, and may be released
// at once. If memory is short, a temporary file takes the place of an InMemory one.
func FromBlock(dir string, kind BlobKind, block *Block) (*Blob, error) {
	b, err := fill(dir, kind, block)
	if err != nil && kind == InMemory {
		b, err = fill(dir, Unnamed, block)
	}
	return b, err
}

func fill(dir string, kind BlobKind, from io.WriterTo) (*Blob, error) {
	b, err := NewBlob(dir, kind)
	if err != nil {
		return nil, err
	}
	if _, err = from.WriteTo(b); err == nil {
		err = b.Seal()
	}
	if err != nil {
		b.Close()
		return nil, err
	}
	return b, nil
}

// Spill returns a sealed Blob with all that r has: --tee, and --cat of a Part. If ctx ends before r does, it returns the
// cause; a reader that blocks is not interrupted. Errors of writing are *SpillError, any others r's own.
func Spill(ctx context.Context, dir string, kind BlobKind, r io.Reader) (*Blob, error) {
	b, err := NewBlob(dir, kind)
	if err != nil {
		return nil, err
	}
	buf := make([]byte, 256<<10)
	for err == nil {
		if ctx.Err() != nil {
			err = context.Cause(ctx)
			break
		}
		var n int
		n, err = readSome(r, buf)
		if _, wrong := b.Write(buf[:n]); wrong != nil {
			err = wrong
		}
	}
	if err == io.EOF {
		err = b.Seal()
	}
	if err != nil {
		b.Close()
		return nil, err
	}
	return b, nil
}

// Write appends p. It is not to be used after Seal.
func (b *Blob) Write(p []byte) (int, error) {
	n, err := b.f.Write(p)
	b.size += int64(n)
	if err != nil {
		err = b.failed(err)
	}
	return n, err
}

// Seal ends the writing. What is in memory cannot be changed by anyone from then on.
func (b *Blob) Seal() error {
	if b.path == "" {
		if err := seal(b.f, b.kind); err != nil {
			return b.failed(err)
		}
		return nil
	}
	// By its name it is opened again, and a file that is open for writing cannot be run.
	err := b.f.Close()
	b.f = nil
	if err != nil {
		return b.failed(err)
	}
	return nil
}

// Open opens the Blob for reading, at its start. The caller closes the file; its offset is no one else's.
func (b *Blob) Open() (*os.File, error) {
	if b.path != "" {
		return os.Open(b.path)
	}
	if b.f == nil {
		return nil, fs.ErrClosed
	}
	return reopen(b.f)
}

// Path returns the name of a Named file, and "" for any other.
func (b *Blob) Path() string {
	if b.kind != Named {
		return ""
	}
	return b.path
}

// Size returns the number of bytes that were written.
func (b *Blob) Size() int64 { return b.size }

// Close removes the file. Who has opened it keeps it until it closes it. After the first call it does nothing.
func (b *Blob) Close() error {
	var err error
	if b.f != nil {
		err = b.f.Close()
		b.f = nil
	}
	if b.path != "" {
		if gone := os.Remove(b.path); gone != nil && !errors.Is(gone, fs.ErrNotExist) { // a task may have moved it
			err = gone
		}
		b.path = ""
	}
	return err
}

func (b *Blob) failed(err error) error {
	return &SpillError{Dir: b.dir, InMemory: b.kind == InMemory, Err: err}
}

// SpillError says that data for tasks could not be kept.
type SpillError struct {
	Dir      string // where temporary files are made
	InMemory bool   // it was not to be one of those
	Err      error
}

func (e *SpillError) Error() string {
	if e.InMemory {
		var no syscall.Errno
		err := e.Err
		if errors.As(err, &no) {
			err = no // the rest of the message names the place
		}
		return fmt.Sprintf("cannot keep a block in memory: %v", err)
	}
	return keep.SpillMessage(e.Dir, e.Err)
}

func (e *SpillError) Unwrap() error { return e.Err }
