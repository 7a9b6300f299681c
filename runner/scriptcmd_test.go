package runner_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/sys/unix"
)

// scriptCommands are the commands that scripts have in addition. All that wait do
// so for at most the stage's patience.
//
//	exits STATUS PROGRAM...  like exec, with this status: a number or a signal's name
//	start NAME PROGRAM...    in the background, with the environment that the script began with; its standard input
//	                         is fed, its outputs are NAME.out and NAME.err
//	feed NAME LINE...        writes lines to its standard input
//	close NAME               ends its standard input
//	terminal NAME PROGRAM... in the background, on a terminal of its own, which does not echo; what it shows is NAME.tty
//	type NAME LINE...        types lines there; ^C and the like are keys
//	signal SIGNAL NAME       sends it a signal
//	ended STATUS NAME        waits for its end
//	memory MIB NAME          tells that it never had more than so much resident memory (Linux)
//	fifo FILE...             makes fifos
//	release FILE LINE...     writes lines to a fifo
//	waitfile FILE [REGEXP]   waits until the file has a whole line, or matches
//	gone FILE...             waits until no process is left of those whose ids are in the files
//	alive FILE...            tells that all of them are there
//	stopped FILE...          waits until all of them are stopped, as by ^Z
func scriptCommands() map[string]func(*testscript.TestScript, bool, []string) {
	return map[string]func(*testscript.TestScript, bool, []string){
		"exits":    plain("exits STATUS PROGRAM [ARG...]", 2, cmdExits),
		"start":    plain("start NAME PROGRAM [ARG...]", 2, cmdStart),
		"feed":     plain("feed NAME LINE...", 2, cmdFeed),
		"close":    plain("close NAME", 1, cmdClose),
		"terminal": plain("terminal NAME PROGRAM [ARG...]", 2, cmdTerminal),
		"type":     plain("type NAME LINE...", 2, cmdType),
		"signal":   plain("signal SIGNAL NAME", 2, cmdSignal),
		"ended":    plain("ended STATUS NAME", 2, cmdEnded),
		"memory":   plain("memory MIB NAME", 2, cmdMemory),
		"fifo":     plain("fifo FILE...", 1, cmdFifo),
		"release":  plain("release FILE LINE...", 2, cmdRelease),
		"waitfile": plain("waitfile FILE [REGEXP]", 1, cmdWaitfile),
		"gone":     plain("gone FILE...", 1, cmdGone),
		"alive":    plain("alive FILE...", 1, cmdAlive),
		"stopped":  plain("stopped FILE...", 1, cmdStopped),
	}
}

// plain is a command that has no opposite and takes at least so many arguments.
func plain(usage string, least int, f func(*testscript.TestScript, []string)) func(*testscript.TestScript, bool, []string) {
	return func(ts *testscript.TestScript, neg bool, args []string) {
		if neg || len(args) < least {
			ts.Fatalf("usage: %s", usage)
		}
		f(ts, args)
	}
}

// stage is what one script has started. It belongs to the script's goroutine.
type stage struct {
	dir      string
	env      []string // that the script began with
	patience time.Duration
	jobs     map[string]*job
	fifos    []*os.File // kept open, so that what was written to them stays
}

type stageKey struct{}

func stageOf(ts *testscript.TestScript) *stage { return ts.Value(stageKey{}).(*stage) }

// job is a program in the background. One goroutine waits for it; it ends with
// the program.
type job struct {
	cmd   *exec.Cmd
	stdin *os.File      // what feeds it, or the other end of its terminal
	done  chan struct{} // closed when the program has ended
	err   error         // of Wait; set before done is closed
}

// clear ends what is left at the end of a script.
func (s *stage) clear() {
	for _, j := range s.jobs {
		_ = j.stdin.Close()
		_ = j.cmd.Process.Kill()
		<-j.done
	}
	for _, f := range s.fifos {
		_ = f.Close()
	}
}

func (s *stage) job(ts *testscript.TestScript, name string) *job {
	j := s.jobs[name]
	if j == nil {
		ts.Fatalf("nothing was started as %q", name)
	}
	return j
}

// await polls until ok; what describes what it waits for.
func (s *stage) await(ts *testscript.TestScript, what string, ok func() bool) {
	for end := time.Now().Add(s.patience); !ok(); time.Sleep(pollEvery) {
		if time.Now().After(end) {
			s.explain(ts)
			ts.Fatalf("waited in vain for %s", what)
		}
	}
}

// pollEvery is how often await looks: what it waits for has no descriptor.
const pollEvery = 2 * time.Millisecond

// explain logs what the programs in the background have said.
func (s *stage) explain(ts *testscript.TestScript) {
	const most = 2000
	for name := range s.jobs {
		for _, suffix := range []string{".out", ".err", ".tty"} {
			b, err := os.ReadFile(filepath.Join(s.dir, name+suffix))
			if err != nil {
				continue // a job has its outputs in files, or on a terminal
			}
			ts.Logf("[%s%s]\n%s", name, suffix, b[:min(len(b), most)])
		}
	}
}

func cmdExits(ts *testscript.TestScript, args []string) {
	err := ts.Exec(args[1], args[2:]...)
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		ts.Fatalf("%v", err)
	}
	checkStatus(ts, args[0], err)
}

// checkStatus compares the way in which a program ended with a number or a
// signal's name.
func checkStatus(ts *testscript.TestScript, want string, err error) {
	got := "0"
	exit := (*exec.ExitError)(nil)
	switch {
	case errors.As(err, &exit):
		status := exit.Sys().(syscall.WaitStatus)
		got = strconv.Itoa(status.ExitStatus())
		if status.Signaled() {
			got = unix.SignalName(status.Signal())
		}
	case err != nil:
		ts.Fatalf("%v", err)
	}
	if got != want {
		ts.Fatalf("ended with %s, want %s", got, want)
	}
}

// command is the program that the arguments of start and terminal say, and the
// name under which it is to be a job.
func (s *stage) command(ts *testscript.TestScript, args []string) (name string, cmd *exec.Cmd) {
	name = args[0]
	if s.jobs[name] != nil {
		ts.Fatalf("%q is taken", name)
	}
	program, err := exec.LookPath(args[1])
	ts.Check(err)
	cmd = exec.Command(program, args[2:]...)
	cmd.Args[0] = args[1]
	cmd.Dir = ts.MkAbs(".")
	cmd.Env = s.env
	return name, cmd
}

func cmdStart(ts *testscript.TestScript, args []string) {
	s := stageOf(ts)
	name, cmd := s.command(ts, args)
	read, write, err := os.Pipe()
	ts.Check(err)
	defer read.Close()
	stdout, err := os.Create(filepath.Join(s.dir, name+".out"))
	ts.Check(err)
	defer stdout.Close()
	stderr, err := os.Create(filepath.Join(s.dir, name+".err"))
	ts.Check(err)
	defer stderr.Close()

	cmd.Stdin, cmd.Stdout, cmd.Stderr = read, stdout, stderr
	ts.Check(cmd.Start())
	j := &job{cmd: cmd, stdin: write, done: make(chan struct{})}
	s.jobs[name] = j
	go func() {
		j.err = cmd.Wait()
		close(j.done)
	}()
}

func cmdFeed(ts *testscript.TestScript, args []string) {
	_, err := io.WriteString(stageOf(ts).job(ts, args[0]).stdin, lines(args[1:]))
	ts.Check(err)
}

func lines(words []string) string { return strings.Join(words, "\n") + "\n" }

func cmdClose(ts *testscript.TestScript, args []string) {
	ts.Check(stageOf(ts).job(ts, args[0]).stdin.Close())
}

func cmdSignal(ts *testscript.TestScript, args []string) {
	sig := unix.SignalNum(args[0])
	if sig == 0 {
		ts.Fatalf("no signal is called %q", args[0])
	}
	ts.Check(stageOf(ts).job(ts, args[1]).cmd.Process.Signal(sig))
}

func cmdEnded(ts *testscript.TestScript, args []string) {
	s := stageOf(ts)
	j := s.job(ts, args[1])
	timeout := time.NewTimer(s.patience)
	defer timeout.Stop()
	select {
	case <-j.done:
	case <-timeout.C:
		s.explain(ts)
		ts.Fatalf("%s has not ended", args[1])
	}
	checkStatus(ts, args[0], j.err)
}

func cmdMemory(ts *testscript.TestScript, args []string) {
	limit, err := strconv.Atoi(args[0])
	ts.Check(err)
	pid := stageOf(ts).job(ts, args[1]).cmd.Process.Pid
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	ts.Check(err)
	_, rest, found := bytes.Cut(status, []byte("VmHWM:"))
	fields := bytes.Fields(rest)
	if !found || len(fields) == 0 {
		ts.Fatalf("no VmHWM in %q", status)
	}
	kib, err := strconv.Atoi(string(fields[0]))
	ts.Check(err)
	ts.Logf("%s had %d KiB of resident memory", args[1], kib)
	if kib > limit<<10 {
		ts.Fatalf("more than %d MiB", limit)
	}
}

func cmdFifo(ts *testscript.TestScript, args []string) {
	for _, name := range args {
		ts.Check(unix.Mkfifo(ts.MkAbs(name), 0o600))
	}
}

func cmdRelease(ts *testscript.TestScript, args []string) {
	s := stageOf(ts)
	// For reading too: that never waits for another reader.
	f, err := os.OpenFile(ts.MkAbs(args[0]), os.O_RDWR, 0)
	ts.Check(err)
	s.fifos = append(s.fifos, f)
	_, err = io.WriteString(f, lines(args[1:]))
	ts.Check(err)
}

func cmdWaitfile(ts *testscript.TestScript, args []string) {
	pattern := "\n"
	if len(args) > 1 {
		pattern = args[1]
	}
	re, err := regexp.Compile("(?m)" + pattern)
	ts.Check(err)
	path := ts.MkAbs(args[0])
	stageOf(ts).await(ts, fmt.Sprintf("%q in %s", pattern, args[0]), func() bool {
		b, err := os.ReadFile(path)
		return err == nil && re.Match(b)
	})
}

func cmdGone(ts *testscript.TestScript, args []string) {
	for _, name := range args {
		for _, pid := range readPids(ts, name) {
			stageOf(ts).await(ts, fmt.Sprintf("the end of process %d of %s", pid, name), func() bool { return !isAlive(pid) })
		}
	}
}

func cmdAlive(ts *testscript.TestScript, args []string) {
	for _, name := range args {
		for _, pid := range readPids(ts, name) {
			if !isAlive(pid) {
				ts.Fatalf("process %d of %s is gone", pid, name)
			}
		}
	}
}

func cmdStopped(ts *testscript.TestScript, args []string) {
	for _, name := range args {
		for _, pid := range readPids(ts, name) {
			stageOf(ts).await(ts, fmt.Sprintf("a stop of process %d of %s", pid, name), func() bool {
				state, ok := processState(pid)
				return ok && state == 'T'
			})
		}
	}
}

// readPids returns the process ids in a file, of which there must be one.
func readPids(ts *testscript.TestScript, name string) []int {
	var pids []int
	for _, word := range strings.Fields(ts.ReadFile(name)) {
		pid, err := strconv.Atoi(word)
		ts.Check(err)
		pids = append(pids, pid)
	}
	if len(pids) == 0 {
		ts.Fatalf("no process id in %s", name)
	}
	return pids
}

// isAlive tells whether a process runs. A zombie does not: who is to wait for an
// orphan is not known.
func isAlive(pid int) bool {
	if unix.Kill(pid, 0) == unix.ESRCH {
		return false
	}
	state, ok := processState(pid)
	if !ok {
		_, noProc := os.Stat("/proc/self/stat")
		return noProc != nil // where there is no /proc, the signal's answer counts
	}
	return state != 'Z' && state != 'X'
}

// processState is the letter that proc(5) has for the state of a process; ok is
// false if there is none.
func processState(pid int) (state byte, ok bool) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, false
	}
	_, rest, _ := bytes.Cut(stat, []byte(") ")) // the name before it is in parentheses
	if len(rest) == 0 {
		return 0, false
	}
	return rest[0], true
}
