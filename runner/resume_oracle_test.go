package runner_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"xpool/pool/peertest"
)

// TestResumeLikeGNU lets each of xpool and GNU parallel go on with what the other one
// has begun, and with what it has begun itself: all of them do the same.
func TestResumeLikeGNU(t *testing.T) {
	programs := map[string][]string{
		"GNU parallel": {peertest.GNUParallel(t)},
		"xpool":        {"xpool"},
		"as parallel":  {"xpool", "--as", "parallel"},
	}
	tests := []struct{ option, want string }{
		{"--resume", "5\n"},
		{"--resume-failed", "3\n4\n5\n"},
		{"--retry-failed", "3\n4\n"},
	}
	for first, beginner := range programs {
		for second, resumer := range programs {
			t.Run(first+" then "+second, func(t *testing.T) {
				t.Parallel()
				for _, tt := range tests {
					dir := t.TempDir()
					do := func(program []string, options ...string) string {
						return inDir(t, dir, append(append(program[:len(program):len(program)], options...),
							"-j1", "--joblog", "log", "echo {}; test -e later || test {} -lt 3", ":::", "1", "2", "3", "4", "5"))
					}
					if got := do(beginner, "--halt", "soon,fail=2"); got != "1\n2\n3\n4\n" {
						t.Fatalf("the beginning printed %q", got)
					}
					if err := os.WriteFile(filepath.Join(dir, "later"), nil, 0o666); err != nil {
						t.Fatal(err)
					}
					if got := do(resumer, tt.option); got != tt.want {
						t.Errorf("%s: printed %q, want %q", tt.option, got, tt.want)
					}
				}
			})
		}
	}
}

// inDir returns what a program prints in a directory, however it ends.
func inDir(t *testing.T, dir string, args []string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), args[0], args[1:]...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "HOME="+dir, "PARALLEL=", "PARALLEL_HOME="+dir, "SHELL=/bin/sh", "GORACE=atexit_sleep_ms=0")
	out, err := cmd.Output()
	if err != nil {
		t.Logf("%q: %v", args, err) // a task may have failed
	}
	return string(out)
}
