package keep

import (
	"errors"
	"fmt"
	"syscall"
)

// A SpillError says that what waits could not be put in a temporary file.
type SpillError struct {
	Dir string // where the file was to be
	Err error
}

func (e *SpillError) Error() string { return SpillMessage(e.Dir, e.Err) }
func (e *SpillError) Unwrap() error { return e.Err }

// SpillMessage tells that err has kept a temporary file in dir from being written, and
// what can be done about it.
func SpillMessage(dir string, err error) string {
	hint := ""
	var no syscall.Errno
	if errors.As(err, &no) {
		err = no // the rest of the message names the operation and the place
	}
	switch no {
	case syscall.ENOSPC, syscall.EDQUOT:
		hint = " (set TMPDIR to a larger place)"
	case syscall.EACCES, syscall.EROFS, syscall.ENOENT:
		hint = " (set TMPDIR to a place that can be written)"
	}
	return fmt.Sprintf("cannot write a temporary file in %s: %v%s", dir, err, hint)
}
