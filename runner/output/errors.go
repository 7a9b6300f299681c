package output

import (
	"errors"
	"fmt"
	"syscall"
)

// A WriteError says that an output of the run cannot be written.
type WriteError struct {
	Name string // "standard output"
	Err  error  // errors.Is(err, syscall.EPIPE) when the reader went away
}

func (e *WriteError) Error() string { return fmt.Sprintf("cannot write %s: %v", e.Name, bare(e.Err)) }
func (e *WriteError) Unwrap() error { return e.Err }

// A SpillError says that output which waits for its turn could not be moved to
// a temporary file, or not be read back.
type SpillError struct {
	Dir  string // where the file is
	Read bool   // reading failed, not writing
	Err  error
}

func (e *SpillError) Error() string {
	if e.Read {
		return fmt.Sprintf("cannot read back a temporary file in %s: %v", e.Dir, bare(e.Err))
	}
	hint := ""
	if errors.Is(e.Err, syscall.ENOSPC) || errors.Is(e.Err, syscall.EDQUOT) {
		hint = " (set TMPDIR to a larger place)"
	} else if errors.Is(e.Err, syscall.EACCES) || errors.Is(e.Err, syscall.EROFS) || errors.Is(e.Err, syscall.ENOENT) {
		hint = " (set TMPDIR to a place that can be written)"
	}
	return fmt.Sprintf("cannot write a temporary file in %s: %v%s", e.Dir, bare(e.Err), hint)
}

func (e *SpillError) Unwrap() error { return e.Err }

// bare is the system's own error for a message that already names the
// operation and the file.
func bare(err error) error {
	var no syscall.Errno
	if errors.As(err, &no) {
		return no
	}
	return err
}
