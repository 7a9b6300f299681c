package runner

import (
	"os"
	"path/filepath"
	"testing"

	"go.uber.org/goleak"

	"xpool/pool/peertest"
	"xpool/runner/joblog"
)

// TestNewRunFails holds that a run which cannot begin leaves nothing open: no
// goroutine, no descriptor, no lock on its joblog, which is as it was.
func TestNewRunFails(t *testing.T) {
	dir := t.TempDir()
	log, two := filepath.Join(dir, "log"), filepath.Join(dir, "two")
	nowhere := filepath.Join(dir, "no", "where")
	if err := os.WriteFile(two, []byte("1\n2\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name  string
		args  []string
		begun bool // the joblog has been begun: what fails comes after it
	}{
		{"no script", []string{"echo $(", ":::", "1"}, false},
		{"no header", []string{"--header", ":", "echo {}", "::::", two, nowhere}, false},
		{"tag", []string{"--tagstring", "{= system(1) =}", "echo", ":::", "1"}, false},
		{"results", []string{"--results", filepath.Join(nowhere, "x.csv"), "--load", "1", "echo"}, true},
		{"results text", []string{"--results", "{= system(1) =}", "--limit", "load 1", "echo"}, false},
		{"percentage", []string{"--halt", "soon,fail=1%", "--limit", "mem 1", "--results", filepath.Join(nowhere, "x.tsv"), "echo", "::::", two}, true},
		{"directory", []string{"--wd", two, "--load", "1", "echo", "::::", two}, false},
		{"earlier run", []string{"--retry-failed", "echo"}, false},
		{"no joblog", []string{"--joblog", nowhere, "--load", "1", "--delay", "1", "echo"}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
			os.Remove(log)
			o, err := parseOptions(append([]string{"--joblog", log}, tt.args...))
			if err != nil {
				t.Fatal(err)
			}
			before := descriptors(t)
			if _, err := newRun(o, streams{os.Stdin, os.Stdout, os.Stderr, os.Environ()}); err == nil {
				t.Fatal("it could begin")
			}
			if after := descriptors(t); after != before {
				t.Errorf("%d descriptors, %d before", after, before)
			}
			if _, err := os.Stat(log); (err == nil) != tt.begun {
				t.Errorf("the joblog was begun: %v", err == nil)
			}
			w, err := joblog.Open(log, joblog.Create)
			if err != nil {
				t.Fatal(err)
			}
			w.Close()
		})
	}
}

// descriptors is how many this process has open.
func descriptors(t *testing.T) int {
	t.Helper()
	names, err := os.ReadDir("/dev/fd")
	if err != nil {
		peertest.Missing(t, "the open descriptors cannot be counted: %v", err)
	}
	return len(names)
}
