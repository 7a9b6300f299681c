package runner_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"xpool/pool/peertest"
)

// hostRun is a run of xpool whose tasks run elsewhere.
type hostRun struct {
	code           int
	stdout, stderr string
}

// runOn runs xpool, with the numbers up to n for its input.
func runOn(t *testing.T, n int, env []string, args ...string) hostRun {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, "xpool", args...)
	cmd.Env = append(os.Environ(), env...)
	cmd.Dir = t.TempDir()
	cmd.Stdin = strings.NewReader(upTo(n))
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	_ = cmd.Run() // the code tells
	if ctx.Err() != nil {
		t.Fatalf("%q hangs: %s", args, errs.String())
	}
	return hostRun{cmd.ProcessState.ExitCode(), out.String(), errs.String()}
}

// upTo are the numbers up to n, one a line.
func upTo(n int) string {
	var b strings.Builder
	for i := 1; i <= n; i++ {
		b.WriteString(strconv.Itoa(i) + "\n")
	}
	return b.String()
}

// hostCases is how many tasks run on other machines by default.
func hostCases() int { return number("XPOOL_CASES", 200) }

// TestSSH has many tasks run over one connection to each of two hosts, in order, and
// the second run find the agent that the first has brought.
func TestSSH(t *testing.T) {
	cache := t.TempDir()
	ssh := peertest.NewSSH(t, "XDG_CACHE_HOME="+cache)
	n := hostCases()
	log := filepath.Join(t.TempDir(), "log")
	env := []string{"XPOOL_SSH=" + ssh.Command(), "MARK=" + filepath.Join(t.TempDir(), "began")}
	// The first three tasks wait for each other, so that one host is not enough.
	r := runOn(t, n, env, "--on", "ssh:2*one,two", "--env", "MARK", "--joblog", log,
		`if test {} -le 3; then : >"$MARK{}"; until test -e "$MARK"1 && test -e "$MARK"2 && test -e "$MARK"3; do sleep 0.01; done; fi
		echo {}; test {} != 7`)
	if want := "xpool: 1 of " + strconv.Itoa(n) + " tasks failed: 1 exit 1; first: task 7\n"; r.code != 123 || r.stdout != upTo(n) || r.stderr != want {
		t.Errorf("status %d, %d bytes, %q", r.code, len(r.stdout), r.stderr)
	}
	if got := ssh.Logins(t); got != 2 {
		t.Errorf("%d connections to two hosts", got)
	}
	rows, err := os.ReadFile(log)
	if one, two := bytes.Count(rows, []byte("\tone\t")), bytes.Count(rows, []byte("\ttwo\t")); err != nil || one+two != n || one == 0 || two == 0 {
		t.Errorf("the log has %d tasks on one host and %d on the other, %v", one, two, err)
	}
	if r := runOn(t, 1, env, "--on", "ssh:one", "echo"); r.stdout != "1\n" {
		t.Errorf("again: %+v", r)
	}
	agents, err := filepath.Glob(filepath.Join(cache, "xpool", "agent-*"))
	if err != nil || len(agents) != 1 {
		t.Errorf("in the cache: %q, %v", agents, err)
	}
}

// TestSSHLost has the connection die in the middle: what ran on it is lost, or tried
// again, and nothing else is.
func TestSSHLost(t *testing.T) {
	ssh := peertest.NewSSH(t, "PATH="+os.Getenv("PATH"))
	env := []string{"XPOOL_SSH=" + ssh.Command()}
	const n = 40
	for _, tries := range []int{1, 3} {
		dir := t.TempDir()
		// Task 20 kills what its agent speaks to, once: the sshd of its session.
		script := `if test {} = 20 && mkdir ` + dir + `/once 2>/dev/null
			then agent=$(ps -o ppid= -p $$); kill -9 $(ps -o ppid= -p $agent); sleep 60; fi; echo {}`
		r := runOn(t, n, env, "--quiet", "--retries", strconv.Itoa(tries), "--on", "ssh:1*one,1*two", "--shell", script)
		want := upTo(n)
		if tries == 1 {
			want = strings.Replace(want, "\n20\n", "\n", 1)
		}
		if r.stdout != want || (r.code == 0) != (tries > 1) {
			t.Errorf("with %d tries: status %d, %q, %q", tries, r.code, r.stdout, r.stderr)
		}
	}
}

// TestSSHFiles sends files and gets files, in a directory that is gone afterwards.
func TestSSHFiles(t *testing.T) {
	cache := t.TempDir()
	ssh := peertest.NewSSH(t, "PATH="+os.Getenv("PATH"), "XDG_CACHE_HOME="+cache)
	here := t.TempDir()
	big := strings.Repeat("0123456789abcde\n", 100_000)
	for name, text := range map[string]string{"in/1": "one\n", "in/2": big, "lib": "prefix=x\n"} {
		if err := os.MkdirAll(filepath.Join(here, filepath.Dir(name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(here, name), []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	r := runOn(t, 2, []string{"XPOOL_SSH=" + ssh.Command()}, "--on", "ssh:2*one", "--wd", "...", "--cleanup",
		"--bf", here+"/./lib", "--transferfile", here+"/./in/{}", "--return", here+"/out/./{}.new",
		`. ./lib; test -x in/{} && { echo $prefix; cat in/{}; } >{}.new; pwd`)
	if r.code != 0 || r.stderr != "" || !strings.HasPrefix(r.stdout, cache) {
		t.Errorf("%+v", r)
	}
	for name, want := range map[string]string{"out/1.new": "x\none\n", "out/2.new": "x\n" + big} {
		if got, err := os.ReadFile(filepath.Join(here, name)); err != nil || string(got) != want {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(cache, "xpool", "work", "*")); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
}

// TestSlurm has many tasks run in as many steps as there are agents.
func TestSlurm(t *testing.T) {
	slurm := peertest.NewSlurm(t, 2)
	n := hostCases()
	env := []string{"XDG_CACHE_HOME=" + t.TempDir()}
	r := runOn(t, n, env, "--on", "slurm:2*-N2", "echo {}")
	if r.code != 0 || r.stdout != upTo(n) {
		t.Errorf("status %d, %d bytes, %q", r.code, len(r.stdout), r.stderr)
	}
	if got := slurm.Allocations(t); got != 2 {
		t.Errorf("%d jobs for two agents", got)
	}
	// One step is cancelled by a task of its own: that alone is lost, and tried again.
	once := filepath.Join(t.TempDir(), "once")
	script := fmt.Sprintf(`if test {} = 9 && mkdir %s 2>/dev/null; then scancel $SLURM_JOB_ID; sleep 60; fi; echo {}`, once)
	r = runOn(t, 20, env, "--retries", "2", "--on", "slurm:1*-N2", script)
	if r.code != 0 || r.stdout != upTo(20) {
		t.Errorf("after scancel: status %d, %q, %q", r.code, r.stdout, r.stderr)
	}
}
