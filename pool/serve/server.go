package serve

import (
	"context"
	"errors"
	"io"
	"os"
	"sync"
	"time"

	"xpool/crashdetect"
	"xpool/pool"
	"xpool/pool/wire"
)

// Config is what a far end is told by the program that it is a part of.
type Config struct {
	// Hello is what other ends are told.
	Hello wire.Hello

	// Env is the environment of the workers, before the changes that Open asks for;
	// nil means the process's own.
	Env []string

	// Subreaper, Spare and Guard are those of pool.Options.
	Subreaper bool
	Spare     func(pid int) bool
	Guard     string
}

// Server runs one pool for several streams. Its methods may be called from any
// goroutine.
type Server struct {
	config Config

	mu      sync.Mutex
	work    sync.Cond     // something may be dealt, or the dealer is to end
	pool    *pool.Pool    // nil until the first stream opens it
	key     string        // what it was opened with
	noAhead bool          // so was this
	dir     string        // of the workers, absolute
	base    []string      // files in it that are removed in the end
	ownDir  bool          // so is dir itself
	jobs    int           // slots that it has
	streams []*stream     // that have opened it and are not over
	turn    uint64        // counts the tasks that were dealt
	inPool  int           // how many of these are not over
	pace    time.Duration // what the last tasks took, as a moving average; 0 before any
	ended   bool          // the pool is no more, or is to be none
	closed  bool          // Close was called

	broken error          // why the pool is no more; set before over is closed
	over   chan struct{}  // closed when the pool has ended
	own    sync.WaitGroup // the Server's goroutines
}

// NewServer returns a Server without a pool: the first stream says what it is to
// be. The caller must Close it.
func NewServer(c Config) *Server {
	s := &Server{config: c, over: make(chan struct{})}
	s.work.L = &s.mu
	return s
}

// Agent serves one stream to its end, with a pool that ends with it. It returns
// when nothing of that is left: nil after a Bye, else why the stream was lost. It
// closes conn, whose Close has to end a Read and a Write.
func Agent(conn io.ReadWriteCloser, c Config) error {
	s := NewServer(c)
	st := newStream(s, conn)
	err := st.converse()
	if err == nil {
		s.finish()
		st.farewell()
	} else {
		_ = s.Close(st.grace) // nobody is there who could be told why it broke
	}
	st.close()
	return err
}

// Serve serves one stream to its end. It returns when none of its tasks is left:
// nil after a Bye, else why the stream was lost. It closes conn, whose Close has to end
// a Read and a Write.
func (s *Server) Serve(conn io.ReadWriteCloser) error {
	st := newStream(s, conn)
	err := st.converse()
	if err == nil {
		st.farewell()
	}
	st.close()
	return err
}

// Close ends the pool now, with all that runs in it, which gets SIGTERM, and SIGKILL
// after grace. Streams that are still there end without a Bye. It returns when nothing is
// left of the pool: nil, or why that broke down before. No stream can be served
// afterwards.
func (s *Server) Close(grace time.Duration) error {
	s.mu.Lock()
	s.closed = true
	streams, p := append([]*stream(nil), s.streams...), s.pool
	s.mu.Unlock()
	for _, st := range streams {
		st.lose(errClosed)
	}
	if p != nil {
		p.Stop(grace)
		<-s.over
	}
	s.own.Wait()
	return s.broken
}

// finish ends a pool whose tasks are all over, in good order.
func (s *Server) finish() {
	s.mu.Lock()
	s.closed = true
	p := s.pool
	s.mu.Unlock()
	if p != nil {
		p.Close()
		<-s.over
	}
	s.own.Wait()
}

var errClosed = errors.New("the server has been stopped")

// otherKeyError says that a stream wants another pool than the one that there is.
type otherKeyError struct{}

func (otherKeyError) Error() string { return "the pool that is served is another one" }

// open gives a stream its part in the pool, and makes that for the first one.
func (s *Server) open(st *stream, o *wire.Open) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closed:
		return errClosed
	case s.pool == nil:
		if err := s.start(o); err != nil {
			return err
		}
	case s.key != o.Key:
		return otherKeyError{}
	}
	if s.ended {
		return orElse(s.broken, errClosed)
	}
	st.jobs = max(1, o.Jobs)
	s.streams = append(s.streams, st)
	s.resize()
	return nil
}

func orElse(err, other error) error {
	if err != nil {
		return err
	}
	return other
}

// start makes the pool. s.mu is held.
func (s *Server) start(o *wire.Open) error {
	kind, err := s.kind(o.Kind)
	if err != nil {
		return err
	}
	env := s.config.Env
	if env == nil {
		env = os.Environ()
	}
	opts := options(o, env)
	opts.Subreaper, opts.Spare, opts.Guard = s.config.Subreaper, s.config.Spare, s.config.Guard
	if s.dir, s.ownDir, err = workDir(o.Dir); err != nil {
		return err
	}
	if opts.Dir != "" {
		opts.Dir = s.dir
	}
	p, err := pool.New(kind, opts)
	if err != nil {
		s.removeOwn()
		return err
	}
	if o.Remove {
		s.base = o.Files
	}
	s.pool, s.key, s.noAhead, s.jobs = p, o.Key, o.NoAhead, opts.Jobs
	s.own.Go(s.deal)
	s.own.Go(s.await)
	return nil
}

// await sees the pool to its end.
func (s *Server) await() {
	err := s.pool.Wait()
	s.removeOwn()
	s.mu.Lock()
	s.ended, s.broken = true, err
	streams := append([]*stream(nil), s.streams...)
	s.work.Broadcast()
	s.mu.Unlock()
	for _, st := range streams {
		st.bereave(err)
	}
	close(s.over)
}

// removeOwn removes what is to go with the pool.
func (s *Server) removeOwn() {
	removeFiles(s.dir, s.base)
	if s.ownDir {
		os.RemoveAll(s.dir)
	}
}

// resize gives the pool as many slots as the stream wants that wants the most;
// without any stream it stays as it is. s.mu is held.
func (s *Server) resize() {
	jobs := 0
	for _, st := range s.streams {
		jobs = max(jobs, st.jobs)
	}
	if jobs > 0 && jobs != s.jobs {
		s.jobs = jobs
		s.pool.Resize(jobs)
	}
	s.work.Signal()
}

// setJobs is for a stream that wants another number of slots.
func (s *Server) setJobs(st *stream, jobs int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	st.jobs = max(1, jobs)
	s.resize()
}

// leave is for a stream none of whose tasks is left.
func (s *Server) leave(st *stream) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, other := range s.streams {
		if other == st {
			s.streams = append(s.streams[:i:i], s.streams[i+1:]...)
			s.resize()
			return
		}
	}
}

// forEach calls f for every stream that there is.
func (s *Server) forEach(f func(*stream)) {
	s.mu.Lock()
	streams := append([]*stream(nil), s.streams...)
	s.mu.Unlock()
	for _, st := range streams {
		f(st)
	}
}

// stoppedResult is that of a task which never came to the pool.
func stoppedResult(seq int64) pool.Result {
	return pool.Result{Seq: seq, Verdict: crashdetect.Verdict{Kind: crashdetect.Stopped}}
}

// submit gives the pool a task that was dealt.
func (s *Server) submit(t *task) {
	if err := s.pool.Submit(context.Background(), &t.task); err != nil {
		t.done(stoppedResult(t.task.Seq))
		return
	}
	s.mu.Lock()
	t.submitted = true
	asks := t.asks
	t.asks = nil
	s.mu.Unlock()
	for _, ask := range asks {
		ask()
	}
}
