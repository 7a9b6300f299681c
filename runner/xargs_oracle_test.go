package runner_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"xpool/pool/peertest"
)

// TestXargsOracle gives random calls to GNU xargs and to this program, and
// compares what they print, what they say and how they end.
//
//	XPOOL_CASES  how many, instead of what is done in half a minute
//	XPOOL_SEED   the first one, to repeat a failure with XPOOL_CASES=1
func TestXargsOracle(t *testing.T) {
	first, count := numberFrom(t, "XPOOL_SEED", 1), numberFrom(t, "XPOOL_CASES", 0)
	end, patience := time.Now().Add(oracleTime), int64(oraclePatience)
	switch {
	case count > 0:
		end, patience = time.Now().Add(24*time.Hour), int64(count)
	case testing.Short():
		count = oracleCases / 20
	default:
		count = oracleCases
	}
	if deadline, ok := t.Deadline(); ok {
		end = earlier(end, time.Now().Add(time.Until(deadline)/2))
	}
	o := newOracle(t)
	var next, failures atomic.Int64
	var workers sync.WaitGroup
	for range oracleWorkers {
		stage := o.stage(t)
		workers.Go(func() {
			for failures.Load() < patience && time.Now().Before(end) {
				i := next.Add(1) - 1
				if i >= int64(count) {
					return
				}
				seed := uint64(int64(first) + i)
				if c := randomCall(seed); !o.agree(t, stage, seed, c) {
					failures.Add(1)
				}
			}
		})
	}
	workers.Wait()
	t.Logf("%d calls compared", min(next.Load(), int64(count)))
}

const (
	oracleCases    = 2000
	oracleTime     = time.Minute
	oracleWorkers  = 2 // more would not make it faster where CI runs
	oraclePatience = 5 // failures
	callTime       = 20 * time.Second
)

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

func numberFrom(t *testing.T, variable string, fallback int) int {
	t.Helper()
	s := os.Getenv(variable)
	if s == "" {
		return fallback
	}
	n, err := strconv.Atoi(s)
	if err != nil {
		t.Fatalf("%s: %v", variable, err)
	}
	return n
}

// oracle are the two programs.
type oracle struct {
	xargs, xpool string
	env          []string
}

// newOracle finds them, or skips the test.
func newOracle(t *testing.T) *oracle {
	t.Helper()
	xargs := peertest.GNUXargs(t)
	o := &oracle{xargs: xargs, xpool: builtProgram(t), env: []string{
		"PATH=" + os.Getenv("PATH"), "LC_ALL=C.UTF-8", "GORACE=atexit_sleep_ms=0",
	}}
	shows := exec.Command(xargs, "-t", "echo", "é")
	shows.Env = o.env
	if shown, err := shows.CombinedOutput(); err != nil || !bytes.HasPrefix(shown, []byte("echo é\n")) {
		peertest.Missing(t, "there is no UTF-8 locale in which to compare")
	}
	return o
}

// stage makes a directory in which one call at a time takes place. It has the
// programs that calls name.
func (o *oracle) stage(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, f := range []struct {
		name, text string
		mode       os.FileMode
	}{
		{"judge", judge, 0o755},
		{"reader", "#!/bin/sh\ncat\nprintf '(%s)' \"$0\" \"$@\"\nexit 3\n", 0o755},
		{"count", "#!/bin/sh\nexit $#\n", 0o755},
		{"plain", "a file\n", 0o644},
		{"bare", "printf 'bare[%s]' \"$@\"\n", 0o755},
		{"lost", "#!/no/such/interpreter\n", 0o755},
		{"empty", "", 0o644},
	} {
		if err := os.WriteFile(filepath.Join(dir, f.name), []byte(f.text), f.mode); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "dir"), 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

// judge ends as the letters in its arguments say.
const judge = `#!/bin/sh
printf '{'
printf '<%s>' "$@"
case "$*" in
*Q*) exit 255 ;;
*K*) kill -KILL $$ ;;
*T*) kill -TERM $$ ;;
*U*) exit 254 ;;
*V*) exit 127 ;;
*W*) exit 126 ;;
*Z*) exit 1 ;;
esac
`

// answer is how a call ended.
type answer struct {
	stdout, stderr string
	status         int
}

// agree tells whether both answer alike, and fails the test otherwise.
func (o *oracle) agree(t *testing.T, dir string, seed uint64, c call) bool {
	t.Helper()
	differ := func(c call) bool {
		theirs, ours := o.both(t, dir, c)
		return theirs != ours
	}
	if !differ(c) {
		return true
	}
	small := c.shrunk(differ)
	theirs, ours := o.both(t, dir, small)
	t.Errorf("seed %d (XPOOL_SEED=%d XPOOL_CASES=1)\nof %s\n%s\nxargs: %s\nxpool: %s", seed, seed, c, small, theirs, ours)
	return false
}

func (a answer) String() string {
	return fmt.Sprintf("status %d\n  stdout %s\n  stderr %s", a.status, clip(a.stdout), clip(a.stderr))
}

// clip quotes what a person can still read.
func clip(s string) string {
	const most = 2000
	if len(s) > most {
		return fmt.Sprintf("%q... (%d bytes)", s[:most], len(s))
	}
	return strconv.Quote(s)
}

// both are the answers to a call, made comparable.
func (o *oracle) both(t *testing.T, dir string, c call) (theirs, ours answer) {
	t.Helper()
	// The output of several processes at a time is in the order of the input here, and there only with one at a time.
	theirs = o.run(t, dir, o.xargs, append([]string{"xargs"}, c.args(serial)...), c)
	ours = o.run(t, dir, o.xpool, append([]string{"xpool", "--as", "xargs"}, c.args(asCalled)...), c)
	return plainly(theirs), plainly(ours)
}

// The differences that are meant, or known, and that the manual tells of:
//
//   - Text that this program adds to that of xargs: to a crash, and to a program that cannot be run.
//   - Messages have ASCII quotes in every locale.
//   - This program reads ahead: when a command has ended the run it may have warned of a NUL behind it already.
//   - It has the option --ungroup more, which is among the possibilities of an ambiguous one.
//   - With -p it opens the terminal at the start, not before the first question.
//   - xargs does not find a delimiter over 0x7f where C's char is signed.
//   - The size of a command is looked at before it is tried: -t does not show one that is too large, and that it is
//     comes before what else is wrong with its program.
//   - A word with a single quote may be shown in another way by -t; xargs does not always show it so that a shell reads
//     it, if there is an unprintable character as well.

// plainly returns an answer without them, and without the order in which several
// processes write to standard error: what xargs itself says comes first.
func plainly(a answer) answer {
	crash := regexp.MustCompile(`(?m)(terminated by signal \d+) \(command .*\)$`)
	start := regexp.MustCompile(`(?m) \((did you mean '.*'\?|is a directory|its interpreter .* was not found)\)$`)
	said := start.ReplaceAllString(crash.ReplaceAllString(a.stderr, "$1"), "")
	said = strings.NewReplacer("‘", "'", "’", "'", " '--ungroup'", "").Replace(said)
	over := strings.Contains(said, "; aborting\n") || strings.Contains(said, ": terminated by signal") || a.status > 125
	var own []string
	var others strings.Builder
	for line := range strings.Lines(said) {
		switch before, after, ok := strings.Cut(line, "xargs: "); {
		case !ok && (strings.Contains(line, `\'`) || strings.Contains(line, `"`)): // of -t
		case !ok:
			others.WriteString(line)
		case before != "":
			others.WriteString(line)
		case !over || !strings.HasPrefix(after, "WARNING: a NUL"):
			own = append(own, line)
		}
	}
	if a.status >= 123 { // of the last command's end and of the input after it either may be told first
		slices.Sort(own)
	}
	if a.stderr = strings.Join(own, ""); !strings.Contains(a.stderr, "can't call exec()") {
		a.stderr += others.String()
	}
	return a
}

func (o *oracle) run(t *testing.T, dir, program string, args []string, c call) answer {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), callTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, program)
	cmd.Args, cmd.Env, cmd.Dir = args, o.env, dir
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	if err := os.WriteFile(filepath.Join(dir, "in"), c.input, 0o600); err != nil {
		t.Error(err)
	}
	if c.piped {
		cmd.Stdin = bytes.NewReader(c.input)
	} else if in, err := os.Open(filepath.Join(dir, c.stdin())); err != nil {
		t.Error(err)
	} else {
		defer in.Close()
		cmd.Stdin = in
	}
	err := cmd.Run()
	if ctx.Err() != nil {
		t.Errorf("%q did not end: %v", args, ctx.Err())
	}
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) && cmd.ProcessState == nil {
		t.Errorf("%q: %v", args, err)
		return answer{}
	}
	return answer{out.String(), said.String(), cmd.ProcessState.ExitCode()}
}
