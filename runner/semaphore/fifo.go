package semaphore

import (
	"context"
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// The flags of each descriptor here. A FIFO opened to write only would wait for a reader, or fail without one.
const (
	readFlags  = unix.O_RDONLY | unix.O_NONBLOCK | unix.O_CLOEXEC | unix.O_NOFOLLOW
	writeFlags = unix.O_RDWR | unix.O_NONBLOCK | unix.O_CLOEXEC | unix.O_NOFOLLOW
	lockFlags  = unix.O_RDWR | unix.O_CREAT | unix.O_CLOEXEC | unix.O_NOFOLLOW
)

// retry calls f until no signal interrupts it.
func retry[T any](f func() (T, error)) (T, error) {
	for {
		v, err := f()
		if !errors.Is(err, unix.EINTR) {
			return v, err
		}
	}
}

// openFIFO returns a descriptor.
func openFIFO(path string, flags int) (int, error) {
	fd, err := retry(func() (int, error) { return unix.Open(path, flags, 0) })
	if err != nil {
		return -1, &os.PathError{Op: "open", Path: path, Err: err}
	}
	return fd, nil
}

// makeFIFO creates a FIFO that only its owner may use.
func makeFIFO(path string) error {
	if err := unix.Mkfifo(path, 0o600); err != nil {
		return &os.PathError{Op: "mkfifo", Path: path, Err: err}
	}
	return nil
}

// hasWriter reports whether anybody has the FIFO open to write, whose reading end fd is.
func hasWriter(fd int) bool {
	var b [1]byte
	_, err := retry(func() (int, error) { return unix.Read(fd, b[:]) })
	return errors.Is(err, unix.EAGAIN)
}

// sameFile reports whether path names what fd is.
func sameFile(path string, fd int) bool {
	var a, b unix.Stat_t
	return unix.Lstat(path, &a) == nil && unix.Fstat(fd, &b) == nil && a.Dev == b.Dev && a.Ino == b.Ino
}

// sameOpen reports whether two descriptors are of the same file.
func sameOpen(x, y int) bool {
	var a, b unix.Stat_t
	return unix.Fstat(x, &a) == nil && unix.Fstat(y, &b) == nil && a.Dev == b.Dev && a.Ino == b.Ino
}

// closeAll closes descriptors.
func closeAll(fds []int) {
	for _, fd := range fds {
		_ = unix.Close(fd) // of a FIFO: nothing can be lost
	}
}

// await returns when one of the FIFOs, open to read, may have no writer any more, or with the error of ctx.
func await(ctx context.Context, fds []int) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	over, end, err := os.Pipe()
	if err != nil {
		return err
	}
	defer over.Close()
	ended := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(ended)
		end.Close()
	})
	defer func() {
		if stop() {
			end.Close()
		} else {
			<-ended
		}
	}()
	polled := make([]unix.PollFd, 0, len(fds)+1)
	// Nobody reads or writes the pipe, so that it does not matter that Fd takes it from Go's own poller.
	for _, fd := range append([]int{int(over.Fd())}, fds...) {
		polled = append(polled, unix.PollFd{Fd: int32(fd), Events: unix.POLLIN})
	}
	if _, err := retry(func() (int, error) { return unix.Poll(polled, pollEvery) }); err != nil {
		return os.NewSyscallError("poll", err)
	}
	return ctx.Err()
}
