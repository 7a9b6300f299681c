package runner

import (
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// stopSelf stops this process, and returns when it has been continued. The signal
// goes to the calling thread: another one may get one that is for the process, and
// then this goroutine runs on for a while before the stop.
func stopSelf() {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	_ = unix.Tgkill(syscall.Getpid(), unix.Gettid(), syscall.SIGSTOP)
}

// statusSignal asks for a line about how far the run is. Linux has the name SIGINFO
// for it too, but no key.
const statusSignal = syscall.SIGPWR
