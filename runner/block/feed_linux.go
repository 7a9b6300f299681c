package block

import (
	"io"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

const (
	// pipeRoom is what a pipe of a Feed can hold, in bytes, where the system allows as much: it is fs.pipe-max-size as
	// Linux has it.
	pipeRoom = 1 << 20

	// spliceMost is how many bytes one splice(2) is asked for.
	spliceMost = 1 << 20
)

// sendRange writes length bytes of src from off to w, a pipe. The pages of the file go there as they are, so that nothing
// is copied before the process at the other end does.
func sendRange(w, src *os.File, off, length int64) error {
	out, err := w.SyscallConn()
	if err != nil {
		return err
	}
	in, err := src.SyscallConn()
	if err != nil {
		return err
	}
	// Without it, it works as well.
	_ = out.Control(func(fd uintptr) { _, _ = unix.FcntlInt(fd, unix.F_SETPIPE_SZ, pipeRoom) })
	for length > 0 {
		n, err := spliceSome(out, in, off, min(length, spliceMost))
		switch {
		case err == unix.EINVAL || err == unix.ENOSYS: // this file cannot be spliced
			return copyRange(w, src, off, length)
		case err != nil:
			return err
		case n == 0:
			return io.ErrUnexpectedEOF
		}
		off, length = off+n, length-n
	}
	return nil
}

// spliceSome moves up to length bytes, as soon as there is room for some.
func spliceSome(out, in syscall.RawConn, off, length int64) (n int64, err error) {
	closed := out.Write(func(w uintptr) bool {
		closed := in.Control(func(r uintptr) { n, err = splice(int(r), off, int(w), length) })
		if closed != nil {
			err = closed
		}
		return err != unix.EAGAIN
	})
	if closed != nil {
		return 0, closed
	}
	return n, err
}

// splice is splice(2) from an offset of a file into a pipe.
func splice(r int, off int64, w int, length int64) (int64, error) {
	for {
		n, err := unix.Splice(r, &off, w, nil, int(length), unix.SPLICE_F_NONBLOCK)
		if err != unix.EINTR {
			return int64(n), err
		}
	}
}
