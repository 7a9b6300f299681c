//go:build !linux

package pool

import (
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// pathCapture is a capture that a worker opens by path: two named pipes in a
// directory of their own, which is gone with the capture.
type pathCapture struct {
	*capture
	paths [streams]string
	dir   string
	hold  [streams]int // ends for writing, so that there is no end of file before the task
}

func newPathCapture(p *Pool) (*pathCapture, error) {
	dir, err := os.MkdirTemp("", "xpool-")
	if err != nil {
		return nil, err
	}
	c := &pathCapture{capture: &capture{pool: p, reusable: true}, dir: dir, hold: [streams]int{-1, -1}}
	for i := range c.streams {
		c.streams[i].fd = -1
	}
	for i, name := range [streams]string{"out", "err"} {
		c.paths[i] = filepath.Join(dir, name)
		if err := c.openFIFO(Stream(i)); err != nil {
			c.close()
			return nil, err
		}
	}
	return c, nil
}

func (c *pathCapture) openFIFO(i Stream) error {
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

func (c *pathCapture) end(over func()) {
	closeAll(c.hold)
	c.hold = [streams]int{-1, -1}
	c.capture.end(over)
}

func (c *pathCapture) close() {
	closeAll(c.hold)
	c.hold = [streams]int{-1, -1}
	os.RemoveAll(c.dir)
	c.capture.close()
}

// withoutPaths is for a worker that has the pipes open by itself.
func withoutPaths(c *capture) *pathCapture {
	return &pathCapture{capture: c, hold: [streams]int{-1, -1}}
}
