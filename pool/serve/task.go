package serve

import (
	"fmt"
	"time"

	"xpool/pool"
	"xpool/pool/wire"
)

// task is one task of a stream. It is the Output of its own.
type task struct {
	stream *stream
	run    *wire.Run
	task   pool.Task
	input  *inputFile // nil unless it has standard input of its own
	files  *arrivals  // nil unless it needs some

	// Of the Server, which locks them.
	place     place
	submitted bool     // the pool has it
	asks      []func() // to be called when the pool has it

	// Of the stream, which locks them.
	recalled bool    // the near end wants it back
	stopped  bool    // or stopped
	hasBegun bool    // on a worker, once at least
	credit   int64   // bytes that may be sent
	held     []piece // of its output, that may not be sent yet
	resume   []func()
}

// piece is a part of what a task has printed.
type piece struct {
	stream pool.Stream
	data   []byte
}

// run is for a new task.
func (st *stream) run(m *wire.Run) error {
	t := &task{stream: st, run: m, credit: st.window, files: newArrivals(st.server.dir, m.Files)}
	t.task = pool.Task{
		Seq: m.Seq, First: m.Attempt, StallTimeout: m.Stall, MemLimit: m.MemLimit, Output: t,
		Payload: t.payload, Begun: t.begun, Done: t.done,
	}
	var err error
	if m.Input {
		t.input, err = newInputFile()
	}
	st.mu.Lock()
	_, twice := st.tasks[m.ID]
	if twice {
		st.mu.Unlock()
		t.input.remove()
		return fmt.Errorf("task %d is run twice", m.ID)
	}
	closed := st.closing || st.lost != nil || st.bereaved
	st.tasks[m.ID] = t
	st.mu.Unlock()
	switch {
	case closed:
		t.end(&wire.Returned{ID: m.ID})
	case err != nil:
		t.end(notBegun(m.ID, err))
	default:
		t.enqueueWhole()
	}
	return nil
}

// input is for a piece of a task's standard input.
func (st *stream) input(m *wire.Input) {
	t := st.find(m.ID)
	if t == nil || t.input == nil || t.input.whole {
		return
	}
	if err := t.input.add(m.Data, m.Last); err != nil {
		t.end(notBegun(m.ID, err))
		return
	}
	t.enqueueWhole()
}

// enqueueWhole has the task dealt if all has come that it needs.
func (t *task) enqueueWhole() {
	if t.files.whole() && (t.input == nil || t.input.whole) {
		t.enqueue()
	}
}

// enqueue has the task dealt.
func (t *task) enqueue() {
	if !t.stream.server.enqueue(t) {
		t.stream.part(t, &wire.Returned{ID: t.run.ID})
	}
}

// end is for a task that was not dealt, and will not be.
func (t *task) end(last wire.Message) {
	if t.stream.server.withdraw(t, func() {}) {
		t.stream.part(t, last)
	}
}

func (st *stream) recall(id int64) {
	if t := st.find(id); t != nil {
		t.recall()
	}
}

// recall gives the task back, if it has not begun.
func (t *task) recall() {
	t.stream.mu.Lock()
	t.recalled = true
	t.stream.mu.Unlock()
	p := t.stream.server.pool
	if t.stream.server.withdraw(t, func() { p.Recall(&t.task) }) {
		t.stream.part(t, &wire.Returned{ID: t.run.ID})
	}
}

func (st *stream) stop(m *wire.Stop) {
	if t := st.find(m.ID); t != nil {
		t.stop(m.Grace, steps(m.Steps))
	}
}

// stop ends the task.
func (t *task) stop(grace time.Duration, steps []pool.TermStep) {
	t.stream.mu.Lock()
	t.stopped = true
	t.stream.out.change.Broadcast() // it may be handing back what nobody waits for
	t.stream.mu.Unlock()
	p := t.stream.server.pool
	if t.stream.server.withdraw(t, func() { p.StopTask(&t.task, grace, steps...) }) {
		t.stream.part(t, &wire.Returned{ID: t.run.ID})
	}
}

// suspend stops what the stream's tasks run, or lets it go on. The pool is asked with
// the lock held, here and in begun: else what it is asked last might not be what was
// said last, and a task would stay stopped for ever.
func (st *stream) suspend(on bool) {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.suspended = on
	for _, t := range st.tasks {
		switch {
		case !t.hasBegun: // it is seen to when it does
		case on:
			st.server.pool.SuspendTask(&t.task)
		default:
			st.server.pool.ContinueTask(&t.task)
		}
	}
}

// payload is Task.Payload.
func (t *task) payload(pool.Place) (pool.Payload, error) {
	p := pool.Payload{Args: t.run.Args, Values: t.run.Values, InWorker: t.run.InWorker}
	if t.input != nil {
		p.Stdin = t.input.path
	}
	return p, nil
}

// begun is Task.Begun.
func (t *task) begun(b pool.Begun) {
	st := t.stream
	st.mu.Lock()
	defer st.mu.Unlock()
	st.out.put(&wire.Began{ID: t.run.ID, Pid: b.Pid, Slot: b.Slot})
	t.hasBegun = true
	if st.suspended {
		st.server.pool.SuspendTask(&t.task)
	}
}

// done is Task.Done.
func (t *task) done(r pool.Result) {
	t.stream.server.ends(t, r.End.Sub(r.Start))
	t.stream.finish(t, r)
}

// Write passes on what the task prints, as far as that may be sent.
func (t *task) Write(s pool.Stream, b []byte, resume func()) bool {
	st := t.stream
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.lost != nil {
		return true
	}
	if len(t.held) == 0 {
		b = b[t.send(s, b):]
	}
	if len(b) > 0 {
		t.held = append(t.held, piece{s, append([]byte(nil), b...)})
	}
	if t.free() {
		return true
	}
	t.resume = append(t.resume, resume)
	return false
}

// free tells whether the task may say more. If that is for the outbox to decide, it
// will be asked again. The lock is held.
func (t *task) free() bool {
	if !t.stream.out.room() {
		t.stream.blocked[t] = true
		return false
	}
	return len(t.held) == 0 && t.credit > 0
}

// send sends of b what may be sent, and returns how much that was. The lock is held.
func (t *task) send(s pool.Stream, b []byte) int {
	sent := 0
	for sent < len(b) && t.credit > 0 && t.stream.out.room() {
		n := min(len(b)-sent, wire.MaxData, int(min(t.credit, wire.MaxData)))
		t.stream.out.put(&wire.Output{ID: t.run.ID, Stream: uint8(s), Data: b[sent : sent+n]})
		t.credit -= int64(n)
		sent += n
	}
	return sent
}

// pump sends what may be sent of what was held, and returns what is to be called
// if the task may say more. The lock is held.
func (t *task) pump() (resume []func()) {
	for len(t.held) > 0 {
		p := &t.held[0]
		if p.data = p.data[t.send(p.stream, p.data):]; len(p.data) > 0 {
			break
		}
		t.held = t.held[1:]
	}
	if len(t.resume) > 0 && t.free() {
		resume, t.resume = t.resume, nil
	}
	return resume
}

// flush sends all that was held, whatever the credit: the task was stopped, and its
// reader is not waited for. The lock is held.
func (t *task) flush() {
	for _, p := range t.held {
		for len(p.data) > 0 {
			n := min(len(p.data), wire.MaxData)
			t.stream.out.put(&wire.Output{ID: t.run.ID, Stream: uint8(p.stream), Data: p.data[:n]})
			p.data = p.data[n:]
		}
	}
	t.held = nil
}

// unblock is for a task that nobody listens to any more.
func (t *task) unblock() {
	t.stream.mu.Lock()
	resume := t.resume
	t.held, t.resume = nil, nil
	t.stream.mu.Unlock()
	for _, f := range resume {
		f()
	}
}

// Reset drops what the task has printed.
func (t *task) Reset() {
	t.stream.mu.Lock()
	defer t.stream.mu.Unlock()
	t.held, t.resume = nil, nil
	t.stream.out.put(&wire.Reset{ID: t.run.ID})
}

// credit lets a task say more.
func (st *stream) credit(m *wire.Credit) {
	st.mu.Lock()
	t := st.tasks[m.ID]
	if t == nil || m.Bytes <= 0 {
		st.mu.Unlock()
		return
	}
	t.credit = min(t.credit+m.Bytes, creditMost)
	resume := t.pump()
	st.mu.Unlock()
	for _, f := range resume {
		f()
	}
}

// creditMost bounds the credit of a task, so that it can be counted.
const creditMost = 1 << 40
