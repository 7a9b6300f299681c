package serve

import (
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"xpool/crashdetect"
	"xpool/pool/peertest"
	"xpool/pool/wire"
)

func TestKinds(t *testing.T) {
	shell := func(script string) wire.Kind { return &wire.Shell{Path: "sh", Body: script, Names: []string{"v"}} }
	for _, c := range []struct {
		name    string
		kind    wire.Kind
		run     wire.Run
		out     string
		verdict string
	}{
		{"program", &wire.Program{}, wire.Run{Args: []string{"printf", "%s", "\xff\n"}}, "\xff\n", "ok"},
		{"program's status", &wire.Program{}, wire.Run{Args: []string{"sh", "-c", "echo $XPOOL_SEQ $XPOOL_SLOT $XPOOL_ATTEMPT $A $S; exit 7"}, Seq: 42, Attempt: 3},
			"42 11 3 b 10\n", "exit 7"},
		{"no program", &wire.Program{}, wire.Run{Args: []string{"no-such-xyzzy"}}, "", "cannot run 'no-such-xyzzy': not found in PATH"},
		{"crash", &wire.Program{}, wire.Run{Args: []string{"sh", "-c", "kill -SEGV $$"}}, "", "killed by SIGSEGV"},
		{"shell", shell(`echo "$1 $v $XPOOL_SEQ"; cd /; exit 3`), wire.Run{Args: []string{"a b"}, Values: []string{"$(x)"}, Seq: 5}, "a b $(x) 5\n", "exit 3"},
		{"co-process", &wire.Coprocess{Argv: []string{"cat"}}, wire.Run{Args: []string{"line"}}, "line\n", "ok"},
		{"stall", shell("sleep 60"), wire.Run{Values: []string{""}, Stall: 50 * time.Millisecond}, "", "no output for 50ms, killed"},
	} {
		n := agent(t)
		n.open(&wire.Open{
			Kind: c.kind, Jobs: 2, SlotBase: 10, SlotVars: []wire.SlotVar{{Name: "S", Plus: -1}}, Env: []string{"A=b"}, KillAfter: time.Minute,
		})
		c.run.ID = 77
		n.send(&c.run)
		out, d := n.done(77)
		if got := d.Verdict.String(); out != c.out || got != c.verdict {
			t.Errorf("%s: %q, %s; want %q, %s", c.name, out, got, c.out, c.verdict)
		}
		if (d.Verdict.Kind == crashdetect.NotStarted) != (d.Err != nil) || d.Err != nil && d.Err.Err().Error() != c.verdict {
			t.Errorf("%s: error %+v", c.name, d.Err)
		}
		if d.Err == nil && (d.Took <= 0 || n.began(77).Pid <= 0) {
			t.Errorf("%s: took %v", c.name, d.Took)
		}
		n.bye()
	}
}

func TestInterpreter(t *testing.T) {
	python := peertest.Path(t, "python3")
	n := agent(t)
	n.open(&wire.Open{Kind: &wire.Interpreter{Path: python, Language: 1, Code: "print(seq, arg, n)", Init: "n = 1"}, Jobs: 1})
	for id := range int64(50) {
		n.send(&wire.Run{ID: id, Seq: id % 3, Args: []string{fmt.Sprint(id)}})
	}
	for id := range int64(50) {
		if out, d := n.done(id); out != fmt.Sprintf("%d %d 1\n", id%3, id) || !d.Verdict.OK() {
			t.Errorf("task %d: %q, %v", id, out, d.Verdict)
		}
	}
	n.bye()
}

// Standard input comes in pieces, and is there for each attempt from its beginning.
func TestInput(t *testing.T) {
	for _, c := range []struct {
		kind wire.Kind
		args []string
	}{{&wire.Program{}, []string{"cat"}}, {&wire.Shell{Path: "sh", Body: "cat", Stdin: true}, nil}} {
		n := agent(t)
		n.open(&wire.Open{Kind: c.kind})
		n.send(&wire.Run{ID: 1, Args: c.args, Input: true}, &wire.Run{ID: 2, Args: c.args, Input: true}, &wire.Run{ID: 3, Args: c.args})
		big := strings.Repeat("0123456789abcdef", wire.MaxData/16)
		n.send(&wire.Input{ID: 2, Data: []byte("two"), Last: true}, &wire.Input{ID: 2, Data: []byte("late")}, &wire.Input{ID: 9, Data: []byte("x")})
		for range 4 {
			n.send(&wire.Input{ID: 1, Data: []byte(big)})
		}
		n.send(&wire.Input{ID: 1, Last: true})
		for id, want := range map[int64]string{1: strings.Repeat(big, 4), 2: "two", 3: ""} {
			if out, d := n.done(id); out != want || !d.Verdict.OK() {
				t.Errorf("%T, task %d: %d bytes, want %d, %v", c.kind, id, len(out), len(want), d.Verdict)
			}
		}
		n.send(&wire.Run{ID: 4, Args: c.args, Input: true}, &wire.Input{ID: 4, Data: []byte("half")}, &wire.Stop{ID: 4})
		if last, ok := n.over(4).last.(*wire.Returned); !ok {
			t.Errorf("a task without the rest of its input: %#v", last)
		}
		n.bye()
	}
}

// A pool that breaks down says why before its tasks are over.
func TestBroken(t *testing.T) {
	for _, c := range []struct {
		kind  wire.Kind
		want  string
		words string
	}{
		{&wire.Shell{Path: "sh", Body: ":", Init: "echo bad luck >&2; exit 3"}, "init failed: exit 3", "bad luck"},
		{&wire.Program{Fixed: true}, "cannot run 'no-such-xyzzy': not found in PATH", ""},
		{&wire.Shell{Path: "no-such-shell"}, "cannot run 'no-such-shell': not found in PATH", ""},
	} {
		n := agent(t)
		n.open(&wire.Open{Kind: c.kind, Jobs: 2})
		for id := range int64(5) {
			n.send(&wire.Run{ID: id, Args: []string{"no-such-xyzzy"}})
		}
		b := other[*wire.Broken](n)
		if got := b.Failure.Err().Error(); got != c.want || b.Words != c.words || b.Workers != (c.words != "") {
			t.Errorf("%s, with words %q; want %s", got, b.Words, c.want)
		}
		for id := range int64(5) {
			switch last := n.over(id).last.(type) {
			case *wire.Returned:
			case *wire.Done:
				if last.Verdict.Kind != crashdetect.Stopped {
					t.Errorf("task %d: %v", id, last.Verdict)
				}
			}
		}
		n.send(&wire.Run{ID: 9})
		if _, ok := n.over(9).last.(*wire.Returned); !ok {
			t.Error("a task is taken by a pool that is broken")
		}
		n.bye()
	}
	for _, kind := range []wire.Kind{&wire.Coprocess{}, &wire.Coprocess{Argv: []string{"cat"}, Protocol: 7}, &wire.Interpreter{Language: 9}, &wire.Interpreter{}} {
		n := agent(t)
		n.send(&wire.Open{Kind: kind})
		other[*wire.Broken](n)
		n.bye()
	}
}

// Tasks are stopped and taken back one by one.
func TestStopAndRecall(t *testing.T) {
	n := agent(t)
	n.open(&wire.Open{Kind: &wire.Program{}, Jobs: 1, KillAfter: time.Minute})
	for id := range int64(5) {
		n.send(&wire.Run{ID: id, Args: []string{"sh", "-c", "trap 'exit 9' INT; echo up; while :; do sleep 0.01; done"}})
	}
	n.await("its output", func() bool { return n.tasks[0] != nil && n.tasks[0].out.String() == "up\n" })
	n.send(&wire.Recall{ID: 0}, &wire.Recall{ID: 1}, &wire.Stop{ID: 2}, &wire.Recall{ID: 99})
	for id := int64(1); id <= 2; id++ {
		if _, ok := n.over(id).last.(*wire.Returned); !ok {
			t.Errorf("task %d is not returned", id)
		}
	}
	n.send(&wire.Stop{ID: 0, Grace: time.Minute, Steps: []wire.Step{{Signal: syscall.SIGINT, Wait: time.Minute}}})
	if _, d := n.done(0); d.Verdict.Kind != crashdetect.Stopped || d.Verdict.Code != 9 {
		t.Errorf("stopped: %v", d.Verdict)
	}
	n.began(3)
	n.send(&wire.Stop{ID: 3}, &wire.Stop{ID: 4})
	if _, d := n.done(3); d.Verdict.Kind != crashdetect.Stopped {
		t.Errorf("stopped: %v", d.Verdict)
	}
	n.over(4)
	n.bye()
}

func TestPing(t *testing.T) {
	n := agent(t)
	if h := other[*wire.Hello](n); h.Host != "there" || h.CPUs != 2 {
		t.Errorf("%+v", h)
	}
	n.send(&wire.Ping{Number: 12})
	if p := other[*wire.Pong](n); p.Number != 12 {
		t.Errorf("pong %d", p.Number)
	}
	n.bye()
}
