package runner

import (
	"errors"
	"fmt"
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

// commandAdvice is what is said at the end to whoever named no command, and gave
// something else than commands; "" if that is not so.
func (r *run) commandAdvice() string {
	o := &r.opts
	if o.As != asXpool || o.Quiet || o.kind() != linesKind || o.Record.RetryFailed || !r.ledger.noneFound() {
		return ""
	}
	what := "line"
	if o.HasArgs {
		what = "argument"
	}
	return fmt.Sprintf("without a command, each %[1]s is run as one; to give the %[1]ss to a program, name it: %[2]s PROGRAM", what, o.Name)
}
