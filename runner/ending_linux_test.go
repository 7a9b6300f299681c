package runner_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// workerKinds are ways to have a task evaluate the shell code in $BODY.
func workerKinds(t *testing.T) []workerKind {
	t.Helper()
	return []workerKind{
		{"program", []string{"sh", "-c", `eval "$BODY"`, "sh"}, nil},
		{"shell", []string{`eval "$BODY"; : {}`}, []string{"--init", `eval "$BODY"`}},
		{"nofork", []string{"--no-fork", `eval "$BODY"; : {}`}, []string{"--init", `eval "$BODY"`}},
		{
			"python", []string{"--lang", realProgram(t, "python3"), "import os, subprocess, sys; sys.exit(subprocess.call(['sh', '-c', os.environ['BODY']]))"},
			[]string{"--init", "import os, subprocess; subprocess.call(['sh', '-c', os.environ['BODY']])"},
		},
		{"lines", []string{"--worker", "sh", "-c", `while read -r x; do eval "$BODY"; done`}, nil},
	}
}

// workerKind is one of workerKinds.
type workerKind struct {
	name string
	args []string // of xpool
	init []string // the same for the set-up of a worker; nil if it has none
}

// ending is a run that is ended in some way. Its tasks find $UP, to which they add
// lines, and the fifo $NEVER, which nobody writes to.
type ending struct {
	t    *testing.T
	dir  string
	tmp  string // TMPDIR of the run
	cmd  *exec.Cmd
	out  *os.File // what the run prints can be read there, and is not by itself
	errs bytes.Buffer
	done chan struct{} // closed when the run has ended
	err  error         // how; set before done is closed
}

// startEnding starts a run whose tasks do what body says. Nothing of it is left after
// the test.
func startEnding(t *testing.T, body string, args ...string) *ending {
	t.Helper()
	dir := t.TempDir()
	e := &ending{t: t, dir: dir, tmp: filepath.Join(dir, "tmp"), done: make(chan struct{})}
	read, write, err := os.Pipe()
	err = errors.Join(err, os.WriteFile(e.path("tree.sh"), []byte(treeScript), 0o600))
	if err = errors.Join(err, os.Mkdir(e.tmp, 0o700), unix.Mkfifo(e.path("never"), 0o600), unix.Mkfifo(e.path("in"), 0o600)); err != nil {
		t.Fatal(err)
	}
	defer write.Close()
	e.out = read
	e.cmd = exec.Command("xpool", args...)
	e.cmd.Env = append(os.Environ(), e.mark(), "BODY="+body, "UP="+e.path("up"), "NEVER="+e.path("never"),
		"TMPDIR="+e.tmp, "GORACE=atexit_sleep_ms=0")
	e.cmd.Dir = dir
	e.cmd.Stdout, e.cmd.Stderr = write, &e.errs
	if err := e.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { // ends with the run
		defer close(e.done)
		e.err = e.cmd.Wait()
	}()
	t.Cleanup(func() {
		_ = e.cmd.Process.Kill()
		<-e.done
		_ = read.Close()
		for _, pid := range e.left() {
			_ = unix.Kill(pid, unix.SIGKILL)
		}
		if t.Failed() {
			t.Logf("xpool %q\n%s", args, tail(e.errs.Bytes()))
		}
	})
	return e
}

func (e *ending) path(name string) string { return filepath.Join(e.dir, name) }

// mark is in the environment of all that the run starts, and its value in the
// arguments of what has an environment of its own.
func (e *ending) mark() string { return "ENDING=" + e.dir }

// await polls until ok; what describes what it waits for.
func (e *ending) await(what string, ok func() bool) {
	e.t.Helper()
	end := time.Now().Add(patience)
	if d, bounded := e.t.Deadline(); bounded && d.Before(end) {
		end = d.Add(-time.Until(d) / 2)
	}
	for ; !ok(); time.Sleep(pollEvery) {
		if time.Now().After(end) {
			e.t.Fatalf("waited in vain for %s", what)
		}
	}
}

// up returns the numbers of the processes that have told of themselves.
func (e *ending) up() (pids []int) {
	text, _ := os.ReadFile(e.path("up")) // which may not be there yet
	for line := range strings.Lines(string(text)) {
		if pid, err := strconv.Atoi(strings.TrimSuffix(line, "\n")); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}

func (e *ending) awaitUp(n int) {
	e.t.Helper()
	e.await(strconv.Itoa(n)+" tasks", func() bool { return len(e.up()) >= n })
}

// awaitPrinting waits until the run has printed something that nobody reads.
func (e *ending) awaitPrinting() {
	e.t.Helper()
	raw, err := e.out.SyscallConn()
	if err != nil {
		e.t.Fatal(err)
	}
	e.await("output", func() bool {
		var n int
		_ = raw.Control(func(fd uintptr) { n, _ = unix.IoctlGetInt(int(fd), unix.TIOCINQ) })
		return n > 0
	})
}

// awaitState waits until a process is in a state of proc(5).
func (e *ending) awaitState(pid int, want byte) {
	e.t.Helper()
	e.await("state "+string(want), func() bool {
		state, ok := processState(pid)
		return ok && state == want
	})
}

func (e *ending) signal(sig syscall.Signal) {
	e.t.Helper()
	if err := e.cmd.Process.Signal(sig); err != nil {
		e.t.Fatal(err)
	}
}

// wait waits for the end of the run, and returns its status as a shell has it.
func (e *ending) wait() int {
	e.t.Helper()
	timeout := time.NewTimer(patience)
	defer timeout.Stop()
	select {
	case <-e.done:
	case <-timeout.C:
		e.t.Fatal("the run does not end")
	}
	status := e.cmd.ProcessState.Sys().(syscall.WaitStatus)
	if status.Signaled() {
		return 128 + int(status.Signal())
	}
	return status.ExitStatus()
}

// checkGone holds that nothing is left of the run, neither process nor file.
func (e *ending) checkGone() {
	e.t.Helper()
	e.await("the end of all processes", func() bool { return len(e.left()) == 0 })
	entries, err := os.ReadDir(e.tmp)
	if err != nil || len(entries) > 0 {
		e.t.Errorf("%v is left in TMPDIR: %v", entries, err)
	}
}

// left returns what carries the mark in its environment or in its arguments.
func (e *ending) left() (pids []int) {
	dirs, _ := filepath.Glob("/proc/[0-9]*")
	for _, dir := range dirs {
		env, _ := os.ReadFile(dir + "/environ") // it may be gone, or somebody else's
		args, _ := os.ReadFile(dir + "/cmdline")
		if !hasWord(env, e.mark()) && !hasWord(args, e.dir) {
			continue
		}
		if pid, err := strconv.Atoi(filepath.Base(dir)); err == nil && isAlive(pid) {
			pids = append(pids, pid)
		}
	}
	return pids
}

// hasWord tells whether one of the strings in a block of proc(5) is word.
func hasWord(block []byte, word string) bool {
	for s := range bytes.SplitSeq(block, []byte{0}) {
		if string(s) == word {
			return true
		}
	}
	return false
}
