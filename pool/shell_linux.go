package pool

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

const fionread = unix.TIOCINQ

// shellCapture is a capture that a shell opens by path, each time it runs a
// task: through /proc the end for reading leads to one for writing. Nobody else
// holds that, so that the end of file shows when a task's last writer has gone.
type shellCapture struct {
	*capture
	paths [streams]string
}

func (w *shellWorker) prepareCapture() error {
	if w.capture != nil {
		if w.capture.clean() {
			return nil
		}
		w.capture.close()
		w.capture = nil
	}
	c, ends, err := newCapture(w.slot.pool, true)
	if err != nil {
		return err
	}
	closeAll(ends)
	w.capture = &shellCapture{capture: c}
	for i, s := range c.streams {
		w.capture.paths[i] = procPath(s.fd)
	}
	return nil
}

// procPath is where another process of the same user finds a descriptor of ours.
func procPath(fd int) string { return fmt.Sprintf("/proc/%d/fd/%d", os.Getpid(), fd) }

// sourceOver is the length in bytes of a command that is not sent through the
// pipe, which some shells read byte by byte, but put in a file that they read in
// blocks.
const sourceOver = 4 << 10

// sourceFile holds one long command, in memory. The zero value has no file yet.
type sourceFile struct {
	fd   int
	open bool
}

// shorten returns a command that runs command: itself, or one that has the
// shell read it from the file. The file is the worker's until its next command.
func (f *sourceFile) shorten(command []byte) ([]byte, error) {
	if len(command) <= sourceOver {
		return command, nil
	}
	if !f.open {
		fd, err := unix.MemfdCreate("xpool-command", unix.MFD_CLOEXEC)
		if err != nil {
			return nil, os.NewSyscallError("memfd_create", err)
		}
		f.fd, f.open = fd, true
	}
	if err := unix.Ftruncate(f.fd, 0); err != nil {
		return nil, os.NewSyscallError("ftruncate", err)
	}
	for off := 0; off < len(command); {
		n, err := unix.Pwrite(f.fd, command[off:], int64(off))
		if err != nil && err != unix.EINTR {
			return nil, os.NewSyscallError("pwrite", err)
		}
		off += max(0, n)
	}
	return []byte(". " + procPath(f.fd) + "\n"), nil
}

func (f *sourceFile) close() {
	if f.open {
		unix.Close(f.fd)
		f.open = false
	}
}
