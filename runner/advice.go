package runner

import (
	"errors"
	"io/fs"
	"syscall"
)

// advice is what the user can do about an error that ends a run, in parentheses after
// a blank, or "". What the error's own text advises is not said again.
func advice(err error) string {
	switch {
	case errors.Is(err, syscall.EMFILE):
		return " (raise the limit: ulimit -n)"
	case errors.Is(err, syscall.EFBIG):
		return " (raise the limit: ulimit -f)"
	}
	// One that is wrapped has a text of its own.
	file, ok := err.(*fs.PathError)
	if ok && (file.Err == syscall.ENOSPC || file.Err == syscall.EDQUOT) {
		return " (make room there; with a joblog, --resume goes on)"
	}
	return ""
}
