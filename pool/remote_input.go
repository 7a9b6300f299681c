package pool

import (
	"math"
	"os"

	"golang.org/x/sys/unix"

	"xpool/crashdetect"
	"xpool/pool/wire"
)

// remoteInput is what goes to the far end with an attempt, one after the other: files,
// and its standard input. A nil remoteInput is nothing.
type remoteInput struct {
	line    *remoteLine
	job     *remoteJob // nil for the files that all attempts need
	files   []File
	stdin   string // path; "" is none
	index   int    // of what is sent now: in files, or behind them
	mode    int    // of the file
	fd      int    // of that; -1 when all was read
	watched bool
	dry     bool // nothing is there to be read now
}

// inputAhead is how many bytes wait to be taken by the stream at the most before more
// is read of the tasks' input.
const inputAhead = 4 * wire.MaxData

// start opens the first of what is sent, of which nothing is read yet. There is one
// at least.
func (in *remoteInput) start() error {
	if in.job != nil {
		in.job.end = math.MaxInt64 // it cannot begin until all has been sent
	}
	return in.open()
}

// open opens what is sent next.
func (in *remoteInput) open() (err error) {
	path := in.stdin
	if in.index < len(in.files) {
		path = in.files[in.index].Here
	}
	in.fd, err = unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		in.fd = -1
		return &os.PathError{Op: "open", Path: path, Err: err}
	}
	if in.index < len(in.files) {
		in.mode, err = regularMode(in.fd, path)
	}
	return err
}

// proceed is for the end of what was sent.
func (in *remoteInput) proceed() {
	in.close()
	in.watched, in.dry = false, false
	in.index++
	switch {
	case in.index < len(in.files) || in.index == len(in.files) && in.stdin != "":
		if err := in.open(); err != nil {
			in.fail(err)
		}
	case in.job != nil:
		in.job.end = in.line.sent
	default:
		in.line.becomeReady()
	}
}

// message is the next piece, as it is sent.
func (in *remoteInput) message(b []byte) wire.Message {
	var id int64
	if in.job != nil {
		id = in.job.id
	}
	if in.index < len(in.files) {
		return &wire.File{ID: id, Index: in.index, Mode: in.mode, Last: len(b) == 0, Data: b}
	}
	return &wire.Input{ID: id, Last: len(b) == 0, Data: b}
}

// pump sends of the tasks' input what there is room for, a piece of each in turn.
func (l *remoteLine) pump() {
	for sent := true; sent && !l.over; {
		sent = l.base != nil && l.stream.unsent() < inputAhead && l.base.send()
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
	l := in.line
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
	l.send(in.message(l.piece[:n]))
	if n == 0 {
		in.proceed()
	}
	return true
}

// wait has more read when there is more.
func (in *remoteInput) wait() {
	in.dry = true
	if in.watched {
		return
	}
	l := in.line
	err := l.pool.reactor.Add(in.fd, func() bool {
		in.dry = false
		l.pump()
		return false
	})
	if in.watched = err == nil; err != nil {
		in.fail(err)
	}
}

// fail ends the attempt, which cannot get what it needs. Without what all need, there is
// nothing that could be run.
func (in *remoteInput) fail(err error) {
	j := in.job
	if j == nil {
		in.close()
		in.line.pool.breakDown(err)
		return
	}
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
		in.line.pool.reactor.Remove(in.fd)
	}
	unix.Close(in.fd)
	in.fd = -1
}
