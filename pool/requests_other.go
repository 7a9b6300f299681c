//go:build !linux

package pool

import (
	"golang.org/x/sys/unix"

	"xpool/pool/reactor"
)

// requests carries requests to a worker through a pipe.
type requests struct {
	ours, theirs int
}

func openRequests() (*requests, error) {
	r, w, err := reactor.Pipe()
	if err != nil {
		return nil, err
	}
	if err := unix.SetNonblock(w, true); err != nil {
		unix.Close(r)
		unix.Close(w)
		return nil, err
	}
	return &requests{ours: w, theirs: r}, nil
}

// canTakeBack tells that head and take find nothing: a pipe has no messages, so
// that nothing is sent ahead either.
const canTakeBack = false

func (*requests) head([]byte) []byte { return nil }
func (*requests) take([]byte) []byte { return nil }

// send sends a request, of no more than a pipe takes at once. The error is EAGAIN
// if there is no room for it now.
func (r *requests) send(b []byte) error {
	_, err := unix.Write(r.ours, b)
	return err
}
