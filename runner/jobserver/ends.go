package jobserver

import (
	"errors"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// ends are the two ends of a jobserver's pipe, opened anew so that waiting at them is nobody else's affair: whether a
// descriptor blocks is said of the open file, which descriptors that were inherited share with other processes.
type ends struct {
	read  *os.File // does not block its thread
	conn  syscall.RawConn
	write int // does not block
}

// openEnds opens a pipe by two names, which may be the same.
func openEnds(read, write string) (e ends, err error) {
	r, err := openFIFO(read, unix.O_RDONLY)
	if err != nil {
		return e, err
	}
	if e.write, err = openFIFO(write, unix.O_WRONLY); err != nil {
		unix.Close(r)
		return e, err
	}
	e.read = os.NewFile(uintptr(r), read)
	if e.conn, err = e.read.SyscallConn(); err != nil {
		err = errors.Join(err, e.close())
	}
	return e, err
}

func (e ends) close() error {
	return errors.Join(e.read.Close(), unix.Close(e.write))
}

// errNoPipe is what becomes of a descriptor or a file that is no pipe.
var errNoPipe = errors.New("not a pipe")

// openFIFO opens a fifo, or a pipe by a name in /proc. It does not wait for whoever opens the other end.
func openFIFO(path string, mode int) (int, error) {
	fd, err := unix.Open(path, mode|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return -1, &os.PathError{Op: "open", Path: path, Err: err}
	}
	if !isPipe(fd) {
		unix.Close(fd)
		return -1, &os.PathError{Op: "open", Path: path, Err: errNoPipe}
	}
	return fd, nil
}

func isPipe(fd int) bool {
	var st unix.Stat_t
	return unix.Fstat(fd, &st) == nil && st.Mode&unix.S_IFMT == unix.S_IFIFO
}

// checkInherited tells what is wrong with a descriptor that is to be one end of a pipe, inherited from the parent. Where
// the parent has closed it, the number is nobody's or, by chance, that of a file of our own; those close on exec.
func checkInherited(fd int, mode int) error {
	flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0)
	if err != nil {
		return os.NewSyscallError("fcntl", err)
	}
	if flags&unix.FD_CLOEXEC != 0 {
		return unix.EBADF
	}
	status, err := unix.FcntlInt(uintptr(fd), unix.F_GETFL, 0)
	if err != nil || !isPipe(fd) || status&unix.O_ACCMODE != mode && status&unix.O_ACCMODE != unix.O_RDWR {
		return errNoPipe
	}
	return nil
}

// firstPassed is the least number for a descriptor that tasks inherit: those below are for them, or for the shells that
// run them. The numbers under lowest are those that a script can name in any shell.
const (
	firstPassed = 60
	lowest      = 10
)

// passOn returns a copy of fd that tasks inherit.
func passOn(fd int) (int, error) {
	n, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD, firstPassed)
	if err == unix.EINVAL { // by which it says that the limit is below firstPassed
		err = unix.EMFILE
	}
	return n, os.NewSyscallError("fcntl", err)
}
