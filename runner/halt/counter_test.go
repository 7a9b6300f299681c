package halt

import (
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"xpool/pool/peertest"
)

// scenario is a run with one slot: the tasks end in order, each with a status.
type scenario struct {
	policy string
	tasks  string // the statuses of all tasks
	ended  int    // how many of them end before the run does
	status int
}

// scenarios returns what GNU parallel 20221122 did with one slot; TestLikeParallel asks it again.
func scenarios() []scenario {
	return []scenario{
		{"never", "7 0 3", 3, 2},
		{"0", "7 0 3", 3, 2},
		{"1", "0 3 0 4 0", 2, 3},
		{"2", "0 3 0 4 0", 2, 3},
		{"-1", "3 0 4", 2, 0},
		{"5%", "0 3 0 4 0", 2, 20},
		{"150%", "0 3 0 4 0", 5, 40},
		{"now,fail=1", "255 0", 1, 255},
		{"now,fail=2", "7 7 7", 2, 2},
		{"now,fail=5", "7 0 0 3", 4, 2},
		{"now,fail=20%", "0 7 0 0 0", 2, 7},
		{"now,fail=20%", "0 7 0 0 0 0 0 8", 8, 25},
		{"now,fail=50%", "7 8", 1, 7},
		{"now,fail=50%", "7 8 9", 2, 67},
		{"now,fail=100%", "7", 1, 7},
		{"now,fail=1%", "7", 1, 100},
		{"now,fail=1%", "7 0 0 0 0 0 0", 1, 15},
		{"now,fail=90%", "7 0 0 3", 4, 50},
		{"now,done=1", "7 0", 1, 7},
		{"now,done=1", "0 7", 1, 0},
		{"now,done=2", "7 0 3", 2, 1},
		{"now,done=2", "7 8 3", 2, 2},
		{"now,done=40%", "7 0 3 4 5", 2, 20},
		{"soon,done=90", "7 0 0 3", 4, 2},
		{"soon,done=90%", "7 0 0", 3, 34},
		{"now,success=1", "7 0 3", 2, 0},
		{"now,success=2", "7 0 3", 3, 2},
		{"now,success=50%", "7 7 3", 3, 100},
		{"now,success=50%", "7 0 3", 3, 67},
		{"now,success=50%", "7 0 0 3", 3, 0},
		{"now,success=0", "7 0 0", 2, 0},
	}
}

// play counts the tasks until the run ends and returns how many that took.
func (s scenario) play(t *testing.T) (c *Counter, ended int) {
	t.Helper()
	p, err := Parse(s.policy)
	if err != nil {
		t.Fatal(err)
	}
	c = New(p)
	tasks := strings.Fields(s.tasks)
	c.SetTotal(len(tasks))
	for i, word := range tasks {
		status, err := strconv.Atoi(word)
		if err != nil {
			t.Fatal(err)
		}
		if c.Add(Result{Status: status}) != Never {
			return c, i + 1
		}
	}
	return c, len(tasks)
}

func TestCounter(t *testing.T) {
	for _, s := range scenarios() {
		c, ended := s.play(t)
		if ended != s.ended || c.Status() != s.status {
			t.Errorf("%s of %s: %d ended, status %d; want %d and %d", s.policy, s.tasks, ended, c.Status(), s.ended, s.status)
		}
	}
}

// TestLikeParallel asks GNU parallel about each scenario.
func TestLikeParallel(t *testing.T) {
	if testing.Short() {
		t.Skip("a fifth of a second for each of them")
	}
	parallel := peertest.GNUParallel(t)
	home := t.TempDir()
	for _, s := range scenarios() {
		t.Run(s.policy+" "+s.tasks, func(t *testing.T) {
			t.Parallel()
			args := append([]string{"-j1", "--will-cite", "--halt", s.policy, "echo {#}; exit {}", ":::"}, strings.Fields(s.tasks)...)
			cmd := exec.CommandContext(t.Context(), parallel, args...)
			cmd.Env = append(cmd.Environ(), "PARALLEL_HOME="+home, "PARALLEL=")
			out, err := cmd.Output()
			if cmd.ProcessState == nil {
				t.Fatal(err)
			}
			if n, code := strings.Count(string(out), "\n"), cmd.ProcessState.ExitCode(); n != s.ended || code != s.status {
				t.Errorf("%d ended, status %d; we say %d and %d", n, code, s.ended, s.status)
			}
		})
	}
}

// Where we do better than GNU parallel, on purpose.
func TestCounterOddities(t *testing.T) {
	seven := strings.Repeat("1 ", 7) + strings.Repeat("0 ", 93)
	for _, s := range []scenario{
		{"now,fail=0", "0 7 0", 2, 7},
		{"now,fail=0%", "0 7 0", 2, 7},
		{"now,fail=7%", seven, 7, 7},
		{"now,fail=99999999999999999999%", "7 0", 2, 50},
	} {
		if c, ended := s.play(t); ended != s.ended || c.Status() != s.status {
			t.Errorf("%s: %d ended, status %d; want %d and %d", s.policy, ended, c.Status(), s.ended, s.status)
		}
	}
}

// With soon, what ends after the limit changes nothing.
func TestCounterAfterLimit(t *testing.T) {
	for policy, want := range map[string]int{
		"soon,fail=1": 7, "soon,fail=2": 2, "soon,fail=40%": 40, "soon,success=1": 0, "soon,done=1": 7, "soon,done=3": 3,
	} {
		p, err := Parse(policy)
		if err != nil {
			t.Fatal(err)
		}
		c := New(p)
		c.SetTotal(5)
		for _, status := range []int{7, 8, 9, 0, 7} {
			c.Add(Result{Status: status})
		}
		if c.State() != Soon || c.Status() != want {
			t.Errorf("%s: %v with status %d; want soon and %d", policy, c.State(), c.Status(), want)
		}
	}
}

// What the run itself stopped says nothing of the task.
func TestCounterStopped(t *testing.T) {
	c := New(FailFast())
	if got := c.Add(Result{Status: 143, Stopped: true}); got != Never {
		t.Errorf("a task that was stopped: %v, want never", got)
	}
	if got := c.Add(Result{Status: 7}); got != Now {
		t.Errorf("a task that failed: %v, want now", got)
	}
	if got := c.Add(Result{Status: 137, Stopped: true}); got != Now || c.Status() != 7 {
		t.Errorf("then one that was stopped: %v with status %d, want now and 7", got, c.Status())
	}
}

// A percentage waits for the total, which may come when enough has ended.
func TestCounterLateTotal(t *testing.T) {
	p, err := Parse("now,fail=20%")
	if err != nil {
		t.Fatal(err)
	}
	c := New(p)
	for _, status := range []int{7, 0} {
		if got := c.Add(Result{Status: status}); got != Never {
			t.Fatalf("%v before the total is known", got)
		}
	}
	if got := c.Status(); got != 50 {
		t.Errorf("status %d of what has ended, want 50", got)
	}
	if got := c.SetTotal(5); got != Now || c.Status() != 7 {
		t.Errorf("SetTotal = %v with status %d, want now and 7", got, c.Status())
	}
	c = New(p)
	if got := c.SetTotal(0); got != Never || c.Status() != 0 {
		t.Errorf("no task: %v with status %d, want never and 0", got, c.Status())
	}
}

func TestCounterManyFailures(t *testing.T) {
	var c Counter // counts for never
	for i := range 300 {
		if want := min(i, 101); c.Status() != want {
			t.Fatalf("status %d after %d failures, want %d", c.Status(), i, want)
		}
		if got := c.Add(Result{Status: 1}); got != Never {
			t.Fatalf("%v without a limit", got)
		}
	}
}

func ExampleCounter() {
	p, err := Parse("soon,fail=2")
	if err != nil {
		fmt.Println(err)
		return
	}
	c := New(p)
	for _, status := range []int{0, 1, 0, 255} {
		fmt.Println(c.Add(Result{Status: status}))
	}
	fmt.Println("exit", c.Status())
	// Output:
	// never
	// never
	// never
	// soon
	// exit 2
}
