//go:build !linux

package reactor

import (
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// poller is poll(2): slower with many descriptors, and the same everywhere. It
// is level-triggered, which Handler's contract allows.
type poller struct {
	fds    []unix.PollFd
	gens   []uint32
	events []event
}

func (p *poller) open() error { return nil }
func (p *poller) close()      {}

func (p *poller) add(fd int, gen uint32) error {
	p.fds = append(p.fds, unix.PollFd{Fd: int32(fd), Events: unix.POLLIN})
	p.gens = append(p.gens, gen)
	return nil
}

func (p *poller) remove(fd int) {
	for i := range p.fds {
		if p.fds[i].Fd == int32(fd) {
			last := len(p.fds) - 1
			p.fds[i], p.gens[i] = p.fds[last], p.gens[last]
			p.fds, p.gens = p.fds[:last], p.gens[:last]
			return
		}
	}
}

func (p *poller) wait(d time.Duration) ([]event, error) {
	p.events = p.events[:0]
	n, err := unix.Poll(p.fds, milliseconds(d))
	if n <= 0 {
		return nil, err
	}
	for i := range p.fds {
		if p.fds[i].Revents != 0 {
			p.events = append(p.events, event{int(p.fds[i].Fd), p.gens[i]})
		}
	}
	return p.events, nil
}

// Pipe returns the two ends of a pipe that children do not inherit.
func Pipe() (r, w int, err error) {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	var p [2]int
	if err := unix.Pipe(p[:]); err != nil {
		return -1, -1, err
	}
	unix.CloseOnExec(p[0])
	unix.CloseOnExec(p[1])
	return p[0], p[1], nil
}
