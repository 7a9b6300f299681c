package chaos

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// look returns a process, and false if there is none with that id.
func look(pid int) (p process, ok bool) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return p, false
	}
	head, rest, ok := bytes.Cut(stat, []byte("("))
	end := bytes.LastIndexByte(rest, ')')
	if !ok || end < 0 || len(head) == 0 {
		return p, false
	}
	p.pid, p.name = pid, string(rest[:end])
	fields := strings.Fields(string(rest[end+1:]))
	if len(fields) < 20 {
		return p, false
	}
	p.state = fields[0][0]
	p.parent, _ = strconv.Atoi(fields[1])
	p.session, _ = strconv.Atoi(fields[3])
	p.start, _ = strconv.ParseUint(fields[19], 10, 64)
	if line, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid)); err == nil && len(line) > 0 {
		p.name = string(bytes.TrimRight(bytes.ReplaceAll(line, []byte{0}, []byte{' '}), " "))
	}
	return p, true
}

// children returns the children of a process, those that are dead too.
func children(pid int) (list []process) {
	names, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	for _, name := range names {
		text, _ := os.ReadFile(name) // its thread may have ended
		for _, word := range strings.Fields(string(text)) {
			child, err := strconv.Atoi(word)
			if err != nil {
				continue
			}
			if p, ok := look(child); ok {
				list = append(list, p)
			}
		}
	}
	return list
}

// workers returns the children of xpool that live, are no guard, and have become what
// they are to be: before that they have the name and the output of xpool.
func workers(pid int) (list []process) {
	self, _ := look(pid)
	for _, p := range children(pid) {
		if !p.dead() && !p.guard() && p.name != self.name {
			list = append(list, p)
		}
	}
	return list
}

// descendants returns what lives below the workers of xpool.
func descendants(pid int) (list []process) {
	for next := workers(pid); len(next) > 0; {
		var below []process
		for _, p := range next {
			for _, c := range children(p.pid) {
				if !c.dead() {
					below = append(below, c)
				}
			}
		}
		list, next = append(list, below...), below
	}
	return list
}

// family returns those descendants of this process that have an entry in their
// environment, or are in the session, and all below them. As orphans fall to this
// process, see AdoptOrphans, that is all of a run.
func family(entry string, session int) (list []process) {
	var next []process
	for _, p := range children(os.Getpid()) {
		if p.session == session || hasEntry(p.pid, entry) {
			next = append(next, p)
		}
	}
	for len(next) > 0 {
		list = append(list, next...)
		above := next
		next = nil
		for _, p := range above {
			next = append(next, children(p.pid)...)
		}
	}
	return list
}

func hasEntry(pid int, entry string) bool {
	env, _ := os.ReadFile(fmt.Sprintf("/proc/%d/environ", pid))
	for line := range bytes.SplitSeq(env, []byte{0}) {
		if string(line) == entry {
			return true
		}
	}
	return false
}

// descriptors is how many a process has open; 0 if that cannot be seen.
func descriptors(pid int) int {
	list, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	if err != nil {
		return 0
	}
	return len(list)
}

// shoot sends a signal to a process if it still is that: its number may have become
// another's.
func shoot(p process, sig unix.Signal) bool {
	fd, err := unix.PidfdOpen(p.pid, 0)
	if err != nil {
		return false
	}
	defer unix.Close(fd)
	now, ok := look(p.pid)
	return ok && now.start == p.start && !now.dead() && unix.PidfdSendSignal(fd, sig, nil, 0) == nil
}

// AdoptOrphans makes this process the one to which those fall that have lost their
// parent. Run asks for that: who is left of a run is looked for among them. off takes
// it back.
func AdoptOrphans() (off func(), err error) {
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		return nil, err
	}
	return func() { _ = unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0) }, nil
}

// bury reaps a dead child.
func bury(pid int) {
	var status unix.WaitStatus
	_, _ = unix.Wait4(pid, &status, unix.WNOHANG, nil)
}
