//go:build linux

package runner_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"math/rand"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"xpool/pool/peertest"
)

// TestChaos runs many tasks while their workers are killed, one every few
// milliseconds: only what ran on those fails, and says so; all else is done once,
// and comes out in order. XPOOL_CASES is the number of tasks, XPOOL_SEED chooses
// whom it hits with what.
//
// A task appends its number and the process that it runs in to a log, and prints
// its number.
func TestChaos(t *testing.T) {
	kinds := []struct {
		name    string
		program string // that it needs
		tasks   int    // by default
		args    func(program string) []string
	}{
		{"shell", "sh", 5_000, func(string) []string {
			return []string{`echo "{} $$" >>"$LOG"; echo {}`}
		}},
		{"python", "python3", 2_000, func(python string) []string {
			return []string{
				"--lang", python, "--init", `import os; log = os.open(os.environ["LOG"], os.O_WRONLY | os.O_APPEND)`,
				`os.write(log, f"{arg} {os.getpid()}\n".encode()); print(arg)`,
			}
		}},
		{"lines", "sh", 5_000, func(string) []string {
			return []string{"--worker", "sh", "-c", `while read -r n; do echo "$n $$" >>"$LOG"; echo "$n"; done`}
		}},
		{"program", "sh", 1_000, func(string) []string {
			return []string{"sh", "-c", `echo "$1 $$" >>"$LOG"; echo "$1"`, "sh"}
		}},
	}
	for _, k := range kinds {
		t.Run(k.name, func(t *testing.T) {
			program := realProgram(t, k.program)
			c := newKilling(t, number("XPOOL_CASES", k.tasks), number("XPOOL_SEED", 1))
			c.run(append([]string{"-j4"}, k.args(program)...))
			c.check()
		})
	}
}

// realProgram returns the path of an interpreter: of what is found in PATH, which
// may be a script that takes longer to start than the interpreter itself.
func realProgram(t *testing.T, name string) string {
	t.Helper()
	path := peertest.Path(t, name)
	if name != "python3" {
		return path
	}
	out, err := exec.Command(path, "-c", "import sys; print(sys.executable)").Output()
	if err != nil {
		peertest.Missing(t, "%s does not run: %v", path, err)
	}
	return strings.TrimSpace(string(out))
}

// killing is one run whose workers are killed. Until the run is over it belongs to
// the goroutine that kills.
type killing struct {
	t      *testing.T
	tasks  int
	seed   int
	rnd    *rand.Rand
	dir    string
	xpool  int // process id
	killed map[int]syscall.Signal

	log     *os.File
	unread  []byte         // of the log, the beginning of a line
	ran     map[int]int    // how often each task began
	worker  map[int]int    // the last process in which it did
	last    map[int]int    // the last task of each process
	unknown map[int]bool   // killed before they began a task
	fresh   bool           // a process has begun its first task since the last of those
	out     bytes.Buffer   // of the run
	errs    bytes.Buffer   // of the run
	failed  map[int]string // what is told of each task that failed
}

func newKilling(t *testing.T, tasks, seed int) *killing {
	dir := t.TempDir()
	log, err := os.OpenFile(filepath.Join(dir, "log"), os.O_CREATE|os.O_RDONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { log.Close() })
	return &killing{
		t: t, tasks: tasks, seed: seed, rnd: rand.New(rand.NewSource(int64(seed))), dir: dir, log: log,
		killed: map[int]syscall.Signal{}, ran: map[int]int{}, worker: map[int]int{}, last: map[int]int{},
		unknown: map[int]bool{}, failed: map[int]string{},
	}
}

// mark is in the environment of all that the run starts.
func (c *killing) mark() string { return "LOG=" + c.log.Name() }

// run runs xpool to its end. If that does not come, xpool's goroutines are told.
func (c *killing) run(args []string) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), 2*patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, "sh", append([]string{"-c", `ulimit -c 0; exec xpool "$@"`, "sh"}, args...)...)
	cmd.Env = append(os.Environ(), c.mark(), "GORACE=atexit_sleep_ms=0")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = c.numbers(), &c.out, &c.errs
	cmd.Cancel = func() error { return cmd.Process.Signal(unix.SIGQUIT) }
	cmd.WaitDelay = patience
	if err := cmd.Start(); err != nil {
		c.t.Fatal(err)
	}
	c.xpool = cmd.Process.Pid
	over, done := make(chan struct{}), make(chan struct{})
	go func() { // ends with the run
		defer close(done)
		c.wreak(over)
	}()
	err := cmd.Wait()
	close(over)
	<-done
	if ctx.Err() != nil {
		c.t.Fatalf("with seed %d the run hangs: %v\n%s", c.seed, err, c.errs.Bytes())
	}
	c.readLog()
	if got, want := cmd.ProcessState.ExitCode(), 125; got != want {
		c.t.Errorf("xpool ended with %v, want %d\n%s", cmd.ProcessState, want, tail(c.errs.Bytes()))
	}
}

// numbers is the input: the number of each task.
func (c *killing) numbers() *strings.Reader {
	var b strings.Builder
	for n := 1; n <= c.tasks; n++ {
		fmt.Fprintln(&b, n)
	}
	return strings.NewReader(b.String())
}

// killEvery is the time between two kills, on the average.
const killEvery = 3 * time.Millisecond

// wreak kills now and then until the run is over.
func (c *killing) wreak(over <-chan struct{}) {
	for {
		select {
		case <-over:
			return
		case <-time.After(time.Duration(c.rnd.Int63n(int64(2 * killEvery)))):
		}
		c.readLog()
		if victims := children(c.xpool); len(victims) > 0 {
			c.kill(victims[c.rnd.Intn(len(victims))])
		}
	}
}

// kill kills a child of xpool. One that has not begun a task is spared if it would
// be the second in a row: several deaths at the start mean that there is no use.
func (c *killing) kill(pid int) {
	_, known := c.last[pid]
	if !known && (!c.fresh || c.unknown[pid]) {
		return
	}
	fd, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		return
	}
	defer unix.Close(fd)
	if !slices.Contains(children(c.xpool), pid) || isGuard(pid) { // pid may have become another's before it was opened
		return
	}
	signals := []syscall.Signal{
		unix.SIGKILL, unix.SIGKILL, unix.SIGSEGV, unix.SIGTERM, unix.SIGABRT, unix.SIGHUP, unix.SIGBUS, unix.SIGINT, unix.SIGALRM,
	}
	sig := signals[c.rnd.Intn(len(signals))]
	if _, twice := c.killed[pid]; twice || unix.PidfdSendSignal(fd, sig, nil, 0) != nil {
		return
	}
	c.killed[pid] = sig
	if !known {
		c.unknown[pid], c.fresh = true, false
	}
}

// readLog takes note of what was added to the log.
func (c *killing) readLog() {
	var buf [64 << 10]byte
	for {
		n, err := c.log.Read(buf[:])
		c.unread = append(c.unread, buf[:n]...)
		if err != nil || n == 0 {
			break
		}
	}
	for {
		line, rest, whole := bytes.Cut(c.unread, []byte("\n"))
		if !whole {
			return
		}
		c.unread = rest
		var task, pid int
		if _, err := fmt.Sscan(string(line), &task, &pid); err != nil {
			c.t.Errorf("%q in the log", line)
			continue
		}
		if _, known := c.last[pid]; !known {
			c.fresh = true
		}
		c.ran[task]++
		c.worker[task], c.last[pid] = pid, task
	}
}

// check checks what the run has printed against what it did.
func (c *killing) check() {
	c.readFailures()
	printed := c.checkOutput()
	unlogged := 0
	for n := 1; n <= c.tasks; n++ {
		verdict, failed := c.failed[n]
		switch {
		case !failed && (c.ran[n] != 1 || !printed[n]):
			c.t.Errorf("task %d began %d times, its output is there: %v; nothing is told of it", n, c.ran[n], printed[n])
		case failed && c.ran[n] == 0: // it was killed before it could do anything
			unlogged++
		case failed:
			c.checkVictim(n, verdict)
		}
	}
	if most := len(c.killed) - (len(c.failed) - unlogged); unlogged > most {
		c.t.Errorf("%d tasks failed that never began, %d at most are accounted for", unlogged, most)
	}
	c.checkGone()
	c.t.Logf("%d kills, %d of them early; %d of %d tasks failed", len(c.killed), len(c.unknown), len(c.failed), c.tasks)
	if len(c.failed) == 0 {
		c.t.Error("no kill has hit a task")
	}
	if c.t.Failed() {
		c.t.Logf("with seed %d:\n%s", c.seed, tail(c.errs.Bytes()))
	}
}

// readFailures reads standard error, on which nothing else is told.
func (c *killing) readFailures() {
	line := regexp.MustCompile(`^xpool: task (\d+) \(.*\): (?:worker )?(killed by SIG\w+)$`)
	summary := ""
	for s := range strings.Lines(c.errs.String()) {
		s = strings.TrimSuffix(s, "\n")
		m := line.FindStringSubmatch(s)
		if m == nil {
			summary += s
			continue
		}
		n, _ := strconv.Atoi(m[1])
		if _, twice := c.failed[n]; twice {
			c.t.Errorf("told twice: %s", s)
		}
		c.failed[n] = m[2]
	}
	want := fmt.Sprintf("xpool: %d of %d tasks failed: ", len(c.failed), c.tasks)
	if !strings.HasPrefix(summary, want) {
		c.t.Errorf("standard error has %q besides, want %q...", tail([]byte(summary)), want)
	}
}

// checkOutput checks that standard output has numbers in order, and returns which.
func (c *killing) checkOutput() map[int]bool {
	printed := map[int]bool{}
	before := 0
	lines := bufio.NewScanner(&c.out)
	for lines.Scan() {
		n, err := strconv.Atoi(lines.Text())
		if err != nil || n <= before || n > c.tasks {
			c.t.Errorf("%q after %d on standard output", lines.Text(), before)
			continue
		}
		printed[n] = true
		before = n
	}
	return printed
}

// checkVictim checks that a task which failed was the last one of a process that
// was killed, by the signal that is told.
func (c *killing) checkVictim(n int, verdict string) {
	pid := c.worker[n]
	sig, killed := c.killed[pid]
	switch {
	case c.ran[n] != 1:
		c.t.Errorf("task %d failed and began %d times", n, c.ran[n])
	case !killed:
		c.t.Errorf("task %d failed (%s), whose worker was not killed", n, verdict)
	case c.last[pid] != n:
		c.t.Errorf("task %d failed, but its worker went on to task %d", n, c.last[pid])
	case verdict != "killed by "+unix.SignalName(sig):
		c.t.Errorf("task %d: %s, want %s", n, verdict, unix.SignalName(sig))
	}
}

// checkGone checks that nothing is left that the run has started.
func (c *killing) checkGone() {
	for pid := range c.last {
		env, _ := os.ReadFile(fmt.Sprintf("/proc/%d/environ", pid))
		if slices.Contains(strings.Split(string(env), "\x00"), c.mark()) && isAlive(pid) {
			c.t.Errorf("process %d is left", pid)
		}
	}
}

// children returns the children of a process that are no zombies.
func children(pid int) (pids []int) {
	lists, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	for _, name := range lists {
		list, _ := os.ReadFile(name) // its thread may have ended
		for _, word := range strings.Fields(string(list)) {
			if child, err := strconv.Atoi(word); err == nil && isAlive(child) {
				pids = append(pids, child)
			}
		}
	}
	return pids
}

// isGuard tells whether a process is the one that outlives xpool, or has not
// become what it is to be yet.
func isGuard(pid int) bool {
	name, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	return bytes.HasPrefix(name, []byte("xpool"))
}

// tail is the end of a long text.
func tail(b []byte) []byte { return b[max(0, len(b)-2000):] }
