package reuse

import (
	"context"
	"math"
	"net"
	"os"
	"sync"
	"time"
)

// Work is what a server does for its callers. Its methods may be called from any goroutine.
type Work interface {
	// Serve serves one call until its stream ends, or until the other end or Over says so. The stream is the caller's.
	Serve(stream *net.UnixConn)

	// Counts returns the number of slots, and of workers that are alive.
	Counts() (slots, workers int)

	// Over is closed when no more calls can be served. Those that there are come to their end.
	Over() <-chan struct{}

	// Close ends it, with all calls that there are if they have not ended, and waits until nothing is left of it.
	Close()
}

// server is a server that runs. Run's goroutine owns all of it but what the trailing comments say.
//
//	accepting ---> greeted ---> a call, served by Work
//	    |
//	    | idle, asked to, SIGTERM, Work is over
//	    v
//	draining: no socket, no listener; the calls that there are go on
//	    |
//	    | the last one is over, or a second SIGTERM
//	    v
//	ended
type server struct {
	commandLine
	directory *Directory        // set before the start
	listener  *net.UnixListener // set before the start
	socket    fileID            // set before the start
	work      Work              // set before the start
	events    chan func()       // what others have the owner do
	ended     chan struct{}     // closed when nobody takes events any more
	others    sync.WaitGroup    // the goroutines that accept and serve
	began     time.Time         // set before the start
	quiet     time.Time         // when the last call ended
	running   int               // calls
	calls     int               // running, and those that were
	greeting  map[*net.UnixConn]bool
	stopping  []*net.UnixConn // wait for the end
	draining  bool
}

func newServer(c commandLine, d *Directory, l *net.UnixListener, w Work) *server {
	now := time.Now()
	return &server{
		commandLine: c, directory: d, listener: l, socket: d.identify(c.identity), work: w,
		events: make(chan func()), ended: make(chan struct{}), began: now, quiet: now, greeting: map[*net.UnixConn]bool{},
	}
}

// run serves until the end. A value from signals is to end it in good order, a second one at once.
func (s *server) run(signals <-chan os.Signal) {
	s.others.Go(s.accept)
	idle := time.NewTimer(s.patience())
	defer idle.Stop()
	over := s.work.Over()
	for !s.draining || s.running > 0 {
		select {
		case f := <-s.events:
			f()
			idle.Reset(s.patience())
		case <-idle.C:
			if s.running == 0 && len(s.greeting) == 0 {
				s.drain()
			}
		case <-over:
			over = nil
			s.drain()
		case <-signals:
			if s.draining {
				s.running = 0
			}
			s.drain()
		}
	}
	s.end()
}

// patience is how long the server is to be idle from now on before it ends. Whoever started it has some time for its call in
// any case.
func (s *server) patience() time.Duration {
	switch {
	case s.idle <= 0:
		return math.MaxInt64
	case s.calls == 0:
		return max(s.idle, replyPatience) - time.Since(s.quiet)
	}
	return s.idle - time.Since(s.quiet)
}

// end is the last of run: nothing of the server is left but those who wait for its end, who hear of it when the process is
// no more.
func (s *server) end() {
	close(s.ended)
	for conn := range s.greeting {
		conn.Close()
	}
	s.work.Close()
	s.others.Wait()
}

// drain takes no more calls.
func (s *server) drain() {
	if s.draining {
		return
	}
	s.draining = true
	// With the lock nobody takes the socket for that of a server which was killed, and removes the one of the next server.
	unlock, err := s.directory.lock(context.Background())
	if err == nil {
		defer unlock()
	}
	if s.directory.identify(s.identity) == s.socket {
		_ = s.directory.remove(s.identity) // else the next one does
	}
	s.listener.Close()
}

// tell has f called by the owner, and tells whether it was.
func (s *server) tell(f func()) bool {
	done := make(chan struct{})
	select {
	case s.events <- func() { f(); close(done) }:
		<-done
		return true
	case <-s.ended:
		return false
	}
}

// accept takes connections until the listener is closed.
func (s *server) accept() {
	for {
		conn, err := s.listener.AcceptUnix()
		if err != nil {
			// Without descriptors there will be none for the next one either: the server ends, and what calls there are go on.
			s.tell(s.drain)
			return
		}
		ok := s.tell(func() {
			if s.draining {
				conn.Close()
				return
			}
			s.greeting[conn] = true
			s.others.Go(func() { s.greet(conn) })
		})
		if !ok {
			conn.Close()
			return
		}
	}
}

// greet reads what is asked on a connection, and does it.
func (s *server) greet(conn *net.UnixConn) {
	ask, err := s.read(conn)
	keep := false
	s.tell(func() {
		delete(s.greeting, conn)
		if err == nil {
			keep = s.answer(conn, ask)
		}
	})
	if !keep {
		conn.Close()
		return
	}
	if ask != AskCall {
		return // end holds it
	}
	s.work.Serve(conn)
	conn.Close()
	s.tell(func() {
		s.running--
		s.quiet = time.Now()
	})
}

// read reads a request; who must not ask gets no answer, or is told so.
func (s *server) read(conn *net.UnixConn) (Ask, error) {
	if _, err := checkPeer(conn); err != nil {
		return "", err
	}
	if err := conn.SetDeadline(time.Now().Add(replyPatience)); err != nil {
		return "", err
	}
	line, err := readLine(conn)
	if err != nil {
		return "", err
	}
	r, err := parseRequest(line)
	if err != nil {
		_ = writeLine(conn, Reply{Version: protocolVersion, Error: err.Error()}) // if it listens
	}
	return r.Ask, err
}

// answer replies, and tells whether the connection is still needed.
func (s *server) answer(conn *net.UnixConn, what Ask) bool {
	reply := Reply{Version: protocolVersion}
	switch {
	case what == AskCall && s.draining:
		return false // another server is to be asked
	case what == AskStop:
		s.drain()
		fallthrough
	case what == AskInfo:
		reply.Info = s.info()
	}
	// The reply is far smaller than what a socket takes without being read.
	if writeLine(conn, reply) != nil || conn.SetDeadline(time.Time{}) != nil {
		return false
	}
	switch what {
	case AskCall:
		s.running++
		s.calls++
		return true
	case AskStop:
		s.stopping = append(s.stopping, conn)
		return true
	}
	return false
}

func (s *server) info() *Info {
	slots, workers := s.work.Counts()
	info := &Info{
		Name: s.name, Pid: os.Getpid(), Command: s.command, Slots: slots, Workers: workers,
		Running: s.running, Calls: s.calls, Age: time.Since(s.began),
	}
	if s.running == 0 {
		info.Idle = time.Since(s.quiet)
	}
	return info
}
