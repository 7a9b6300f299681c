package crashdetect

import (
	"fmt"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// SignalName returns the name of sig on this platform: "SIGSEGV", "SIGRTMIN+3" for a real-time signal, and "signal 77"
// for a number that has no name.
func SignalName(sig syscall.Signal) string {
	if name := unix.SignalName(sig); name != "" {
		return name
	}
	first, last := realTimeSignals()
	switch {
	case first == 0 || sig < first || sig > last:
		return fmt.Sprintf("signal %d", int(sig))
	case sig == first:
		return "SIGRTMIN"
	}
	return fmt.Sprintf("SIGRTMIN+%d", int(sig-first))
}

// realTimeSignals returns the first and last real-time signal as C programs see them (<signal.h>), or zeros where there
// are none. On Linux the kernel's first two belong to the C library's threads.
func realTimeSignals() (first, last syscall.Signal) {
	switch runtime.GOOS {
	case "linux":
		return 34, 64
	case "freebsd":
		return 65, 126
	case "netbsd":
		return 33, 63
	}
	return 0, 0
}
