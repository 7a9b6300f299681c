package serve

import (
	"sync"

	"xpool/pool/wire"
)

// Bounds of what waits to be written to a stream, in bytes.
const (
	outMost  = 1 << 20 // tasks are not read while there is more
	outWrite = 8 << 20 // nor is the stream itself: its answers would add up
)

// outbox is what waits to be written to a stream. Its lock is the stream's.
type outbox struct {
	stream *stream
	change sync.Cond // there is something to write, or room again, or the end
	buf    []byte    // to be written
	spare  []byte    // was written, and is used again
	flight int       // bytes that are being written
	ending bool      // the writer is to end when all is written
	gone   bool      // nobody takes it

	writer, reader sync.WaitGroup
}

func (o *outbox) init(st *stream) {
	o.stream = st
	o.change.L = &st.mu
}

// send has a message written. It does not block.
func (o *outbox) send(m wire.Message) {
	o.stream.mu.Lock()
	defer o.stream.mu.Unlock()
	o.put(m)
}

// put is send with the lock held.
func (o *outbox) put(m wire.Message) {
	if o.gone {
		return
	}
	b, err := wire.Append(o.buf, m)
	if err != nil { // it is for this end to see that its messages are small enough
		panic(err)
	}
	o.buf = b
	o.change.Broadcast()
}

// room tells whether tasks may say more. The lock is held.
func (o *outbox) room() bool { return o.gone || len(o.buf)+o.flight < outMost }

// await blocks while far too much waits to be written.
func (o *outbox) await() {
	o.stream.mu.Lock()
	defer o.stream.mu.Unlock()
	for len(o.buf)+o.flight > outWrite && !o.gone {
		o.change.Wait()
	}
}

// run is the writer's goroutine. It ends after finish, or when nobody takes what it
// writes.
func (o *outbox) run() {
	for {
		o.stream.mu.Lock()
		for len(o.buf) == 0 && !o.ending && !o.gone {
			o.change.Wait()
		}
		b := o.buf
		if len(b) == 0 || o.gone {
			o.stream.mu.Unlock()
			return
		}
		o.buf, o.spare, o.flight = o.spare[:0], nil, len(b)
		o.stream.mu.Unlock()
		_, err := o.stream.conn.Write(b)
		if err != nil {
			o.stream.lose(err)
			return
		}
		o.written(b)
	}
}

// written is for b, which was written: tasks that waited for that go on.
func (o *outbox) written(b []byte) {
	st := o.stream
	st.mu.Lock()
	if cap(b) <= 2*outMost {
		o.spare = b
	}
	o.flight = 0
	o.change.Broadcast()
	var resume []func()
	for t := range st.blocked {
		if !o.room() {
			break
		}
		delete(st.blocked, t)
		resume = append(resume, t.pump()...)
	}
	st.mu.Unlock()
	for _, f := range resume {
		f()
	}
}

// drop is for a stream that nobody reads any more.
func (o *outbox) drop() {
	o.stream.mu.Lock()
	defer o.stream.mu.Unlock()
	o.gone, o.buf, o.spare = true, nil, nil
	o.change.Broadcast()
}

// finish has the writer write what there is, and waits for its end.
func (o *outbox) finish() {
	o.stream.mu.Lock()
	o.ending = true
	o.change.Broadcast()
	o.stream.mu.Unlock()
	o.writer.Wait()
}
