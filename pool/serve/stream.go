package serve

import (
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"xpool/crashdetect"
	"xpool/pool"
	"xpool/pool/wire"
)

// stream is one near end.
//
//	     Hello          Open            Bye, or the pool broke   the last task is over
//	(new) ----> greeted ----> open ----------------> closing ----------------> over
//	  |            |            |                       |
//	  +------------+------------+-----------------------+--> lost: its tasks are stopped
type stream struct {
	server *Server
	conn   io.ReadWriteCloser
	out    outbox

	// What Open said; set by the reader, before there is a task.
	opened   bool
	window   int64         // of each task
	base     *arrivals     // the files of all tasks
	patience *time.Timer   // nil if it is without end
	wait     time.Duration // how long it is

	// Of the Server, which locks them.
	jobs     int     // slots that it wants
	queue    []*task // to be dealt, in order
	inPool   int     // how many of its tasks were dealt and are not over
	lastTurn uint64  // when one was dealt last

	mu        sync.Mutex
	grace     time.Duration   // for what is stopped because the stream is lost
	steps     []pool.TermStep // the same
	tasks     map[int64]*task // that are not over
	parked    []parting       // that the pool has stopped by itself, until it is known why
	blocked   map[*task]bool  // that wait for room in out
	suspended bool
	closing   bool           // no more tasks come
	bereaved  bool           // the pool is no more
	lost      error          // why there is no near end any more
	over      chan struct{}  // closed when it is closing, or lost, and has no task
	back      sync.WaitGroup // of handBack, for each task whose files go back
	isOver    bool
}

// parting is a task and its last message.
type parting struct {
	task *task
	last wire.Message
}

func newStream(s *Server, conn io.ReadWriteCloser) *stream {
	st := &stream{server: s, conn: conn, tasks: map[int64]*task{}, blocked: map[*task]bool{}, over: make(chan struct{})}
	st.out.init(st)
	return st
}

// ErrHungUp is why a stream is lost that came to its end between two messages, without
// a Bye.
var ErrHungUp = errors.New("the other end hung up")

var errImpatient = errors.New("nothing came from the other end for too long")

// converse speaks with the near end until none of its tasks is left: nil after a
// Bye, else why the stream was lost. The writer runs on.
func (st *stream) converse() error {
	st.out.writer.Go(st.out.run)
	st.out.send(&st.server.config.Hello)
	st.out.reader.Go(func() { st.lose(st.read()) })
	<-st.over
	st.mu.Lock()
	err := st.lost
	st.mu.Unlock()
	if err != nil {
		st.out.reader.Wait() // it may be about to open the stream yet
	}
	st.server.leave(st)
	return err
}

// farewell is what is said when all is over.
func (st *stream) farewell() { st.out.send(&wire.Bye{}) }

// close writes what is left to write, closes the connection and ends both
// goroutines.
func (st *stream) close() {
	st.out.finish()
	st.conn.Close()
	st.out.reader.Wait()
	st.back.Wait()
	st.base.drop()
	if st.patience != nil {
		st.patience.Stop()
	}
}

// read is the reader's goroutine. It returns why it has ended.
func (st *stream) read() error {
	var d wire.Decoder
	buf := make([]byte, wire.MaxData)
	for {
		n, err := st.conn.Read(buf)
		if st.patience != nil && n > 0 {
			st.patience.Reset(st.wait)
		}
		if err := d.Feed(buf[:n], st.handle); err != nil {
			if _, ok := errors.AsType[*wire.VersionError](err); ok {
				st.out.finish() // by our Hello the other end finds out, too
			}
			return err
		}
		switch {
		case err == io.EOF:
			if err := d.Close(); err != nil {
				return err
			}
			return ErrHungUp
		case err != nil:
			return err
		}
		st.out.await()
	}
}

// handle does what a message asks for.
func (st *stream) handle(m wire.Message) error {
	switch m := m.(type) {
	case *wire.Hello:
		return nil
	case *wire.Open:
		return st.open(m)
	case *wire.Ping:
		st.out.send(&wire.Pong{Number: m.Number})
		return nil
	case *wire.Bye:
		st.end()
		return nil
	}
	if !st.opened {
		return fmt.Errorf("%T comes before Open", m)
	}
	switch m := m.(type) {
	case *wire.Run:
		return st.run(m)
	case *wire.Input:
		st.input(m)
	case *wire.File:
		st.file(m)
	case *wire.Recall:
		st.recall(m.ID)
	case *wire.Stop:
		st.stop(m)
	case *wire.Suspend:
		st.suspend(true)
	case *wire.Continue:
		st.suspend(false)
	case *wire.Resize:
		st.server.setJobs(st, m.Jobs)
	case *wire.Credit:
		st.credit(m)
	default:
		return fmt.Errorf("%T is for the near end", m)
	}
	return nil
}

func (st *stream) open(o *wire.Open) error {
	if st.opened {
		return errors.New("it is opened twice")
	}
	st.opened = true
	st.window = max(1, o.Window)
	st.mu.Lock()
	st.grace, st.steps = o.KillAfter, steps(o.TermSeq)
	if o.Patience > 0 {
		st.wait = o.Patience
		st.patience = time.AfterFunc(o.Patience, func() { st.impatient(o.Patience) })
	}
	st.mu.Unlock()
	if err := st.server.open(st, o); err != nil {
		st.refuse(err)
		return nil
	}
	st.base = newArrivals(st.server.dir, o.Files)
	st.out.send(&wire.Ready{})
	return nil
}

// impatient ends a stream of which nothing was heard for so long, unless it is
// suspended.
func (st *stream) impatient(patience time.Duration) {
	st.mu.Lock()
	suspended, over := st.suspended, st.isOver
	st.mu.Unlock()
	switch {
	case over:
		st.conn.Close() // it does not read either
	case suspended:
		st.patience.Reset(patience)
	default:
		st.lose(errImpatient)
	}
}

// brokenBy says why there is no pool.
func brokenBy(err error) *wire.Broken {
	if broken, ok := errors.AsType[*pool.BrokenError](err); ok {
		return &wire.Broken{Failure: wire.FailureOf(broken.Err), Workers: true, Words: broken.Words}
	}
	return &wire.Broken{Failure: wire.FailureOf(err)}
}

// end is the near end's Bye.
func (st *stream) end() {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.closing = true
	st.check()
}

// check ends the stream when nothing is left to do. st.mu is held.
func (st *stream) check() {
	if (st.closing || st.lost != nil) && len(st.tasks) == 0 && !st.isOver {
		st.isOver = true
		close(st.over)
	}
}

// lose is for a stream without a near end: its tasks are ended, with their trees.
// It may be called again, and when all is over.
func (st *stream) lose(err error) {
	st.mu.Lock()
	if st.lost != nil || st.isOver {
		st.mu.Unlock()
		return
	}
	st.lost = err
	tasks := st.all()
	parked, grace, steps := st.parked, st.grace, st.steps
	st.parked = nil
	st.check()
	st.mu.Unlock()
	st.conn.Close() // the writer is not to wait for anybody
	st.out.drop()
	for _, p := range parked {
		st.part(p.task, p.last)
	}
	for _, t := range tasks {
		t.unblock()
		t.stop(grace, steps)
	}
}

// bereave is for a stream whose pool is no more, because of err if it broke down.
func (st *stream) bereave(err error) {
	st.mu.Lock()
	st.bereaved = true
	parked := st.parked
	st.parked = nil
	tasks := st.all()
	st.out.put(brokenBy(orElse(err, errClosed)))
	st.mu.Unlock()
	for _, p := range parked {
		st.part(p.task, p.last)
	}
	for _, t := range tasks {
		t.recall()
	}
}

// part says the last message about a task.
func (st *stream) part(t *task, last wire.Message) {
	st.mu.Lock()
	if st.tasks[t.run.ID] != t {
		st.mu.Unlock()
		return
	}
	t.input.remove()
	t.files.drop()
	delete(st.blocked, t)
	if st.lost == nil {
		t.flush()
		st.out.put(last)
	}
	delete(st.tasks, t.run.ID)
	st.check()
	st.mu.Unlock()
}

// finish is for a task that is over in the pool.
func (st *stream) finish(t *task, r pool.Result) {
	var last wire.Message = doneBy(t.run.ID, r)
	stopped := r.Verdict.Kind == crashdetect.Stopped
	returned := stopped && r.Slot == 0
	if returned {
		last = &wire.Returned{ID: t.run.ID}
	}
	st.mu.Lock()
	if asked := t.stopped || t.recalled && returned; stopped && !asked && !st.bereaved && st.lost == nil {
		// By the pool itself, which is about to break down, and then says why.
		st.parked = append(st.parked, parting{t, last})
		st.mu.Unlock()
		return
	}
	st.mu.Unlock()
	if len(t.run.Return) > 0 || t.run.Remove {
		st.back.Go(func() { t.handBack(last, r.Slot > 0) })
		return
	}
	st.part(t, last)
}

// find returns a task that is not over, or nil.
func (st *stream) find(id int64) *task {
	st.mu.Lock()
	defer st.mu.Unlock()
	return st.tasks[id]
}

// all returns the tasks that are not over. st.mu is held.
func (st *stream) all() []*task {
	all := make([]*task, 0, len(st.tasks))
	for _, t := range st.tasks {
		all = append(all, t)
	}
	return all
}
