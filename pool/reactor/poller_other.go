//go:build !linux || xpool_poll

// The tag xpool_poll has this file used on Linux too, to test it there.

package reactor

import (
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// poller is poll(2): slower with many descriptors, and the same everywhere. It
// is level-triggered, which Handler's contract allows for reading. What can be
// written is so most of the time; it is not watched from the moment at which that
// was told until a write has found no room. Such a descriptor stands in fds as its
// complement, a negative number, which poll(2) passes over.
type poller struct {
	fds    []unix.PollFd
	gens   []uint32
	events []event
}

func (p *poller) open() error { return nil }
func (p *poller) close()      {}

func (p *poller) add(fd int, i interest, gen uint32) error {
	events := int16(unix.POLLIN)
	if i == toWrite {
		events = unix.POLLOUT
	}
	p.fds = append(p.fds, unix.PollFd{Fd: int32(fd), Events: events})
	p.gens = append(p.gens, gen)
	return nil
}

// find returns the index of fd, or -1.
func (p *poller) find(fd int) int {
	for i := range p.fds {
		if f := p.fds[i].Fd; f == int32(fd) || f == ^int32(fd) {
			return i
		}
	}
	return -1
}

func (p *poller) blocked(fd int) {
	if i := p.find(fd); i >= 0 {
		p.fds[i].Fd = int32(fd)
	}
}

func (p *poller) remove(fd int) {
	if i := p.find(fd); i >= 0 {
		last := len(p.fds) - 1
		p.fds[i], p.gens[i] = p.fds[last], p.gens[last]
		p.fds, p.gens = p.fds[:last], p.gens[:last]
	}
}

func (p *poller) wait(d time.Duration) ([]event, error) {
	p.events = p.events[:0]
	n, err := unix.Poll(p.fds, milliseconds(d))
	if n <= 0 {
		return nil, err
	}
	for i := range p.fds {
		f := &p.fds[i]
		if f.Revents == 0 {
			continue
		}
		p.events = append(p.events, event{int(f.Fd), p.gens[i], f.Revents&(unix.POLLHUP|unix.POLLERR) != 0})
		if f.Events == unix.POLLOUT {
			f.Fd = ^f.Fd
		}
	}
	return p.events, nil
}

// Pipe returns the two ends of a pipe that children do not inherit, or -1 twice.
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
