package input

import (
	"io"
	"io/fs"
	"os"
	"sync/atomic"
	"syscall"

	"golang.org/x/sys/unix"
)

// interrupted is a string so that ErrInterrupted can be a constant, which nobody can set.
type interrupted string

func (e interrupted) Error() string { return string(e) }

// ErrInterrupted is what Interruptible.Read returns after Interrupt or Close.
const ErrInterrupted = interrupted("interrupted")

// Interruptible reads a file that this process shares with others, usually standard input, such that a Read which waits
// for data can be ended from another goroutine. Unlike deadlines on an os.File it does not put the file into
// non-blocking mode: that mode belongs to the open file, not to the descriptor, and the shell and the other programs on
// the same terminal or pipe would see it. Instead each Read waits with poll(2) for the file or for a wake pipe.
//
// Read must not be called by two goroutines at once; Interrupt and Close may be called by any, at any time.
//
// Two things are beyond it. When another process takes the data between poll and read, Read waits in read(2), where
// Interrupt does not reach it. And where poll does not know the file (terminals on some versions of macOS), each Read is
// a plain read(2).
type Interruptible struct {
	file *os.File
	raw  syscall.RawConn // of file
	wake *os.File        // read end of the wake pipe: nothing is ever written, its end of file is the wake-up
	wraw syscall.RawConn // of wake
	bell *os.File        // write end; closed by Interrupt

	stopped atomic.Bool // set by Interrupt before bell is closed
}

// NewInterruptible returns a reader of f, which it borrows: f stays open after Close, and must stay open until then. The
// wake pipe, two descriptors that children do not inherit, belongs to the Interruptible.
func NewInterruptible(f *os.File) (*Interruptible, error) {
	raw, err := f.SyscallConn()
	if err != nil {
		return nil, err
	}
	wake, bell, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	wraw, err := wake.SyscallConn()
	if err != nil {
		wake.Close()
		bell.Close()
		return nil, err
	}
	return &Interruptible{file: f, raw: raw, wake: wake, wraw: wraw, bell: bell}, nil
}

// Read is io.Reader's. After Interrupt or Close it returns ErrInterrupted, even if there is more to read, or io.EOF if
// the file is known to have ended; any other error but io.EOF is an *fs.PathError.
func (r *Interruptible) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	var n int
	var err error
	// The descriptor stays valid while the function runs, and its mode is left alone, which Fd does not promise.
	if r.raw.Control(func(fd uintptr) { n, err = r.read(int(fd), p) }) != nil {
		err = fs.ErrClosed // the only reason for Control to fail
	}
	switch {
	case err == ErrInterrupted:
		return 0, err
	case err != nil:
		return 0, &fs.PathError{Op: "read", Path: r.file.Name(), Err: err}
	case n == 0:
		return 0, io.EOF
	}
	return n, nil
}

// read waits for fd and reads from it once.
func (r *Interruptible) read(fd int, p []byte) (int, error) {
	for {
		if err := r.wait(fd); err == ErrInterrupted && ended(fd) {
			return 0, nil
		} else if err != nil {
			return 0, err
		}
		n, err := unix.Read(fd, p)
		switch err {
		case nil:
			return n, nil
		case unix.EINTR, unix.EAGAIN:
			// EAGAIN: someone else made the file non-blocking, and took the data first.
		default:
			return 0, err
		}
	}
}

// wait returns nil when fd has data, an end of file or an error to read, and ErrInterrupted after Interrupt.
func (r *Interruptible) wait(fd int) error {
	var err error
	// The wake pipe is held only while poll runs: closing it waits for this function, and must not wait for a read.
	ctlErr := r.wraw.Control(func(wake uintptr) { err = poll(fd, int(wake)) })
	if ctlErr != nil || r.stopped.Load() {
		return ErrInterrupted // only Close ends wake's descriptor
	}
	return err
}

// poll waits until one of the two descriptors has something to tell.
func poll(fd, wake int) error {
	fds := []unix.PollFd{
		{Fd: int32(fd), Events: unix.POLLIN},
		{Fd: int32(wake), Events: unix.POLLIN},
	}
	for {
		_, err := unix.Poll(fds, -1)
		if err != unix.EINTR {
			return err
		}
	}
}

// ended reports whether there is nothing left to read of fd, and never will be, without reading: what is there may be for
// another process. It may be false for a file that has ended: not all systems tell of a pipe.
func ended(fd int) bool {
	var st unix.Stat_t
	if unix.Fstat(fd, &st) == nil && st.Mode&unix.S_IFMT == unix.S_IFREG {
		at, err := unix.Seek(fd, 0, io.SeekCurrent)
		return err == nil && at >= st.Size
	}
	fds := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
	n, err := unix.Poll(fds, 0)
	return err == nil && n > 0 && fds[0].Revents&unix.POLLHUP != 0 && fds[0].Revents&unix.POLLIN == 0
}

// Interrupt ends a Read that waits, and each later one, with ErrInterrupted. It does not wait for that Read to return.
// Calls after the first do nothing.
func (r *Interruptible) Interrupt() {
	if !r.stopped.Swap(true) {
		r.bell.Close()
	}
}

// Close interrupts, and releases the wake pipe. The file stays open. Calls after the first do nothing.
func (r *Interruptible) Close() error {
	r.Interrupt()
	// An error here only says that the pipe is closed already.
	r.wake.Close()
	return nil
}
