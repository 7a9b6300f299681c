package chaos

import (
	"strings"
	"syscall"
	"testing"
	"time"
)

// ending is the wait status of a process that exited.
func ending(code int) syscall.WaitStatus { return syscall.WaitStatus(code << 8) }

// sample is a run of three tasks, of which the second exits with 3 and the third is
// killed.
func sample() (Plan, *observation) {
	p := Plan{tries: 1, crashLimit: 1, output: ordered, joblog: true, reader: reads, source: fromPipe, kind: chooseKind(nil, "program")}
	p.tasks = []task{
		{seq: 1, act: actOK, lines: 2, width: 1},
		{seq: 2, act: actExit, lines: 1, width: 1, arg: "3"},
		{seq: 3, act: actOK, lines: 2, width: 1},
	}
	o := &observation{
		status: ending(125),
		stdout: p.tasks[0].output() + p.tasks[1].output() + "<3.1 0\n<3",
		rows:   []row{{seq: 1}, {seq: 3, sig: 9}, {seq: 2, exit: 3}},
		begins: map[int][]begin{1: {{10, 1}}, 2: {{11, 1}}, 3: {{12, 1}}},
		ends:   map[int]int{1: 1, 2: 1},
		hits:   []hit{{fault{kind: killWorker, sig: syscall.SIGKILL}, []int{12}}},
		told:   map[int][]string{3: {"killed by SIGKILL"}},
	}
	return p, o
}

// modelTest spoils one thing of the sample.
type modelTest struct {
	name  string
	spoil func(p *Plan, o *observation)
	want  string // of a problem, "" for none
}

func modelTests() []modelTest {
	return []modelTest{
		{"nothing", func(*Plan, *observation) {}, ""},
		{"lost verdict", func(_ *Plan, o *observation) { o.rows = o.rows[1:] }, "task 1 has no verdict"},
		{"two verdicts", func(_ *Plan, o *observation) { o.rows = append(o.rows, row{seq: 1}) }, "task 1 is twice"},
		{"verdict of none", func(_ *Plan, o *observation) { o.rows = append(o.rows, row{seq: 4}) }, "verdict for task 4"},
		{"told twice", func(_ *Plan, o *observation) { o.told[3] = append(o.told[3], "again") }, "told of 2 times"},
		{"lost output", func(_ *Plan, o *observation) { o.stdout = o.stdout[len("<1.1 0\n<1.2 0\n"):] }, "task 1 is not printed"},
		{"cut output", func(p *Plan, o *observation) { o.stdout = strings.Replace(o.stdout, "<1.2 0\n", "", 1) }, "task 1 is ok, and of its output"},
		{"mixed output", func(_ *Plan, o *observation) { o.stdout = strings.Replace(o.stdout, "<1.2", "<2.1 0\n<1.2", 1) }, "task 1 is printed twice"},
		{"other output", func(_ *Plan, o *observation) { o.stdout = strings.Replace(o.stdout, "<1.2 0", "<1.2 9", 1) }, "task 1 has printed"},
		{"out of order", func(p *Plan, o *observation) { o.stdout = p.tasks[1].output() + p.tasks[0].output() }, "task 1 comes after task 2"},
		{"not a task's", func(_ *Plan, o *observation) { o.stdout = "hello\n" + o.stdout }, "of no task"},
		{"wrong status", func(_ *Plan, o *observation) { o.status = ending(123) }, "want 125 by the verdicts"},
		{"status of an error", func(_ *Plan, o *observation) { o.status = ending(1) }, "exited with 1"},
		{"unknown signal", func(_ *Plan, o *observation) { o.status = syscall.WaitStatus(syscall.SIGTERM) }, "killed by signal 15"},
		{"no cause", func(_ *Plan, o *observation) { o.hits = nil }, "task 3 (ok ) failed without a cause"},
		{"other cause", func(_ *Plan, o *observation) { o.hits[0].fault.sig = syscall.SIGTERM }, "task 3 (ok ) failed without a cause"},
		{"one cause for two", func(_ *Plan, o *observation) { o.rows[0].sig = 9 }, "failed without a cause"},
		{"failure taken for ok", func(_ *Plan, o *observation) { o.rows[2].exit = 0 }, "task 2 (exit 3) is ok"},
		{"ok without being done", func(_ *Plan, o *observation) { delete(o.ends, 1) }, "task 1 is ok, and has not been done"},
		{"begun too often", func(_ *Plan, o *observation) { o.begins[1] = append(o.begins[1], begin{13, 2}) }, "task 1 began 2 times"},
		{"done twice", func(_ *Plan, o *observation) { o.hits, o.ends[1] = nil, 2 }, "task 1 was done 2 times"},
		{"hangs", func(_ *Plan, o *observation) { o.hangs = true }, "it hangs"},
		{"process left", func(_ *Plan, o *observation) { o.left = []process{{pid: 99}} }, "process 99"},
		{"process outlives", func(_ *Plan, o *observation) { o.atEnd = []process{{pid: 99}} }, "outlives xpool"},
		{"dead left", func(_ *Plan, o *observation) { o.zombies = make([]process, 2) }, "left dead"},
		{"output held", func(_ *Plan, o *observation) { o.held = true }, "held open"},
		{"file left", func(_ *Plan, o *observation) { o.files = []string{"x"} }, "files are left"},
		{"descriptors", func(_ *Plan, o *observation) { o.descriptors = 2000 }, "2000 descriptors"},
		{"torn log", func(_ *Plan, o *observation) { o.torn = true }, "middle of a row"},
		{"timeout too soon", func(p *Plan, o *observation) {
			p.timeout, o.rows[0] = time.Second, row{seq: 1, exit: -1, sig: 15, runtime: 0.5}
		}, "task 1 (ok ) failed without a cause"},
		{"timeout", func(p *Plan, o *observation) {
			p.timeout, o.rows[0] = time.Second, row{seq: 1, exit: -1, sig: 15, runtime: 1.01}
		}, ""},
	}
}

// TestModel holds that the model finds what is wrong with a run, one thing at a time.
func TestModel(t *testing.T) {
	for _, tt := range modelTests() {
		t.Run(tt.name, func(t *testing.T) {
			p, o := sample()
			tt.spoil(&p, o)
			problems := check(&p, o)
			switch text := strings.Join(problems, "\n"); {
			case tt.want == "" && text != "":
				t.Errorf("complains: %s", text)
			case !strings.Contains(text, tt.want):
				t.Errorf("%q is not found, only: %s", tt.want, text)
			}
		})
	}
}
