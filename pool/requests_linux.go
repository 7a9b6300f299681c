package pool

import (
	"golang.org/x/sys/unix"
)

// requests carries requests to a worker, each as a message of its own, so that
// one which the worker has not read can be taken back whole.
type requests struct {
	ours, theirs int // theirs is kept: what is left in it has not been read
}

func openRequests() (*requests, error) {
	p, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	if err := unix.SetNonblock(p[0], true); err != nil {
		unix.Close(p[0])
		unix.Close(p[1])
		return nil, err
	}
	return &requests{ours: p[0], theirs: p[1]}, nil
}

// canTakeBack tells whether head and take work.
const canTakeBack = true

// head returns the beginning of the oldest message that has not been read, in
// buf, or nil if there is none.
func (r *requests) head(buf []byte) []byte {
	n, _, err := unix.Recvfrom(r.theirs, buf, unix.MSG_PEEK|unix.MSG_DONTWAIT)
	if err != nil || n <= 0 {
		return nil
	}
	return buf[:n]
}

// take removes the oldest message that has not been read and returns its
// beginning, or nil.
func (r *requests) take(buf []byte) []byte {
	n, _, err := unix.Recvfrom(r.theirs, buf, unix.MSG_DONTWAIT)
	if err != nil || n <= 0 {
		return nil
	}
	return buf[:n]
}

// send sends one message. The error is EAGAIN if there is no room for it now.
func (r *requests) send(b []byte) error { return unix.Sendto(r.ours, b, unix.MSG_NOSIGNAL, nil) }
