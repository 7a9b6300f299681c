package stub

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestDaemon leaves a process behind that prints when the next task has ended.
func TestDaemon(t *testing.T) {
	each(t, codes{
		python: `import os; os.system("echo early; (read x <fifo; echo late) & ") if arg == "daemon" else print(arg)`,
		perl:   `if ($arg eq "daemon") { system "echo early; (read x <fifo; echo late) &" } else { print "$arg\n" }`,
		node:   `arg == "daemon" ? require("child_process").spawn("echo early; read x <fifo; echo late", {shell: true, detached: true, stdio: "inherit"}).unref() : console.log(arg)`,
	}, func(t *testing.T, l language, code string) {
		dir := t.TempDir()
		fifo := filepath.Join(dir, "fifo")
		if err := syscall.Mkfifo(fifo, 0o600); err != nil {
			t.Fatal(err)
		}
		w := start(t, l, code, setting{dir: dir})
		old := newPair(t)
		defer old.close()
		old.read()
		w.send(AppendTask(old.request(0), Task{1, 1, 0, []string{"daemon"}}))
		if got := w.line(); got != "1 0 0" {
			t.Fatalf("reply %q", got)
		}
		w.seq = 1
		if got, want := w.run("next"), "next\n"; got.out != want {
			t.Errorf("next task: %v", got)
		}
		if err := os.WriteFile(fifo, []byte("go\n"), 0); err != nil {
			t.Fatal(err)
		}
		if out, _ := old.rest(); out != "early\nlate\n" {
			t.Errorf("daemon's task: %q", out)
		}
		if status, own := w.end(); status != 0 || own != "" {
			t.Errorf("ended with %d and %q", status, own)
		}
	})
}

// sequence is two tasks, "one" and "two", of which the first leaves something to the worker.
type sequence struct {
	name string
	init codes
	code codes
	want string // output of the second
}

func (s sequence) run(t *testing.T) {
	each(t, s.code, func(t *testing.T, l language, code string) {
		dir := t.TempDir()
		for name, text := range map[string]string{
			"here": "", "mine.py": "x = 5", "mine.pm": "package mine; sub x { 5 } 1", "mine.js": "exports.x = 5",
			"signal.py": "0 / 0", "traceback.py": "0 / 0", "resource.py": "0 / 0",
		} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		w := start(t, l, code, setting{init: s.init.of(l), dir: dir})
		w.run("one")
		if got := w.run("two"); got != (result{out: s.want, clean: true}) {
			t.Errorf("got %v, want %q", got, s.want)
		}
		if status, own := w.end(); status != 0 || own != "" {
			t.Errorf("ended with %d and %q", status, own)
		}
	})
}

func runSequences(t *testing.T, tests []sequence) {
	t.Helper()
	for _, s := range tests {
		t.Run(s.name, s.run)
	}
}

func TestSequence(t *testing.T) {
	runSequences(t, []sequence{
		{
			name: "init is shared, names do not leak",
			init: codes{"import os\nseen = []\ndef note(x): seen.append(x); return len(seen)", `my @seen; sub note { push @seen, @_; return scalar @seen }`, `const seen = []; function note(x) { return seen.push(x) }`},
			code: codes{"print(note(arg), 'leak' in globals()); leak = 1", `my $leak; print note($arg), " ", $leak ? "True" : "False", "\n"; $leak = 1`,
				`console.log(note(arg), typeof leak == 'undefined' ? 'False' : 'True'); { var leak; leak = 1 }`},
			want: "2 False\n",
		},
		{
			name: "closed streams",
			code: codes{"import sys; print(arg); sys.stdout.close(); sys.stderr.close(); sys.stdin.close()", `print "$arg\n"; close STDOUT; close STDERR; close STDIN`, `console.log(arg); process.stdout.end(); process.stderr.destroy()`},
			want: "two\n",
		},
		{
			name: "working directory",
			code: codes{`import os; print(os.path.exists("here")); os.chdir("/")`, `print -e "here" ? "True" : "False", "\n"; chdir "/"`, `console.log(require("fs").existsSync("here") ? "True" : "False"); process.chdir("/")`},
			want: "True\n",
		},
		{
			name: "after an exit",
			code: codes{"import sys\nprint(arg)\nif seq == 1: sys.exit(1)", `print "$arg\n"; exit 1 if $seq == 1`, `console.log(arg); if (seq == 1) process.exit(1)`},
			want: "two\n",
		},
		{
			name: "modules of the working directory",
			code: codes{"import mine; print(mine.x, arg)", `use lib "."; require mine; print mine::x(), " $arg\n"`, `console.log(require("./mine.js").x, arg)`},
			want: "5 two\n",
		},
	})
}

func TestSequenceInPython(t *testing.T) {
	runSequences(t, []sequence{
		{
			name: "function",
			code: codes{python: "class A: pass\nimport pickle, __main__\nprint(pickle.loads(pickle.dumps(A)) is A, __main__.arg)"},
			want: "True two\n",
		},
		{
			name: "file of a function",
			code: codes{python: "import os\nprint(os.path.exists('f') and open('f').read())\ndef f(): return out\nout = open('f', 'w')\nout.write(arg + '\\n')"},
			want: "one\n\n",
		},
	})
}

func TestSequenceInPerl(t *testing.T) {
	runSequences(t, []sequence{
		{
			name: "layers",
			code: codes{perl: `binmode STDOUT, ":encoding(UTF-8)"; print chr(233), "\n"`},
			want: "é\n",
		},
		{
			name: "layers of init",
			init: codes{perl: `binmode STDOUT, ":encoding(UTF-8)"`},
			code: codes{perl: `print chr(233), "\n"`},
			want: "é\n",
		},
		{
			name: "named subs and my",
			init: codes{perl: `my $n = 0;`},
			code: codes{perl: `use warnings; my $x = $arg; $n++; sub f { return $x } print f(), " $n $_[0]\n"`},
			want: "two 2 two\n",
		},
	})
}

func TestSequenceInNode(t *testing.T) {
	runSequences(t, []sequence{
		{
			name: "timer of init",
			init: codes{node: `let n = 0; setInterval(() => n++, 1); const s = require("net").createServer().listen(0)`},
			code: codes{node: `await new Promise((done) => setImmediate(done)); console.log(arg)`},
			want: "two\n",
		},
		{
			name: "init that awaits",
			init: codes{node: `globalThis.n = await 5`},
			code: codes{node: `console.log(n, arg)`},
			want: "5 two\n",
		},
		{
			name: "timers are of the task",
			code: codes{node: `setTimeout(() => Promise.resolve().then(() => console.log(arg)), 2)`},
			want: "two\n",
		},
	})
}

func TestSetupFails(t *testing.T) {
	tests := []struct {
		name       string
		init, code codes
		want       []string // in the worker's own standard error
	}{
		{"syntax", codes{"print('ran')", `print "ran"`, `console.log("ran")`}, codes{"x = 1\nx = = 2\n", "my $x = 1;\n$x = = 2;\n", "let x = 1;\nx = = 2"}, []string{"<code>", "2", "yntax", "!ran"}},
		{"init syntax", codes{"x = 1\nx = = 2\n", "my $x = 1;\n$x = = 2;\n", "let x = 1;\nx = = 2"}, codes{"1", "1", "1"}, []string{"<init>", "2", "yntax"}},
		{"init", codes{"x = 1\n1 / 0", "my $x = 0;\n1 / $x", "let x;\nx.y"}, codes{"1", "1", "1"}, []string{"<init>", "2"}},
		{"init exits with a status", codes{"import sys; sys.exit(3)", "exit 3", "process.exit(3)"}, codes{"1", "1", "1"}, []string{"ended with exit status 3"}},
		{"init exits with words", codes{python: "import sys; sys.exit('no way')"}, codes{python: "1"}, []string{"no way", "ended with exit status 1"}},
		{"init exits", codes{"import sys; sys.exit(0)", "exit 0", "process.exit(0)"}, codes{"1", "1", "1"}, []string{"0"}},
		{"init never ends", codes{node: "await new Promise(() => {})"}, codes{node: "1"}, []string{"init awaits"}},
		{"brace", codes{}, codes{perl: "print 1;\n}"}, []string{"right curly", "<code> line 2"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			each(t, tt.code, func(t *testing.T, l language, code string) {
				w := begin(t, l, code, setting{init: tt.init.of(l)})
				if got := w.line(); got != Failed {
					t.Errorf("reply %q", got)
				}
				status, own := w.end()
				if status != 1 {
					t.Errorf("exit status %d", status)
				}
				for _, want := range tt.want {
					if not, ok := strings.CutPrefix(want, "!"); ok == strings.Contains(own, not) {
						t.Errorf("standard error lacks, or has, %q: %s", want, own)
					}
				}
			})
		})
	}
}

// TestOutside prints where there is no task.
func TestOutside(t *testing.T) {
	each(t, codes{
		python: `import os; print("init", flush=True); os.system("echo child"); os.write(1, b"raw\n")`,
		perl:   `print "init\n"; system "echo child"; syswrite STDOUT, "raw\n"`,
		node:   `console.log("init"); require("child_process").execSync("echo child", {stdio: "inherit"}); require("fs").writeSync(1, "raw\n")`,
	}, func(t *testing.T, l language, init string) {
		w := start(t, l, "1", setting{init: init})
		if got := w.run("a"); got != (result{clean: true}) {
			t.Errorf("got %v", got)
		}
		if status, own := w.end(); status != 0 || own != "init\nchild\nraw\n" {
			t.Errorf("ended with %d and %q", status, own)
		}
	})
}

// TestThread has a thread print when its task is over and no other one runs. Its
// globals are gone by then.
func TestThread(t *testing.T) {
	each(t, codes{python: `
import os, threading
def late(os=os):
    open("go").readline()
    os.write(1, b"late\n")
    with open("gone", "w") as f: f.write("\n")
if arg == "thread": threading.Thread(target=late, daemon=True).start()
print(arg)`}, func(t *testing.T, l language, code string) {
		dir := t.TempDir()
		tell, told := fifo(t, filepath.Join(dir, "go")), fifo(t, filepath.Join(dir, "gone"))
		w := start(t, l, code, setting{dir: dir})
		if got := w.run("thread"); got != (result{clean: true, out: "thread\n"}) {
			t.Errorf("got %v", got)
		}
		if _, err := tell.WriteString("\n"); err != nil {
			t.Fatal(err)
		}
		if _, err := told.Read(make([]byte, 1)); err != nil {
			t.Fatal(err)
		}
		if got := w.run("next"); got != (result{clean: true, out: "next\n"}) {
			t.Errorf("got %v", got)
		}
		if status, own := w.end(); status != 0 || own != "late\n" {
			t.Errorf("ended with %d and %q", status, own)
		}
	})
}

// fifo makes a named pipe and opens both of its ends, so that opening it waits for
// nobody. Reading it fails shortly before the test's deadline.
func fifo(t *testing.T, path string) *os.File {
	t.Helper()
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	if d, ok := t.Deadline(); ok {
		if err := f.SetReadDeadline(d.Add(-5 * time.Second)); err != nil {
			t.Fatal(err)
		}
	}
	return f
}

// TestPipelined sends a hundred tasks at once, for two pairs in turn.
func TestPipelined(t *testing.T) {
	each(t, codes{"print(arg)", `print "$arg\n"`, "console.log(arg)"}, func(t *testing.T, l language, code string) {
		w := start(t, l, code, setting{})
		pairs := []*pair{newPair(t), newPair(t)}
		b := append(pairs[0].request(0), pairs[1].request(1)...)
		var want [2]string
		for i := range 100 {
			b = AppendTask(b, Task{int64(i + 1), 1, i % 2, []string{fmt.Sprint(i)}})
			want[i%2] += fmt.Sprintln(i)
		}
		for _, p := range pairs {
			defer p.close()
			p.read()
		}
		w.send(b)
		for i := range 100 {
			if got, want := w.line(), fmt.Sprintf("%d 0 1", i+1); got != want {
				t.Fatalf("reply %q, want %q", got, want)
			}
		}
		for i, p := range pairs {
			if out, err := p.cut(); out != want[i] || err != "" {
				t.Errorf("pair %d: %q, %q", i, out, err)
			}
		}
	})
}

// TestReplacedPair wants the end of a pair in whose place another is opened.
func TestReplacedPair(t *testing.T) {
	each(t, codes{"print(arg)", `print "$arg\n"`, "console.log(arg)"}, func(t *testing.T, l language, code string) {
		w := start(t, l, code, setting{})
		w.run("one")
		old := w.pair
		w.pair = nil
		if got := w.run("two"); got.out != "two\n" {
			t.Errorf("got %v", got)
		}
		old.read()
		old.rest() // returns when the worker has closed it
		old.close()
	})
}

func TestTorn(t *testing.T) {
	each(t, codes{"print(arg)", `print "$arg\n"`, "console.log(arg)"}, func(t *testing.T, l language, code string) {
		for _, torn := range []string{"", "task 1 1 0 0", "task 1 1 0 5\nab"} {
			w := start(t, l, code, setting{})
			w.send([]byte(torn))
			if status, own := w.end(); status != 0 || own != "" {
				t.Errorf("%q ended with %d and %q", torn, status, own)
			}
		}
	})
}

func TestNoPair(t *testing.T) {
	each(t, codes{"print(arg)", `print "$arg\n"`, "console.log(arg)"}, func(t *testing.T, l language, code string) {
		for _, request := range []string{"task 1 1 0 0\n", "pair 0 2 2\n/-/-"} {
			w := start(t, l, code, setting{})
			w.send([]byte(request))
			if status, own := w.end(); status != 1 || !strings.HasPrefix(own, "xpool: ") {
				t.Errorf("%q ended with %d and %q", request, status, own)
			}
		}
	})
}

// TestBehind leaves something active behind process.exit: the worker replies and
// goes.
func TestBehind(t *testing.T) {
	each(t, codes{node: `setInterval(() => console.log("late"), 1); console.log(arg); process.exit(3)`}, func(t *testing.T, l language, code string) {
		w := start(t, l, code, setting{})
		if got := w.run("a"); got != (result{status: 3, clean: true, out: "a\n"}) {
			t.Errorf("got %v", got)
		}
		if rest := w.line(); rest != "" {
			t.Errorf("reply %q", rest)
		}
		if status, own := w.end(); status != 0 || own != "" {
			t.Errorf("ended with %d and %q", status, own)
		}
	})
}

func TestCall(t *testing.T) {
	tests := []struct {
		function string
		args     []string
		want     result
	}{
		{"os.path:basename", []string{"a/\xff"}, result{clean: true, out: "\xff\n"}},
		{"os:fsencode", []string{"a\xff"}, result{clean: true, out: "a\xff\n"}},
		{"builtins:str.upper", []string{"a"}, result{clean: true, out: "A\n"}},
		{"builtins:print", []string{"a", "b"}, result{clean: true, out: "a b\n"}},
		{"builtins:len", []string{"abc"}, result{clean: true, out: "3\n"}},
		{"builtins:len", []string{"a", "b"}, result{clean: true, status: 1, err: "TypeError: len() takes exactly one argument (2 given)\n"}},
	}
	for _, tt := range tests {
		each(t, codes{python: tt.function}, func(t *testing.T, l language, code string) {
			if got := start(t, l, code, setting{mode: Call}).run(tt.args...); got != tt.want {
				t.Errorf("%s%q: %v, want %v", tt.function, tt.args, got, tt.want)
			}
		})
	}
	each(t, codes{"os:nothing", "os:path", "os:path"}, func(t *testing.T, l language, code string) {
		w := begin(t, l, code, setting{mode: Call})
		if got := w.line(); got != Failed {
			t.Errorf("reply %q", got)
		}
	})
}

func TestLocale(t *testing.T) {
	for _, env := range [][]string{{"LC_ALL=C"}, {"LC_ALL=C", "PYTHONUTF8=0", "PYTHONCOERCECLOCALE=0"}, {"LC_ALL=C.UTF-8"}} {
		each(t, codes{`print(arg)`, `print "$arg\n"`, `console.log(arg)`}, func(t *testing.T, l language, code string) {
			if got := start(t, l, code, setting{env: env}).run("é"); got != (result{clean: true, out: "é\n"}) {
				t.Errorf("%q: %v", env, got)
			}
		})
	}
}
