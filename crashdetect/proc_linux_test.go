package crashdetect

import (
	"bytes"
	"os"
	"slices"
	"testing"

	"golang.org/x/sys/unix"
)

const statTail = " S 2110 2111 2112 0 -1 4194560 1522 26379 2 8 0 1 21 18 20 0 7 0 155042 5124096 979"

func TestParseStat(t *testing.T) {
	want := process{pid: 42, ppid: 2110, group: 2111, session: 2112, state: 'S', threads: 7, start: 155042}
	for _, text := range []string{
		"42 (bash)" + statTail,
		"42 (a) Z 1 (b)" + statTail + "\n",
		"42 ()" + statTail,
		"42 (x\ny)" + statTail,
	} {
		if got, err := parseStat([]byte(text)); err != nil || got != want {
			t.Errorf("parseStat(%q) = %+v, %v", text, got, err)
		}
	}
	for _, text := range []string{
		"", "42", "42 (bash", "42 bash)" + statTail, ")42(" + statTail, "42 (bash) S 1 2 3", "x (bash)" + statTail,
		"-1 (bash)" + statTail, "42 (bash)" + statTail[2:], "42 (bash) SS" + statTail[2:],
	} {
		if got, err := parseStat([]byte(text)); err == nil {
			t.Errorf("parseStat(%q) = %+v", text, got)
		}
	}
}

func FuzzParseStat(f *testing.F) {
	f.Add([]byte("42 (a) b)" + statTail))
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := parseStat(b)
		if err != nil && p != (process{}) || err == nil && p.pid <= 0 {
			t.Errorf("parseStat(%q) = %+v, %v", b, p, err)
		}
	})
}

func FuzzAppendPids(f *testing.F) {
	f.Add([]byte("12 13 "))
	f.Add([]byte("-1 0 x\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, pid := range appendPids(nil, b) {
			if pid <= 0 {
				t.Errorf("appendPids(%q) has %d", b, pid)
			}
		}
	})
}

func TestHasEntry(t *testing.T) {
	block := []byte("A=1\x00XPOOL_RUN=1-2\x00B=XPOOL_RUN=3\x00")
	for entry, want := range map[string]bool{"A=1": true, "XPOOL_RUN=1-2": true, "XPOOL_RUN=1": false, "XPOOL_RUN=3": false, "A": false} {
		if hasEntry(block, entry) != want {
			t.Errorf("hasEntry(%q) is not %t", entry, want)
		}
	}
	if hasEntry(nil, "A=1") || entries(nil) != nil {
		t.Error("an environment that cannot be read has entries")
	}
	if got := entries(block); !slices.Equal(got, []string{"A=1", "XPOOL_RUN=1-2", "B=XPOOL_RUN=3"}) {
		t.Errorf("entries %q", got)
	}
}

// TestSelf reads this process, and a file that is longer than the first buffer.
func TestSelf(t *testing.T) {
	p, ok := readProcess(os.Getpid())
	if !ok || p.ppid != os.Getppid() || p.group != unix.Getpgrp() || p.threads < 1 || p.dead() {
		t.Errorf("this process is %+v", p)
	}
	if _, ok := readProcess(1 << 30); ok {
		t.Error("a process that cannot be is there")
	}
	want, err := os.ReadFile("/proc/self/environ")
	if err != nil {
		t.Fatal(err)
	}
	if got := environment(os.Getpid()); !bytes.Equal(got, want) {
		t.Errorf("%d bytes of environment, want %d", len(got), len(want))
	}
	if len(processes()) < 2 {
		t.Error("no other process is there")
	}
}

func TestRealTimeSignalNames(t *testing.T) {
	for sig, want := range map[unix.Signal]string{34: "SIGRTMIN", 37: "SIGRTMIN+3", 64: "SIGRTMIN+30", 33: "signal 33", 65: "signal 65"} {
		if got := SignalName(sig); got != want {
			t.Errorf("SignalName(%d) = %q, want %q", int(sig), got, want)
		}
	}
}
