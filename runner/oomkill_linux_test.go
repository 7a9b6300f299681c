package runner_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"xpool/pool/peertest"
)

// memoryGroup makes a cgroup with a limit of memory, and returns the file that a
// process writes its id to in order to be in it. Where that is not allowed the test
// is skipped, in CI too: a container may be without.
func memoryGroup(t *testing.T, limit string) (procs string) {
	t.Helper()
	for _, c := range []struct{ root, file string }{
		{"/sys/fs/cgroup/memory", "memory.limit_in_bytes"},
		{"/sys/fs/cgroup", "memory.max"},
	} {
		if _, err := os.Stat(filepath.Join(c.root, "cgroup.procs")); err != nil {
			continue
		}
		dir := filepath.Join(c.root, "xpool-test-"+filepath.Base(t.TempDir()))
		if os.Mkdir(dir, 0o755) != nil {
			continue
		}
		t.Cleanup(func() {
			end := time.Now().Add(patience)
			poll(func() bool { return os.Remove(dir) == nil || time.Now().After(end) })
		})
		if os.WriteFile(filepath.Join(dir, c.file), []byte(limit), 0) == nil {
			return filepath.Join(dir, "cgroup.procs")
		}
	}
	t.Skip("no cgroup with a limit of memory can be made here")
	return ""
}

// The kernel's own killing for want of memory is told as what it is, and costs one
// task.
func TestOutOfMemory(t *testing.T) {
	python, err := exec.Command(peertest.Path(t, "python3"), "-c", "import sys; print(sys.executable)").Output()
	if err != nil {
		t.Fatal(err)
	}
	program := strings.TrimSpace(string(python))
	for _, args := range [][]string{
		{program, "-c", "import sys; x = bytearray(int(sys.argv[1]) * 1000000); print(len(x))"},
		{"--lang", program, "x = bytearray(int(arg) * 1000000); print(len(x))"},
	} {
		procs := memoryGroup(t, "100M")
		args := append([]string{"-c", `echo $$ >"$0" && exec xpool -j1 "$@"`, procs}, args...)
		cmd := exec.Command("sh", append(args, ":::", "1", "400", "2")...)
		var stderr strings.Builder
		cmd.Stderr = &stderr
		out, err := cmd.Output()
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.ExitCode() != 125 {
			t.Errorf("%q: %v", args, err)
		}
		if string(out) != "1000000\n2000000\n" {
			t.Errorf("%q printed %q", args, out)
		}
		if s := stderr.String(); !strings.Contains(s, "task 2 ") || !strings.Contains(s, "killed by SIGKILL, out of memory (") {
			t.Errorf("%q: %s", args, s)
		}
	}
}
