package chaos

import (
	"math/rand/v2"
	"slices"
	"strings"
)

// trait is what the tasks of a kind can, or cannot do.
type trait uint8

const (
	oneLine  trait = iota // a task's output is a line
	resident              // a worker takes many tasks
	forks                 // a task is a process of its own, or a part of it is, which can be killed without its worker
	shared                // a worker has several tasks at a time, all of which a crash costs
	direct                // tasks may write to the run's own output
	blocks                // tasks get data instead of records
	told                  // tasks know which attempt they are
	objects               // replies are of JSON
	nulEnded              // output ends with NUL, not with a newline
)

// kind is a kind of worker.
type kind struct {
	name    string
	often   int // of how many in a hundred runs it is
	traits  []trait
	acts    []act
	replies int      // the descriptor on which a worker replies, if somebody else can write there too; 0 if not
	command []string // with the options that make it this kind
	shell   bool     // the command is a shell script
}

func (k kind) has(t trait) bool { return slices.Contains(k.traits, t) }

// end ends a line of output as the kind does.
func (k kind) end(line string) string {
	if k.has(nulEnded) {
		return strings.TrimSuffix(line, "\n") + "\x00"
	}
	return line
}

// kinds returns all kinds: the more often, the less their workers cost. PYTHON in a
// command stands for the path of Python.
func kinds() []kind {
	all := []act{actExit, actCrash, actStray, actFlaky, actStderr}
	answers := []act{actCrash, actStray, actHalf, actLeave}
	rich := append([]act{actExit, actGarbage}, answers...)
	script := []trait{resident, forks, told}
	code := []trait{resident, told}
	const own = 4 // an interpreter's own pipe
	return []kind{
		{"program", 18, []trait{forks, direct, told}, all, 0,
			[]string{"sh", "-c", `. ./task.sh; task "$1"`, "sh"}, false},
		{"shell", 10, script, all, 1, []string{". ./task.sh; task {}"}, true},
		{"init", 9, script, all, 1, []string{"--init-file", "task.sh", "task {}"}, true},
		{"bash", 8, script, all, 1, []string{"--init-file", "task.sh", "task {}"}, true},
		{"no-fork", 10, script, all, 0, []string{"--no-fork", ". ./task.sh; task {}"}, true},
		{"python", 4, code, all, own, []string{
			"--lang", "PYTHON", "--init", `import sys; sys.path.insert(0, "."); import task`, "task.code(arg)",
		}, false},
		{"perl", 6, code, all, own, []string{"--lang", "perl", "--init", `require "./task.pl"`, "task($arg)"}, false},
		{"node", 2, code, all, 0, []string{"--lang", "node", "--init", `var task = require("./task.js")`, "await task(arg)"}, false},
		{"lines", 7, []trait{resident, oneLine}, answers, 0, []string{"--worker", "perl", "task.pl", "lines"}, false},
		{"lines-sh", 5, []trait{resident, oneLine, forks}, []act{actCrash}, 0,
			[]string{"--worker", "sh", "-c", ". ./task.sh; lines"}, false},
		{"nul", 4, []trait{resident, oneLine, nulEnded}, answers, 0,
			[]string{"--worker", "--protocol", "nul", "perl", "task.pl", "nul"}, false},
		{"json", 6, []trait{resident, objects}, rich, 1,
			[]string{"--worker", "--protocol", "json", "perl", "task.pl", "json"}, false},
		{"multiplex", 3, []trait{resident, objects, shared}, rich, 1,
			[]string{"--worker", "--protocol", "json", "--multiplex", "PYTHON", "-S", "-E", "task.py"}, false},
		{"pipe", 5, []trait{forks, blocks, told}, nil, 0,
			[]string{"--pipe", "sh", "-c", ". ./task.sh; data"}, false},
		{"pipe-shell", 3, []trait{resident, forks, blocks, told}, nil, 1,
			[]string{"--pipe", ". ./task.sh; data"}, true},
	}
}

// chooseKind returns any kind, or the one with a name.
func chooseKind(rnd *rand.Rand, name string) (chosen kind) {
	n := -1
	if name == "" {
		n = rnd.IntN(100)
	}
	for _, k := range kinds() {
		if n >= 0 || k.name == name {
			chosen = k
		}
		n -= k.often
	}
	return chosen
}
