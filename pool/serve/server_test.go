package serve

import (
	"fmt"
	"io"
	"testing"
	"time"

	"xpool/pool/wire"
)

// shared returns a Server and what connects to it. The Server is closed at the end
// of the test.
func shared(t *testing.T) (*Server, func() *near) {
	s := NewServer(Config{})
	t.Cleanup(func() { _ = s.Close(0) })
	return s, func() *near {
		return connect(t, func(c io.ReadWriteCloser) error { return s.Serve(c) })
	}
}

// dealing is a Server without a pool, of which the test says what the dealer does.
func dealing(jobs int, pace time.Duration, wants ...int) (s *Server, streams []*stream) {
	s = NewServer(Config{})
	s.jobs, s.pace = jobs, pace
	for _, jobs := range wants {
		st := &stream{server: s, jobs: jobs}
		s.streams = append(s.streams, st)
		streams = append(streams, st)
	}
	return s, streams
}

// fill gives a stream tasks to be dealt.
func (st *stream) fill(n int) {
	for range n {
		st.queue = append(st.queue, &task{stream: st, place: atQueue})
	}
}

// dealtNow deals what can be dealt, and tells which stream each task is of.
func dealtNow(s *Server, streams []*stream) (order string, tasks []*task) {
	for t := s.pick(); t != nil; t = s.pick() {
		for i, st := range streams {
			if st == t.stream {
				order += fmt.Sprint(i)
			}
		}
		tasks = append(tasks, t)
	}
	return order, tasks
}

func TestDealer(t *testing.T) {
	const long = time.Second
	for _, c := range []struct {
		name  string
		jobs  int
		pace  time.Duration
		wants []int
		fill  []int
		want  string
	}{
		{"one", 3, 0, []int{3}, []int{9}, "000"},
		{"one with short tasks", 2, time.Millisecond, []int{2}, []int{99}, fmt.Sprintf("%034d", 0)},
		{"in turn", 6, long, []int{6, 6, 6}, []int{9, 9, 9}, "012012"},
		{"few", 6, long, []int{6, 6, 6}, []int{9, 1, 0}, "010000"},
		{"who wants less", 6, long, []int{1, 6}, []int{9, 9}, "011111"},
		{"who wants less of short tasks", 4, time.Millisecond, []int{1, 4}, []int{9, 2}, "011"},
		{"none", 6, long, []int{6}, []int{0}, ""},
	} {
		s, streams := dealing(c.jobs, c.pace, c.wants...)
		for i, n := range c.fill {
			streams[i].fill(n)
		}
		if got, _ := dealtNow(s, streams); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

// A stream that comes late gets the next slots that fall free, until it has as
// many as the other one.
func TestDealerLateComer(t *testing.T) {
	s, streams := dealing(4, time.Second, 4, 4)
	streams[0].fill(20)
	_, tasks := dealtNow(s, streams)
	streams[1].fill(20)
	got := ""
	for _, ended := range tasks {
		s.ends(ended, time.Second)
		order, _ := dealtNow(s, streams)
		got += order
	}
	if want := "1100"; got != want {
		t.Errorf("then the streams got %s, want %s", got, want)
	}
	if a, b := streams[0].inPool, streams[1].inPool; a != 2 || b != 2 {
		t.Errorf("%d and %d tasks run", a, b)
	}
}

// Streams that come and go share one pool, and each gets what is its own.
func TestManyStreams(t *testing.T) {
	_, connect := shared(t)
	var all []*near
	for range 8 {
		n := connect()
		n.open(&wire.Open{Key: "k", Kind: &wire.Shell{Path: "sh", Body: `echo "$1"`}, Jobs: 2})
		all = append(all, n)
	}
	for id := range int64(40) {
		for i, n := range all {
			n.send(&wire.Run{ID: id, Seq: id, Args: []string{fmt.Sprint(i, " ", id)}})
		}
	}
	all[7].conn.Close() // it takes only its own along
	for i, n := range all[:7] {
		for id := range int64(40) {
			if out, d := n.done(id); out != fmt.Sprint(i, " ", id, "\n") || !d.Verdict.OK() {
				t.Errorf("stream %d, task %d: %q, %v", i, id, out, d.Verdict)
			}
		}
		n.bye()
	}
	if err := <-all[7].ended; err == nil {
		t.Error("a stream that was lost ended well")
	}
	n := connect()
	n.send(&wire.Open{Key: "other", Kind: &wire.Program{}})
	if got := other[*wire.Broken](n).Failure.Text; got != "the pool that is served is another one" {
		t.Error(got)
	}
	n.bye()
}

// A stream that nobody reads holds up no other one.
func TestUnreadStream(t *testing.T) {
	s, connect := shared(t)
	o := wire.Open{Kind: &wire.Program{}, Jobs: 2, Window: 1 << 30}
	deaf := connect()
	first := o
	deaf.open(&first)
	deaf.mu.Lock() // from now on it does not read
	deaf.send(&wire.Run{ID: 1, Args: []string{"cat", "/dev/zero"}})
	n := connect()
	n.open(&o)
	for id := range int64(20) {
		n.send(&wire.Run{ID: id, Args: []string{"echo", fmt.Sprint(id)}})
		if out, d := n.done(id); out != fmt.Sprintln(id) || !d.Verdict.OK() {
			t.Errorf("task %d: %q, %v", id, out, d.Verdict)
		}
	}
	s.mu.Lock()
	st := s.streams[0]
	s.mu.Unlock()
	st.mu.Lock()
	if size := len(st.out.buf) + st.out.flight; size > outMost+2*wire.MaxData {
		t.Errorf("%d bytes wait to be written", size)
	}
	st.mu.Unlock()
	n.bye()
	deaf.conn.Close()
	deaf.mu.Unlock()
	if err := <-deaf.ended; err == nil {
		t.Error("a stream that was lost ended well")
	}
}

// The pool has as many slots as the stream wants that wants the most, and another
// one takes what it may have.
func TestServerJobs(t *testing.T) {
	s, connect := shared(t)
	jobs := func() int {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.jobs
	}
	one, two := connect(), connect()
	one.open(&wire.Open{Kind: &wire.Program{}, Jobs: 2})
	two.open(&wire.Open{Kind: &wire.Program{}, Jobs: 5})
	if jobs() != 5 {
		t.Errorf("%d slots for 2 and 5", jobs())
	}
	one.send(&wire.Resize{Jobs: 7}, &wire.Ping{})
	other[*wire.Pong](one)
	if jobs() != 7 {
		t.Errorf("%d slots for 7 and 5", jobs())
	}
	one.bye()
	if jobs() != 5 {
		t.Errorf("%d slots for 5", jobs())
	}
	two.bye()
	if jobs() != 5 {
		t.Errorf("%d slots for none", jobs())
	}
}

// A Server that is closed ends what runs, and takes no streams any more.
func TestServerClose(t *testing.T) {
	s, connect := shared(t)
	n := connect()
	n.open(&wire.Open{Kind: &wire.Program{}, Jobs: 1})
	n.send(&wire.Run{ID: 1, Args: []string{"sleep", "60"}})
	n.began(1)
	if err := s.Close(time.Second); err != nil {
		t.Error(err)
	}
	if err := <-n.ended; err == nil {
		t.Error("its stream ended well")
	}
	late := connect()
	late.send(&wire.Open{Kind: &wire.Program{}})
	other[*wire.Broken](late)
	late.bye()
}
