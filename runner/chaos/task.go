package chaos

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// act is what a task does besides printing its lines.
type act string

const (
	actOK      act = "ok"
	actExit    act = "exit"    // exits with its argument
	actCrash   act = "crash"   // is killed by the signal that is its argument, after its first line
	actHang    act = "hang"    // stays until it is ended
	actStray   act = "stray"   // leaves processes behind that hold its output
	actFlaky   act = "flaky"   // exits with 9 before the attempt that is its argument
	actStderr  act = "stderr"  // prints its lines on standard error, too
	actGarbage act = "garbage" // breaks the protocol instead of a reply
	actHalf    act = "half"    // is killed in the middle of a reply
	actLeave   act = "leave"   // has its worker exit after the reply
)

// flakyExit is the status of actFlaky, and hangExit that of a task whose hanging came
// to an end by somebody else's hand.
const (
	flakyExit = 9
	hangExit  = 5
)

// task is one task of a plan.
type task struct {
	seq   int
	act   act
	lines int // that it prints
	width int // bytes of each, beside what it begins with
	pause int // milliseconds, after the first line
	arg   string
}

// record is the task as the programs in workers read it.
func (t task) record() string {
	return strings.TrimSpace(fmt.Sprintf("%d %s %d %d %d %s", t.seq, t.act, t.lines, t.width, t.pause, t.arg))
}

// mark is what only a line of a task begins with.
const mark = '<'

// line is a line of the task's output, which tells that it is: nothing but its
// beginning has a mark in it.
func (t task) line(n int) string {
	return fmt.Sprintf("%c%d.%d %0*d\n", mark, t.seq, n, t.width, 0)
}

// size is the length of output, in bytes.
func (t task) size() int { return t.lines * (t.width + len(fmt.Sprint(t.seq)) + len("<.1 \n")) }

// output is all that the task prints.
func (t task) output() string {
	var b strings.Builder
	for n := range t.lines {
		b.WriteString(t.line(n + 1))
	}
	return b.String()
}

// always tells whether the task fails whatever becomes of it. tries is how many
// attempts at least it has if it fails by itself.
func (t task) alwaysFails(tries int) bool {
	switch t.act {
	case actExit, actCrash, actHang, actGarbage, actHalf:
		return true
	case actFlaky:
		return t.arg > fmt.Sprint(tries)
	}
	return false
}

// rarely is how many tasks in a hundred do something that is not simply ok.
const rarely = 12

// newTasks makes the tasks of a plan, which do nothing that its kind cannot. Some hang
// if hangs; if mixed, their output comes as it comes.
func newTasks(rnd *rand.Rand, k kind, n int, hangs, mixed bool) []task {
	tasks := make([]task, n)
	lines, width := 1+rnd.IntN(4), 1+rnd.IntN(30)
	if rnd.IntN(10) == 0 && !mixed { // or lines would be mixed, too
		width = 20_000
	}
	for i := range tasks {
		t := task{seq: i + 1, act: actOK, lines: lines, width: width, pause: rnd.IntN(12)}
		if rnd.IntN(4) > 0 {
			t.pause = 0
		}
		if k.has(oneLine) {
			t.lines = 1
		} else if rnd.IntN(5) == 0 && !k.has(blocks) {
			t.lines = rnd.IntN(lines + 1)
		}
		if rnd.IntN(100) < rarely && len(k.acts) > 0 {
			t.act = k.acts[rnd.IntN(len(k.acts))]
		} else if hangs && rnd.IntN(25) == 0 {
			t.act = actHang
		}
		t.arg = t.act.argument(rnd)
		tasks[i] = t
	}
	return tasks
}

// argument chooses what the act is to be done with.
func (a act) argument(rnd *rand.Rand) string {
	switch a {
	case actExit:
		return []string{"1", "3", "42", "255"}[rnd.IntN(4)]
	case actCrash, actHalf:
		return []string{"KILL", "SEGV", "TERM", "ABRT"}[rnd.IntN(4)]
	case actFlaky:
		return []string{"2", "3", "4"}[rnd.IntN(3)]
	}
	return ""
}
