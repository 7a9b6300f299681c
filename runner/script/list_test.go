package script

import (
	"slices"
	"strings"
	"testing"

	"xpool/runner/template"
)

func TestListBody(t *testing.T) {
	tests := []struct {
		dialect    Dialect
		src, want  string
		positional bool
	}{
		{POSIX, "echo {} a{} {.} {}", `echo "$@" a"@1" "@2" "$@"`, true},
		{POSIX, `echo "{}" '{}' \{} {}{}`, `echo "@1" ''"@1"'' "@1" "@1""@1"`, false},
		{POSIX, "{} x; y=1 command {} {}; ((  {} ))", `"@1" x; y=1 command "@1" "$@"; ((  "@1" ))`, true},
		{POSIX, "command -v {}; $x {}; \"$x\"/y {}; x{} {}", `command -v "$@"; $x "$@"; "$x"/y "$@"; x"@1" "$@"`, true},
		{POSIX, "gzip -k", `gzip -k "$@"`, true},
		{POSIX, "set -eu; gzip", `set -eu; gzip "$@"`, true},
		{POSIX, "gzip; x() { shift; }; gunzip", `gzip; x() { shift; }; gunzip "$@"`, true},
		{POSIX, `shift; echo "$1" {}`, `shift; echo "$1" "@1"`, true},
		{POSIX, "shift; gzip", `shift; gzip "@1"`, false},
		{POSIX, `echo "$1" {}`, `echo "$1" "$@"`, true},
		{POSIX, "x={}; x={} y {} >{} 2>>{}", `x="@1"; x="@1" y "$@" >"@1" 2>>"@1"`, true},
		{POSIX, "for x in {} a{}; do :; done", `for x in "$@" a"@1"; do :; done`, true},
		{POSIX, "case {} in {}) echo {};; esac", `case "@1" in "@1") echo "$@";; esac`, true},
		{POSIX, "f() { echo {}; }; f {}", `f() { echo "@1"; }; f "$@"`, true},
		{POSIX, "echo \"$(ls {})\" `ls {}` $(ls \"{}\")", `echo "$(ls "$@")" $(ls "$@") $(ls "@1")`, true},
		{POSIX, "cat <<E\n{} $(ls {})\nE", "cat <<E\n@1 $(ls \"$@\")\nE", true},
		{POSIX, "echo ${x:-{}} \"${x:-$(ls {})}\"", `echo ${x:-"@1"} "${x:-$(ls "$@")}"`, true},
		{POSIX, "sh -c 'echo {}' _ {}", `sh -c 'echo '"@1"'' _ "$@"`, true},
		{POSIX, "# {}\necho {}", "# {}\necho \"$@\"", true},
		{POSIX, "export {}; unset {}", `export "$@"; unset "$@"`, true},
		{POSIX, "(ls {}) | { ! ls {}; } & ls {} &", `(ls "$@") | { ! ls "$@"; } & ls "$@" &`, true},
		{POSIX, "test -f {} && [ {} = x ]", `test -f "@1" && [ "@1" = x ]`, false},
		{POSIX, "printf {}; printf %s {}; printf -- {} {}", `printf -- "@1"; printf %s "$@"; printf -- "@1" "$@"`, true},
		{POSIX, "exit {}", `exit "@1"`, false},
		{POSIX, "jobs {}; stat {}", `jobs "@1"; stat "$@"`, true},
		{POSIX, "getopts {} {} {}", `getopts "@1" "@2" "$@"`, true},
		{Bash, "a=({} [1]={} x{}); a+=({})", `a=("$@" [1]="@1" x"@1"); a+=("$@")`, true},
		{Bash, "declare -a a=({}); readonly {} b={}", `declare -a a=("$@"); readonly "$@" b="@1"`, true},
		{Bash, "[[ {} == {} && -n {} ]]; cat <<<{}", `[[ "@1" == "@1" && -n "@1" ]]; cat <<<"@1"`, false},
		{Bash, "echo {a,{}} @({}|x)", `echo {a,"@1"} @("@1"|x)`, false},
		{Bash, "read {} -d {}; read -r {}; wait {}", `read "$@" -d "@1"; read -r "$@"; wait -- "$@"`, true},
		{Bash, "cat <({ ls {}; })", `cat <({ ls "$@"; })`, true},
		{Zsh, "print -u 1 {}; print -u {} x; print -f {} {}", `print -u 1 -- "$@"; print -u "@1" x; print -f "@2" "$@"`, true},
		{MirBSDKorn, "set -A x {}; set -A x -- {}", `set -A x -- "$@"; set -A x -- "$@"`, true},
		{Zsh, "stat {}; emulate {}; set -A x {}", `stat "@1"; emulate "@1"; set -A x "$@"`, true},
		{Zsh, "repeat {} ls {}; repeat 2 {}", `repeat "@1" ls "$@"; repeat 2 "@2"`, true},
	}
	for _, tt := range tests {
		s, err := Compile(tt.src, Options{Dialect: tt.dialect, Many: true})
		if err != nil {
			t.Errorf("%q: %v", tt.src, err)
			continue
		}
		want := body(strings.ReplaceAll(tt.want, "$@", "\x00")) + "\n"
		if want = strings.ReplaceAll(want, "\x00", "$@"); s.Body != want {
			t.Errorf("%q\n got %q\nwant %q", tt.src, s.Body, want)
		}
		if s.Positional != tt.positional {
			t.Errorf("%q: positional %v", tt.src, s.Positional)
		}
		if one, err := Compile(tt.src, Options{Dialect: tt.dialect}); err != nil || strings.Contains(one.Body, `"$@"`) {
			t.Errorf("%q with one record: %+v, %v", tt.src, one, err)
		}
	}
}

// A script that changes its parameters has no list of the records.
func TestListNeedsUnchangedParameters(t *testing.T) {
	tests := []struct {
		dialect Dialect
		src     string
		list    bool
	}{
		{POSIX, "set -e", true},
		{POSIX, "set -eu -o noglob +x", true},
		{POSIX, "set", true},
		{POSIX, "set -o", true},
		{POSIX, "set --", false},
		{POSIX, "set -", false},
		{POSIX, "set -e a", false},
		{POSIX, "set -o noglob a", false},
		{POSIX, "set $x", false},
		{POSIX, "set -oe noglob", false},
		{POSIX, "shift 2", false},
		{POSIX, "command shift", false},
		{POSIX, "if x; then (shift); fi", false},
		{POSIX, "f() { shift; set a; }", true},
		{POSIX, `eval set -- "$x"`, false},
		{POSIX, `eval "x; shift $n"`, false},
		{POSIX, `eval "$(agent)"`, true},
		{POSIX, "trap 'shift' USR1", false},
		{POSIX, "trap 'rm -f x' EXIT", true},
		{POSIX, ". ./lib.sh", true},
		{POSIX, "echo shift set", true},
		{Bash, "set -euo pipefail", true},
		{Bash, "builtin shift", false},
		{Bash, "argv=(a)", true},
		{Bash, "1=x", true},
		{MirBSDKorn, "set -A x a", true},
		{MirBSDKorn, "set -s", false},
		{Zsh, "set -A argv a", false},
		{Zsh, "argv=(a)", false},
		{Zsh, "argv[1]=x", false},
		{Zsh, "read argv", false},
		{Zsh, "1=x", false},
		{Zsh, "repeat 2 shift", false},
		{Zsh, "noglob set -x", true},
	}
	for _, tt := range tests {
		s, err := Compile(tt.src+"\nls {}", Options{Dialect: tt.dialect, Many: true})
		if err != nil {
			t.Errorf("%v: %q: %v", tt.dialect, tt.src, err)
		} else if list := strings.HasSuffix(s.Body, "\nls \"$@\"\n"); list != tt.list {
			t.Errorf("%v: %q: list %v; body %q", tt.dialect, tt.src, list, s.Body)
		}
	}
}

func TestListClass(t *testing.T) {
	checkArgs(t, Options{Dialect: Bash, Many: true}, []argsCase{
		{"echo {}", Text, 1, 6},
		{"echo", Text, 1, 5},
		{"echo {}; unset {}", Identifier, 1, 16},
		{"unset {}; echo {}", Identifier, 1, 7},
		{"echo\nfor n in {}; do (( n )); done", Integer, 2, 10},
		{"declare -ai a=(1 {})", Integer, 1, 18},
		{"a=({}); (( a[0] ))", Integer, 1, 4},
		{"f() { (( $1 )); }; f {}", Integer, 1, 22},
		{"echo $1 {}; (( $2 ))", Integer, 1, 6},
		{"echo $1 {}; unset {}", Identifier, 1, 19},
		{"echo $(( {} )) {}", Text, 1, 16},
	})
	if _, err := Compile("unset {}; for n in {}; do (( n )); done", Options{Dialect: Bash, Many: true}); err == nil {
		t.Error("records cannot be both names and numbers")
	}
}

func TestListHarmless(t *testing.T) {
	for src, want := range map[string]bool{
		"echo {}": true, "sha256sum": true, "printf '%s\\n' {}": true, "[ -f {} ]": true, "cat {} >{/}": true,
		"{}": false, "{} x": false, "unset {}": false, "for x in {}; do echo; done": false, "a=({})": false,
	} {
		s, err := Compile(src, Options{Dialect: Bash, Many: true})
		if err != nil || s.Harmless != want {
			t.Errorf("%q: %+v, %v", src, s, err)
		}
	}
}

// listCases are as those of the other oracle, for tasks of several records; a @ in what is
// wanted stands for each record in angle brackets.
func listCases() []oracleCase {
	const p = `printf '<%s>' `
	return []oracleCase{
		{"", p + `{}`, "@", false},
		{"", `printf '<%s>'`, "@", false},
		{"", p + `a {} "{}" x{}y {} {/}`, "<a>@<{}><x{}y>@<{/}>", false},
		{"", "for i in {} b; do " + p + `"$i"; done`, "@<b>", false},
		{"", "for i in {}; do " + p + `"$i" {}; done | cat | head -c 0; ` + p + "{}", "@", false},
		{"", p + `"$(` + p + `{})" "{}"`, "<@><{}>", false},
		{"", p + "\"`printf '<%s>' {}`\"", "<@>", false},
		{"", "cat <<E\n{} $(" + p + "{})\nE\n", "{} @\n", false},
		{"dbmx", "cat <<'E'\n{} $(ls {})\nE\n" + p + "{}", "{} $(ls {})\n@", false},
		{"", p + `"${nope:-$(` + p + `{})}"`, "<@>", false},
		{"", "f() { " + p + `"$@" {}; }; f {}`, "@<{}>", false},
		{"", "f() { shift; " + p + `"$@"; }; f a {}; ` + p + "{}", "@@", false},
		{"", `sh -c '` + `printf "<%s>" "$@"` + `' _ {}`, "@", false},
		{"", p + `{} | cat; (` + p + `{}); { ` + p + `{}; } & wait`, "@@@", false},
		{"", "v={}; " + p + `"$v" {}`, "<{}>@", false},
		{"", "set -f; " + p + "{}", "@", false},
		{"", "set -- a; " + p + `"$1" {}`, "<a><{}>", false},
		{"", "IFS=a; " + p + "{}", "@", false},
		{"", "case {} in {}) " + p + "{};; esac", "@", false},
		{"", "[ x{} = x{} ] && test -n x{} && " + p + "{}", "@", false},
		{"", p + "{} > out; cat out; rm out", "@", false},
		{"bzm", "a=(x {} y{}); " + p + `"${a[@]}"`, "<x>@<y{}>", false},
		{"bz", "a=(x); a+=({}); " + p + `"${a[@]}"`, "<x>@", false},
		{"b", "f() { declare -a a=(\"$@\"); " + p + `"${a[@]}"; }; f {}; declare -a b=({}); ` + p + `"${b[@]}"`, "@@", false},
		{"z", "typeset -a b=({}); " + p + `"${b[@]}"`, "@", false},
		{"zm", "set -A a {}; " + p + `"${a[@]}"`, "@", false},
		{"bz", "[[ x{} == x{} ]] && " + p + "{}", "@", false},
		{"bz", "cat <(" + p + "{})", "@", false},
		{"zm", "print -r {} ''", "{} \n", false},
		{"z", "print -rn -u 1 {}", "{}", false},
		{"z", "repeat 2 " + p + "{}", "@@", false},
		{"", "for n in {}; do " + p + "$((n + 0)); done", "@", true},
		{"bm", "typeset -i n; for n in {}; do " + p + "$n; done", "@", true},
	}
}

func TestListOracle(t *testing.T) { askJudges(t, listCases(), checkListOracle) }

// groups makes tasks of one to three records.
func groups(records []string) [][]string {
	var all [][]string
	for n := 1; len(records) > 0; n = n%3 + 1 {
		n = min(n, len(records))
		all, records = append(all, records[:n]), records[n:]
	}
	return all
}

func contextOf(records []string) template.Context {
	return template.Context{Args: records, Seq: 1, Slot: 3}
}

// listTask is the task with the given records; false if the script does not admit them.
func listTask(script *Script, records []string) (task, bool) {
	tt := task{records: records}
	for _, r := range records {
		s, err := script.Args.Render(r)
		if err != nil {
			return tt, false
		}
		if script.Positional {
			tt.args = append(tt.args, s)
		}
	}
	c := contextOf(records)
	return tt, !slices.ContainsFunc(script.Values, func(v Value) bool { return v.Check(v.Rep.Expand(c)) != nil })
}

func checkListOracle(t *testing.T, j judge, tt oracleCase, n int) {
	t.Helper()
	script, err := Compile(tt.script, Options{Dialect: j.dialect, Many: true})
	if err != nil {
		t.Errorf("%s: %q: %v", j.argv[0], tt.script, err)
		return
	}
	records := share(nasty(), n)
	if tt.numbers {
		records = integers()
	}
	var tasks []task
	for _, g := range groups(records) {
		task, ok := listTask(script, g)
		if !ok {
			t.Fatalf("%q does not admit %q", tt.script, g)
		}
		tasks = append(tasks, task)
	}
	dir := t.TempDir()
	got := j.runTasks(t, dir, script, tasks)
	for i, task := range tasks {
		words := "<" + strings.Join(task.records, "><") + ">"
		parts := strings.Split(tt.want, "@")
		for k := range parts {
			parts[k] = expand(parts[k], contextOf(task.records))
		}
		if want := strings.Join(parts, words); i >= len(got) || got[i] != want {
			t.Errorf("%s: %q with %q\nbody %q\n got %q\nwant %q", j.argv[0], tt.script, task.records, script.Body, got[min(i, len(got)-1)], want)
			break
		}
	}
	j.checkHarmless(t, dir, tt.script, script)
}

// hostileLists returns the records of tasks that together would run a command where a
// builtin takes the one for an option, a name or an operator and evaluates the other.
func hostileLists() [][]string {
	const run = "path[$(touch pwned)]" // an array that zsh has from the start
	var lists [][]string
	for _, h := range hostile() {
		lists = append(lists, []string{h, h})
	}
	for _, first := range []string{"-v", "-p", "-a", "-A", "-u", "-s", "-n", "-f", "-i", "-t", "--", "1", "x", "%d"} {
		lists = append(lists, []string{first, run})
	}
	return append(lists, []string{run, "-eq", "1"}, []string{"1", "-eq", run}, []string{"-v", run, "%s", "x"},
		[]string{"x", "-v", run}, []string{"x", "-a", run}, []string{"-A", run, "x"},
		[]string{"zsh", "-c", "touch pwned"}, []string{"-x", "touch", "pwned"}, []string{"touch pwned", "EXIT"},
		[]string{"-e", "*", "x", "touch pwned"}, []string{"x", "touch pwned"}, []string{"-C", "touch pwned", "-c", "1", "x"})
}

// placed returns scripts in which a builtin looks at the order of its words.
func placed() []string {
	return []string{
		"jobs {}", "trap {}", "emulate {}", "sched {}", "zformat {}", "zstyle {}", "zregexparse {}", "zmodload zsh/datetime; strftime {}",
		"zmodload zsh/stat; zstat {}", "zmodload zsh/stat; stat {}", "zmodload zsh/system; sysopen {}; sysseek {}; syswrite {}; zsystem {}",
		"zmodload zsh/zpty; zpty {}", "zmodload zsh/zselect; zselect -t 0 {}", "cd {}", "alias {}", "functions {}", "hash {}", "kill -0 {}", "umask {}",
		"type {}", "shopt {}", "setopt {}", "fc {}", "whence {}", "pushd {}", "echo {}", "declare x {}", "getopts x y {}", "printf %s {}",
		"printf -v x %s {}", "printf -v x {} {}", "wait -n {} {}", "print -r {} {}", "print -f %s {}", "enable -n {}", "read x {}", "mapfile x {}",
		"repeat 1 print {}", "repeat {} print", "command printf {}", "a=({}); declare -a b=({}); declare -p a", "declare -A m; m=({})", "f() { local x=$1; }; f {}",
	}
}

func TestListIsNotEvaluated(t *testing.T) {
	checkNotEvaluated(t, append(evaluating(), placed()...), Options{Many: true}, func(script *Script) (tasks []task) {
		if !strings.Contains(script.Body, `"$@"`) {
			return nil // as with one record
		}
		for _, records := range hostileLists() {
			if task, ok := listTask(script, records); ok {
				tasks = append(tasks, task)
			}
		}
		return tasks
	})
}

// Words of lists are written for each record, those within quotes only as a whole.
func TestRepeatedWords(t *testing.T) {
	tests := []struct {
		src        string
		each, some string // with Each, and without
	}{
		{"rm x{}y", `rm x"@1"y x"@2"y x"@3"y`, `rm x"@1" "@2" "@3"y`},
		{"echo {} {.}", `echo "$@" "@1" "@2" "@3"`, `echo "$@" "@1" "@2" "@3"`},
		{"mv {#}{}{.}", `mv "@1""@2""@3" "@1""@4""@5" "@1""@6""@7"`, `mv "@1""@2" "@3" "@4""@5" "@6" "@7"`},
		{`echo "a{}b" "a {}" '{}'`, `echo "a@1b" "a@2b" "a@3b" "a @4" ''"@1"'' ''"@2"'' ''"@3"''`, ""},
		{"{.} x; y={.} z >{.}; test -f x{}", "", ""},
		{"for i in x{}; do f() { echo {}; }; done", `for i in x"@1" x"@2" x"@3"; do f() { echo "@1" "@2" "@3"; }; done`,
			`for i in x"@1" "@2" "@3"; do f() { echo "@1" "@2" "@3"; }; done`},
		{"shift; echo {} $HOME/{}", `shift; echo "@1" "@2" "@3" $HOME/"@1" $HOME/"@2" $HOME/"@3"`, `shift; echo "@1" "@2" "@3" $HOME/"@1" "@2" "@3"`},
		{"echo $(ls x{}) {2} {#}", `echo $(ls x"@1" x"@2" x"@3") "@2" "@4"`, `echo $(ls x"@1" "@2" "@3") "@2" "@4"`},
	}
	for _, tt := range tests {
		for _, each := range []bool{true, false} {
			want := tt.some
			if each {
				want = tt.each
			}
			o := Options{Dialect: Bash, Many: true, Each: each}
			joined, err := Compile(tt.src, o)
			if err != nil {
				t.Fatal(err)
			}
			if joined.Lists != (want != "") {
				t.Errorf("%q, %v: lists %v", tt.src, each, joined.Lists)
			}
			if want == "" {
				want = joined.Body
			} else {
				want = strings.ReplaceAll(body(strings.ReplaceAll(want, "$@", "\x00"))+"\n", "\x00", "$@")
			}
			o.Records = 3
			if s, err := Compile(tt.src, o); err != nil || s.Body != want {
				t.Errorf("%q, %v\n got %q\nwant %q, %v", tt.src, each, s.Body, want, err)
			}
		}
	}
}
