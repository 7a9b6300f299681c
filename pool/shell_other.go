//go:build !linux

package pool

import (
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// fionread is FIONREAD of <sys/filio.h>, the same on macOS and the BSDs.
const fionread = 0x4004667f

// shellCapture is a capture that a shell opens by path: two named pipes in a
// directory of their own, which is gone as soon as the attempt is over. Without
// a way to see that all writers have gone, they serve one attempt.
type shellCapture struct {
	*capture
	paths [streams]string
	dir   string
	hold  [streams]int // ends for writing, so that there is no end of file before the task
}

func (w *shellWorker) prepareCapture() error {
	if w.capture != nil {
		w.capture.close()
		w.capture = nil
	}
	dir, err := os.MkdirTemp("", "xpool-")
	if err != nil {
		return err
	}
	c := &shellCapture{capture: &capture{pool: w.slot.pool}, dir: dir, hold: [streams]int{-1, -1}}
	for i := range c.streams {
		c.streams[i].fd = -1
	}
	for i, name := range [streams]string{"out", "err"} {
		c.paths[i] = filepath.Join(dir, name)
		if err := c.openFIFO(Stream(i)); err != nil {
			c.close()
			return err
		}
	}
	w.capture = c
	return nil
}

func (c *shellCapture) openFIFO(i Stream) error {
	if err := unix.Mkfifo(c.paths[i], 0o600); err != nil {
		return &os.PathError{Op: "mkfifo", Path: c.paths[i], Err: err}
	}
	fd, err := unix.Open(c.paths[i], unix.O_RDONLY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return &os.PathError{Op: "open", Path: c.paths[i], Err: err}
	}
	c.streams[i].fd = fd
	if c.hold[i], err = unix.Open(c.paths[i], unix.O_WRONLY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0); err != nil {
		return &os.PathError{Op: "open", Path: c.paths[i], Err: err}
	}
	return nil
}

func (c *shellCapture) end(over func()) {
	closeAll(c.hold)
	c.hold = [streams]int{-1, -1}
	c.capture.end(over)
}

func (c *shellCapture) close() {
	closeAll(c.hold)
	c.hold = [streams]int{-1, -1}
	os.RemoveAll(c.dir)
	c.capture.close()
}

// sourceFile is of no use here: all commands go through the pipe.
type sourceFile struct{}

func (*sourceFile) shorten(command []byte) ([]byte, error) { return command, nil }
func (*sourceFile) close()                                 {}
