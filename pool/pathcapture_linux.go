package pool

import (
	"fmt"
	"os"
)

// pathCapture is a capture that a worker opens by path: through /proc the end for
// reading leads to one for writing. Nobody else holds that, so that the end of
// file shows when an attempt's last writer has gone.
type pathCapture struct {
	*capture
	paths [streams]string
}

func newPathCapture(p *Pool) (*pathCapture, error) {
	c, ends, err := newCapture(p, true)
	if err != nil {
		return nil, err
	}
	closeAll(ends)
	pc := &pathCapture{capture: c}
	for i, s := range c.streams {
		pc.paths[i] = procPath(s.fd)
	}
	return pc, nil
}

// procPath is where another process of the same user finds a descriptor of ours.
func procPath(fd int) string { return fmt.Sprintf("/proc/%d/fd/%d", os.Getpid(), fd) }

// withoutPaths is for a worker that has the pipes open by itself.
func withoutPaths(c *capture) *pathCapture { return &pathCapture{capture: c} }
