package runner_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// treeScript is a process that starts another of its kind for the first of its steps,
// tells of itself and stays. What it was started for are the steps after that:
//
//	child   is a child
//	setsid  leads a session of its own
//	bare    has next to no environment
//	leave   loses its parent at once
//	double  is a grandchild whose parent is gone
//
// The mark in its arguments is what it is known by.
const treeScript = `mark=$1 up=$2 never=$3; shift 3
step=${1-none} grow="sh tree.sh $mark $up $never"; shift $(($# > 0))
case $step in
child) $grow "$@" & ;;
setsid) setsid $grow "$@" & ;;
bare) env -i PATH="$PATH" $grow "$@" & ;;
leave) $grow "$@" & echo $$ >>"$up"; exit ;;
double) ( $grow "$@" & ) ;;
esac
echo $$ >>"$up"
read x <"$never"
`

// trees are shapes of what a task may start, five levels deep. Where a process loses
// its parent and has no environment to be known by, it has its group or its session
// in common with one that is.
func trees() map[string]string {
	return map[string]string{
		"plain":    "child child child child child",
		"sessions": "setsid child setsid child setsid",
		"doubles":  "double setsid double double child",
		"orphans":  "setsid leave child leave setsid",
		"bare":     "bare setsid bare child setsid",
	}
}

// treeEnd is a way in which a tree loses its task.
type treeEnd struct {
	name string
	args []string // of xpool
	then string   // what the task does when the tree stands
	end  func(e *ending)
	want int // exit status
}

func treeEnds() []treeEnd {
	const whole = 6 // processes
	return []treeEnd{
		{name: "timeout", args: []string{"--timeout", "0.5"}, want: 125, end: func(*ending) {}},
		{name: "halt", args: []string{"--halt", "now,fail=1"}, end: func(*ending) {}},
		{name: "interrupt", want: 128 + int(unix.SIGINT), end: func(e *ending) { e.awaitUp(whole); e.signal(unix.SIGINT) }},
		{name: "crash", want: 125, then: `kill -KILL $$`, end: func(*ending) {}},
		{name: "success", then: `echo`, end: func(*ending) {}},
		{name: "kill -9", want: 128 + int(unix.SIGKILL), end: func(e *ending) {
			e.awaitUp(whole)
			e.awaitGuard()
			e.signal(unix.SIGKILL)
		}},
	}
}

// body is what the tasks do: the first one has a tree, and the second one is there
// for --halt only, where it fails as soon as that stands.
func (end *treeEnd) body(tree string) string {
	stands := fmt.Sprintf(`until [ "$(wc -l <"$UP")" -ge %d ]; do :; done 2>/dev/null; `, 1+len(strings.Fields(tree)))
	grow := `sh tree.sh "${ENDING}" "$UP" "$NEVER" ` + tree
	if end.name == "halt" {
		return `if mkdir first 2>/dev/null; then ` + grow + `; else ` + stands + `exit 3; fi`
	}
	if end.then == "" {
		return grow
	}
	return grow + ` </dev/null >/dev/null 2>&1 & ` + stands + end.then
}

// TestTrees holds that nothing is left of what tasks start, however that hides and
// however its task or the run ends, with each kind of worker. XPOOL_CASES, of any
// value, has each tree tried for each of these, and not one in turn.
func TestTrees(t *testing.T) {
	hearSignals(t)
	names := []string{"plain", "sessions", "doubles", "orphans", "bare"}
	kinds := workerKinds(t)
	for i, end := range treeEnds() {
		for j, k := range kinds {
			for n, name := range names {
				if n != (i+j)%len(names) && number("XPOOL_CASES", 0) == 0 {
					continue
				}
				t.Run(end.name+"/"+k.name+"/"+name, func(t *testing.T) {
					t.Parallel()
					end.try(t, k, trees()[name])
				})
			}
		}
	}
}

func (end *treeEnd) try(t *testing.T, k workerKind, tree string) {
	args := append([]string{"-j2"}, end.args...)
	args = slices.Concat(args, k.args, []string{":::", "1"})
	if end.name == "halt" {
		args = append(args, "2")
	}
	e := startEnding(t, end.body(tree), args...)
	end.end(e)
	switch got := e.wait(); {
	case end.name == "halt" && (got == 123 || got == 125): // a worker that exits has crashed
	case end.name == "crash" && got == 123: // so a shell tells it of its subshell
	case got != end.want:
		t.Errorf("ended with %d, want %d", got, end.want)
	}
	e.checkGone()
}

// TestKilledFiles holds that the files of which tasks have the names go with a run that
// is killed.
func TestKilledFiles(t *testing.T) {
	for _, how := range []string{"--cat", "--fifo"} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			e := startEnding(t, "", "-j2", "--pipe", "-a", "tree.sh", "-N1", how, `echo $$ >>"$UP"; read x <"$NEVER"; cat {}`)
			e.awaitUp(2)
			e.awaitGuard()
			if files, err := filepath.Glob(filepath.Join(e.tmp, "*", "*")); err != nil || len(files) < 2 {
				t.Errorf("the files are %q, %v", files, err)
			}
			e.signal(unix.SIGKILL)
			if got, want := e.wait(), 128+int(unix.SIGKILL); got != want {
				t.Errorf("ended with %d, want %d", got, want)
			}
			e.await("the end of its files", func() bool { // the guard sees to processes first
				entries, err := os.ReadDir(e.tmp)
				return err == nil && len(entries) == 0
			})
			e.checkGone()
		})
	}
}

// awaitGuard waits until the run has what outlives it.
func (e *ending) awaitGuard() {
	e.t.Helper()
	e.await("the guard", func() bool {
		return slices.ContainsFunc(children(e.cmd.Process.Pid), func(pid int) bool {
			env, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", pid))
			return err == nil && isGuard(pid) && !hasWord(env, e.mark())
		})
	})
}
