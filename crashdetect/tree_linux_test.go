package crashdetect

import (
	"os"
	"runtime"
	"slices"
	"strconv"
	"testing"

	"golang.org/x/sys/unix"
)

func TestDescendants(t *testing.T) {
	tr := stage(t, 5, nil, "child", "setsid", "child", "child", "hang")
	if got := len(tree(tr.pid(), nil)); got != 4 {
		t.Fatalf("%d descendants, want 4", got)
	}
	parent := tr.pid()
	for _, pid := range Descendants(tr.pid()) {
		if p, ok := readProcess(pid); !ok || p.ppid != parent {
			t.Errorf("%d is not the child of %d, which comes before it", pid, parent)
		}
		parent = pid
	}
	if hang := tr.find("hang", 0); parent != hang.pid {
		t.Errorf("the last is %d, want %d", parent, hang.pid)
	}
	if !slices.Contains(childrenByParent(os.Getpid()), tr.pid()) {
		t.Error("a look at every process does not find a child")
	}
}

// TestSignalTree sends a signal that one hears and tells of, on the far side of a session.
func TestSignalTree(t *testing.T) {
	tr := stage(t, 3, nil, "child", "setsid", "polite")
	SignalTree(tr.pid(), unix.SIGTERM)
	if got := tr.next(); got.word != "goodbye" {
		t.Errorf("heard %q", got.word)
	}
	mustEnd(t, tr.cast[:3]...)
	if status := tr.end(); status.Signal() != unix.SIGTERM {
		t.Errorf("the first ended with %v", status)
	}
}

// TestContinueStopped lets a process go on that was stopped by itself, wherever it is in the tree, and hears of it.
func TestContinueStopped(t *testing.T) {
	tr := stage(t, 3, nil, "child", "setsid", "polite")
	polite := tr.find("polite", 0)
	_ = unix.Kill(polite.pid, unix.SIGSTOP)
	for now, ok := readProcess(polite.pid); ok && now.state != 'T'; now, ok = readProcess(polite.pid) {
		runtime.Gosched()
	}
	_ = unix.Kill(polite.pid, unix.SIGTERM) // which it hears when it goes on
	ContinueStopped(tr.pid())
	if got := tr.next(); got.word != "goodbye" {
		t.Errorf("heard %q", got.word)
	}
	tr.end()
}

func TestKillTree(t *testing.T) {
	for _, tt := range []struct {
		name   string
		count  int
		script []string
	}{
		{"alone", 1, []string{"hang"}},
		{"deaf", 1, []string{"deaf", "hang"}},
		{"five levels", 5, []string{"child", "child", "child", "child", "hang"}},
		{"sessions", 4, []string{"setsid", "deaf", "setsid", "deaf", "setsid", "deaf", "hang"}},
		{"orphan in the group of a descendant", 3, []string{"setsid", "child", "leave", "hang"}},
		{"leader ended", 2, []string{"leave", "child", "hang"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tr := stage(t, tt.count, nil, tt.script...)
			if tt.script[0] == "leave" {
				tr.waitUnreaped()
			}
			KillTree(tr.pid())
			mustEnd(t, tr.cast...)
			if status := tr.end(); tt.script[0] != "leave" && status.Signal() != unix.SIGKILL {
				t.Errorf("the first ended with %v", status)
			}
		})
	}
}

// TestKillTreeMoving kills trees that grow in all that time, out of reach of the first stop signal: nothing that was
// forked meanwhile may be left.
func TestKillTreeMoving(t *testing.T) {
	for round := range 5 {
		t.Run(strconv.Itoa(round), func(t *testing.T) {
			marker := "CRASHDETECT_TEST=" + NewRunID()
			tr := stage(t, 8, []string{marker}, "setsid", "breed", "breed", "hang")
			KillTree(tr.pid())
			mustEnd(t, tr.cast...)
			tr.end()
			// What was killed may take a moment to end; what was missed lives on.
			for _, pid := range carriers(marker) {
				if fd, err := unix.PidfdOpen(pid, 0); err == nil {
					mustEnd(t, actor{"bred", pid, fd})
					unix.Close(fd)
				}
			}
		})
	}
}

func TestTreeRefuses(t *testing.T) {
	for _, pid := range []int{-5, -1, 0, 1, os.Getpid(), unix.Getpgrp()} {
		if mayEnd(pid) {
			t.Errorf("%d may be killed", pid)
		}
	}
	SignalTree(0, unix.SIGKILL) // would be this process's group
	KillTree(os.Getpid())
}

// TestSignalReused holds that a process which has another's pid is not signalled.
func TestSignalReused(t *testing.T) {
	tr := stage(t, 1, nil, "hang")
	p, ok := readProcess(tr.pid())
	if !ok {
		t.Fatal("not there")
	}
	earlier := p
	earlier.start--
	earlier.signal(unix.SIGKILL)
	if ended(tr.cast[0], 0) || !p.there() || earlier.there() {
		t.Error("a process was taken for an earlier one with its pid")
	}
	p.signal(unix.SIGKILL)
	mustEnd(t, tr.cast...)
}
