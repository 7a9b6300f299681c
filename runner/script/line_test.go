package script

import (
	"slices"
	"strings"
	"testing"

	"xpool/runner/template"
)

func TestLine(t *testing.T) {
	for _, tt := range []struct {
		script string
		args   []string
		many   bool
		want   string
	}{
		{`echo {}`, []string{"a b"}, false, `echo 'a b'`},
		{`echo {} x{}y`, []string{"ab"}, false, `echo 'ab' x'ab'y`},
		{`sort`, []string{"a b"}, false, `sort 'a b'`},
		{`echo "<{}>"`, []string{"a b"}, false, `echo "<"'a b'">"`},
		{`echo "<{}>"`, []string{""}, false, `echo "<>"`},
		{`echo '<{}>'`, []string{"$(x)"}, false, `echo '<''$(x)''>'`},
		{"echo \"`ls {}`\"", []string{"a"}, false, `echo "$(ls 'a')"`},
		{`echo $(({} + 1))`, []string{"010"}, false, `echo $((10 + 1))`},
		{`echo $((-{} + 1))`, []string{"-5"}, false, `echo $((- (-5)  + 1))`},
		{`echo $(({} + 1))`, []string{"a[$(x)]"}, false, `false 'echo $(({} + 1))'`},
		{`echo {} # {}`, []string{"a"}, false, `echo 'a' # {}`},
		{`echo "${x:-{}}"`, []string{"a"}, false, `_xpool1='a'; echo "${x:-${_xpool1}}"`},
		{"cat <<E\n{}\nE", []string{"E\nx"}, false, "_xpool1='E\nx'; cat <<E\n${_xpool1}\nE"},
		{`echo "$1"`, []string{"a b"}, false, `set -- 'a b'; echo "$1"`},
		{`echo {} "{}"`, []string{"a", "b c"}, true, `echo 'a' 'b c' ""'a b c'""`},
		{`echo`, []string{"a", "b"}, true, `echo 'a' 'b'`},
	} {
		s, err := Compile(tt.script, Options{Many: tt.many})
		if err != nil {
			t.Errorf("%q: %v", tt.script, err)
			continue
		}
		if got := s.Line(template.Context{Args: tt.args}, shellQuote); got != tt.want {
			t.Errorf("%q with %q\n got %q\nwant %q", tt.script, tt.args, got, tt.want)
		}
	}
}

// TestLineOracle holds that a line does in each shell what the script does there, and runs
// nothing of a record.
func TestLineOracle(t *testing.T) { askJudges(t, oracleCases(), checkLine) }

func checkLine(t *testing.T, j judge, tt oracleCase, n int) {
	t.Helper()
	if strings.Contains(tt.want, "one two") { // an argument that is not the task's own
		return
	}
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
	var lines []string
	for i, r := range records {
		lines = append(lines, script.Line(template.Context{Args: []string{r}, Seq: int64(i + 1), Slot: 3}, shellQuote))
	}
	got := j.runLines(t, dir, lines)
	for i, r := range records {
		if want := wanted(tt.want, r, i); i >= len(got) || got[i] != want {
			t.Errorf("%s: %q with %q\nline %q\n got %q\nwant %q", j.argv[0], tt.script, r, lines[i], got[min(i, len(got)-1)], want)
			break
		}
	}
	j.checkHarmless(t, dir, tt.script, script)
}

// runLines runs each line in a subshell, and returns what each printed.
func (j judge) runLines(t testing.TB, dir string, lines []string) []string {
	t.Helper()
	var text []byte
	for _, l := range lines {
		text = append(text, "( eval "+shellQuote(l)+" ); printf '\\000'\n"...)
	}
	return j.runText(t, dir, text)
}

// TestLineListOracle is TestLineOracle for tasks of several records.
func TestLineListOracle(t *testing.T) { askJudges(t, listCases(), checkLineList) }

func checkLineList(t *testing.T, j judge, tt oracleCase, n int) {
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
	dir := t.TempDir()
	var tasks []task
	var lines []string
	for _, g := range groups(records) {
		task, _ := listTask(script, g)
		tasks = append(tasks, task)
		lines = append(lines, script.Line(contextOf(g), shellQuote))
	}
	want := j.runTasks(t, t.TempDir(), script, tasks)
	if got := j.runLines(t, dir, lines); !slices.Equal(got, want) {
		t.Errorf("%s: %q\nlines %q\n got %q\nwant %q", j.argv[0], tt.script, lines, got, want)
	}
	j.checkHarmless(t, dir, tt.script, script)
}

// TestLineRefuses holds that a value which no shell may see is run by none either.
func TestLineRefuses(t *testing.T) {
	cases := []oracleCase{
		{"", `printf '<%s>' $(({} + 1))`, "", false},
		{"", `n={}; printf '<%s>' $((n + 1))`, "", false},
		{"bzm", `(( {} + 1 )); printf '<%s>' {}`, "", false},
	}
	askJudges(t, cases, func(t *testing.T, j judge, tt oracleCase, _ int) {
		script, err := Compile(tt.script, Options{Dialect: j.dialect})
		if err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		line := script.Line(contextOf([]string{"path[$(touch pwned)]"}), shellQuote)
		if got := j.runLines(t, dir, []string{line}); len(got) != 1 || got[0] != "" {
			t.Errorf("%s: %q printed %q", j.argv[0], line, got)
		}
		j.checkHarmless(t, dir, tt.script, script)
	})
}
