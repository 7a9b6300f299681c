//go:build !linux

package runner

import "syscall"

// stopSelf stops this process, and returns when it has been continued, or somewhat
// before the stop.
func stopSelf() { _ = syscall.Kill(syscall.Getpid(), syscall.SIGSTOP) }
