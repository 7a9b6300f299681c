package output

import (
	"errors"
	"fmt"
	"syscall"

	"xpool/runner/keep"
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
	return keep.SpillMessage(e.Dir, e.Err)
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
