package stub

import (
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// taskTest is the first task of a worker, of which all is known.
type taskTest struct {
	name   string
	code   codes
	args   []string // default one, empty
	status int
	dirty  bool
	out    string
	err    string
}

func check(t *testing.T, tests []taskTest) {
	// Which parts of a line Python marks in a traceback depends on its version.
	marks := regexp.MustCompile(`(?m)^ +[~^]+\n`)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			each(t, tt.code, func(t *testing.T, l language, code string) {
				w := start(t, l, code, setting{})
				args := tt.args
				if args == nil {
					args = []string{""}
				}
				want := result{status: tt.status, clean: !tt.dirty, out: tt.out, err: tt.err}
				got := w.run(args...)
				if l.name == "python" {
					got.err = marks.ReplaceAllString(got.err, "")
				}
				if got != want {
					t.Errorf("got %s, want %s", got, want)
				}
				if status, own := w.end(); status != 0 || own != "" {
					t.Errorf("ended with %d and %q", status, own)
				}
			})
		})
	}
}

func TestArguments(t *testing.T) {
	many := make([]string, 200)
	for i := range many {
		many[i] = strconv.Itoa(i)
	}
	var binary []byte
	for i := range 256 {
		binary = append(binary, byte(i))
	}
	megabyte := strings.Repeat("0123456789abcdef", 1<<16)
	joined := codes{
		python: `print("|".join(args), end="")`,
		perl:   `print join "|", @args`,
		node:   `for (const [i, b] of argsBytes.entries()) { if (i) process.stdout.write("|"); process.stdout.write(b) }`,
	}
	check(t, []taskTest{
		{name: "binary", code: joined, args: []string{string(binary), "\xff\xfe"}, out: string(binary) + "|\xff\xfe"},
		{name: "empty", code: joined, args: []string{"", ""}, out: "|"},
		{name: "many", code: joined, args: many, out: strings.Join(many, "|")},
		{name: "large", code: joined, args: []string{megabyte}, out: megabyte},
	})
}

func TestNames(t *testing.T) {
	check(t, []taskTest{
		{name: "python", code: codes{python: `print(arg, args, seq + 1)`}, args: []string{"a", "é"}, out: "a ['a', 'é'] 2\n"},
		{name: "perl", code: codes{perl: `print "$_ $arg $args[1] $_[1] ", $seq + 1`}, args: []string{"a", "é"}, out: "a a é é 2"},
		{name: "node", code: codes{node: `console.log(arg, args, argBytes[0], seq + 1)`}, args: []string{"a", "é"}, out: "a [ 'a', 'é' ] 97 2\n"},
		{name: "node text", code: codes{node: `console.log(arg)`}, args: []string{"a\xff"}, out: "a\uFFFD\n"},
		{name: "environment", code: codes{
			python: `import os; print(os.environ["XPOOL_SEQ"], os.environ["XPOOL_ATTEMPT"])`,
			perl:   `print "$ENV{XPOOL_SEQ} $ENV{XPOOL_ATTEMPT}\n"`,
			node:   `console.log(process.env.XPOOL_SEQ, process.env.XPOOL_ATTEMPT)`,
		}, out: "1 1\n"},
	})
}

func TestStreams(t *testing.T) {
	big := strings.Repeat("0123456789", 1<<20)
	check(t, []taskTest{
		{name: "large output", code: codes{
			python: `print(arg * (1 << 20), end="")`, perl: `print $arg x (1 << 20)`, node: `process.stdout.write(arg.repeat(1 << 20))`,
		}, args: []string{"0123456789"}, out: big},
		{name: "standard error", code: codes{
			python: `import sys; print("e", end="", file=sys.stderr); print("o")`,
			perl:   `print STDERR "e"; print "o\n"`,
			node:   `process.stderr.write("e"); console.log("o")`,
		}, out: "o\n", err: "e"},
		{name: "below the streams", code: codes{
			python: `import os; os.write(1, b"o"); os.write(2, b"e")`,
			perl:   `syswrite STDOUT, "o"; syswrite STDERR, "e"`,
			node:   `const fs = require("fs"); fs.writeSync(1, "o"); fs.writeSync(2, "e")`,
		}, out: "o", err: "e"},
		{name: "empty standard input", code: codes{
			python: `import sys; print(len(sys.stdin.read()))`,
			perl:   `my @l = <STDIN>; print scalar(@l), "\n"`,
			node:   `console.log(require("fs").readFileSync(0).length)`,
		}, out: "0\n"},
		{name: "streams of its own", code: codes{
			python: `import sys, io; print("a"); sys.stdout = io.TextIOWrapper(sys.stdout.buffer); print("b")`,
			perl:   `$| = 1; print "a\n"; open my $o, ">&", \*STDOUT; print $o "b\n"`,
			node:   `console.log("a"); process.stdout.end("b\n")`,
		}, out: "a\nb\n"},
	})
}

func TestExit(t *testing.T) {
	check(t, []taskTest{
		{name: "none", code: codes{`import sys; print(1); sys.exit()`, `print "1\n"; exit`, `console.log(1); process.exit()`}, out: "1\n"},
		{name: "7", code: codes{`import sys; sys.exit(7)`, `exit 7`, `process.exit(7)`}, status: 7},
		{name: "300", code: codes{`exit(300)`, `exit 300`, `process.exit(300)`}, status: 44},
		{name: "-1", code: codes{`import sys; sys.exit(-1)`, `exit(-1)`, `process.exit(-1)`}, status: 255},
		{name: "true", code: codes{python: `import sys; sys.exit(True)`}, status: 1},
		{name: "text", code: codes{python: `import sys; sys.exit("so\udcff")`}, status: 1, err: "so\xff\n"},
		{name: "in a function", code: codes{"def f(): raise SystemExit(5)\nf()", `sub f { exit 5 } f()`, `(() => process.exit(5))()`}, status: 5},
		{name: "through eval", code: codes{perl: `eval { exit 3 }; print "on"`}, status: 3},
		{name: "in sort", code: codes{perl: `my @a = sort { exit 3 } 2, 1; print "on"`}, status: 3},
		{name: "code", code: codes{node: `process.exitCode = 4`}, status: 4},
		{name: "caught", code: codes{node: `try { process.exit(6) } catch {}`}, status: 6},
		{name: "after await", code: codes{node: `await 1; process.exit(6)`}, status: 6},
		{name: "never", code: codes{node: `await new Promise(() => {})`}, status: 13, err: "Warning: the code awaits what will never be\n"},
	})
}

// TestThreads has tasks leave threads behind, for which Python would wait before it ends;
// but for those of an executor that is kept.
func TestThreads(t *testing.T) {
	check(t, []taskTest{
		{name: "left", code: codes{python: "import threading\ndef f():\n    print('late', arg)\n    threading.Timer(.05, print, ['later']).start()\n" +
			"threading.Timer(.05, f).start(); print(1)"}, args: []string{"a"}, out: "1\nlate a\nlater\n"},
		{name: "left by exit", code: codes{python: "import threading\nthreading.Timer(.05, print, ['late']).start(); exit(3)"}, status: 3, out: "late\n"},
		{name: "exit in one", code: codes{python: "import threading\nthreading.Timer(.05, exit, [3]).start()"}},
		{name: "kept in a module", code: codes{python: "import sys, concurrent.futures as c\nsys.kept = c.ThreadPoolExecutor(2)\n" +
			"print(sys.kept.submit(int, arg).result())"}, args: []string{"7"}, out: "7\n"},
	})
}

func TestExceptions(t *testing.T) {
	check(t, []taskTest{
		{name: "python", code: codes{python: "def f(x):\n    raise KeyError(x)\nf(arg)"}, args: []string{"\xff"}, status: 1,
			err: "Traceback (most recent call last):\n  File \"<code>\", line 3, in <module>\n    f(arg)\n" +
				"  File \"<code>\", line 2, in f\n    raise KeyError(x)\nKeyError: '\\udcff'\n"},
		{name: "python closed", code: codes{python: "import sys; sys.stderr = None\nraise ValueError(arg)"}, status: 1,
			err: "Traceback (most recent call last):\n  File \"<code>\", line 2, in <module>\n    raise ValueError(arg)\nValueError\n"},
		{name: "perl", code: codes{perl: "print 1;\ndie 'bad'"}, status: 1, out: "1", err: "bad at <code> line 2.\n"},
		{name: "node", code: codes{node: "let x;\n  x.y"}, status: 1, err: "<code>:2\n  x.y\n    ^\n\n" +
			"TypeError: Cannot read properties of undefined (reading 'y')\n    at <code>:2:5\n"},
		{name: "node text", code: codes{node: "throw 'bad'"}, status: 1, err: "Uncaught 'bad'\n"},
		{name: "node rejection", code: codes{node: "Promise.reject(new Error('bad')); 1"}, status: 1,
			err: "<code>:1\nPromise.reject(new Error('bad')); 1\n               ^\n\nError: bad\n    at <code>:1:16\n"},
	})
}

func TestChildren(t *testing.T) {
	check(t, []taskTest{
		{name: "waited for", dirty: true, code: codes{
			python: `import subprocess; print("a", flush=True); subprocess.run("echo b; echo c >&2", shell=True)`,
			perl:   `print "a\n"; system "echo b; echo c >&2"`,
			node:   `console.log("a"); require("child_process").execSync("echo b; echo c >&2", {stdio: "inherit"})`,
		}, out: "a\nb\n", err: "c\n"},
		{name: "read", dirty: true, code: codes{
			python: `import subprocess; print(subprocess.getoutput("echo a"))`,
			perl:   "print `echo a`",
			node:   `const c = await import("child_process"); c.exec("echo a", (e, out) => process.stdout.write(out))`,
		}, out: "a\n"},
		{name: "ignored", dirty: true, code: codes{
			python: `import os, signal; signal.signal(signal.SIGCHLD, signal.SIG_IGN); os.system("echo a")`,
			perl:   `$SIG{CHLD} = "IGNORE"; system "echo a"`,
		}, out: "a\n"},
		{name: "forked exit", dirty: true, code: codes{
			python: "import os, sys\nif os.fork() == 0:\n    print('child', end=' ')\n    sys.exit(3)\nprint('parent', os.wait()[1] >> 8)",
			perl:   `if (!fork) { print "child "; exit 3 } wait; print "parent ", $? >> 8, "\n"`,
		}, out: "child parent 3\n"},
		{name: "forked end", dirty: true, code: codes{
			python: "import os\nif os.fork():\n    os.wait(); print('parent')\nelse:\n    print('child')",
			perl:   `if (fork) { wait; print "parent\n" } else { print "child\n" }`,
		}, out: "child\nparent\n"},
		{name: "forked exception", dirty: true, code: codes{
			python: "import os\nif os.fork() == 0:\n    raise SystemExit('bad')\nprint(os.wait()[1] >> 8)",
			perl:   `if (!fork) { die "bad\n" } wait; print $? >> 8, "\n"`,
		}, out: "1\n", err: "bad\n"},
		{name: "forked descriptors", dirty: true, code: codes{
			python: "import os\ndef pipe(f):\n    try: return 'pipe' in os.readlink('/proc/self/fd/%d' % f)\n    except OSError: return False\n" +
				"if os.fork() == 0: print(*filter(pipe, range(20)))\nelse: os.wait()",
			perl: `if (!fork) { print join(" ", grep { (readlink("/proc/self/fd/$_") || "") =~ /pipe/ } 0 .. 20), "\n" } else { wait }`,
		}, out: "1 2\n"},
	})
}

// TestDescriptors compares what a task's child has open with what a child of this
// test has.
func TestDescriptors(t *testing.T) {
	plain, err := exec.Command("sh", "-c", "ls /proc/self/fd").Output()
	if err != nil {
		t.Fatal(err)
	}
	each(t, codes{
		python: `import subprocess; subprocess.run("ls /proc/self/fd", shell=True, close_fds=False)`,
		perl:   `system "sh", "-c", "ls /proc/self/fd"`,
		node:   `require("child_process").execSync("ls /proc/self/fd", {stdio: "inherit"})`,
	}, func(t *testing.T, l language, code string) {
		allowed := strings.Fields(string(plain))
		for _, fd := range strings.Fields(start(t, l, code, setting{}).run("").out) {
			if !slices.Contains(allowed, fd) {
				t.Errorf("descriptor %s is open, besides %q", fd, allowed)
			}
		}
	})
}
