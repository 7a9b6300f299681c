//go:build linux

package runner_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestReuseChaos has several calls share a server, while it, its workers and some of the
// calls are killed: the other calls do all of their tasks, and print them once and in
// order, and nothing is left. XPOOL_CASES is the number of tasks of each call, XPOOL_SEED
// chooses whom it hits.
//
// A task appends the processes of its worker and of the server to a log, and prints its
// number.
func TestReuseChaos(t *testing.T) {
	c := &sharing{
		t: t, tasks: number("XPOOL_CASES", 250), dir: t.TempDir(), kills: map[string]int{},
		rnd: rand.New(rand.NewSource(int64(number("XPOOL_SEED", 1)))),
	}
	t.Cleanup(func() { endServers(c.dir) })
	over := make(chan struct{})
	var calls, killer sync.WaitGroup
	for i := range 6 {
		call := c.start(i%3 == 2)
		calls.Go(func() { c.see(call) })
	}
	killer.Go(func() { c.wreak(over) })
	calls.Wait()
	close(over)
	killer.Wait()
	c.checkGone()
	t.Logf("killed: %v", c.kills)
}

// sharing is what the calls of the test have in common. The killer's goroutine owns rnd,
// read and kills until it has ended.
type sharing struct {
	t     *testing.T
	tasks int
	dir   string // the runtime directory
	calls []*sharingCall
	rnd   *rand.Rand
	read  int            // bytes of the log, at the last kill of a server
	kills map[string]int // how many of each kind
}

// sharingCall is a call of xpool.
type sharingCall struct {
	cmd    *exec.Cmd
	mortal bool // it may be killed
	out    bytes.Buffer
	errs   bytes.Buffer
}

func (c *sharing) log() string  { return filepath.Join(c.dir, "log") }
func (c *sharing) mark() string { return "LOG=" + c.log() }

// start starts a call.
func (c *sharing) start(mortal bool) *sharingCall {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), 2*patience)
	c.t.Cleanup(cancel)
	call := &sharingCall{mortal: mortal}
	call.cmd = exec.CommandContext(ctx, "xpool", "-j2", "--reuse", "--retries", "0", `echo "$$ $PPID" >>"$LOG"; echo {}`)
	call.cmd.Env = append(os.Environ(), c.mark(), "XDG_RUNTIME_DIR="+c.dir, "GORACE=atexit_sleep_ms=0")
	call.cmd.Stdin, call.cmd.Stdout, call.cmd.Stderr = strings.NewReader(c.numbers()), &call.out, &call.errs
	call.cmd.Cancel = func() error { return call.cmd.Process.Signal(unix.SIGQUIT) }
	call.cmd.WaitDelay = patience
	if err := call.cmd.Start(); err != nil {
		c.t.Fatal(err)
	}
	c.calls = append(c.calls, call)
	return call
}

// numbers is the input of a call, and what it is to print.
func (c *sharing) numbers() string {
	var b strings.Builder
	for n := 1; n <= c.tasks; n++ {
		fmt.Fprintln(&b, n)
	}
	return b.String()
}

// see sees a call to its end, and checks what it has printed.
func (c *sharing) see(call *sharingCall) {
	err := call.cmd.Wait()
	status := call.cmd.ProcessState.Sys().(syscall.WaitStatus)
	switch got := call.out.String(); {
	case call.mortal && status.Signaled() && status.Signal() == unix.SIGKILL:
		if !strings.HasPrefix(c.numbers(), got) {
			c.t.Errorf("a call that was killed printed:\n%s", tail([]byte(got)))
		}
	case err != nil || got != c.numbers():
		c.t.Errorf("a call ended with %v and printed %d of %d tasks:\n%s", err, strings.Count(got, "\n"), c.tasks, tail(call.errs.Bytes()))
	}
}

// wreak kills now and then until all calls are over.
func (c *sharing) wreak(over <-chan struct{}) {
	for {
		select {
		case <-over:
			return
		case <-time.After(time.Duration(c.rnd.Int63n(int64(20 * time.Millisecond)))):
		}
		worker, server, size := c.latest()
		switch mortal := c.calls[c.rnd.Intn(len(c.calls))]; {
		case c.rnd.Intn(100) == 0 && mortal.mortal:
			if mortal.cmd.Process.Kill() == nil {
				c.kills["calls"]++
			}
		case c.rnd.Intn(10) == 0 && size > c.read+2000: // some tasks have been done since the last one
			if c.kill(server) {
				c.kills["servers"]++
				c.read = size
			}
		case c.rnd.Intn(3) == 0:
			if c.kill(worker) {
				c.kills["workers"]++
			}
		}
	}
}

// latest returns the processes that the last whole line of the log is of, and how long
// the log is.
func (c *sharing) latest() (worker, server, size int) {
	text, err := os.ReadFile(c.log())
	if err != nil {
		return 0, 0, 0
	}
	lines := strings.Split(string(text), "\n")
	if len(lines) > 1 {
		_, _ = fmt.Sscan(lines[len(lines)-2], &worker, &server) // else they are none
	}
	return worker, server, len(text)
}

// kill kills a process if it is one of the test's.
func (c *sharing) kill(pid int) bool {
	if pid == 0 {
		return false
	}
	fd, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		return false
	}
	defer unix.Close(fd)
	return c.isOurs(pid) && unix.PidfdSendSignal(fd, unix.SIGKILL, nil, 0) == nil
}

func (c *sharing) isOurs(pid int) bool {
	env, _ := os.ReadFile(fmt.Sprintf("/proc/%d/environ", pid))
	return slices.Contains(strings.Split(string(env), "\x00"), c.mark())
}

// checkGone ends the last server in good order, and checks that nothing is left.
func (c *sharing) checkGone() {
	stop := exec.Command("xpool", "--reuse-stop")
	stop.Env = append(os.Environ(), "XDG_RUNTIME_DIR="+c.dir)
	if out, err := stop.CombinedOutput(); err != nil || len(out) > 0 {
		c.t.Errorf("--reuse-stop: %v, %s", err, out)
	}
	files, err := os.ReadDir(filepath.Join(c.dir, "xpool"))
	if err != nil || len(files) > 0 {
		c.t.Errorf("left in the directory: %v, %v", files, err)
	}
	text, err := os.ReadFile(c.log())
	if err != nil {
		c.t.Fatal(err)
	}
	pids := map[string]bool{}
	for _, word := range strings.Fields(string(text)) {
		pids[word] = true
	}
	for word := range pids {
		var pid int
		if _, err := fmt.Sscan(word, &pid); err != nil {
			c.t.Errorf("%q in the log", word)
		}
		for end := time.Now().Add(patience); c.isOurs(pid) && isAlive(pid); time.Sleep(pollEvery) {
			if time.Now().After(end) {
				c.t.Errorf("process %d is left", pid)
				break
			}
		}
	}
}
