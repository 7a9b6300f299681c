package runner

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"xpool/pool/peertest"
)

const workerManualFile = "../man/xpool-worker.7"

// TestDocsWorkers runs the commands in the manual about workers, with the files that it
// shows, and compares what they print with what the manual says of it.
func TestDocsWorkers(t *testing.T) {
	t.Parallel() // it waits for a time limit, and for a compiler
	files, sessions := manualDisplays(t, readLines(t, workerManualFile))
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	shown := strings.Join(sessions, "")
	for name := range files {
		if !strings.Contains(shown, name) {
			t.Errorf("nothing uses %s", name)
		}
	}
	for _, s := range sessions {
		first, _, _ := strings.Cut(s, "\n")
		t.Run(first, func(t *testing.T) { checkSession(t, dir, s) })
	}
}

// checkSession runs what stands after each "$ ", and compares what a terminal would show.
func checkSession(t *testing.T, dir, session string) {
	var got strings.Builder
	for line := range strings.Lines(session) {
		command, ok := strings.CutPrefix(line, "$ ")
		if !ok {
			continue
		}
		got.WriteString(line)
		for _, program := range []string{"python3", "node", "go"} {
			if slices.Contains(strings.Fields(command), program) {
				peertest.Path(t, program)
			}
		}
		got.WriteString(runInTerminal(t, dir, command))
	}
	if got.String() != session {
		t.Errorf("got:\n%s\nthe manual has:\n%s", got.String(), session)
	}
}

// runInTerminal returns what a command line writes to its standard output and error.
func runInTerminal(t *testing.T, dir, command string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "sh", "-c", command)
	cmd.Dir = dir
	cmd.Env = append(cmd.Environ(), "CGO_ENABLED=0", "GOFLAGS=", "GOWORK=off", "GORACE=atexit_sleep_ms=0", "LC_ALL=C.UTF-8")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = time.Second
	out, err := cmd.CombinedOutput() // failures are told by xpool
	if ctx.Err() != nil || cmd.ProcessState == nil {
		t.Fatalf("%s: %v, %v", command, ctx.Err(), err)
	}
	return string(out)
}

// manualDisplays returns the literal displays of a manual: files by their names, and all
// others, which have to be sessions, in their order.
func manualDisplays(t *testing.T, manual []string) (files map[string]string, sessions []string) {
	t.Helper()
	files = map[string]string{}
	for i := 0; i < len(manual); i++ {
		if !strings.HasPrefix(manual[i], ".Bd -literal") {
			continue
		}
		name, isFile := strings.CutPrefix(manual[i-1], `.\" file `)
		length := slices.Index(manual[i:], ".Ed")
		if length < 0 {
			t.Fatalf("line %d: a display without an end", i+1)
		}
		text := plainManual(t, strings.Join(manual[i+1:i+length], "\n")+"\n")
		switch {
		case isFile:
			files[name] = text
		case strings.HasPrefix(text, "$ "):
			sessions = append(sessions, text)
		default:
			t.Errorf("line %d: neither a file nor a session", i+1)
		}
		i += length
	}
	return files, sessions
}

// plainManual is what is read of text in a manual that has escapes in it.
func plainManual(t *testing.T, text string) string {
	t.Helper()
	escape := regexp.MustCompile(`\\(\(..|.)`)
	return escape.ReplaceAllStringFunc(text, func(e string) string {
		switch e {
		case `\e`:
			return `\`
		case `\(aq`:
			return `'`
		case `\&`:
			return ""
		}
		t.Errorf("unknown escape %s", e)
		return e
	})
}

// TestDocsPages holds that each manual leads to the other.
func TestDocsPages(t *testing.T) {
	for file, other := range map[string]string{manualFile: ".Xr xpool-worker 7", workerManualFile: ".Xr xpool 1"} {
		if !slices.Contains(manualSection(t, readLines(t, file), "SEE ALSO"), other) {
			t.Errorf("%s does not have %s under SEE ALSO", file, other)
		}
	}
}
