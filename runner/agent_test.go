package runner_test

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"xpool/pool/wire"
)

// agentProcess is an agent that runs, and this test its near end.
type agentProcess struct {
	t      *testing.T
	cmd    *exec.Cmd
	in     io.WriteCloser
	out    io.ReadCloser
	stderr bytes.Buffer
}

// startAgent starts an agent of which a program of this test has begun to run, and
// returns it with the program's processes, of which there are several.
func startAgent(t *testing.T, mode string, processes int) (*agentProcess, []int) {
	t.Helper()
	a := &agentProcess{t: t, cmd: exec.Command("xpool", "--agent")}
	var err error
	if a.in, err = a.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if a.out, err = a.cmd.StdoutPipe(); err != nil {
		t.Fatal(err)
	}
	a.cmd.Stderr = &a.stderr
	if err := a.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.cmd.Process.Kill() })
	pids := filepath.Join(t.TempDir(), "pids")
	a.send(
		&wire.Hello{}, &wire.Open{Kind: &wire.Program{}, Jobs: 1, Window: 1000},
		&wire.Run{ID: 1, Args: []string{"child", mode, pids}},
	)
	var found []int
	poll(func() bool {
		found = found[:0]
		b, _ := os.ReadFile(pids)
		for _, word := range strings.Fields(string(b)) {
			if pid, err := strconv.Atoi(word); err == nil {
				found = append(found, pid)
			}
		}
		return len(found) == processes
	})
	return a, found
}

func (a *agentProcess) send(all ...wire.Message) {
	a.t.Helper()
	var b []byte
	for _, m := range all {
		var err error
		if b, err = wire.Append(b, m); err != nil {
			a.t.Fatal(err)
		}
	}
	if _, err := a.in.Write(b); err != nil {
		a.t.Fatal(err)
	}
}

// An agent ends with its stream, however that is, and by SIGTERM, and nothing of
// its tasks is left; the signals of a terminal it leaves to the other end.
func TestAgentEnds(t *testing.T) {
	for _, c := range []struct {
		name string
		end  func(a *agentProcess) error
		code int // -1 for a signal
	}{
		{"end of file", func(a *agentProcess) error { return a.in.Close() }, 1},
		{"garbage", func(a *agentProcess) error { _, err := io.WriteString(a.in, "garbage"); return err }, 1},
		{"terminated", func(a *agentProcess) error { return a.cmd.Process.Signal(syscall.SIGTERM) }, -1},
		{"killed", func(a *agentProcess) error { return a.cmd.Process.Kill() }, -1},
	} {
		a, pids := startAgent(t, "setsid", 2)
		for _, sig := range []os.Signal{syscall.SIGINT, syscall.SIGHUP, syscall.SIGQUIT, syscall.SIGTSTP} {
			if err := a.cmd.Process.Signal(sig); err != nil {
				t.Errorf("%s: %v", c.name, err)
			}
		}
		if err := c.end(a); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		_, _ = io.Copy(io.Discard, a.out)
		_ = a.cmd.Wait() // the status says it
		if code := a.cmd.ProcessState.ExitCode(); code != c.code {
			t.Errorf("%s: %v, %s", c.name, a.cmd.ProcessState, &a.stderr)
		}
		if said := a.stderr.String(); (said != "") != (c.name == "garbage") {
			t.Errorf("%s: it said %q", c.name, said)
		}
		for _, pid := range pids {
			poll(func() bool { return !isAlive(pid) })
		}
	}
}

// After a Bye the agent says Bye when nothing is left, and its status is 0.
func TestAgentBye(t *testing.T) {
	a, pids := startAgent(t, "hang", 1)
	a.send(&wire.Stop{ID: 1}, &wire.Bye{})
	var d wire.Decoder
	var last wire.Message
	stdout, err := io.ReadAll(a.out)
	if err == nil {
		err = d.Feed(stdout, func(m wire.Message) error { last = m; return nil })
	}
	if _, ok := last.(*wire.Bye); !ok || err != nil || d.Close() != nil {
		t.Errorf("at last it said %#v, then %v, %v", last, err, d.Close())
	}
	if err := a.cmd.Wait(); err != nil || isAlive(pids[0]) {
		t.Errorf("%v, %s, its task is there: %v", err, &a.stderr, isAlive(pids[0]))
	}
}
