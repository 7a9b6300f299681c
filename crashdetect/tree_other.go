//go:build !linux

package crashdetect

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// SignalTree sends sig to the process group root, or to that process alone if it leads no group. Descendants that left the group are not reached on this system. The
// caller must not have waited for root yet, so that its number cannot belong to anyone else. A root below 2, or this
// process's own group, is ignored.
func SignalTree(root int, sig syscall.Signal) {
	if root > 1 && root != unix.Getpid() && root != unix.Getpgrp() {
		if unix.Kill(-root, sig) != nil { // it leads no group
			_ = unix.Kill(root, sig)
		}
	}
}

// KillTree kills the process group root; the same holds as for SignalTree.
func KillTree(root int) { SignalTree(root, unix.SIGKILL) }

// ContinueStopped does nothing: SIGCONT misses no process of a group on these systems.
func ContinueStopped(root int) {}

// Descendants returns nil: this system has no cheap way to tell.
func Descendants(root int) []int { return nil }
