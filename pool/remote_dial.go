package pool

import (
	"context"
	"os"

	"golang.org/x/sys/unix"
)

// remoteSocket is a stream that is a socket. Until it is connected, which a goroutine
// of its own sees to, what is written is kept.
type remoteSocket struct {
	line   *remoteLine
	cancel context.CancelFunc // ends the connecting
	fd     int                // for reading; -1 before and after
	input  remoteWriter       // has another descriptor of the same socket
	dialed bool               // the goroutine has ended
	killed bool
	over   bool
}

// dialRemote begins to connect. The goroutine ends when dial returns, for which the
// line waits.
func dialRemote(l *remoteLine, dial func(context.Context) (RemoteConn, error)) *remoteSocket {
	s := &remoteSocket{line: l, fd: -1}
	s.input = remoteWriter{reactor: l.pool.reactor, fd: -1, socket: true, drained: l.pump}
	var ctx context.Context
	ctx, s.cancel = context.WithCancel(context.Background())
	go func() {
		conn, err := dial(ctx)
		l.pool.post(func() { s.connected(conn, err) })
	}()
	return s
}

// connected takes over what was dialed.
func (s *remoteSocket) connected(conn RemoteConn, err error) {
	s.cancel()
	s.dialed = true
	if err != nil {
		s.end(err)
		return
	}
	s.line.reached = true
	defer conn.Close()
	if s.killed {
		s.end(nil)
		return
	}
	w := -1
	if s.fd, w, err = duplicates(conn); err != nil {
		s.end(err)
		return
	}
	s.input.open(w)
	if err := s.line.pool.reactor.Add(s.fd, s.read); err != nil {
		s.end(err)
	}
}

// duplicates returns two descriptors of the connection's file.
func duplicates(conn RemoteConn) (r, w int, err error) {
	r, w = -1, -1
	raw, err := conn.SyscallConn()
	if err != nil {
		return r, w, err
	}
	var failed error
	err = raw.Control(func(fd uintptr) {
		if r, failed = unix.FcntlInt(fd, unix.F_DUPFD_CLOEXEC, 0); failed != nil {
			return
		}
		if w, failed = unix.FcntlInt(fd, unix.F_DUPFD_CLOEXEC, 0); failed != nil {
			unix.Close(r)
			return
		}
		failed = unix.SetNonblock(r, true)
	})
	if err == nil && failed != nil {
		err = os.NewSyscallError("fcntl", failed)
	}
	if err != nil {
		r, w = -1, -1
	}
	return r, w, err
}

// read is the handler of the socket.
func (s *remoteSocket) read() (again bool) {
	p := s.line.pool
	for range readsAtOnce {
		if s.fd < 0 || s.killed {
			return false
		}
		n, err := unix.Read(s.fd, p.buf)
		switch {
		case n > 0:
			s.line.fed(p.buf[:n])
		case err == unix.EINTR:
		case err == unix.EAGAIN:
			return false
		case err != nil:
			s.end(os.NewSyscallError("read", err))
			return false
		default:
			s.end(nil)
			return false
		}
	}
	return true
}

func (s *remoteSocket) write(b []byte) { s.input.write(b) }
func (s *remoteSocket) unsent() int    { return len(s.input.unsent) }
func (s *remoteSocket) release()       { s.input.release() }
func (s *remoteSocket) pid() int       { return 0 }

// kill ends the stream: now, but it is told later.
func (s *remoteSocket) kill() {
	s.killed = true
	s.cancel()
	if s.dialed {
		s.line.pool.post(func() { s.end(nil) })
	}
}

// end gives all back.
func (s *remoteSocket) end(how error) {
	if s.over {
		return
	}
	s.over = true
	s.line.ended(how, "")
	s.input.close()
	if s.fd >= 0 {
		s.line.pool.reactor.Remove(s.fd)
		unix.Close(s.fd)
		s.fd = -1
	}
}
