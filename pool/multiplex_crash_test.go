package pool_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"xpool/crashdetect"
	"xpool/pool"
)

// A crash costs the tasks that the process was running, and no other.
func TestMultiplexCrash(t *testing.T) {
	for _, c := range []struct{ record, verdict, words string }{
		{"@3 kill", "SIGKILL", ""},
		{"@3 exit 4", "exited with status 4", ""},
		{"@3 explain the reason", "exited with status 1", "the reason"},
	} {
		got, _ := runMux(t, multiplexer(t, 3), pool.Options{Jobs: 3},
			records("hang", c.record, "hang", "say one", "say two", "say three", "say four")...)
		checkMux(t, got, expectation{"hang", "", c.verdict}, expectation{c.record, "", c.verdict}, expectation{"hang", "", c.verdict},
			expectation{"say", "one", ""}, expectation{"say", "two", ""}, expectation{"say", "three", ""}, expectation{"say", "four", ""})
		for i, o := range got[:3] {
			if o.Seq != int64(i+1) || o.Pid != got[0].Pid || o.Words != c.words {
				t.Errorf("%s: task %d in process %d, words %q", c.record, o.Seq, o.Pid, o.Words)
			}
		}
		if got[3].Pid == got[0].Pid {
			t.Errorf("%s: the process goes on", c.record)
		}
	}
}

// The words that came before a task are not told of its crash, but are told of that
// of another one which ran all the time.
func TestMultiplexWordsSince(t *testing.T) {
	got, _ := runMux(t, multiplexer(t, 1<<20), pool.Options{Jobs: 1}, records("complain before", "kill")...)
	if got[0].Words != "" || got[1].Words != "" || got[1].Verdict.OK() {
		t.Errorf("words %q, and %q with %v", got[0].Words, got[1].Words, got[1].Verdict)
	}
	got, _ = runMux(t, multiplexer(t, 2), pool.Options{Jobs: 2}, records("hang", "complain before", "kill")...)
	if got[0].Words != "before" || got[2].Words != "" {
		t.Errorf("words %q of the one that ran all the time, %q of the last", got[0].Words, got[2].Words)
	}
}

// What the process has not read is not charged. Each of these reads two requests:
// it answers the first, and dies of the second.
func TestMultiplexUnread(t *testing.T) {
	script := `read -r x; echo "{\"requestId\":${x##*:}"; read -r x; kill -9 $$`
	k := &pool.Coprocess{Argv: []string{"sh", "-c", script}, Protocol: pool.JSON, Multiplex: 4}
	got, _ := runMux(t, k, pool.Options{Jobs: 4}, records(strings.Split(strings.Repeat("x ", 39)+"x", " ")...)...)
	type count struct{ ok, killed int }
	pids := map[int]*count{}
	for i, o := range got {
		if pids[o.Pid] == nil {
			pids[o.Pid] = &count{}
		}
		switch {
		case o.Verdict.OK():
			pids[o.Pid].ok++
		case o.Verdict.Kind == crashdetect.Killed && o.Attempt == 1:
			pids[o.Pid].killed++
		default:
			t.Errorf("task %d: %v, attempt %d", i+1, o.Verdict, o.Attempt)
		}
	}
	for pid, c := range pids {
		if c.ok > 1 || c.killed > 1 {
			t.Errorf("process %d has %d tasks, and cost %d", pid, c.ok, c.killed)
		}
	}
}

// What breaks the protocol ends the process, with all that it runs.
func TestMultiplexViolation(t *testing.T) {
	for _, c := range []struct{ record, verdict string }{
		{"@2 raw Loading model...\n", `"Loading model..." is not a response (does it print to standard output?)`},
		{"@2 raw Loading", `"Loading" is not a response`},
		{`@2 raw {"requestId":99}`, "a response to request 99, which was never sent"},
		{`@2 raw {"requestId":-1}`, "a response to request -1, which was never sent"},
		{`@2 raw {}`, "a response to request 0, which was never sent"},
		{`@2 raw {"requestId":1,"wasCancelled":true}`, "a response says that its request was cancelled"},
		{"@2 twice", "more than one response to request 2"},
		{"@2 close", "it closed its standard output"},
	} {
		got, _ := runMux(t, multiplexer(t, 2), pool.Options{Jobs: 2}, records("hang", c.record, "say one", "say two")...)
		checkMux(t, got, expectation{"hang", "", "json protocol: "}, expectation{c.record, "", c.verdict},
			expectation{"say", "one", ""}, expectation{"say", "two", ""})
	}
}

// A response to a request that was answered before is one too many, even if it
// comes when that task is long over.
func TestMultiplexSecondResponse(t *testing.T) {
	got, _ := runMux(t, multiplexer(t, 1<<20), pool.Options{Jobs: 1}, records("id", `raw {"requestId":1}`, "say one")...)
	checkMux(t, got, expectation{"id", "1", ""}, expectation{"raw", "", "json protocol: more than one response to request 1"}, expectation{"say", "one", ""})
}

// A task that is cancelled ends alone.
func TestMultiplexCancel(t *testing.T) {
	for _, mode := range []string{"", "stubborn"} {
		k := multiplexer(t, 2, mode)
		k.Cancel = true
		got, _ := runMux(t, k, pool.Options{Jobs: 2}, append([]muxTask{{record: "@2 hang", timeout: 30 * time.Millisecond}},
			records("afterwards", "say one")...)...)
		want := "timed out after 30ms"
		if mode != "" {
			want += ", exit 3"
		}
		if got[0].Verdict.String() != want {
			t.Errorf("%q: %v", mode, got[0].Verdict)
		}
		checkMux(t, got[1:], expectation{"afterwards", "afterwards", ""}, expectation{"say", "one", ""})
		if got[1].Pid != got[0].Pid || got[2].Pid != got[0].Pid {
			t.Errorf("%q: processes %d, %d, %d", mode, got[0].Pid, got[1].Pid, got[2].Pid)
		}
	}
}

// If the process does not follow, it ends, and what else it runs is run again
// without being charged; so it is where nobody has said that it can cancel.
func TestMultiplexInnocent(t *testing.T) {
	for _, cancel := range []bool{true, false} {
		k := multiplexer(t, 2, "deaf")
		k.Cancel = cancel
		got, _ := runMux(t, k, pool.Options{Jobs: 2, KillAfter: 20 * time.Millisecond},
			append([]muxTask{{record: "@2 hang", timeout: 30 * time.Millisecond}},
				records("@2 down 1", "say one")...)...)
		if want := "timed out after 30ms, killed"; got[0].Verdict.String() != want {
			t.Errorf("cancel %v: %v, want %s", cancel, got[0].Verdict, want)
		}
		checkMux(t, got[1:], expectation{"down", "down", ""}, expectation{"say", "one", ""})
		if o := got[1]; o.Attempt != 1 || o.Pid == got[0].Pid {
			t.Errorf("cancel %v: attempt %d in process %d", cancel, o.Attempt, o.Pid)
		}
	}
}

// Without a grace all happens at once.
func TestMultiplexNoGrace(t *testing.T) {
	k := multiplexer(t, 2, "deaf")
	k.Cancel = true
	b := newMuxBench(t, k, pool.Options{Jobs: 2})
	held := []<-chan outcome{b.begin("@2 hang"), b.begin("@2 hang")}
	b.pool.Stop(0)
	b.end()
	for _, done := range held {
		if o := <-done; o.Verdict.Kind != crashdetect.Stopped {
			t.Errorf("after the stop: %v", o.Verdict)
		}
	}
}

func TestMultiplexCrashLimit(t *testing.T) {
	got, _ := runMux(t, multiplexer(t, 2), pool.Options{Jobs: 1},
		muxTask{record: "say one"}, muxTask{record: "kill", crashLimit: 3}, muxTask{record: "say two"})
	if o := got[1]; o.Verdict.Kind != crashdetect.Killed || o.Attempt != 3 {
		t.Errorf("%v, attempt %d", o.Verdict, o.Attempt)
	}
	checkMux(t, got[2:], expectation{"say", "two", ""})
}

// Tasks that run when the pool is halted end by themselves.
func TestMultiplexHalt(t *testing.T) {
	b := newMuxBench(t, multiplexer(t, 2), pool.Options{Jobs: 2})
	one, two := b.begin("@2 down 2"), b.begin("@2 down 1")
	if o := <-one; !o.Verdict.OK() {
		t.Error(o.Verdict)
	}
	b.pool.Halt()
	b.end()
	if o := <-two; !o.Verdict.OK() {
		t.Error(o.Verdict)
	}
}

func TestMultiplexBroken(t *testing.T) {
	for _, script := range []string{"echo bad luck >&2; exit 3", "echo Loading; exec sleep 77", "read -r x; exit 5"} {
		k := &pool.Coprocess{Argv: []string{"sh", "-c", script}, Protocol: pool.JSON, Multiplex: 2}
		got, err := runAll(t, k, pool.Options{Jobs: 4, KillAfter: time.Second}, 0, says(strings.Split("1 2 3 4 5 6 7 8 9", " ")...)...)
		var broken *pool.BrokenError
		if !errors.As(err, &broken) {
			t.Errorf("%s: the pool ended with %v", script, err)
		}
		for _, o := range got {
			if o.Verdict.OK() && o.Seq != 0 {
				t.Errorf("%s: task %d is ok", script, o.Seq)
			}
		}
	}
	_, err := runAll(t, &pool.Coprocess{Argv: []string{"no-such-program-xyzzy"}, Protocol: pool.JSON, Multiplex: 2}, pool.Options{}, 0, words("1"))
	var start *crashdetect.StartError
	if !errors.As(err, &start) {
		t.Errorf("the pool ended with %v", err)
	}
}

// Processes that kill themselves at any moment cost what they run, and nothing is
// lost or done twice otherwise.
func TestMultiplexChaos(t *testing.T) {
	for _, slots := range []int{1, 2, 5} {
		k := multiplexer(t, slots, "chaos")
		k.Cancel = true
		var tasks []muxTask
		for i := range 80 {
			tasks = append(tasks, muxTask{record: fmt.Sprintf("say %d %s", i, strings.Repeat("x", i*37%9000))})
		}
		got, ends := runMux(t, k, pool.Options{Jobs: 5}, tasks...)
		crashed := 0
		for i, o := range got {
			switch {
			case o.Verdict.OK() && "say "+o.out == tasks[i].record:
			case o.Verdict.Kind == crashdetect.Killed && o.out == "":
				crashed++
			default:
				t.Errorf("task %d: %v, %.40q", i+1, o.Verdict, o.out)
			}
		}
		if len(ends) != len(tasks) {
			t.Errorf("%d tasks ended %d times", len(tasks), len(ends))
		}
		t.Logf("%d slots a process: %d of %d tasks lost it", slots, crashed, len(tasks))
	}
}

// A process that serves one slot can cancel too. Its requests have the number 0,
// and its standard error is its task's.
func TestCoprocessCancel(t *testing.T) {
	k := multiplexer(t, 1)
	k.Cancel = true
	got, _ := runMux(t, k, pool.Options{Jobs: 1}, muxTask{record: "hang", timeout: 30 * time.Millisecond},
		muxTask{record: "id"}, muxTask{record: "complain one"}, muxTask{record: "flood"}, muxTask{record: "say two"},
		muxTask{record: "twice"}, muxTask{record: `raw {"requestId":3}`}, muxTask{record: "say three"})
	checkMux(t, got, expectation{"hang", "", "timed out after 30ms"}, expectation{"id", "0", ""}, expectation{"complain", "complained", ""},
		expectation{"flood", "flooded", ""}, expectation{"say", "two", ""}, expectation{"twice", "", "more than one response to request 0"},
		expectation{"raw", "", "a response to request 3, which was never sent"}, expectation{"say", "three", ""})
	for i, n := range []int{0, 0, len("one\n"), 1 << 19 / 6 * len("flood\n"), 0} {
		if len(got[i].err) != n || got[i].Pid != got[0].Pid {
			t.Errorf("task %d: %d bytes on standard error, want %d; process %d", i+1, len(got[i].err), n, got[i].Pid)
		}
	}
}

// Standard error that is taken piece by piece all comes before its task is over.
func TestCoprocessCancelSlowReader(t *testing.T) {
	k := multiplexer(t, 1)
	k.Cancel = true
	for _, record := range []string{"flood", "explain the reason"} {
		b := newMuxBench(t, k, pool.Options{Jobs: 1})
		k = multiplexer(t, 1)
		k.Cancel = true
		m := &slowSink{resumes: make(chan func(), 2)}
		ended := submitTo(t, b, m, record)
		for over := false; !over; {
			select {
			case resume := <-m.resumes:
				resume()
			case <-ended:
				over = true
			}
		}
		if want := map[string]int{"flood": 1 << 19 / 6 * 6, "explain the reason": 11}[record]; m.err.Len() != want {
			t.Errorf("%s: %d bytes on standard error, want %d", record, m.err.Len(), want)
		}
		b.pool.Close()
		b.end()
	}
}
