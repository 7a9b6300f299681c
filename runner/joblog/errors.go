package joblog

import "fmt"

// A FormatError says that a file which exists is no joblog.
type FormatError struct{ Name string }

func (e *FormatError) Error() string {
	return fmt.Sprintf("%s exists and is no joblog", e.Name)
}

// A BusyError says that another run has the log.
type BusyError struct{ Name string }

func (e *BusyError) Error() string {
	return fmt.Sprintf("another run is writing the joblog %s", e.Name)
}

// A ChangedError says that somebody has changed the log while it was read.
type ChangedError struct{ Name string }

func (e *ChangedError) Error() string {
	return fmt.Sprintf("the joblog %s has changed while it was read", e.Name)
}

// An IrregularError says that a run cannot go on from a log which is no regular
// file, such as a pipe.
type IrregularError struct{ Name string }

func (e *IrregularError) Error() string {
	return fmt.Sprintf("cannot resume from %s: not a regular file", e.Name)
}
