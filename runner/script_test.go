package runner_test

import (
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"go.uber.org/goleak"

	"xpool/crashdetect"
	"xpool/pool/peertest"
	"xpool/runner"
	"xpool/runner/reuse"
)

// TestMain lets the test binary play all programs of the scripts: xpool itself,
// by the names xargs, parallel and sem too, the guard and the server that xpool starts
// from its own file, and the child. Only links have those names: the commands are the system's.
func TestMain(m *testing.M) {
	switch name := filepath.Base(os.Args[0]); {
	case name == crashdetect.GuardName, name == reuse.ServerName, name == "xargs", name == "parallel", name == "sem",
		strings.HasPrefix(name, "agent-"): // one that was sent to another machine
		xpool()
	}
	testscript.Main(leakChecked{m}, map[string]func(){
		"xpool": xpool,
		"child": func() { os.Exit(playChild(os.Args[1:])) },
	})
}

// xpool is what main does.
func xpool() {
	status := runner.Main(os.Args, os.Stdin, os.Stdout, os.Stderr, os.Environ())
	status.Raise()
	os.Exit(status.Code)
}

// leakChecked fails tests that leave goroutines behind.
type leakChecked struct{ *testing.M }

func (m leakChecked) Run() int {
	code := m.M.Run()
	if code != 0 {
		return code
	}
	if err := goleak.Find(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// TestScript runs testdata/script. Beside the standard commands there are those
// of scriptCommands; beside the standard conditions there are [race], for tests
// that measure, [terminal] where scripts can have terminals, and [mount] where they can
// mount file systems of their own.
func TestScript(t *testing.T) {
	hearSignals(t)
	deadline, bounded := t.Deadline()
	scripts, err := filepath.Abs(filepath.Join("..", "scripts"))
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                filepath.Join("..", "testdata", "script"),
		Cmds:               scriptCommands(),
		RequireUniqueNames: true,
		Condition: func(name string) (bool, error) {
			switch name {
			case "race":
				return raceEnabled(), nil
			case "terminal":
				return hasTerminals()
			case "mount":
				return canMount(), nil
			}
			return false, fmt.Errorf("unknown condition %q", name)
		},
		Setup: func(e *testscript.Env) error {
			e.Setenv("GORACE", "atexit_sleep_ms=0") // not a second of sleep at each end
			e.Setenv("MANY", many())
			e.Setenv("XDG_STATE_HOME", filepath.Join(e.WorkDir, "state"))
			e.Setenv("SCRIPTS", scripts)
			if err := serversOf(e); err != nil {
				return err
			}
			s := &stage{dir: e.WorkDir, env: e.Vars, patience: patience, jobs: map[string]*job{}}
			if bounded {
				// Half of what is left: the test is to say what it waited for.
				s.patience = min(s.patience, time.Until(deadline)/2)
			}
			e.Values[stageKey{}] = s
			e.Defer(s.clear)
			return nil
		},
	})
}

// TestScriptPrograms holds that what scripts leave out without a program is left
// out nowhere in CI.
func TestScriptPrograms(t *testing.T) {
	scripts, err := filepath.Glob(filepath.Join("..", "testdata", "script", "*.txtar"))
	if err != nil || len(scripts) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	wanted := map[string]bool{}
	condition := regexp.MustCompile(`\[!?exec:([^]]+)\]`)
	for _, name := range scripts {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range condition.FindAllSubmatch(text, -1) {
			wanted[string(match[1])] = true
		}
	}
	for program := range wanted {
		t.Run(program, func(t *testing.T) { peertest.Path(t, program) })
	}
}

// patience is how long a script waits for something, at most: long enough for any
// machine, and short enough for whoever reads the failure.
const patience = 30 * time.Second

// many is the number of tasks in tests of a crowd: the race detector makes each
// of them several times as dear.
func many() string {
	if raceEnabled() {
		return "10000"
	}
	return "100000"
}

// canMount tells whether a script can mount a file system that nobody else sees. A
// container may forbid that even to root.
func canMount() bool {
	mount := exec.Command("unshare", "-rm", "sh", "-c", "mount -t tmpfs none /mnt")
	return mount.Run() == nil
}

func raceEnabled() bool {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return false
	}
	for _, s := range info.Settings {
		if s.Key == "-race" {
			return s.Value == "true"
		}
	}
	return false
}

// hearSignals makes signals that this process ignores do their work in those that
// it starts. A shell starts its background jobs with SIGINT ignored, and xpool
// leaves such a signal ignored.
func hearSignals(t *testing.T) {
	for _, s := range []os.Signal{syscall.SIGHUP, syscall.SIGINT, syscall.SIGTERM, syscall.SIGQUIT} {
		if signal.Ignored(s) {
			c := make(chan os.Signal, 1)
			signal.Notify(c, s)
			t.Cleanup(func() { signal.Stop(c) })
		}
	}
}
