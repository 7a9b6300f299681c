package script

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"mvdan.cc/sh/v3/syntax"

	"xpool/runner/template"
)

// In the expected bodies @N stands for ${_xpoolN}.
func body(s string) string {
	for i := 1; i <= 9; i++ {
		s = strings.ReplaceAll(s, fmt.Sprintf("@%d", i), "${"+VarName(i)+"}")
	}
	return s
}

func TestBody(t *testing.T) {
	tests := []struct {
		dialect   Dialect
		src, want string
	}{
		{POSIX, "echo {}", "echo \"@1\"\n"},
		{POSIX, "echo {}\n", "echo \"@1\"\n"},
		{POSIX, "echo {} {.} {} {#}", `echo "@1" "@2" "@1" "@3"` + "\n"},
		{POSIX, `echo "{}" '{}' a{}b`, `echo "@1" ''"@1"'' a"@1"b` + "\n"},
		{Bash, `echo $'{}' $"{}"`, `echo $''"@1"$'' $"@1"` + "\n"},
		{POSIX, `echo \{} "\{}" "\\{}" \\{}`, `echo "@1" "\\@1" "\\@1" \\"@1"` + "\n"},
		{POSIX, `echo $HOME{}abc "$HOME{}"`, `echo $HOME"@1"abc "$HOME@1"` + "\n"},
		{POSIX, "echo $${} ${#} \\${}", "echo $$\"@1\" ${#} \\$\"@1\"\n"},
		{POSIX, "echo \"`cat {}`\"", "echo \"$(cat \"@1\")\"\n"},
		{POSIX, "echo `(cat) <{} # x`", "echo $( (cat) <\"@1\" # x\n)\n"},
		{POSIX, "echo `date` {}", "echo `date` \"@1\"\n"},
		{POSIX, `echo ${x:-{}} "${x:-{}}"`, `echo ${x:-"@1"} "${x:-@1}"` + "\n"},
		{POSIX, `echo "${x#{}}" "${x%'{}'}"`, `echo "${x#"@1"}" "${x%''"@1"''}"` + "\n"},
		{POSIX, "cat <<E\n{}\\{}\nE", "cat <<E\n@1\\\\@1\nE\n"},
		{POSIX, "cat <<'E'\n{} $x\nE\n", "cat <<xpool1\n@1 \\$x\nxpool1\n"},
		{Bash, "echo $((5-{})) ${a[{}]} ${x:{}:{}}", "echo $((5-(@1) )) ${a[@1]} ${x:@1:@1}\n"},
		{Bash, "(( {} > 1 )); let x=5-{} 'y=5-{}'", "(( (@1) > 1 )); let x=5-\"(@1)\" 'y=5-'\"(@1)\"''\n"},
		{Bash, "declare -A m; m[k-{}]=1; a[k-{}]=1", "declare -A m; m[k-@1]=1; a[k-(@1)]=1\n"},
		{POSIX, "printf {} x; printf -- {}; printf %s {}", `printf -- "@1" x; printf -- "@1"; printf %s "@1"` + "\n"},
		{POSIX, "gzip -k", "gzip -k \"@1\"\n"},
		{POSIX, "a; b | c >f && ! d 2>&1 # {}", "a; b | c >f && ! d \"@1\" 2>&1 # {}\n"},
		{POSIX, "cat <<E\nx\nE", "cat \"@1\" <<E\nx\nE\n"},
		{POSIX, "echo a\\", "echo a\\\\ \"@1\"\n"},
		{POSIX, "echo {}\\\n", "echo \"@1\"\\\n\n"},
		{POSIX, "echo {}\r\nls", "echo \"@1\"\r\nls\n"},
		{POSIX, "echo \xff{}\xfe", "echo \xff\"@1\"\xfe\n"},
		{POSIX, "echo xp0n0z{}", "echo xp0n0z\"@1\"\n"},
		{Zsh, "print -- {}; echo ${a[{}-1]}", "print -- \"@1\"; echo ${a[ @2-1]}\n"},
	}
	for _, tt := range tests {
		s, err := Compile(tt.src, Options{Dialect: tt.dialect})
		if err != nil {
			t.Errorf("%q: %v", tt.src, err)
		} else if want := body(tt.want); s.Body != want {
			t.Errorf("%q\n got %q\nwant %q", tt.src, s.Body, want)
		}
	}
}

func TestValues(t *testing.T) {
	s, err := Compile("echo {} {/}\n: $(( {} + {#} )) {}", Options{Dialect: Bash})
	if err != nil {
		t.Fatal(err)
	}
	want := []Value{
		{"_xpool1", template.Replacement{Op: template.OpValue}, Text, 1, 6},
		{"_xpool2", template.Replacement{Op: template.OpBase}, Text, 1, 9},
		{"_xpool3", template.Replacement{Op: template.OpValue}, Integer, 2, 7},
		{"_xpool4", template.Replacement{Op: template.OpSeq}, Integer, 2, 12},
	}
	if got := fmt.Sprint(s.Values); got != fmt.Sprint(want) {
		t.Errorf("got %v, want %v", got, want)
	}
	custom, err := Compile("echo ,, {}", Options{Set: template.WithValue(",,"), Dialect: Bash})
	if err != nil || custom.Body != body("echo \"@1\" {}\n") {
		t.Errorf("own string: %+v, %v", custom, err)
	}
}

// Replacement strings with a column, a name or an argument are values like any other.
func TestColumns(t *testing.T) {
	set, err := template.New(template.Config{Plus: true})
	if err != nil {
		t.Fatal(err)
	}
	set = set.WithColumns([]string{"size", "name"})
	tests := []struct {
		src, want string
		values    []string // for the columns of the test
	}{
		{"echo {1} '{2.}' \"{-1}\" {1}", `echo "@1" ''"@2"'' "@3" "@1"`, []string{"7", "a b", "a b.gz"}},
		{"echo {size}{1} $(( {size} + 1 ))", `echo "@1""@1" $(( (@2) + 1 ))`, []string{"7", "7"}},
		{"mv {name} {2%.gz}.{name+.} {2%.gz}", `mv "@1" "@2"."@3" "@2"`, []string{"a b.gz", "a b", "gz"}},
		{"echo ${1} ${name} ${#name} {#name}", `echo ${1} ${name} ${#name} "@1"`, []string{"7 a b.gz"}},
		{"awk '{print $1}{3}' {}", `awk '{print $1}'"@1"'' "@2"`, []string{"", "7 a b.gz"}},
	}
	row := template.Context{Args: []string{"7", "a b.gz"}, Seq: 1, Slot: 1}
	for _, tt := range tests {
		s, err := Compile(tt.src, Options{Dialect: Bash, Set: set})
		if err != nil {
			t.Errorf("%q: %v", tt.src, err)
			continue
		}
		if want := body(tt.want) + "\n"; s.Body != want {
			t.Errorf("%q\n got %q\nwant %q", tt.src, s.Body, want)
		}
		var values []string
		for _, v := range s.Values {
			values = append(values, v.Rep.Expand(row))
		}
		if !slices.Equal(values, tt.values) {
			t.Errorf("%q: the values are %q, want %q", tt.src, values, tt.values)
		}
	}
}

// A replacement string for which nothing can stand is refused where it stands.
func TestRefusedReplacements(t *testing.T) {
	for src, col := range map[string]int{"echo a\nx {= s/a/b/ =}": 3, "echo\n': {%(}'": 4} {
		set, err := template.New(template.Config{Plus: true})
		if err != nil {
			t.Fatal(err)
		}
		_, err = Compile(src, Options{Set: set})
		var bad *SyntaxError
		if !errors.As(err, &bad) || bad.Line != 2 || bad.Col != col {
			t.Errorf("%q: %v", src, err)
		}
	}
	if _, err := Compile(`echo "${=x}" "${y:=}"`, Options{Dialect: Zsh}); err != nil {
		t.Errorf("expansions that look like parentheses: %v", err)
	}
}

func TestRecordGoesSomewhere(t *testing.T) {
	tests := []struct {
		src                  string
		positional, appended bool
	}{
		{"echo {}", false, false},
		{"echo", false, true},
		{"echo # {} $1", false, true},
		{"echo '$1'", false, true},
		{"cat <<'E'\n$1\nE", false, true},
		{`echo "$1"`, true, false},
		{"echo $@", true, false},
		{"echo ${#}", true, false},
		{`echo "${@:2}" {}`, true, false},
		{"echo $(( $1 + 1 ))", true, false},
		{"echo $(f $2)", true, false},
		{"for x; do echo $x; done", true, false},
		{"f() { echo $1; }; f", false, true},
		{"f() { echo $1; }; f $1", true, false},
		{"echo $0 $? $$", false, true},
		{"[[ x == @($1|y) ]]", true, false},
		{"time sleep", false, true},
		{"echo a &", false, true},
		{"echo a; exit 3", false, false},
		{"echo a || exit $?", false, false},
		{"exit", false, true},
	}
	for _, tt := range tests {
		s, err := Compile(tt.src, Options{Dialect: Bash})
		if err != nil {
			t.Errorf("%q: %v", tt.src, err)
		} else if s.Positional != tt.positional || s.Appended != tt.appended {
			t.Errorf("%q: positional %v, appended %v", tt.src, s.Positional, s.Appended)
		}
	}
}

// argsCase is a script, and what is admitted of its arguments: of which class they
// have to be, and the place that says so.
type argsCase struct {
	src       string
	class     Class
	line, col int
}

// checkArgs compiles the cases. With Many, each is to take its records as arguments.
func checkArgs(t *testing.T, o Options, tests []argsCase) {
	t.Helper()
	for _, tt := range tests {
		s, err := Compile(tt.src, o)
		if err != nil {
			t.Errorf("%q: %v", tt.src, err)
		} else if a := s.Args; a.Class != tt.class || a.Line != tt.line || a.Col != tt.col || o.Many && !s.Positional {
			t.Errorf("%q: got %+v", tt.src, s)
		}
	}
}

func TestArgs(t *testing.T) {
	checkArgs(t, Options{Dialect: Bash}, []argsCase{
		{"echo $1", Text, 1, 6},
		{"echo\necho $(( $1 + 1 ))", Integer, 2, 10},
		{"n=$1; (( n > 1 ))", Integer, 1, 3},
		{"for x; do (( x )); done", Integer, 1, 1},
		{"for x in \"$@\"; do a[x]=1; done", Integer, 1, 11},
		{"echo ${!1}", Identifier, 1, 6},
		{"f() { echo $(( $1 )); }; f 1; echo $1", Text, 1, 36},
		{"f() { echo $(( $1 )); }; f $1", Integer, 1, 28},
		{"echo {}", Text, 0, 0},
	})
}

func TestErrors(t *testing.T) {
	tests := []struct {
		dialect   Dialect
		src       string
		line, col int
		msg       string // a part of it
	}{
		{Bash, "", 1, 1, "empty"},
		{Bash, " \n# {}\n", 1, 1, "empty"},
		{Bash, "echo {} {} 'x", 1, 12, "without closing quote"},
		{Bash, "echo {}\necho {} {//} )", 2, 14, ")"},
		{Bash, "echo a\x00b", 1, 7, "NUL"},
		{Bash, "echo ${}", 1, 8, ""},
		{POSIX, "echo {} ${x/a/b}", 1, 12, "bash syntax; set XPOOL_SHELL=bash"},
		{POSIX, "a=({})", 1, 3, "bash syntax"},
		{POSIX, "echo <(", 1, 6, ""},
		{Bash, "if true; then echo; fi", 1, 1, "nowhere to put the record"},
		{Bash, "ls;\nx=1", 2, 1, `write {} or "$1"`},
		{Bash, "{}=1", 1, 1, "variable's name"},
		{Bash, "echo a; x{}=1", 1, 10, "variable's name"},
		{Bash, "for {} in a; do :; done", 1, 5, "loop's variable"},
		{Bash, "{}() { :; }", 1, 1, "function's name"},
		{Bash, "cat <<{}\n{}\n", 1, 5, "unclosed"},
		{Bash, "cat <<x{}y \nxp0n0zy\n", 1, 5, ""},
		{Bash, "echo ${{}}", 1, 8, "variable's name"},
		{Bash, "echo ${#{}}", 1, 9, "variable's name"},
		{Bash, "echo $(( {}++ ))", 1, 10, "variable's name"},
		{Bash, "echo $(( {} = 3 ))", 1, 10, "variable's name"},
		{Bash, "echo {1..{}}", 1, 10, "range"},
		{Bash, "exec {{}}>f", 1, 7, "file descriptor"},
		{Bash, "coproc {} { :; }", 1, 8, "coprocess"},
		{Bash, "[ {} {/} ]", 1, 6, "operator"},
		{Zsh, "ls *({})", 1, 6, "zsh"},
		{Zsh, "[[ x =~ {} ]]", 1, 9, "zsh"},
		{Zsh, "echo $[ {} ]", 1, 6, "$(( ))"},
		{POSIX, "cat <<E\n${x#{}}\nE", 2, 5, "here-document"},
		{Bash, "n={}; echo ${!n} $((n))", 1, 3, "both"},
		{Bash, "echo ${1@P}", 1, 6, "runs code"},
	}
	for _, tt := range tests {
		_, err := Compile(tt.src, Options{Dialect: tt.dialect})
		var se *SyntaxError
		if !errors.As(err, &se) {
			t.Errorf("%q: got %v, want a SyntaxError", tt.src, err)
		} else if se.Line != tt.line || se.Col != tt.col || !strings.Contains(se.Msg, tt.msg) {
			t.Errorf("%q: got %v, want %d:%d with %q", tt.src, se, tt.line, tt.col, tt.msg)
		}
	}
	err := &SyntaxError{2, 7, "oh"}
	if got := err.Error(); got != "line 2, column 7: oh" {
		t.Errorf("got %q", got)
	}
}

func FuzzCompile(f *testing.F) {
	for i, c := range oracleCases() {
		f.Add(c.script, uint8(i))
	}
	for i, s := range evaluating() {
		f.Add(s, uint8(i))
	}
	for i, c := range listCases() {
		f.Add(c.script, uint8(i)|4)
	}
	f.Fuzz(func(t *testing.T, src string, d uint8) {
		dialect := Dialect(d % 4)
		s, err := Compile(src, Options{Dialect: dialect, Many: d&4 != 0})
		if err != nil {
			var se *SyntaxError
			if !errors.As(err, &se) {
				t.Fatalf("%T", err)
			}
			if se.Line < 1 || se.Col < 1 || se.Line > strings.Count(src, "\n")+1 || strings.Contains(se.Msg, unusedPrefix(src)) {
				t.Fatalf("bad error %v", se)
			}
			return
		}
		if strings.Contains(s.Body, unusedPrefix(src)) {
			t.Fatalf("a mark is left in %q", s.Body)
		}
		if !strings.HasSuffix(s.Body, "\n") {
			t.Fatalf("no newline ends %q", s.Body)
		}
		p := syntax.NewParser(syntax.Variant(dialect.variant()))
		if _, err := p.Parse(strings.NewReader(string(hideBytes([]byte("f() {\n"+s.Body+"}\n")))), ""); err != nil {
			t.Fatalf("%q does not parse in a function: %v", s.Body, err)
		}
		for _, v := range s.Values {
			if !strings.Contains(s.Body, v.Name) {
				t.Fatalf("%s is not used in %q", v.Name, s.Body)
			}
		}
	})
}

func BenchmarkCheck(b *testing.B) {
	c := NewChecker(Bash, nil)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.Check("gzip -9 'some file.txt' && echo done >> log"); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCheckCommand(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := CheckCommand("gzip -9 'some file.txt' && echo done >> log", Bash, nil); err != nil {
			b.Fatal(err)
		}
	}
}

// A bare script has nothing appended, and needs no place for it.
func TestBare(t *testing.T) {
	for _, c := range []struct {
		src, body string
		values    int
	}{
		{"wc -l", "wc -l\n", 0},
		{"exit 3", "exit 3\n", 0},
		{"while read x; do :; done", "while read x; do :; done\n", 0},
		{"echo {}", "", 1},
	} {
		s, err := Compile(c.src, Options{Bare: true})
		if err != nil || s.Appended || len(s.Values) != c.values || c.body != "" && s.Body != c.body {
			t.Errorf("%q: %+v, %v", c.src, s, err)
		}
	}
	if _, err := Compile("while read x; do :; done", Options{}); err == nil {
		t.Error("a record has no place at the end of a loop")
	}
}
