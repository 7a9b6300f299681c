package pool

import (
	"math"
	"os"

	"golang.org/x/sys/unix"

	"xpool/crashdetect"
	"xpool/pool/wire"
)

// remoteInput is the standard input of an attempt, on its way to the far end. A nil
// remoteInput is none.
type remoteInput struct {
	job     *remoteJob
	fd      int // -1 when all was read
	watched bool
	dry     bool // nothing is there to be read now
}

// inputAhead is how many bytes wait to be taken by the stream at the most before more
// is read of the tasks' input.
const inputAhead = 4 * wire.MaxData

// openRemoteInput opens the file, of which nothing is read yet.
func openRemoteInput(j *remoteJob, path string) (*remoteInput, error) {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: path, Err: err}
	}
	j.end = math.MaxInt64 // it cannot begin until all has been sent
	return &remoteInput{job: j, fd: fd}, nil
}

// pump sends of the tasks' input what there is room for, a piece of each in turn.
func (l *remoteLine) pump() {
	for sent := true; sent && !l.over; {
		sent = false
		for i := 0; i < len(l.seats); i++ { // one whose input fails may leave
			w := l.seats[i]
			if w.job == nil || w.job.input == nil || l.stream.unsent() >= inputAhead {
				continue
			}
			sent = w.job.input.send() || sent
		}
	}
}

// send sends the next piece, and tells whether it did.
func (in *remoteInput) send() bool {
	if in.fd < 0 || in.dry {
		return false
	}
	l := in.job.line
	if l.piece == nil {
		l.piece = make([]byte, wire.MaxData)
	}
	n, err := unix.Read(in.fd, l.piece)
	switch {
	case err == unix.EINTR:
		return true
	case err == unix.EAGAIN:
		in.wait()
		return false
	case err != nil:
		in.fail(err)
		return false
	}
	l.send(&wire.Input{ID: in.job.id, Last: n == 0, Data: l.piece[:n]})
	if n == 0 {
		in.job.end = l.sent
		in.close()
	}
	return true
}

// wait has more read when there is more.
func (in *remoteInput) wait() {
	in.dry = true
	if in.watched {
		return
	}
	l := in.job.line
	err := l.pool.reactor.Add(in.fd, func() bool {
		in.dry = false
		l.pump()
		return false
	})
	if in.watched = err == nil; err != nil {
		in.fail(err)
	}
}

// fail ends the attempt, which cannot get what it is to read.
func (in *remoteInput) fail(err error) {
	j := in.job
	j.line.send(&wire.Stop{ID: j.id})
	j.forget()
	j.seat.job = nil
	j.seat.slot.over(ended{how: crashdetect.End{StartErr: err}})
}

func (in *remoteInput) close() {
	if in == nil || in.fd < 0 {
		return
	}
	if in.watched {
		in.job.line.pool.reactor.Remove(in.fd)
	}
	unix.Close(in.fd)
	in.fd = -1
}
