package peertest

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestSSH logs in twice, as whoever runs the test, to hosts that are both this one.
func TestSSH(t *testing.T) {
	s := NewSSH(t, "COLOUR=blue")
	for i, host := range []string{"one", "two"} {
		if got := s.Logins(t); got != i {
			t.Errorf("%d logins before number %d", got, i+1)
		}
		out, err := exec.Command("ssh", "-F", s.Config, host, "echo $COLOUR; cat").CombinedOutput()
		if got := string(out); err != nil || got != "blue\n" {
			t.Errorf("ssh %s: %q, %v", host, got, err)
		}
	}
	if got := s.Logins(t); got != 2 {
		t.Errorf("%d logins after both", got)
	}
}

// TestSlurm runs a step on each node, and counts them.
func TestSlurm(t *testing.T) {
	start := time.Now()
	s := NewSlurm(t, 2)
	out, err := exec.Command("srun", "-N2", "sh", "-c", "echo $SLURMD_NODENAME").Output()
	names := strings.Fields(string(out))
	slices.Sort(names)
	if err != nil || !slices.Equal(names, []string{"n1", "n2"}) {
		t.Errorf("a step on all nodes: %q, %v", out, err)
	}
	if got := s.Allocations(t); got != 1 {
		t.Errorf("%d allocations, want 1", got)
	}
	for got := s.Steps(t); len(got) != 0; got = s.Steps(t) { // srun ends before slurmctld knows
		if t.Context().Err() != nil || time.Since(start) > time.Minute {
			t.Fatalf("steps are left: %q", got)
		}
	}
}
