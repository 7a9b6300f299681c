package script

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"xpool/pool/peertest"
	"xpool/runner/template"
)

// The real shells are the judges here: a compiled body, run with a hostile record, must
// print what the script says with the record put in as text, and run nothing of it.

// nasty returns records that some shell would like to do something with.
func nasty() []string {
	return []string{
		"plain", "", " ", "a b", "  a\t b  ", "it's", `a "b" c`, "-n", "-e", "--", "-v", "*", "?", "[a-z]*", `\`, `a\`, `\\`, `\n\t\101\x41`,
		"$(touch pwned)", "`touch pwned`", "${x:-$(touch pwned)}", "$x", "$1", "$", "$$", "'$(touch pwned)'", `"$(touch pwned)"`,
		`'; touch pwned; '`, `"; touch pwned; "`, "; touch pwned", "| touch pwned", "& touch pwned &", ")\ntouch pwned\n(", "}; touch pwned; {",
		"a\nb", "EOF", "a\nEOF\ntouch pwned\n$(touch pwned)", "\xff\xfe", "\xc3", "a[$(touch pwned)]", "-va[$(touch pwned)]", "x=$(touch pwned)",
		"~", "~root", "{a,b}", "{1..3}", "!", "!!", "^a^b", "#", "# x", "%s%n", "%", "&", "a&b", `\&`, "<", ">", ">pwned", "(a)", "($(touch pwned))",
		"a|b", "/", "//", "a/b.c", ".x", "é", "\x01", "\x7f", "\x81", "\x82\x84", "\x88", "a\x85b", "\u0085", "\r", "a\rb", "=ls", "^", "]", "+(a)",
		strings.Repeat("'\"\\$`", 50),
	}
}

// share returns the records for the n-th case: one that every place must stand, and a
// part of the others, so that together the cases see all of them many times. With part at
// 1 every case sees every record, which takes minutes.
func share(records []string, n int) []string {
	const part = 5
	var some []string
	for i, r := range records {
		if r == "$(touch pwned)" || (i+n)%part == 0 {
			some = append(some, r)
		}
	}
	return some
}

// integers returns records for places where only a number can stand, and their values.
func integers() []string { return []string{"0", "7", "-5", "12"} }

type oracleCase struct {
	shells  string // of d(ash), b(ash), z(sh), m(ksh), x (busybox); "" is all
	script  string
	want    string // with replacement strings as in the script
	numbers bool   // give it integers
}

func oracleCases() []oracleCase {
	const p = `printf '<%s>' `
	return slices.Concat(wordCases(p), expansionCases(p), heredocCases(), commandCases(p), arithmeticCases(p))
}

func wordCases(p string) []oracleCase {
	return []oracleCase{
		{"", p + `{}`, "<{}>", false},
		{"", p + `{}{} x{}y {/} {.}`, "<{}{}><x{}y><{/}><{.}>", false},
		{"", p + `"{}" "a {} b" "{}{}"`, "<{}><a {} b><{}{}>", false},
		{"", p + `'{}' 'a "{}" b' '{}{}'`, `<{}><a "{}" b><{}{}>`, false},
		{"bzm", p + `$'{}' $'a\t{}\n' $'\'{}'`, "<{}><a\t{}\n><'{}>", false},
		{"b", p + `$"a {}"`, "<a {}>", false},
		{"", p + `\{} x\{}y \\{} "\{}" '\{}' "\\{}"`, `<{}><x{}y><\{}><\{}><\{}><\{}>`, false},
		{"bzm", p + `$'\{}' $'\\{}'`, `<\{}><\{}>`, false},
		{"", `v=V; ` + p + `$v{} "$v{}abc" $v{}abc ${v}{} '$v{}'`, "<V{}><V{}abc><V{}abc><V{}><$v{}>", false},
		{"", `set -- V; ` + p + `$1{} "$1{}abc" "\${}"`, "<V{}><V{}abc><${}>", false},
		{"dbmx", p + `$#{}`, "<1{}>", false},
		{"", p + `"$(printf '[%s]' {})" "$(printf '[%s]' "{}" '{}')"`, "<[{}]><[{}][{}]>", false},
		{"", p + "\"`printf '[%s]' {}`\" `printf %.0s \"{}\"`x", "<[{}]><x>", false},
		{"", p + "\"`printf '[%s]' \"{}\" '{}' \\`printf a\\``\"", "<[{}][{}][a]>", false},
		{"", p + "\"`printf '[%s]' \\\"{}\\\"`\"", "<[{}]>", false},
		{"", "(" + p + "{}); { " + p + "\"{}\"; }", "<{}><{}>", false},
		{"", "v={}; " + p + "\"$v\"; v=a{}'{}'\"{}\"; " + p + "\"$v\"", "<{}><a{}{}{}>", false},
		{"", "v={} sh -c '" + `printf "<%s>" "$v"` + "'", "<{}>", false},
		{"bzm", "a=(x {} y{}); " + p + `"${a[@]}"`, "<x><{}><y{}>", false},
		{"bz", p + `{p,{}} {{},q}`, "<p><{}><{}><q>", false},
		{"", p + `a{} # {}`, "<a{}>", false},
		{"", "# it's {}\n" + p + "{} # \"{}", "<{}>", false},
		{"", p + `{} \` + "\n  b{}", "<{}><b{}>", false},
		{"", "if true; then " + p + "{}; fi; for i in {} b; do " + p + `"$i"; done`, "<{}><{}><b>", false},
		{"", "f() { " + p + `"$1" {}; }; f {} 2`, "<{}><{}>", false},
		{"", "printf {} >/dev/null 2>&1; " + p + "{}", "<{}>", false},
		{"", p + "a\\", `<a\><{}>`, false},
		{"", p + "é {} \xff'\xfe{}'", "<é><{}><\xff\xfe{}>", false},
	}
}

func expansionCases(p string) []oracleCase {
	return []oracleCase{
		{"", p + `${nope:-{}} "${nope:-{}}" "${nope:-a "{}" b}" ${nope-"{}"}`, "<{}><{}><a {} b><{}>", false},
		{"", p + `${nope:-'{}'} "${nope:-'{}'}" ${nope:-a'{}'b}`, "<{}><'{}'><a{}b>", false},
		{"", `v=1; ` + p + `${v:+{}} "${v:+x{}}" "${v+'{}'}" ${nope:+{}}`, "<{}><x{}><'{}'>", false},
		{"", p + `"${nope:=a{}}" "$nope"`, "<a{}><a{}>", false},
		{"", p + `"${nope:-\{}}" ${nope:-\{}}`, `<\{}><{}>`, false},
		{"", `v=x{}; ` + p + `"${v#x{}}" "${v%{}}" "${v#x'{}'}" ${v#x"{}"}z ${v#x'{}'}z`, `<><x><><z><z>`, false},
		{"", `v={}{}; ` + p + `"${v#{}}" "${v%%{}}"`, "<{}><{}>", false},
		{"bzm", `v=a{}b; ` + p + `"${v/a{}b/[{}]}" "${v/a"{}"b/"{}"}" "${v//a'{}'/}"`, `<[{}]><{}><b>`, false},
		{"bzm", `v=abc; ` + p + `"${v/b/{}}" "${v/b/x{}y}"`, `<a{}c><ax{}yc>`, false},
		{"bm", `v=abcdefghijklmnop; ` + p + `"${v:{}-{}+2:1}"`, `<c>`, true},
		{"z", `v=abcdefghijklmnop; ` + p + `"${v: {}-{}+2:1}"`, `<c>`, true},
		{"bz", `a=({} 2); ` + p + `"${a[@]/{}/1}"`, "<1><2>", true},
		{"", `v=V; ` + p + `"${v}"{}"$v"{}`, "<V{}V{}>", false},
	}
}

func heredocCases() []oracleCase {
	return []oracleCase{
		{"", "cat <<EOF\n{} a{}b \"{}\" '{}' $HOMEX{}\nEOF\n", "{} a{}b \"{}\" '{}' {}\n", false},
		{"", "v=V; cat <<EOF\n$v{} ${nope:-{}} ${nope:-'{}'} \\{} \\\\{} $(printf '[%s]' {})\nEOF\n", "V{} {} '{}' \\{} \\{} [{}]\n", false},
		{"", "cat <<'EOF'\n{} $HOME `x` \\{} \\ \\$ \"{}\" $(y) '\nEOF\n", "{} $HOME `x` \\{} \\ \\$ \"{}\" $(y) '\n", false},
		{"", "cat <<\\EOF\n{}\\\nx\nEOF\nprintf '%s' {}", "{}\\\nx\n{}", false},
		{"", "cat <<-EOF\n\t\ta\t{}\n\t{}\n\tEOF\n", "a\t{}\n{}\n", false},
		{"", "cat <<-'E F'\n\t\ta\t{}\n\t$x\n\tE F\nprintf x", "a\t{}\n$x\nx", false},
		{"", "cat <<A; cat <<'B'\n{}1\nA\n{}2$x\nB\n", "{}1\n{}2$x\n", false},
		{"", "cat <<''\n{}$x\n\nprintf '%s' {}", "{}$x\n{}", false},
		{"bzm", "cat <<<{}", "{}\n", false},
		{"bzm", "cat <<<\"a {}\"", "a {}\n", false},
		{"", "printf '<%s>' \"$(cat <<'EOF'\n[{}$x]\nEOF\n)\"", "<[{}$x]>", false},
		{"bzm", "v=x{}y; cat <<EOF\n${v#x{}}\nEOF\n", "y\n", false},
	}
}

func commandCases(p string) []oracleCase {
	return []oracleCase{
		{"", "case {} in {}) printf yes;; *) printf no;; esac", "yes", false},
		{"", "case x{}y in x\"{}\"y) printf yes;; *) printf no;; esac", "yes", false},
		{"", "case ab in {}) printf yes;; *) printf no;; esac", "no", false},
		{"bz", "[[ x{} == x{} ]] && printf yes; [[ q != {} ]] && printf ok", "yesok", false},
		{"m", "[[ x{} = x{} ]] && printf yes", "yes", false},
		{"b", "[[ x{} =~ ^x{}$ ]] && printf yes", "yes", false},
		{"b", "[[ qq =~ ^{}$ ]] || printf no", "no", false},
		{"", "[ x{} = x{} ] && printf yes; test q{} = q{}q || printf no", "yesno", false},
		{"", "test -n x{} && [ ! q{} = {} ] && printf yes", "yes", false},
		{"", "printf '%s' {} > out; cat out; rm out", "{}", false},
		{"", "mkdir -p d; cd d || exit; printf x > f{/}z; cat f{/}z; rm f*", "x", false},
		{"", "read -r a b <<X\n{#} {%}\nX\n" + p + `"$a" "$b"`, "<{#}><{%}>", false},
		{"", "set -- {} b; " + p + `"$@"`, "<{}><b>", false},
		{"", "set {}; " + p + `"$1"`, "<{}>", false},
		{"zm", "set -A a {} b; " + p + `"${a[@]}"`, "<{}><b>", false},
		{"zm", "print -r {} ''", "{} \n", false},
		{"", "export V={}; " + p + `"$V"`, "<{}>", false},
		{"bzm", "typeset v={} w=a{}; " + p + `"$v" "$w"`, "<{}><a{}>", false},
		{"", p + "\"$1\" {}", "<one two><{}>", false},
		{"bm", "case x{} in @(x{}|q)) printf yes;; *) printf no;; esac", "yes", false},
		{"bm", "case x{} in @(x\"{}\"|'{}')) printf yes;; *) printf no;; esac", "yes", false},
		{"bz", "cat <(printf '[%s]' {})", "[{}]", false},
	}
}

func arithmeticCases(p string) []oracleCase {
	return []oracleCase{
		{"", p + "$(( {} - {} )) $((5-{}-5+{})) $((0*{}))", "<0><0><0>", true},
		{"", p + "$(({})) \"$(( {} ))\" $(( -{} + {} + {} ))", "<{}><{}><{}>", true},
		{"", "n={}; " + p + "$((n - {})) $(($n - {}))", "<0><0>", true},
		{"bzm", "(( {} + 1 == 1 + {} )) && printf yes; ((({}) - {})) || printf zero", "yeszero", true},
		{"bzm", "let 'x={}-{}' y={}-0; " + p + "$x $y", "<0><{}>", true},
		{"bzm", "[[ {} -eq {} ]] && printf yes; [[ 5-{} -eq -{}+5 ]] && printf yes", "yesyes", true},
		{"", "[ {} -eq {} ] && printf yes; test {} -lt 100 && printf yes", "yesyes", true},
		{"bm", "a[5]=x; a[10-5]=y; " + p + `"${a[{}-{}+5]}"`, "<y>", true},
		{"z", "a=(x y); " + p + `"${a[{}-{}+1]}"`, "<x>", true},
		{"b", "a=(x y); " + p + `"${a[@]:{}-{}:1}"`, "<x>", true},
		{"bz", "declare -A m; m[{}]=v; " + p + `"${m[{}]}"`, "<v>", true},
		{"bz", "for ((i = {}; i <= {}; i++)); do " + p + "$i; done", "<{}>", true},
		{"bz", "declare -i n={}; " + p + "$n", "<{}>", true},
	}
}

// shellQuote quotes s for any shell.
func shellQuote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// judge is a real shell.
type judge struct {
	key     byte
	argv    []string
	dialect Dialect
}

// judges returns the shells that this machine has: in CI, all.
func judges(t testing.TB) []judge {
	t.Helper()
	all := []judge{
		{'d', []string{"dash"}, POSIX},
		{'b', []string{"bash"}, Bash},
		{'z', []string{"zsh", "-f"}, Zsh},
		{'m', []string{"mksh"}, MirBSDKorn},
		{'x', []string{"busybox", "sh"}, POSIX},
	}
	var missing []string
	found := slices.DeleteFunc(all, func(j judge) bool {
		_, err := exec.LookPath(j.argv[0])
		if err != nil {
			missing = append(missing, j.argv[0])
		}
		return err != nil
	})
	switch {
	case len(found) == 0 || len(missing) > 0 && peertest.Required():
		peertest.Missing(t, "shells that are not installed: %s", strings.Join(missing, ", "))
	case len(missing) > 0:
		t.Logf("without the shells %s, which are not installed", strings.Join(missing, ", "))
	}
	return found
}

// run runs body once for each record, in a fresh directory, and returns what each printed.
func (j judge) run(t testing.TB, dir string, script *Script, records []string) []string {
	t.Helper()
	tasks := make([]task, len(records))
	for i, record := range records {
		tasks[i] = oneRecord(record)
	}
	return j.runTasks(t, dir, script, tasks)
}

// task is a task's records, and the positional parameters that it gets.
type task struct{ records, args []string }

// oneRecord is the task of a record, with an argument that is two words.
func oneRecord(record string) task {
	return task{records: []string{record}, args: []string{"one two"}}
}

// runTasks is run for tasks of any kind.
func (j judge) runTasks(t testing.TB, dir string, script *Script, tasks []task) []string {
	t.Helper()
	var b bytes.Buffer
	b.WriteString("_body() {\n" + script.Body + "}\n")
	for i, task := range tasks {
		c := template.Context{Args: task.records, Seq: int64(i + 1), Slot: 3}
		for _, v := range script.Values {
			value, err := v.Render(v.Rep.Expand(c))
			if err != nil {
				t.Fatalf("records %q: %v", task.records, err)
			}
			b.WriteString(v.Name + "=" + shellQuote(value) + "\n")
		}
		b.WriteString("( _body")
		for _, a := range task.args {
			b.WriteString(" " + shellQuote(a))
		}
		b.WriteString(" ); printf '\\000'\n")
	}
	return j.runText(t, dir, b.Bytes())
}

// runText runs a script that prints a NUL behind each of its results.
func (j judge) runText(t testing.TB, dir string, text []byte) []string {
	t.Helper()
	file := filepath.Join(dir, "script.sh")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), j.argv[0], append(slices.Clone(j.argv[1:]), file)...)
	cmd.Dir = dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C", "HOME=/nonexistent"}
	if j.key == 'b' { // so that function bodies with extended globs parse
		cmd.Args = slices.Insert(cmd.Args, 1, "-O", "extglob")
	}
	out, err := cmd.CombinedOutput()
	if err != nil && len(out) == 0 {
		t.Errorf("%s: %v", j.argv[0], err)
	}
	return strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00")
}

// wanted puts a record into the expected output as text.
func wanted(want, record string, i int) string {
	return expand(want, template.Context{Args: []string{record}, Seq: int64(i + 1), Slot: 3})
}

func expand(want string, c template.Context) string {
	var b strings.Builder
	end := 0
	for _, tok := range (template.Set{}).Scan(want) {
		b.WriteString(want[end:tok.Start] + tok.Rep.Expand(c))
		end = tok.End
	}
	return b.String() + want[end:]
}

// askJudges checks each case with each shell that it is for; n is its number.
func askJudges(t *testing.T, cases []oracleCase, check func(t *testing.T, j judge, tt oracleCase, n int)) {
	for _, j := range judges(t) {
		t.Run(j.argv[0], func(t *testing.T) {
			t.Parallel()
			for n, tt := range cases {
				if tt.shells == "" || strings.IndexByte(tt.shells, j.key) >= 0 {
					check(t, j, tt, n)
				}
			}
		})
	}
}

// checkHarmless holds that none of the nasty records was run in the directory.
func (j judge) checkHarmless(t *testing.T, dir, src string, script *Script) {
	t.Helper()
	if _, err := os.Stat(filepath.Join(dir, "pwned")); err == nil {
		t.Errorf("%s: %q ran a record; body %q", j.argv[0], src, script.Body)
	}
}

func TestOracle(t *testing.T) { askJudges(t, oracleCases(), checkOracle) }

func checkOracle(t *testing.T, j judge, tt oracleCase, n int) {
	t.Helper()
	script, err := Compile(tt.script, Options{Dialect: j.dialect})
	if err != nil {
		t.Errorf("%s: %q: %v", j.argv[0], tt.script, err)
		return
	}
	records := share(nasty(), n)
	if tt.numbers {
		records = integers()
	}
	dir := t.TempDir()
	got := j.run(t, dir, script, records)
	if len(got) != len(records) {
		t.Errorf("%s: %q\nbody %q\ngave %d results for %d records, the last is %q", j.argv[0], tt.script, script.Body, len(got), len(records), got[len(got)-1])
	}
	for i := range min(len(got), len(records)) {
		if want := wanted(tt.want, records[i], i); got[i] != want {
			t.Errorf("%s: %q with %q\nbody %q\n got %q\nwant %q", j.argv[0], tt.script, records[i], script.Body, got[i], want)
			break
		}
	}
	j.checkHarmless(t, dir, tt.script, script)
}
