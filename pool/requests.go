package pool

import "golang.org/x/sys/unix"

// requestMost is the size of a message. A longer request is sent in several, and
// never ahead of need. A socket's buffer has room for many of this size.
const requestMost = 4 << 10

// release ends the worker's requests.
func (r *requests) release() {
	if r.ours >= 0 {
		unix.Close(r.ours)
		r.ours = -1
	}
}

func (r *requests) close() {
	r.release()
	if r.theirs >= 0 {
		unix.Close(r.theirs)
		r.theirs = -1
	}
}
