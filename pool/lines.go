package pool

import (
	"bytes"

	"golang.org/x/sys/unix"

	"xpool/pool/reactor"
)

// lineMost bounds what is kept of a line that does not end.
const lineMost = 4 << 10

// lineReader calls a function for each line that comes through a pipe, on the
// reactor's goroutine, and drops what is too long of a line. A nil lineReader
// can be drained and closed.
type lineReader struct {
	reactor *reactor.Reactor
	fd      int
	line    func([]byte) // the line is valid during the call, without its newline
	part    []byte       // of a line, read already
	buf     [512]byte
}

// newLineReader makes the pipe and returns its end for writing, which is the
// caller's to close.
func newLineReader(r *reactor.Reactor, line func([]byte)) (l *lineReader, w int, err error) {
	fd, w, err := reactor.Pipe()
	if err != nil {
		return nil, -1, err
	}
	unix.SetNonblock(fd, true)
	l = &lineReader{reactor: r, fd: fd, line: line}
	if err := r.Add(fd, l.read); err != nil {
		unix.Close(fd)
		unix.Close(w)
		return nil, -1, err
	}
	return l, w, nil
}

func (l *lineReader) read() (again bool) {
	for range readsAtOnce {
		if l.fd < 0 { // a line has led to its end
			return false
		}
		n, err := unix.Read(l.fd, l.buf[:])
		switch {
		case err == unix.EINTR:
		case n > 0:
			l.take(l.buf[:n])
		default:
			return false
		}
	}
	return true
}

func (l *lineReader) take(b []byte) {
	for {
		i := bytes.IndexByte(b, '\n')
		if i < 0 {
			break
		}
		line := b[:i]
		if len(l.part) > 0 {
			line = append(l.part, line...)
			l.part = l.part[:0]
		}
		l.line(line)
		b = b[i+1:]
	}
	l.part = append(l.part, b[:min(len(b), lineMost-min(lineMost, len(l.part)))]...)
}

// drain reads what is there now; the last line need not have ended.
func (l *lineReader) drain() {
	if l == nil {
		return
	}
	for l.read() {
	}
	if len(l.part) > 0 {
		part := l.part
		l.part = nil
		l.line(part)
	}
}

func (l *lineReader) close() {
	if l != nil && l.fd >= 0 {
		l.reactor.Remove(l.fd)
		unix.Close(l.fd)
		l.fd = -1
	}
}
