package runner_test

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// childLife is when a child goes by itself, if whoever should have ended it was
// ended before.
const childLife = 3 * time.Minute

// playChild is the program of which scripts make tasks: badly behaved ones most
// of all. PIDFILE gets the ids of its processes that are to stay, a line each,
// when all of them have got as far as they will.
//
//	hang PIDFILE      stays for ever
//	deaf PIDFILE      the same, and ignores all signals that can be ignored
//	leave PIDFILE     leaves a child behind that stays and holds its output
//	setsid PIDFILE    stays, with a child in a session of its own
//	escape PIDFILE    leaves a deaf child in a session of its own behind
//	crash SIGNAL      is killed by the signal
//	bytes N           prints N bytes without a newline
//	mute FIFO TEXT    closes its output, and ends when it can read from the fifo; writes TEXT to what was its output
//	fds               prints its descriptors
//	args ARG...       prints its arguments, quoted, a line each
//	gate N DIR        waits until N of its kind are in the directory, and prints nothing
//	worker [PIDFILE]  is a co-process that does what each line tells it, see obey
func playChild(args []string) int {
	time.AfterFunc(childLife, func() { os.Exit(3) })
	mode, args := args[0], append(args[1:], "")
	switch mode {
	case "hang":
		return hang(args[0])
	case "deaf":
		signal.Ignore(unix.SIGTERM, unix.SIGINT, unix.SIGHUP, unix.SIGQUIT, unix.SIGPIPE, unix.SIGUSR1)
		return hang(args[0])
	case "leave":
		return startChild("hang", args[0], nil)
	case "setsid":
		if code := startChild("hang", args[0], &syscall.SysProcAttr{Setsid: true}); code != 0 {
			return code
		}
		return hang(args[0])
	case "escape":
		return startChild("deaf", args[0], &syscall.SysProcAttr{Setsid: true})
	case "crash":
		return crash(args[0])
	case "bytes":
		return printBytes(args[0])
	case "mute":
		return mute(args[0], args[1])
	case "fds":
		return printDescriptors()
	case "args":
		for _, a := range args[:len(args)-1] {
			fmt.Printf("%q\n", a)
		}
		return 0
	case "gate":
		return gate(args[0], args[1])
	case "worker":
		return work(args[0])
	}
	fmt.Fprintf(os.Stderr, "child: unknown mode %q\n", mode)
	return 2
}

func hang(pidfile string) int {
	if !tell(pidfile) {
		return 2
	}
	<-time.After(childLife)
	return 3
}

// tell appends this process's id to a file, in one write.
func tell(pidfile string) bool {
	f, err := os.OpenFile(pidfile, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		fmt.Fprintln(os.Stderr, "child:", err)
		return false
	}
	defer f.Close()
	_, err = fmt.Fprintln(f, os.Getpid())
	return err == nil
}

// startChild starts another child, with the same output, and comes back when it
// has told of itself.
func startChild(mode, pidfile string, attr *syscall.SysProcAttr) int {
	before := size(pidfile)
	c := exec.Command("/proc/self/exe", mode, pidfile)
	if _, err := os.Stat(c.Path); err != nil {
		c.Path, _ = os.Executable()
	}
	c.Args[0] = "child"
	c.Stdout, c.Stderr, c.SysProcAttr = os.Stdout, os.Stderr, attr
	if err := c.Start(); err != nil {
		fmt.Fprintln(os.Stderr, "child:", err)
		return 2
	}
	poll(func() bool { return size(pidfile) != before })
	return 0
}

func size(path string) int64 {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return info.Size()
}

// crash does not leave a core file, nor Go's listing of goroutines.
func crash(name string) int {
	_ = unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{})
	sh := "kill -" + strings.TrimPrefix(name, "SIG") + " $$"
	err := unix.Exec("/bin/sh", []string{"sh", "-c", sh}, os.Environ())
	fmt.Fprintln(os.Stderr, "child:", err)
	return 2
}

func printBytes(number string) int {
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil {
		return 2
	}
	block := bytes.Repeat([]byte("x"), 1<<16)
	for ; n > 0; n -= int64(len(block)) {
		if _, err := os.Stdout.Write(block[:min(n, int64(len(block)))]); err != nil {
			return 1
		}
	}
	return 0
}

func mute(fifo, text string) int {
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		return 2
	}
	for _, fd := range []int{1, 2} {
		if err := unix.Dup2(int(null.Fd()), fd); err != nil {
			return 2
		}
	}
	f, err := os.Open(fifo)
	if err != nil {
		return 2
	}
	defer f.Close()
	if _, err := f.Read(make([]byte, 1)); err != nil {
		return 2
	}
	fmt.Println(text)
	return 0
}

// printDescriptors prints all descriptors but those that the Go runtime opens for
// itself at the start: its poller, and the files of the CPU limit.
func printDescriptors() int {
	for fd := range 1024 {
		target, err := os.Readlink(fmt.Sprintf("/proc/self/fd/%d", fd))
		if err != nil || strings.HasPrefix(target, "anon_inode:") || strings.HasPrefix(target, "/sys/fs/cgroup/") {
			continue
		}
		kind, _, _ := strings.Cut(target, ":")
		fmt.Println(fd, strings.TrimSuffix(kind, " (deleted)"))
	}
	return 0
}

// gate opens when so many processes stand at it.
func gate(number, dir string) int {
	n, err := strconv.Atoi(number)
	if err != nil {
		return 2
	}
	if f, err := os.CreateTemp(dir, "at-the-gate-"); err == nil {
		f.Close()
	}
	code := 0
	poll(func() bool {
		entries, err := os.ReadDir(dir)
		if err != nil {
			code = 2
		}
		return err != nil || len(entries) >= n
	})
	return code
}

// poll returns when ok: what other children do has no descriptor to wait for. A
// child that waits in vain ends with its life.
func poll(ok func() bool) {
	for !ok() {
		time.Sleep(pollEvery)
	}
}

// work serves the lines of standard input until its end.
func work(pidfile string) int {
	if pidfile != "" && !tell(pidfile) {
		return 2
	}
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		words := strings.Fields(in.Text() + " . .")
		if code, gone := obey(words[0], words[1], words[2]); gone {
			return code
		}
	}
	return 0
}

// obey does what a line says. If gone, the worker exits with the code.
//
//	say WORD          replies with the word
//	quietly SIGNAL    is killed by the signal instead of a reply
//	half SIGNAL       the same, in the middle of its reply
//	after SIGNAL      the same, right after its reply
//	exit N            exits instead of a reply
//	halfexit N        the same, in the middle of its reply
//	afterexit N       the same, right after its reply
//	hang PIDFILE      stays for ever
//	gather N DIR      waits at a gate with others, and is killed when it opens
func obey(order, what, where string) (code int, gone bool) {
	n, _ := strconv.Atoi(what)
	begun := false
	for _, begin := range []struct{ order, reply string }{{"half", "half"}, {"after", "whole\n"}} {
		if rest, ok := strings.CutPrefix(order, begin.order); ok {
			begun, order = true, rest
			fmt.Print(begin.reply)
		}
	}
	switch {
	case order == "say":
		fmt.Println(what)
		return 0, false
	case order == "exit":
		return n, true
	case order == "hang":
		return hang(what), true
	case order == "gather":
		gate(what, where)
		return crash("SIGKILL"), true
	case order == "quietly", begun && order == "":
		return crash(what), true
	}
	fmt.Fprintf(os.Stderr, "child: unknown order %q\n", order)
	return 2, true
}
