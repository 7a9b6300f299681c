//go:build !linux

package runner

import "syscall"

// stopSelf stops this process, and returns when it has been continued, or somewhat
// before the stop.
func stopSelf() { _ = syscall.Kill(syscall.Getpid(), syscall.SIGSTOP) }

// statusSignal asks for a line about how far the run is. The terminal sends it when
// Ctrl-T is pressed.
const statusSignal = syscall.SIGINFO
