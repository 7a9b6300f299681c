package serve

import (
	"errors"
	"fmt"
	"io"
	"math/rand"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"xpool/crashdetect"
	"xpool/pool/wire"
)

// A stream that is lost, whenever that is and however, takes its tasks along, and
// nothing of the agent is left.
func TestLoss(t *testing.T) {
	for _, c := range []struct {
		name  string
		until func(n *near)
		want  string
	}{
		{"before all", func(n *near) {}, ""},
		{"after Open", func(n *near) { n.open(&wire.Open{Kind: &wire.Program{}}) }, ""},
		{"with half an input", func(n *near) {
			n.open(&wire.Open{Kind: &wire.Program{}})
			n.send(&wire.Run{ID: 1, Args: []string{"cat"}, Input: true}, &wire.Input{ID: 1, Data: []byte("half")})
		}, ""},
		{"while tasks run and wait", func(n *near) {
			n.open(&wire.Open{Kind: &wire.Shell{Path: "sh", Body: "sleep 60 & sleep 60"}, Jobs: 2})
			for id := range int64(9) {
				n.send(&wire.Run{ID: id})
			}
			n.began(1)
		}, ""},
		{"while nothing is read", func(n *near) {
			n.miserly = true
			n.open(&wire.Open{Kind: &wire.Program{}, Jobs: 3})
			for id := range int64(3) {
				n.send(&wire.Run{ID: id, Args: []string{"cat", "/dev/zero"}})
			}
			n.await("as much as may come", func() bool { return n.tasks[2] != nil && n.tasks[2].out.Len() == 100_000 })
		}, ""},
		{"while a worker starts", func(n *near) {
			n.open(&wire.Open{Kind: &wire.Shell{Path: "sh", Body: ":", Init: "sleep 60"}})
			n.send(&wire.Run{ID: 1})
		}, ""},
		{"after Bye", func(n *near) {
			n.open(&wire.Open{Kind: &wire.Program{}})
			n.send(&wire.Run{ID: 1, Args: []string{"sleep", "60"}}, &wire.Bye{})
			n.began(1)
		}, ""},
		{"by garbage", func(n *near) { _, _ = n.conn.Write([]byte("garbage")) }, "there is no type 'g'"},
		{"by half a frame", func(n *near) {
			other[*wire.Hello](n) // which could not be written any more
			_, _ = n.conn.Write([]byte("O\x00\x00"))
			n.conn.Close()
		}, "within a message"},
		{"by a message of the far end", func(n *near) {
			n.open(&wire.Open{Kind: &wire.Program{}})
			n.send(&wire.Began{})
		}, "is for the near end"},
		{"by a Run before Open", func(n *near) { n.send(&wire.Run{}) }, "comes before Open"},
		{"by two of the same Run", func(n *near) {
			n.open(&wire.Open{Kind: &wire.Program{}})
			n.send(&wire.Run{ID: 1, Args: []string{"sleep", "60"}}, &wire.Run{ID: 1})
		}, "task 1 is run twice"},
		{"by two Opens", func(n *near) {
			n.open(&wire.Open{Kind: &wire.Program{}})
			n.send(&wire.Open{Kind: &wire.Program{}})
		}, "it is opened twice"},
		{"by silence", func(n *near) { n.open(&wire.Open{Kind: &wire.Program{}, Patience: 10 * time.Millisecond}) }, "nothing came"},
	} {
		n := agent(t)
		c.until(n)
		if c.want == "" {
			n.conn.Close()
		}
		if err := <-n.ended; err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("lost %s: %v, want %s", c.name, err, c.want)
		}
		n.conn.Close()
		n.read.Wait()
	}
}

// The processes of a lost stream are gone when that is said.
func TestLossEndsTrees(t *testing.T) {
	n := agent(t)
	n.open(&wire.Open{Kind: &wire.Program{}, Jobs: 1, KillAfter: 20 * time.Millisecond})
	n.send(&wire.Run{ID: 1, Args: []string{"sh", "-c", "trap '' TERM; sleep 60 & echo $! $$; wait; wait"}})
	n.await("its processes", func() bool { return n.tasks[1] != nil && strings.HasSuffix(n.tasks[1].out.String(), "\n") })
	n.conn.Close()
	if err := <-n.ended; err == nil {
		t.Error("the stream was not lost")
	}
	for _, word := range strings.Fields(n.tasks[1].out.String()) {
		pid, err := strconv.Atoi(word)
		for err == nil && syscall.Kill(pid, 0) == nil && !zombie(pid) { // the orphan is for others to reap
			runtime.Gosched()
		}
	}
}

// zombie tells whether a process has ended, as far as the system says so.
func zombie(pid int) bool {
	b, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	_, rest, _ := strings.Cut(string(b), ") ")
	return err != nil || strings.HasPrefix(rest, "Z")
}

// Who speaks another version finds out.
func TestVersion(t *testing.T) {
	here, there := net.Pipe()
	defer here.Close()
	ended := make(chan error, 1)
	go func() { ended <- Agent(there, Config{}) }() // ends with the stream
	got := make(chan []byte, 1)
	go func() { b, _ := io.ReadAll(here); got <- b }() // ends with the stream
	_, _ = here.Write([]byte(wire.Preamble + "H\x00\x00\x00\x09\x12\x0expool 9"))
	if _, ok := errors.AsType[*wire.VersionError](<-ended); !ok {
		t.Error("the version does not matter")
	}
	if b := <-got; !strings.HasPrefix(string(b), wire.Preamble) {
		t.Errorf("it said %q", b)
	}
}

// What a task prints comes as far as there is credit for it, and takes no more
// memory than that.
func TestSlowReader(t *testing.T) {
	const total, window, step = 100 << 20, 256 << 10, 1 << 20
	n := agent(t)
	n.miserly = true
	n.open(&wire.Open{Kind: &wire.Program{}, Jobs: 1, Window: window})
	var before, now runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	n.send(&wire.Run{ID: 1, Args: []string{"head", "-c", fmt.Sprint(total), "/dev/zero"}})
	for came, may := 0, window; came < total; may += step {
		n.await("what there is credit for", func() bool {
			h := n.tasks[1]
			if h == nil || came+h.out.Len() < min(may, total) {
				return false
			}
			if came += h.out.Len(); came > may {
				t.Fatalf("%d bytes came, and there was credit for %d", came, may)
			}
			h.out.Reset()
			return true
		})
		runtime.ReadMemStats(&now)
		if grown := int64(now.HeapInuse) - int64(before.HeapInuse); grown > 32<<20 {
			t.Fatalf("%d bytes of memory after %d of output", grown, came)
		}
		n.send(&wire.Credit{ID: 1, Bytes: step})
	}
	if _, d := n.done(1); !d.Verdict.OK() {
		t.Error(d.Verdict)
	}
	n.bye()
}

// A task that is stopped while nobody reads what it prints is over all the same.
func TestStopUnread(t *testing.T) {
	n := agent(t)
	n.miserly = true
	n.open(&wire.Open{Kind: &wire.Program{}, Jobs: 1, Window: 10})
	n.send(&wire.Run{ID: 1, Args: []string{"cat", "/dev/zero"}})
	n.await("its output", func() bool { return n.tasks[1] != nil && n.tasks[1].out.Len() == 10 })
	n.send(&wire.Stop{ID: 1, Grace: 10 * time.Millisecond})
	if _, d := n.done(1); d.Verdict.Kind != crashdetect.Stopped {
		t.Error(d.Verdict)
	}
	n.bye()
}

// TestRandomConversations holds that each task is over once, whatever else is said.
// XPOOL_CASES is how many there are.
func TestRandomConversations(t *testing.T) {
	cases := 30
	if s := os.Getenv("XPOOL_CASES"); s != "" {
		cases, _ = strconv.Atoi(s)
	}
	for seed := range int64(cases) {
		rnd := rand.New(rand.NewSource(seed))
		n := agent(t)
		n.open(&wire.Open{Kind: &wire.Shell{Path: "sh", Body: `echo "$1"; [ $# = 1 ] || kill -9 $$`, Stdin: true}, Jobs: 1 + rnd.Intn(3)})
		const tasks = 60
		for id := range int64(tasks) {
			run := &wire.Run{ID: id, Seq: id, Args: []string{fmt.Sprint(id)}, Input: rnd.Intn(4) == 0}
			if rnd.Intn(10) == 0 {
				run.Args = append(run.Args, "die")
			}
			n.send(run)
			if run.Input {
				n.send(&wire.Input{ID: id, Data: []byte("x"), Last: true})
			}
			switch other := rnd.Int63n(id + 1); rnd.Intn(8) {
			case 0:
				n.send(&wire.Stop{ID: other})
			case 1:
				n.send(&wire.Recall{ID: other}, &wire.Credit{ID: other, Bytes: 1})
			case 2:
				n.send(&wire.Resize{Jobs: rnd.Intn(4)}, &wire.Input{ID: other})
			case 3:
				n.send(&wire.Suspend{}, &wire.Continue{})
			}
		}
		for id := range int64(tasks) {
			h := n.over(id)
			if d, ok := h.last.(*wire.Done); ok && d.Verdict.OK() && h.out.String() != fmt.Sprintln(id) {
				t.Errorf("with seed %d, task %d printed %q", seed, id, h.out.String())
			}
		}
		n.bye()
	}
}
