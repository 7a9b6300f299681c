package script

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

func harmlessScripts() []string {
	return []string{
		"echo {}", "echo", "printf '%s\\n' {}", "printf -- '%5d|%q' 1 {}", "test -f {}", "[ {} = x ]", "[ -n {} ] && echo yes",
		"[ ! -e {} ] || false", "true; false; ! pwd", ":", "sha256sum {}", "/bin/echo {}", "./run {}", "sort <{} | uniq -c >{}.out 2>&1",
		"if [ -e {} ]; then echo a; elif grep -q x {}; then echo b; else echo c; fi", "case {} in *.c) echo c;; *) echo other;; esac",
		"{ echo {}; echo b; }", "(cd /; x=1; exit 3; {})", "echo $(cd /; x=1; exit 3) `nosuch`", "echo ${x:-{}} ${x+{}} ${x:+a} ${#x} ${x#{}} ${x%%.*} $1 \"$@\"",
		"cat <<E\n{} $x $(date)\nE", "cat <<'E'\n{} $((x++))\nE", "echo a # comment", "kill -0 $$", "echo *.c ~ {a,b}", "basename {} && dirname {}",
		"echo $? $$ $# $0", "[ \"$x\" -eq 1 ] || echo {}", "echo >&2 {}", "exec2 {}", "sleep 0",
	}
}

func harmfulScripts() []string {
	return []string{
		"x={}", "x=1 echo {}", "cd {}", "exit {}", "export X={}", "unset {}", "read x", ". {}", "source {}", "eval {}", "exec {}", "set -- {}",
		"{}", "$x {}", "\"$x\" {}", "e'cho' {}", "\\echo {}", "ec*o {}", "~/x {}", "c{d,} {}", "command cd {}", "builtin cd {}", "trap {} EXIT", "umask 0; echo {}",
		"ulimit -n 5; echo {}", "alias {}", "hash {}", "local x={}", "type {}", "wait {}", "shift; echo {}", "return {}", "f() { echo; }; f {}",
		"echo {} &", "echo $((1 + {}))", "echo $((x = 1)) {}", "((x++)); echo {}", "let x={}", "echo ${x:={}}", "echo ${x=1} {}", "echo ${x:?{}}", "echo ${x?} {}",
		"echo ${!x} {}", "echo ${x[1]} {}", "echo ${x:1} {}", "for i in {}; do echo $i; done", "while read -r x; do echo {}; done", "until {}; do :; done",
		"echo <(cat {})", "cat {} > >(cat)", "coproc cat {}", "[[ -n {} ]]", "[ -v {} ]", "[ -v 'x[1]' -o {} ]", "[ $x = {} ]", "test $x {}", "[ -n x -a {} = y ]",
		"[ \"$@\" ] && echo {}", ": >{}", "exec >{}", ">{}", "echo {} {x}>f", "echo $RANDOM {}", "echo $! {}", "echo $_ {}", "echo $LINENO {}", "echo $BASHPID {}",
		"(echo $BASH_SUBSHELL) {}", "echo $(echo $BASHPID) {}", "echo $SECONDS {}", "printf -v x {}", "printf -- %n {}", "printf '%5n' {}", "printf %*d {} 1", "printf \"$x\" {}",
		"printf {}' x'\"$x\"", "myfunc {}", "my/func {}", "shopt -s extglob; echo {}", "print {}", "if x=1; then echo {}; fi", "case $((x++)) in {}) ;; esac",
		"case x in $((x++))) echo {};; esac", "echo a | read x {}", "{ x=1; echo {}; }", "echo a && exit || echo {}", "declare -p {}", "jobs {}", "time x=1; echo {}",
		"echo >&$x {}", "cat <<E\n$((x++)) {}\nE", "echo \"$((x++)) {}\"", "history {}", "pushd {}", "mapfile x <{}", "getopts a x {}", "times; echo {}",
	}
}

func TestHarmless(t *testing.T) {
	mine := func(name string) bool { return name == "myfunc" || name == "my/func" }
	check := func(src string, want bool) {
		s, err := Compile(src, Options{Dialect: Bash, Functions: mine})
		if err != nil {
			if want {
				t.Errorf("%q: %v", src, err)
			}
			return
		}
		if s.Harmless != want {
			t.Errorf("%q: harmless %v", src, s.Harmless)
		}
	}
	for _, src := range harmlessScripts() {
		check(src, true)
	}
	for _, src := range harmfulScripts() {
		check(src, false)
	}
}

func TestHarmlessDependsOnShell(t *testing.T) {
	tests := []struct {
		src                     string
		posix, bash, zsh, korns bool
	}{
		{"echo *", true, true, false, true},
		{"echo '*'", true, true, true, true},
		{"[ 1 -eq 1 ]", true, true, false, false},
		{"printf %d 1", true, true, false, false},
		{"printf %s 1", true, true, true, true},
		{"echo =ls", true, true, false, true},
		{"integer x", false, false, false, false},
		{"setopt x", false, false, false, false},
	}
	for _, tt := range tests {
		for d, want := range []bool{tt.posix, tt.bash, tt.zsh, tt.korns} {
			if got, err := CheckCommand(tt.src, Dialect(d), nil); err != nil || got != want {
				t.Errorf("%v: %q: got %v, %v", Dialect(d), tt.src, got, err)
			}
		}
	}
}

func TestChecker(t *testing.T) {
	c := NewChecker(Bash, func(name string) bool { return name == "f" })
	tests := []struct {
		src      string
		harmless bool
		ok       bool
	}{
		{"echo a", true, true},
		{"f a", false, true},
		{"x=1", false, true},
		{"echo 'a", false, false},
		{"echo \xff\r", true, true},
		{"echo a\\", true, true},
		{"", true, true},
		{"# nothing", true, true},
		{"echo a\x00", false, false},
		{"if", false, false},
		{"echo b", true, true},
	}
	for _, tt := range tests {
		harmless, err := c.Check(tt.src)
		if harmless != tt.harmless || (err == nil) != tt.ok {
			t.Errorf("%q: %v, %v", tt.src, harmless, err)
		}
		if again, _ := CheckCommand(tt.src, Bash, func(name string) bool { return name == "f" }); again != harmless {
			t.Errorf("%q: Checker says %v, CheckCommand %v", tt.src, harmless, again)
		}
	}
}

// In a real shell, harmless scripts leave the variables, options, functions and directory
// as they were.
func TestHarmlessLeavesNoTrace(t *testing.T) {
	for _, j := range judges(t) {
		state := "set; pwd; umask; trap; set +o; ulimit -a"
		var b strings.Builder
		b.WriteString("_xpool1=no-such-file _xpool2=x _xpool3=y _ignored=\nalive() { echo \"alive $1\"; }\n")
		wanted := 0
		for _, src := range harmlessScripts() {
			s, err := Compile(src, Options{Dialect: j.dialect})
			if err != nil || !s.Harmless || strings.Contains(src, "{}.out") {
				continue
			}
			wanted++
			b.WriteString("_body() {\n" + s.Body + "}\n{ " + state + "; } >before 2>&1\n_body </dev/null >/dev/null 2>&1\n{ " + state + "; } >after 2>&1\n" +
				"for w in before after; do grep -vE '^(_|w|PIPESTATUS|pipestatus|status|BASH_[A-Z]*|RANDOM|SRANDOM|SECONDS|EPOCH[A-Z]*|LINENO|TTYIDLE|PPID|funcstack)=|^PIPESTATUS|^.?[?!0].?=' $w >$w.f; done\n" +
				"diff before.f after.f && alive " + shellQuote(strings.ReplaceAll(src, "\n", " ")) + "\n")
		}
		cmd := exec.CommandContext(t.Context(), j.argv[0], append(slices.Clone(j.argv[1:]), "-c", b.String())...)
		cmd.Dir = t.TempDir()
		out, err := cmd.CombinedOutput()
		if err != nil || strings.Count(string(out), "alive ") != wanted || strings.Contains(string(out), "\n> ") {
			t.Errorf("%s: %v: %d of %d scripts left no trace:\n%s", j.argv[0], err, strings.Count(string(out), "alive "), wanted, out)
		}
	}
}
