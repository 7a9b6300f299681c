package pool

import (
	"golang.org/x/sys/unix"

	"xpool/pool/reactor"
)

// coInput is the pipe for a worker's requests, of which both ends are kept: what
// is left in it tells what the worker has read. The worker never sees its input
// fail, and neither does this side.
type coInput struct {
	reactor *reactor.Reactor
	w       int    // -1 once it is closed
	r       int    // -1 if there is none
	apart   bool   // r does not block, unlike the worker's own end
	watched bool   // the reactor tells when w has room again
	lazy    bool   // what is written waits for a push
	unsent  []byte // for which there was no room, or no push
	buf     []byte // reused for that
	empty   bool   // all was read when it was last looked, and nothing was sent since
}

// pipeAtOnce is how much is written to a pipe at once or not at all: PIPE_BUF of
// Linux. Elsewhere it does not matter, as nothing is sent ahead.
const pipeAtOnce = 4096

// open makes the pipe and returns the worker's end, which is the caller's to
// close.
func (in *coInput) open(r *reactor.Reactor) (theirs int, err error) {
	in.reactor = r
	theirs, in.w, err = reactor.Pipe()
	if err != nil {
		return -1, err
	}
	if err = unix.SetNonblock(in.w, true); err == nil {
		if in.r, in.apart = openApart(theirs); !in.apart {
			in.r, err = unix.FcntlInt(uintptr(theirs), unix.F_DUPFD_CLOEXEC, 0)
		}
	}
	if err != nil {
		unix.Close(theirs)
		return -1, err
	}
	return theirs, nil
}

// write sends b, of which it makes a copy, now as far as there is room, and the rest
// as the worker reads.
func (in *coInput) write(b []byte) {
	in.empty = false
	if len(in.unsent) == 0 {
		in.unsent = in.buf[:0]
	}
	in.unsent = append(in.unsent, b...)
	in.buf = in.unsent
	if !in.lazy {
		in.push()
	}
}

// push has what is unsent written.
func (in *coInput) push() {
	if len(in.unsent) == 0 {
		return
	}
	in.flush()
	if len(in.unsent) > 0 && !in.watched {
		// Without memory to watch it, room is looked for whenever unread is asked.
		in.watched = in.reactor.AddWriter(in.w, in.flush) == nil
	}
}

func (in *coInput) flush() (again bool) {
	for len(in.unsent) > 0 && in.w >= 0 {
		n, err := unix.Write(in.w, in.unsent)
		if n > 0 {
			in.unsent = in.unsent[n:]
		}
		if err == unix.EAGAIN {
			if in.watched {
				in.reactor.Blocked(in.w)
			}
			return false
		}
		if err != nil && err != unix.EINTR {
			in.unsent = nil // there is nobody to read it
		}
	}
	if cap(in.buf) > requestKept && len(in.unsent) == 0 {
		in.buf = nil
	}
	return false
}

// unread returns how much of what was written the worker has not read, in bytes.
func (in *coInput) unread() int {
	if in.empty {
		return 0
	}
	if len(in.unsent) > 0 && !in.watched {
		in.flush()
	}
	n, err := unix.IoctlGetInt(in.r, fionread)
	if err != nil {
		return 0
	}
	n += len(in.unsent)
	in.empty = n == 0
	return n
}

// takeBack takes one of the last requests back that were written, whose sizes these
// are: the first that the worker has not begun to read. It returns its index, or -1
// if there is none. Of all others the worker finds what it found.
func (in *coInput) takeBack(sizes []int) int {
	if !in.apart {
		return -1
	}
	left := in.drain()
	i, start := len(sizes), len(left)
	for i > 0 && start >= sizes[i-1] {
		i--
		start -= sizes[i]
	}
	if i == len(sizes) {
		in.restore(left)
		return -1
	}
	in.restore(append(left[:start], left[start+sizes[i]:]...))
	return i
}

// drain takes all that the worker has not read, which is no more than two requests
// that can be taken back.
func (in *coInput) drain() []byte {
	left := make([]byte, 2*pipeAtOnce, 2*pipeAtOnce+len(in.unsent))
	n, err := unix.Read(in.r, left)
	for err == unix.EINTR {
		n, err = unix.Read(in.r, left)
	}
	left = append(left[:max(n, 0)], in.unsent...)
	in.unsent = nil
	return left
}

// restore puts back what is left of what was drained.
func (in *coInput) restore(left []byte) {
	in.empty = len(left) == 0
	in.unsent = left
	in.push()
}

// release ends the worker's input.
func (in *coInput) release() {
	if in.w >= 0 {
		if in.watched {
			in.reactor.Remove(in.w)
		}
		unix.Close(in.w)
		in.w = -1
	}
}

func (in *coInput) close() {
	in.release()
	if in.r >= 0 {
		unix.Close(in.r)
		in.r = -1
	}
}
