package pool

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"xpool/crashdetect"
	"xpool/pool/wire"
)

// fakeFars are far ends that do what their tasks tell them, without a process. Each
// stream leads to a new one.
type fakeFars struct {
	byTask  map[string]farStep
	latency time.Duration  // of a message, each way
	refuse  map[string]int // hosts whose first so many streams end before they are ready
	reached bool           // those streams have come to somebody
	cpus    int            // that each says it has
	deaf    bool           // they do not take notice of Stop
	returns string         // a host that gives all tasks back

	started map[string]int // streams, by host
	runs    map[string]int // tasks, by host
	alive   int            // streams
	most    map[string]int // tasks that ran at once, by host
	stops   int
	recalls int
	resized []int
}

// farStep is what a fake far end does with a task.
type farStep struct {
	takes   time.Duration
	prints  int // bytes
	code    int
	dies    bool // the stream ends instead
	unbegun bool // before it said that the task began
	returns bool // it gives the task back
	stopped bool // it ends the task by itself, as when it was told to end
}

// fakeFar is one of them. It is a remoteStream, and runs on the pool's goroutine.
type fakeFar struct {
	fars    *fakeFars
	line    *remoteLine
	decoder wire.Decoder
	jobs    int                    // how many run at once
	tasks   map[int64]*fakeFarTask // that run
	queue   []*fakeFarTask         // that wait
	dead    bool

	said, sent [][]byte // under way; timers of the same time come in any order
}

// pop takes the first of a queue.
func pop(queue *[][]byte) []byte {
	b := (*queue)[0]
	*queue = (*queue)[1:]
	return b
}

type fakeFarTask struct {
	id     int64
	do     farStep
	event  *timer
	credit int64
}

func (k *fakeFars) connect(l *remoteLine) remoteStream {
	if k.started == nil {
		k.started, k.runs, k.most = map[string]int{}, map[string]int{}, map[string]int{}
	}
	f := &fakeFar{fars: k, line: l, tasks: map[int64]*fakeFarTask{}}
	k.alive++
	name := l.host.Name
	k.started[name]++
	if k.started[name] <= k.refuse[name] {
		l.reached = k.reached
		f.after(k.latency, func() { f.end(errors.New("refused")) })
		return f
	}
	f.say(&wire.Hello{Host: name, CPUs: k.cpus})
	return f
}

// after calls fn later, unless the stream has ended.
func (f *fakeFar) after(d time.Duration, fn func()) *timer {
	return f.line.pool.timers.after(d, func() {
		if !f.dead {
			fn()
		}
	})
}

// say sends a message.
func (f *fakeFar) say(m wire.Message) {
	b, err := wire.Append(nil, m)
	if err != nil {
		panic(err)
	}
	f.said = append(f.said, b)
	f.after(f.fars.latency, func() { f.line.fed(pop(&f.said)) })
}

func (f *fakeFar) write(b []byte) {
	f.sent = append(f.sent, append([]byte(nil), b...))
	f.after(f.fars.latency, func() {
		if err := f.decoder.Feed(pop(&f.sent), f.hear); err != nil {
			panic(err)
		}
	})
}

func (f *fakeFar) unsent() int { return 0 }
func (f *fakeFar) pid() int    { return 0 }
func (f *fakeFar) release()    {}
func (f *fakeFar) kill()       { f.line.pool.timers.after(0, func() { f.end(nil) }) }

func (f *fakeFar) end(how error) {
	if !f.dead {
		f.dead = true
		f.fars.alive--
		f.line.ended(how, "")
	}
}

// hear takes a message of the near end.
func (f *fakeFar) hear(m wire.Message) error {
	switch m := m.(type) {
	case *wire.Open:
		f.jobs = m.Jobs
		f.say(&wire.Ready{})
	case *wire.Run:
		f.run(m)
	case *wire.Stop:
		f.fars.stops++
		if t := f.tasks[m.ID]; t != nil && !f.fars.deaf {
			f.finish(t, crashdetect.Verdict{Kind: crashdetect.Stopped})
		}
		f.giveBack(m.ID)
	case *wire.Recall:
		f.fars.recalls++
		f.giveBack(m.ID)
	case *wire.Credit:
		if t := f.tasks[m.ID]; t != nil {
			t.credit += m.Bytes
			f.print(t)
		}
	case *wire.Resize:
		f.jobs = m.Jobs
		f.begin()
		f.fars.resized = append(f.fars.resized, m.Jobs)
	case *wire.Ping:
		f.say(&wire.Pong{Number: m.Number})
	case *wire.Bye:
		f.say(&wire.Bye{})
		f.after(f.fars.latency, func() { f.end(nil) })
	}
	return nil
}

func (f *fakeFar) run(m *wire.Run) {
	k, name := f.fars, f.line.host.Name
	t := &fakeFarTask{id: m.ID, do: k.byTask[m.Args[0]], credit: remoteWindow}
	k.runs[name]++
	if t.do.returns || name == k.returns {
		f.say(&wire.Returned{ID: t.id})
		return
	}
	f.queue = append(f.queue, t)
	f.begin()
}

// begin begins what there is a slot for.
func (f *fakeFar) begin() {
	for len(f.queue) > 0 && len(f.tasks) < f.jobs {
		t := f.queue[0]
		f.queue = f.queue[1:]
		f.tasks[t.id] = t
		f.fars.most[f.line.host.Name] = max(f.fars.most[f.line.host.Name], len(f.tasks))
		if !t.do.unbegun {
			f.say(&wire.Began{ID: t.id, Pid: 7})
		}
		t.event = f.after(t.do.takes, func() { f.print(t) })
	}
}

// giveBack gives a task back that has not begun.
func (f *fakeFar) giveBack(id int64) {
	if i := slices.IndexFunc(f.queue, func(t *fakeFarTask) bool { return t.id == id }); i >= 0 {
		f.queue = slices.Delete(f.queue, i, i+1)
		f.say(&wire.Returned{ID: id})
	}
}

// print prints as much as is allowed, and then ends the task.
func (f *fakeFar) print(t *fakeFarTask) {
	for t.do.prints > 0 && t.credit > 0 {
		n := int(min(int64(t.do.prints), t.credit, wire.MaxData))
		f.say(&wire.Output{ID: t.id, Data: make([]byte, n)})
		t.do.prints -= n
		t.credit -= int64(n)
	}
	switch {
	case t.do.prints > 0:
	case t.do.dies:
		f.end(errors.New("died"))
	case t.do.stopped:
		f.finish(t, crashdetect.Verdict{Kind: crashdetect.Stopped})
	case t.do.code > 0:
		f.finish(t, crashdetect.Verdict{Kind: crashdetect.Exit, Exited: true, Code: t.do.code})
	default:
		f.finish(t, crashdetect.Verdict{})
	}
}

func (f *fakeFar) finish(t *fakeFarTask, v crashdetect.Verdict) {
	f.line.pool.timers.stop(t.event)
	delete(f.tasks, t.id)
	f.say(&wire.Done{ID: t.id, Pid: 7, Verdict: v, Took: t.do.takes})
	f.begin()
}

// remoteBench is a pool of hosts a, b and so on with so many slots each.
func remoteBench(t *testing.T, k *fakeFars, r *Remote, o Options, slots []int, f func(b *bench)) {
	t.Helper()
	for i, n := range slots {
		r.Hosts = append(r.Hosts, RemoteHost{Name: string(rune('a' + i)), Slots: n})
	}
	r.connect = k.connect
	r.Inner = &Program{}
	synctest.Test(t, func(t *testing.T) {
		p := newPool(r, o)
		p.host = fakeHost{make(chan struct{}, 1)}
		go p.run()
		f(&bench{t: t, pool: p, results: map[int64]Result{}})
		<-p.done
		if k.alive != 0 {
			t.Errorf("%d streams are left", k.alive)
		}
	})
}

// collector is an Output that keeps what it is given, and takes a break now and then.
type collector struct {
	got    int
	resets int
	breaks time.Duration
}

func (c *collector) Write(_ Stream, b []byte, resume func()) bool {
	c.got += len(b)
	if c.breaks == 0 {
		return true
	}
	time.AfterFunc(c.breaks, resume)
	return false
}

func (c *collector) Reset() { c.got = 0; c.resets++ }

func (b *bench) expect(seq int64, want crashdetect.Kind, detail string) {
	b.t.Helper()
	r, ok := b.results[seq]
	if !ok || r.Verdict.Kind != want || detail != "" && r.Verdict.Detail != detail {
		b.t.Errorf("task %d: %v (%q), want %v (%q)", seq, r.Verdict, r.Verdict.Detail, want, detail)
	}
}

func name(i int) string { return fmt.Sprint(i) }
