//go:build !xpool_poll

package reactor

import (
	"time"

	"golang.org/x/sys/unix"
)

// poller is epoll, edge-triggered: a pipe without a writer, which would be
// ready for ever, is told once.
type poller struct {
	fd     int
	raw    [128]unix.EpollEvent
	events [128]event
}

func (p *poller) open() (err error) {
	p.fd, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	return err
}

func (p *poller) close() { unix.Close(p.fd) }

func (p *poller) add(fd int, i interest, gen uint32) error {
	events := uint32(unix.EPOLLIN | unix.EPOLLRDHUP)
	if i == toWrite {
		events = unix.EPOLLOUT
	}
	e := unix.EpollEvent{
		Events: events | unix.EPOLLET&0xffffffff,
		Fd:     int32(fd),
		Pad:    int32(gen),
	}
	return unix.EpollCtl(p.fd, unix.EPOLL_CTL_ADD, fd, &e)
}

// blocked has nothing to do: that there is room again is an edge.
func (p *poller) blocked(int) {}

func (p *poller) remove(fd int) {
	// The only error is that fd is not there, which is what is wanted.
	_ = unix.EpollCtl(p.fd, unix.EPOLL_CTL_DEL, fd, nil)
}

func (p *poller) wait(d time.Duration) ([]event, error) {
	n, err := unix.EpollWait(p.fd, p.raw[:], milliseconds(d))
	if n <= 0 {
		return nil, err
	}
	for i, e := range p.raw[:n] {
		p.events[i] = event{int(e.Fd), uint32(e.Pad), e.Events&(unix.EPOLLHUP|unix.EPOLLRDHUP|unix.EPOLLERR) != 0}
	}
	return p.events[:n], nil
}

// Pipe returns the two ends of a pipe that children do not inherit, or -1 twice: who
// gives back what he has after an error must not close descriptor 0.
func Pipe() (r, w int, err error) {
	var p [2]int
	if err := unix.Pipe2(p[:], unix.O_CLOEXEC); err != nil {
		return -1, -1, err
	}
	return p[0], p[1], nil
}
