package child

import (
	"os"
	"os/signal"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"

	"xpool/pool/reactor"
)

// sigchld tells the end of children where the system has no descriptor for a
// process: the signal says that some child ended, and each is asked.
type sigchld struct {
	reactor *reactor.Reactor
	waiting map[*Process]func()
	signals chan os.Signal
	r, w    int
	relay   sync.WaitGroup // the goroutine that turns signals into bytes
}

func newSigchld(r *reactor.Reactor) (*sigchld, error) {
	s := &sigchld{reactor: r, waiting: map[*Process]func(){}, signals: make(chan os.Signal, 1)}
	var err error
	if s.r, s.w, err = reactor.Pipe(); err != nil {
		return nil, err
	}
	unix.SetNonblock(s.r, true)
	unix.SetNonblock(s.w, true)
	if err := r.Add(s.r, s.check); err != nil {
		unix.Close(s.r)
		unix.Close(s.w)
		return nil, err
	}
	signal.Notify(s.signals, syscall.SIGCHLD)
	s.relay.Go(func() {
		for range s.signals {
			unix.Write(s.w, []byte{0})
		}
	})
	return s, nil
}

// add asks once at once: p may have ended before the signal was watched.
func (s *sigchld) add(p *Process, h func()) {
	s.waiting[p] = h
	unix.Write(s.w, []byte{0})
}

func (s *sigchld) check() bool {
	var b [64]byte
	n, _ := unix.Read(s.r, b[:])
	for p, h := range s.waiting {
		if p.poll() {
			delete(s.waiting, p)
			h()
		}
	}
	return n == len(b)
}

func (s *sigchld) close() {
	signal.Stop(s.signals)
	close(s.signals)
	s.relay.Wait()
	s.reactor.Remove(s.r)
	unix.Close(s.r)
	unix.Close(s.w)
}
