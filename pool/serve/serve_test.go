package serve

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"xpool/crashdetect"
	"xpool/pool/wire"
)

// TestMain lets the test binary be a guard, too.
func TestMain(m *testing.M) {
	if len(os.Args) > 0 && os.Args[0] == crashdetect.GuardName {
		os.Exit(crashdetect.RunGuard())
	}
	goleak.VerifyTestMain(m)
}

// near is a near end that keeps what it is told.
type near struct {
	t     *testing.T
	conn  net.Conn
	ended chan error // how the far end was done with the stream
	read  sync.WaitGroup

	mu      sync.Mutex
	change  sync.Cond
	miserly bool // it gives no credit by itself
	tasks   map[int64]*heard
	others  []wire.Message // about no task
	err     error          // that ended the stream
}

// heard is what a near end was told of a task.
type heard struct {
	out, err bytes.Buffer
	began    []*wire.Began
	last     wire.Message // a Done or a Returned
}

// connect begins a conversation with what serve serves.
func connect(t *testing.T, serve func(io.ReadWriteCloser) error) *near {
	here, there := net.Pipe()
	n := &near{t: t, conn: here, ended: make(chan error, 1), tasks: map[int64]*heard{}}
	n.change.L = &n.mu
	n.read.Go(n.listen)
	n.read.Go(func() { n.ended <- serve(there) })
	t.Cleanup(func() {
		here.Close()
		n.read.Wait()
	})
	n.send(&wire.Hello{Program: "test"})
	return n
}

// agent begins a conversation with an agent.
func agent(t *testing.T) *near {
	return connect(t, func(c io.ReadWriteCloser) error { return Agent(c, Config{Hello: wire.Hello{Host: "there", CPUs: 2}}) })
}

// send sends messages; a stream that is at its end takes none.
func (n *near) send(all ...wire.Message) {
	n.t.Helper()
	var b []byte
	for _, m := range all {
		var err error
		if b, err = wire.Append(b, m); err != nil {
			n.t.Fatal(err)
		}
	}
	_, _ = n.conn.Write(b)
}

func (n *near) listen() {
	var d wire.Decoder
	buf := make([]byte, 100_000)
	for {
		count, err := n.conn.Read(buf)
		var credits []wire.Message
		bad := d.Feed(buf[:count], func(m wire.Message) error {
			credits = n.hear(m, credits)
			return nil
		})
		if err == nil {
			err = bad
		}
		if err != nil {
			n.mu.Lock()
			n.err = err
			n.change.Broadcast()
			n.mu.Unlock()
			return
		}
		if len(credits) > 0 {
			n.read.Go(func() { n.send(credits...) }) // whom we read is not to be waited for
		}
	}
}

// hear keeps a message, and adds the credit that it is worth.
func (n *near) hear(m wire.Message, credits []wire.Message) []wire.Message {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.change.Broadcast()
	switch m := m.(type) {
	case *wire.Output:
		h := n.task(m.ID)
		if m.Stream == 0 {
			h.out.Write(m.Data)
		} else {
			h.err.Write(m.Data)
		}
		if !n.miserly {
			credits = append(credits, &wire.Credit{ID: m.ID, Bytes: int64(len(m.Data))})
		}
	case *wire.Reset:
		h := n.task(m.ID)
		h.out.Reset()
		h.err.Reset()
	case *wire.Began:
		h := n.task(m.ID)
		h.began = append(h.began, m)
	case *wire.Done:
		n.end(m.ID, m)
	case *wire.Returned:
		n.end(m.ID, m)
	case *wire.Fetched:
		m.Data = bytes.Clone(m.Data)
		n.others = append(n.others, m)
	default:
		n.others = append(n.others, m)
	}
	return credits
}

// task returns what is known of a task, which is not over. n.mu is held.
func (n *near) task(id int64) *heard {
	h := n.tasks[id]
	if h == nil {
		h = &heard{}
		n.tasks[id] = h
	}
	if h.last != nil {
		n.t.Errorf("something comes about task %d, which is over", id)
	}
	return h
}

func (n *near) end(id int64, last wire.Message) { n.task(id).last = last }

// await waits until is true, which is called with n.mu held, and fails the test
// when the stream ends before.
func (n *near) await(what string, is func() bool) {
	n.t.Helper()
	timer := time.AfterFunc(time.Minute, func() {
		n.mu.Lock()
		defer n.mu.Unlock()
		n.err = errors.New("nothing of it within a minute")
		n.change.Broadcast()
	})
	defer timer.Stop()
	n.mu.Lock()
	defer n.mu.Unlock()
	for !is() {
		if n.err != nil {
			n.t.Fatalf("waiting for %s: %v, %+v", what, n.err, n.others)
		}
		n.change.Wait()
	}
}

// other waits for a message about no task.
func other[T wire.Message](n *near) (found T) {
	n.t.Helper()
	n.await("a message", func() bool {
		for _, m := range n.others {
			if m, ok := m.(T); ok {
				found = m
				return true
			}
		}
		return false
	})
	return found
}

// open opens a pool and waits until it is ready.
func (n *near) open(o *wire.Open) {
	n.t.Helper()
	if o.Window == 0 {
		o.Window = 100_000
	}
	n.send(o)
	other[*wire.Ready](n)
}

// began waits until a task has begun, and returns the last time that it did.
func (n *near) began(id int64) (began *wire.Began) {
	n.t.Helper()
	n.await("the beginning of a task", func() bool {
		if h := n.tasks[id]; h != nil && len(h.began) > 0 {
			began = h.began[len(h.began)-1]
		}
		return began != nil
	})
	return began
}

// over waits until a task is over, and returns its last message.
func (n *near) over(id int64) (h *heard) {
	n.t.Helper()
	n.await("the end of a task", func() bool {
		h = n.tasks[id]
		return h != nil && h.last != nil
	})
	return h
}

// done is over for a task that has run.
func (n *near) done(id int64) (string, *wire.Done) {
	n.t.Helper()
	h := n.over(id)
	d, ok := h.last.(*wire.Done)
	if !ok {
		n.t.Fatalf("task %d: %#v", id, h.last)
	}
	return h.out.String(), d
}

// bye ends the conversation in good order.
func (n *near) bye() {
	n.t.Helper()
	n.send(&wire.Bye{})
	other[*wire.Bye](n)
	if err := <-n.ended; err != nil {
		n.t.Errorf("the far end ended with %v", err)
	}
}
