package runner

import (
	"errors"
	"os"
	"os/signal"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"xpool/crashdetect"
)

// Status is how a run ends. The zero value is that all went well.
//
// The codes, of which the manual has the same table:
//
//	0      all tasks succeeded
//	1      an error of xpool itself: bad usage, input unreadable, output unwritable
//	123    a task exited with 1-254
//	124    a task exited with 255
//	125    a task was killed by a signal, timed out, stalled, ran out of memory or lost its connection
//	126    a task could not be run
//	127    a task's program was not found
//	128+N  signal N ended xpool itself
//
// Of several, 128+N counts before 1, and that before the highest of the others.
type Status struct {
	Code   int
	Signal syscall.Signal // the signal that ended the run, 0 if none did
}

// endedBy is the status of a run that a signal ended.
func endedBy(sig syscall.Signal) Status { return Status{Code: 128 + int(sig), Signal: sig} }

// errorStatus is the status of a run that err ended.
func errorStatus(err error) Status {
	var start *crashdetect.StartError
	switch {
	case err == nil:
		return Status{}
	case errors.As(err, &start):
		return Status{Code: start.Code()}
	default:
		return Status{Code: 1}
	}
}

// Raise ends the process by the signal that ended the run, so that whoever
// started it sees just that: a shell stops its loop on Ctrl-C only if the
// program died of it. It comes back if there was no signal, or if it does not
// kill, as in the first process of a container.
func (s Status) Raise() {
	switch s.Signal {
	case 0, syscall.SIGQUIT: // of this one Go's runtime makes a listing of goroutines
		return
	case syscall.SIGPIPE:
		// The runtime ignores this signal, but for a failed write to standard
		// output, which it makes the death that is wanted.
		signal.Reset(syscall.SIGPIPE)
		breakStdout()
		_, _ = os.Stdout.Write([]byte{0})
		return
	}
	signal.Reset(s.Signal)
	if syscall.Kill(syscall.Getpid(), s.Signal) == nil {
		time.Sleep(deathTakes)
	}
}

// deathTakes is more than it takes until some thread handles a signal.
const deathTakes = 100 * time.Millisecond

// breakStdout puts a pipe without a reader in the place of standard output, so
// that nobody else can get what is written there.
func breakStdout() {
	var p [2]int
	if syscall.Pipe(p[:]) != nil {
		return
	}
	syscall.Close(p[0])
	syscall.Close(syscall.Stdout)
	_, _ = unix.FcntlInt(uintptr(p[1]), unix.F_DUPFD, syscall.Stdout)
}
