package runner

import (
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"xpool/pool/peertest"
)

// sandbox is a directory for commands of the documents, with the files that they find.
type sandbox struct {
	root string   // has the directories work, bin, home, temp and runtime
	env  []string // beside what all have
}

// newSandbox makes one with files, by their names. What is named ../bin/PROGRAM is found
// as a program, as is xpool.
func newSandbox(t *testing.T, files map[string]string) sandbox {
	t.Helper()
	s := sandbox{root: t.TempDir()}
	for _, name := range []string{"work", "bin", "home/.parallel", "temp", "runtime"} {
		if err := os.MkdirAll(filepath.Join(s.root, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	program := os.Getenv("XPOOL_PROGRAM")
	if program == "" {
		program = peertest.Path(t, "xpool") // where TestMain has put this binary by that name
	}
	if err := os.Symlink(program, filepath.Join(s.root, "bin", "xpool")); err != nil {
		t.Fatal(err)
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		file := filepath.Join(s.root, "work", name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(files[name]), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// run returns what a script of bash writes to its standard output and its standard
// error, and its exit status.
func (s sandbox) run(t *testing.T, script string) (stdout, stderr string, status int) {
	t.Helper()
	scripts, err := filepath.Abs("../scripts")
	if err != nil {
		t.Fatal(err)
	}
	script = "ulimit -c 0\n" + strings.ReplaceAll(script, ". /usr/local/share/xpool/", ". "+scripts+"/")
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, peertest.Path(t, "bash"), "-c", script)
	cmd.Dir = filepath.Join(s.root, "work")
	cmd.Env = append(slices.Clone(s.env),
		"PATH="+filepath.Join(s.root, "bin")+":"+os.Getenv("PATH"), "HOME="+filepath.Join(s.root, "home"),
		"TMPDIR="+filepath.Join(s.root, "temp"), "XDG_RUNTIME_DIR="+filepath.Join(s.root, "runtime"),
		"LC_ALL=C.UTF-8", "SHELL=/bin/sh", "GORACE=atexit_sleep_ms=0",
		// GNU parallel would look for the nearest shell above it, which is the one that
		// called the test where the script's own has made way for its last command.
		"PARALLEL_SHELL="+peertest.Path(t, "bash"),
	)
	var out, errs strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &errs
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = time.Second
	err = cmd.Run()
	if ctx.Err() != nil || cmd.ProcessState == nil {
		t.Fatalf("%v, %v\n%s\n%s", ctx.Err(), err, out.String(), errs.String())
	}
	shown := strings.NewReplacer(scripts, "/usr/local/share/xpool")
	return shown.Replace(out.String()), shown.Replace(errs.String()), cmd.ProcessState.ExitCode()
}

// sessions types the commands of all sessions into one shell, and returns what a
// terminal would show of each.
func (s sandbox) sessions(t *testing.T, sessions []session) []string {
	t.Helper()
	const between = "\x1e\n" // stands after each, and in none of them
	script := "exec 2>&1\nshown() { local status=$?; cat; return $status; }\n"
	for _, session := range sessions {
		for _, command := range session.commands {
			script += fmt.Sprintf("shown <<'COMMAND'\n$ %s\nCOMMAND\n%s\n", command, command)
		}
		script += "printf '\\036\\n'\n"
	}
	out, _, _ := s.run(t, script)
	got := strings.Split(out, between)
	if len(got) != len(sessions)+1 {
		t.Fatalf("%d of %d sessions came to their end: %s", len(got)-1, len(sessions), out)
	}
	return got[:len(sessions)]
}

// session is a text with commands, each after "$ ", and what a terminal shows of them.
type session struct {
	text     string
	commands []string // may have several lines
	silent   bool     // no output is shown
}

func readSession(text string) session {
	s := session{text: text, silent: true}
	more := false // the line before ends in a backslash
	for line := range strings.Lines(text) {
		command, ok := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "$ ")
		switch {
		case ok:
			s.commands = append(s.commands, command)
		case more:
			s.commands[len(s.commands)-1] += "\n" + command
		default:
			s.silent = false
		}
		more = (ok || more) && strings.HasSuffix(command, `\`)
	}
	return s
}

// wanting returns a program that a session calls and that is not there, or "". Those
// that xpool is compared with, or runs, have to be there in CI; those that only help to
// show something need not.
func (s session) wanting(t *testing.T) string {
	t.Helper()
	words := strings.Fields(s.text)
	for _, program := range []string{"parallel", "node", "perl", "python3", "make"} {
		if slices.Contains(words, program) {
			peertest.Path(t, program)
		}
	}
	for _, program := range []string{"bc", "jq"} {
		if _, err := exec.LookPath(program); err != nil && slices.Contains(words, program) {
			return program
		}
	}
	return ""
}
