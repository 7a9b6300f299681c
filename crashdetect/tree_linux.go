package crashdetect

import (
	"slices"
	"syscall"

	"golang.org/x/sys/unix"
)

// freezeRounds is how often KillTree looks again for processes that it has missed. The second look mostly finds nothing,
// however fast the tree forks; a guard, which sees more than a tree, may need a few.
const freezeRounds = 32

// SignalTree sends sig to the process group root, to root, and to every living descendant of root outside that group, so
// that a child which called setsid is reached. The caller must not have waited for root yet, so that its number cannot
// belong to anyone else; that it has already ended does not matter. A root below 2, or this process itself, is ignored.
//
// It looks once: what is forked meanwhile may be missed. Errors are not told, since a process may end at any moment.
func SignalTree(root int, sig syscall.Signal) {
	if !mayEnd(root) {
		return
	}
	descendants := tree(root, nil) // before the first signal: children of one that dies of it are no descendants any more
	signalRoot(root, sig)
	for _, p := range descendants {
		if p.group != root {
			p.signal(sig)
		}
	}
}

// KillTree kills what SignalTree reaches, for certain: every process is stopped first, from the top down, and one that
// was sent a stop signal cannot fork any more, so that the tree stands still when it has been listed once without
// anything new. What is killed from the bottom up then gets no chance to act on the death of another. Groups led by a
// member of the tree are killed whole. The same is asked of the caller as by SignalTree.
//
// Not reached are processes whose parent in the tree ended before and that left the tree's groups (see Adopted), and
// those of another user.
func KillTree(root int) {
	if !mayEnd(root) {
		return
	}
	for _, p := range slices.Backward(freeze(root)) {
		if p.group == p.pid && mayEnd(p.group) {
			// Its parent is stopped and cannot wait for it: the number is still its own.
			_ = unix.Kill(-p.group, unix.SIGKILL)
		}
		p.signal(unix.SIGKILL)
	}
	signalRoot(root, unix.SIGKILL)
}

// ContinueStopped sends SIGCONT to those descendants of root that are stopped. A SIGCONT to a tree that was stopped a
// moment ago can miss one: Linux gives a SIGSTOP to the group of a process that is forking to the child, too, and drops
// the SIGCONT that follows it before the fork is over.
func ContinueStopped(root int) {
	if !mayEnd(root) {
		return
	}
	for _, p := range tree(root, nil) {
		if p.state == 'T' {
			p.signal(unix.SIGCONT)
		}
	}
}

// Descendants returns the pids of the living descendants of root, parents before their children. A process whose parent
// ended is none any more.
func Descendants(root int) []int {
	var pids []int
	for _, p := range tree(root, nil) {
		pids = append(pids, p.pid)
	}
	return pids
}

// freeze stops root with its group and all its descendants, and returns the descendants, parents before their children
// but for those that an earlier look has missed.
func freeze(root int) []process {
	var frozen []process
	seen := make(map[process]bool)
	for range freezeRounds {
		signalRoot(root, unix.SIGSTOP)
		before := len(frozen)
		tree(root, func(p process) {
			if id := (process{pid: p.pid, start: p.start}); !seen[id] {
				seen[id] = true
				frozen = append(frozen, p)
				p.signal(unix.SIGSTOP)
			}
		})
		if len(frozen) == before {
			break
		}
	}
	return frozen
}

// signalRoot signals a process that was not waited for, and the group of its number.
func signalRoot(root int, sig syscall.Signal) {
	_ = unix.Kill(-root, sig)
	if group, err := unix.Getpgid(root); err != nil || group != root {
		_ = unix.Kill(root, sig) // it never led a group, or has left it; a zombie's group is still its own
	}
}

// mayEnd tells whether root can be the root of a tree to be ended: neither "every process" nor init, nor this process
// or the group that it is in.
func mayEnd(root int) bool {
	return root > 1 && root != unix.Getpid() && root != unix.Getpgrp()
}

// tree returns the living descendants of root, parents before their children. A visit that is not nil is called with each
// before its own children are looked up.
func tree(root int, visit func(process)) []process {
	var found []process
	seen := map[int]bool{root: true, unix.Getpid(): true}
	for queue := []int{root}; len(queue) > 0; queue = queue[1:] {
		for _, pid := range children(queue[0]) {
			p, ok := readProcess(pid)
			if !ok || seen[pid] || p.dead() {
				continue
			}
			seen[pid] = true
			if visit != nil {
				visit(p)
			}
			found = append(found, p)
			queue = append(queue, pid)
		}
	}
	return found
}
