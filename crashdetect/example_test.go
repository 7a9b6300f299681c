package crashdetect_test

import (
	"fmt"
	"os/exec"
	"syscall"
	"time"

	"xpool/crashdetect"
)

// A program that starts children itself hands over what os/exec tells of each: the error of Start, or the wait status.
// The verdict is a sentence for people, a label to count by, and an exit status.
func Example() {
	run := func(name string, args ...string) crashdetect.Verdict {
		cmd := exec.Command(name, args...)
		if err := cmd.Start(); err != nil {
			return crashdetect.Classify(crashdetect.End{StartErr: crashdetect.NewStartError(name, cmd.Path, err)})
		}
		_ = cmd.Wait() // a status that is not 0 is an error to os/exec; the verdict says it better
		status := cmd.ProcessState.Sys().(syscall.WaitStatus)
		return crashdetect.Classify(crashdetect.End{Status: status, HasStatus: true})
	}
	for _, script := range []string{"exit 0", "exit 3", "kill -KILL $$"} {
		v := run("sh", "-c", script)
		fmt.Printf("%s: %s (counted as %q, exit status %d)\n", script, v, v.Label(), v.ExitStatus())
	}
	v := run("./no-such-program")
	fmt.Printf("%s (exit status %d)\n", v, v.ExitStatus())
	// Output:
	// exit 0: ok (counted as "ok", exit status 0)
	// exit 3: exit 3 (counted as "exit 3", exit status 123)
	// kill -KILL $$: killed by SIGKILL (counted as "SIGKILL", exit status 125)
	// cannot run './no-such-program': no such file or directory (exit status 127)
}

// A deadline that the caller enforced is handed over too, so that the death by the caller's own signal is told as what
// it is.
func ExampleClassify() {
	status := syscall.WaitStatus(syscall.SIGSEGV) | 0x80 // as wait(2) gives it
	crash := crashdetect.Classify(crashdetect.End{HasStatus: true, Status: status})
	slow := crashdetect.Classify(crashdetect.End{
		TimedOut: true, Limit: 30 * time.Second, Signalled: true,
		HasStatus: true, Status: syscall.WaitStatus(syscall.SIGTERM),
	})
	fmt.Println(crash)
	fmt.Println(slow)
	fmt.Println(crash.Label(), crash.ExitStatus())
	// Output:
	// killed by SIGSEGV (core dumped)
	// timed out after 30s, killed
	// SIGSEGV 125
}

// A worker is a child that is to answer one request after another. What it says or does instead of answering has
// verdicts of its own.
func ExampleClassify_worker() {
	garbage := crashdetect.NotAResponse([]byte("Loading model...\n"))
	for _, end := range []crashdetect.End{
		{Worker: true, Protocol: garbage, ProtocolName: "json"},
		{Worker: true, HasStatus: true, Status: syscall.WaitStatus(42 << 8)},
		{Worker: true, HasStatus: true},
	} {
		fmt.Println(crashdetect.Classify(end))
	}
	// Output:
	// worker broke the json protocol: "Loading model..." is not a response (does it print to standard output?)
	// worker exited with status 42
	// worker exited with status 0 before it replied
}

// The watch is made before the first child, and asked about each child that died of a SIGKILL which nobody here sent. The
// child of this example kills itself, which is no want of memory, whatever the signal looks like.
func ExampleOOMWatch_Killed() {
	watch := crashdetect.WatchOOM()
	defer watch.Close()

	started := time.Now()
	cmd := exec.Command("sh", "-c", "kill -KILL $$")
	_ = cmd.Run()
	status := cmd.ProcessState.Sys().(syscall.WaitStatus)

	end := crashdetect.End{Status: status, HasStatus: true}
	if status.Signal() == syscall.SIGKILL {
		end.OOM, _ = watch.Killed(cmd.Process.Pid, started)
	}
	fmt.Println(crashdetect.Classify(end))

	end.OOM, end.Peak = "kernel OOM killer", 8<<30 // as if the kernel had done it
	fmt.Println(crashdetect.Classify(end))
	// Output:
	// killed by SIGKILL
	// killed by SIGKILL, out of memory (kernel OOM killer; peak 8.0 GiB)
}

// A memory limit: TreeRSS is cheap enough to be asked often, and TreePSS confirms what it says before anything is killed
// for it.
func ExampleTreeRSS() {
	const limit = 1 << 40
	over := func(pid int) bool {
		if rss, ok := crashdetect.TreeRSS(pid); !ok || rss <= limit {
			return false
		}
		pss, ok := crashdetect.TreePSS(pid)
		return ok && pss > limit
	}
	fmt.Println(over(syscall.Getpid()))
	// Output:
	// false
}
