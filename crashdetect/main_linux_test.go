package crashdetect

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/sys/unix"
)

// actorName is the argv[0] by which the test binary knows that it is to play a bad child. It is not in the environment,
// which some parts have to empty.
const actorName = "crashdetect-actor"

// actorLife is when an actor goes by itself, for the case that a test fails to end it and is ended itself.
const actorLife = 5 * time.Minute

func TestMain(m *testing.M) {
	switch os.Args[0] {
	case actorName:
		os.Exit(play(os.Args[1:]))
	case GuardName:
		os.Exit(RunGuard())
	}
	if err := BecomeSubreaper(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	goleak.VerifyTestMain(m)
}

// play follows a script, a word a step. Steps that start a child hand the rest of the script to it. Each process tells
// its step and pid on standard output when it has got as far as it will.
func play(script []string) int {
	time.AfterFunc(actorLife, func() { os.Exit(3) })
	for i, word := range script {
		rest := script[i+1:]
		switch word {
		case "deaf": // does not hear SIGTERM from now on
			signal.Ignore(unix.SIGTERM)
		case "child": // has a child
			mustStart(perform(rest...))
			return hang(word)
		case "setsid": // has a child in a session of its own
			mustStart(inSession(perform(rest...)))
			return hang(word)
		case "bare": // has a child with an empty environment
			mustStart(withoutEnvironment(perform(rest...)))
			return hang(word)
		case "leave": // has a child and leaves it
			mustStart(perform(rest...))
			return 0
		case "slots": // leaves a child for each of two slots
			for _, slot := range []string{"XPOOL_SLOT=1", "XPOOL_SLOT=2"} {
				c := perform(rest...)
				c.Env = append(os.Environ(), slot)
				mustStart(inSession(c))
			}
			return 0
		case "flee": // leaves a child in a session of its own that does the same, many times
			mustStart(inSession(perform(rest...)))
			return 0
		case "breed": // has children in sessions of their own, more and more
			announce(word)
			for range 30 {
				mustStart(inSession(perform(rest...)))
			}
			return hang(word)
		case "polite": // says so when it gets SIGTERM, and ends
			got := make(chan os.Signal, 1)
			signal.Notify(got, unix.SIGTERM)
			announce(word)
			<-got
			announce("goodbye")
			return 0
		case "hang":
			return hang(word)
		case "own":
			return own()
		case "borrow":
			return borrow(rest[0])
		}
	}
	return 2
}

// borrow plays the owner of a run that has taken three bytes out of a fifo, and has put one back. Beside the fifo it has a
// directory.
func borrow(path string) int {
	fifo, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		panic(err)
	}
	fd := int(fifo.Fd())
	loan, err := NewLoan(fd, 100)
	if err != nil {
		panic(err)
	}
	scratch := path + ".scratch"
	if err := os.MkdirAll(filepath.Join(scratch, "below"), 0o700); err != nil {
		panic(err)
	}
	if _, err := StartGuard("/proc/self/exe", NewRunID(), loan, scratch); err != nil {
		panic(err)
	}
	cells := loan.Cells()
	for _, i := range []int{0, 7, 99} {
		if _, err := unix.Read(fd, cells[i:i+1]); err != nil {
			panic(err)
		}
	}
	if err := writeByte(fd, cells[7]); err != nil {
		panic(err)
	}
	cells[7] = 0
	return hang("borrow")
}

// own plays the owner of a run with a guard.
func own() int {
	id := NewRunID()
	guard, err := StartGuard("/proc/self/exe", id, nil, "")
	if err != nil {
		panic(err)
	}
	os.Setenv(RunVariable, id)
	fmt.Println("guard", guard.Pid())
	guard.Groups().Set(1, mustStart(inGroup(perform("child", "hang"))))
	mustStart(inGroup(perform("setsid", "hang")))
	mustStart(inGroup(perform("leave", "flee", "child", "hang")))
	guard.Groups().Set(GroupSlots, mustStart(withoutEnvironment(inGroup(perform("child", "hang")))))
	mustStart(inSession(perform("bare", "child", "hang")))
	return hang("own")
}

func announce(word string) { fmt.Println(word, os.Getpid()) }

func hang(word string) int {
	for announce(word); ; {
		_ = unix.Pause()
	}
}

func perform(script ...string) *exec.Cmd {
	return &exec.Cmd{
		Path:        "/proc/self/exe",
		Args:        append([]string{actorName}, script...),
		Stdout:      os.Stdout,
		Stderr:      os.Stderr,
		SysProcAttr: new(syscall.SysProcAttr),
	}
}

func inGroup(c *exec.Cmd) *exec.Cmd            { c.SysProcAttr.Setpgid = true; return c }
func inSession(c *exec.Cmd) *exec.Cmd          { c.SysProcAttr.Setsid = true; return c }
func withoutEnvironment(c *exec.Cmd) *exec.Cmd { c.Env = []string{}; return c }

func mustStart(c *exec.Cmd) (pid int) {
	if err := c.Start(); err != nil {
		panic(err)
	}
	return c.Process.Pid
}

// actor is a process that told of itself. Its pidfd was opened while it lived and stays its own.
type actor struct {
	word  string
	pid   int
	pidfd int
}

// troupe is a script's first process, which this process started as the leader of a group, and those after it.
type troupe struct {
	t     *testing.T
	cmd   *exec.Cmd
	lines *bufio.Scanner
	cast  []actor
}

// stage starts a script and waits until so many processes have told of themselves. What it started is gone after the
// test, whatever the test does. A test has one stage: what is not of its troupe is an orphan.
func stage(t *testing.T, count int, env []string, script ...string) *troupe {
	t.Helper()
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer write.Close()
	_ = read.SetReadDeadline(deadline(t))
	tr := &troupe{t: t, cmd: inGroup(perform(script...)), lines: bufio.NewScanner(read)}
	tr.cmd.Stdout = write
	tr.cmd.Env = append(os.Environ(), "GORACE=atexit_sleep_ms=0") // no second of sleep at each end
	tr.cmd.Env = append(tr.cmd.Env, env...)
	if err := tr.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		tr.end()
		if left := EndFamily(func(int) bool { return false }, 0); left != nil {
			t.Errorf("left after the test: %v", left)
		}
		for _, a := range tr.cast {
			_ = unix.Close(a.pidfd)
		}
		_ = read.Close()
	})
	for range count {
		tr.next()
	}
	return tr
}

// next waits for the next process that tells of itself.
func (tr *troupe) next() actor {
	tr.t.Helper()
	if !tr.lines.Scan() {
		tr.t.Fatalf("after %v: %v", tr.cast, tr.lines.Err())
	}
	word, number, _ := strings.Cut(tr.lines.Text(), " ")
	pid, err := strconv.Atoi(number)
	if err != nil {
		tr.t.Fatalf("odd line %q", tr.lines.Text())
	}
	fd, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		fd = -1 // polling it never finds anything: only who ends by himself has none
	}
	tr.cast = append(tr.cast, actor{word, pid, fd})
	return tr.cast[len(tr.cast)-1]
}

// find returns the process that told of this word, the n-th of them.
func (tr *troupe) find(word string, n int) actor {
	tr.t.Helper()
	for _, a := range tr.cast {
		if a.word == word {
			if n--; n < 0 {
				return a
			}
		}
	}
	tr.t.Fatalf("no %q in %v", word, tr.cast)
	return actor{}
}

func (tr *troupe) pid() int           { return tr.cmd.Process.Pid }
func (tr *troupe) known(pid int) bool { return pid == tr.pid() }

// end kills the first process with its tree, waits for it and returns how it ended.
func (tr *troupe) end() syscall.WaitStatus {
	if tr.cmd.ProcessState == nil {
		KillTree(tr.pid())
		_ = tr.cmd.Wait()
	}
	return tr.cmd.ProcessState.Sys().(syscall.WaitStatus)
}

// waitUnreaped waits until the first process has ended by itself, and does not reap it.
func (tr *troupe) waitUnreaped() {
	tr.t.Helper()
	fd, err := unix.PidfdOpen(tr.pid(), 0)
	if err != nil {
		tr.t.Fatal(err)
	}
	defer unix.Close(fd)
	mustEnd(tr.t, actor{"first", tr.pid(), fd})
}

// ended tells whether a process ends within limit.
func ended(a actor, limit time.Duration) bool {
	fds := []unix.PollFd{{Fd: int32(a.pidfd), Events: unix.POLLIN}}
	for end := time.Now().Add(limit); ; {
		n, err := unix.Poll(fds, int(max(0, time.Until(end))/time.Millisecond))
		if err != unix.EINTR {
			return n == 1
		}
	}
}

func mustEnd(t *testing.T, actors ...actor) {
	t.Helper()
	for _, a := range actors {
		if !ended(a, time.Until(deadline(t))) {
			t.Errorf("%s %d still runs", a.word, a.pid)
		}
	}
}

func mustLive(t *testing.T, actors ...actor) {
	t.Helper()
	for _, a := range actors {
		if a.pidfd < 0 || ended(a, 0) {
			t.Errorf("%s %d has ended", a.word, a.pid)
		}
	}
}

// deadline returns when a test must have what it waits for.
func deadline(t *testing.T) time.Time {
	if d, ok := t.Deadline(); ok {
		return d.Add(-time.Until(d) / 10)
	}
	return time.Now().Add(time.Minute)
}

// carriers returns the living processes that were started with this entry in their environment.
func carriers(entry string) []int {
	var pids []int
	for _, p := range processes() {
		if !p.dead() && hasEntry(environment(p.pid), entry) {
			pids = append(pids, p.pid)
		}
	}
	slices.Sort(pids)
	return pids
}
