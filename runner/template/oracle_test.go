package template

import (
	"os/exec"
	"slices"
	"strings"
	"testing"

	"xpool/pool/peertest"
)

// parallel runs GNU parallel with the options, on a command that prints its words, the
// texts, with = at their ends so that none is empty. It returns the words of each task;
// each of the rows of columns is one record.
func parallel(t *testing.T, options, texts []string, rows [][]string) [][]string {
	t.Helper()
	path := peertest.GNUParallel(t)
	args := append([]string{"--plain", "-k", "-j1", "-0", "--colsep", "\x02", "--trim", "n"}, options...)
	args = append(append(args, "printf", `'%s\1'`), ended(texts)...)
	cmd := exec.Command(path, append(args, ";echo")...)
	cmd.Env = append(cmd.Environ(), "HOME="+t.TempDir())
	var in strings.Builder
	for _, row := range rows {
		in.WriteString(strings.Join(row, "\x02") + "\x00")
	}
	cmd.Stdin = strings.NewReader(in.String())
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("parallel: %v", err)
	}
	var tasks [][]string
	for line := range strings.SplitSeq(strings.TrimSuffix(string(out), "\x01\n"), "\x01\n") {
		tasks = append(tasks, strings.Split(line, "\x01"))
	}
	return tasks
}

// ended returns the texts with what parallel puts at their ends.
func ended(texts []string) []string {
	var out []string
	for _, text := range texts {
		out = append(out, text+"=")
	}
	return out
}

// compare checks that the texts, which have no blanks, become the same words here as in
// GNU parallel.
func compare(t *testing.T, c Config, options, texts []string, rows [][]string) {
	t.Helper()
	set, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	words, err := Parse(ended(texts), set)
	if err != nil {
		t.Fatal(err)
	}
	want := parallel(t, options, texts, rows)
	if len(want) != len(rows) {
		t.Fatalf("parallel ran %d tasks for %d rows", len(want), len(rows))
	}
	for i, row := range rows {
		got := words.Expand(Context{Args: row, Seq: int64(i + 1), Slot: 1, Slots: 1, Total: int64(len(rows))})
		same(t, texts, row, got, want[i])
	}
}

// same compares the words of a task, by the texts that they come from.
func same(t *testing.T, texts, row, got, want []string) {
	t.Helper()
	if slices.Equal(got, want) {
		return
	}
	byText := func(words []string) []string { return strings.SplitAfter(strings.Join(words, " "), "=") }
	g, w := byText(got), byText(want)
	for i, text := range texts {
		if i < len(g) && i < len(w) && g[i] != w[i] {
			t.Errorf("%s of %q: got %q, GNU parallel has %q", text, row, g[i], w[i])
		}
	}
	if len(g) != len(w) {
		t.Errorf("%q gives %q, GNU parallel has %q", row, got, want)
	}
}

// paths are all sorts of them, a column a row.
func paths() [][]string {
	var rows [][]string
	for _, a := range []string{"", "//", "..", ".a", "a.b"} {
		for _, b := range []string{"/", ".", "/c", "//c.d.e", "/.", ".f/", " g", "/h/", ".tar.gz.z"} {
			rows = append(rows, []string{a + b})
		}
	}
	return rows
}

func TestPathsAgainstParallel(t *testing.T) {
	texts := []string{
		"{}", "{.}", "{/}", "{//}", "{/.}", "{1}", "{1.}", "{-1/}", "{1//}", "{1/.}", "{#}", "{%}", "{0}", "{2}", "{2.}",
		"{+/}", "{+.}", "{+..}", "{+...}", "{..}", "{...}", "{/..}", "{/...}", "{1+/}", "{1..}", "{##}", "{0#}", "{0%}",
	}
	compare(t, Config{Plus: true}, []string{"--plus"}, texts, paths())
}

func TestPlusAgainstParallel(t *testing.T) {
	texts := []string{
		"{:-x}", "{1:-x_y}", "{2:-x}", "{:0}", "{:1}", "{:9}", "{:1:2}", "{:0:1}", "{:9:1}", "{:2:0}",
		"{#a}", "{#.*[.]}", "{#a+}", "{#ab*}", "{##.*[.]}", "{##a+}", "{%[.].*}", "{%c+}", "{%%[.].*}", "{%%c*}", "{%c{2}}",
		"{/a/Z}", "{/[ab]+/}", "{//a/Z}", "{//[.]/_}", "{//b/a$&b}", "{/#a/Z}", "{/%c/Z}", "{/#b/Z}", "{/%[a-c]+/}",
		"{^a}", "{^b}", "{^^[a-c]}", "{^^b+|c}", "{,A}", "{,,[A-Z]}", "{,,B}", "{1%c}", "{-1^^.}", "{1//a/}",
		"{host}", "{sshlogin}", "{hgrp}", "{agrp}", "{slot}", "{%}{%a}{/}{//}{/a/}",
	}
	rows := [][]string{{"a.b/c.cc"}, {"a.b.c.d.e"}, {"0"}, {"00"}, {"aaab.bb.ccc"}, {"ABC.aBc"}, {"x y"}, {"cc"}, {"a/.b.c"}}
	compare(t, Config{Plus: true}, []string{"--plus"}, texts, rows)
}

func TestColumnsAgainstParallel(t *testing.T) {
	texts := []string{
		"{1}-{2}-{3}", "{-1}", "{-2}", "{-3}", "{-4}", "{-5}", "{-6}", "{-7}", "{4}", "{2.}{2/}", "{3//}", "{1}{1}", "{+1}", "{1-}", "{-}", "{x}", "[a-z]{9}", "{1{2}}", "{{1}}",
	}
	compare(t, Config{}, nil, texts, [][]string{{"a/b.c", "d/e.f", "g/h.i"}, {"x", "y.y", "z"}})
}

func TestRulesAgainstParallel(t *testing.T) {
	rules := []string{
		`.. s:\.[^.]+$::;s:\.[^.]+$::;`,
		`{..} s:\.[^.]+$::;s:\.[^.]+$::;`,
		`{%(.+?)} s/$$1$//;`,
		`{/(.+?)/(.*?)} s/$$1/$$2/;`,
		`{:%(.+?)} s:$$1(\.[^/]+)*$::`,
		`{/:%(.*?)} s:.*/(.*)$$1(\.[^/]+)*$:$1:`,
		`{swap(.*?)/(.*?)} $_="$$2$_$$1"`,
		`{:} s:(\.[^/]+)*$::`,
		`{2nd} 2 s/a/b/`,
		`{#0} 1 $_ = seq() - 1`,
		`{s1} 1 $_ = slot() + 1`,
		`{of} 1 $_=$job->seq()." of ".total_jobs()`,
		`{uc} $_=uc($_)`,
		`{tr} tr/a-y/b-z/; y{.}(_)`,
		`{cap} s/(\w+)/\u\L$1\E!/g`,
		`{e} s{(a)|(b)}{uc($1) . "-$2"}e || s/$/none/`,
		`{quote} s/[\/]/\//; s|\.|$&\t|; $_ .= 'it\'s' . "\"";`,
		`{digits} tr/0-9//cd; $_ ||= "none"`,
		`{squash} tr/a-zA-Z0-9/_/cs`,
		`{same}`,
		`{same2} `,
	}
	var options []string
	for _, r := range rules {
		options = append(options, "--rpl", r)
	}
	texts := []string{
		"..", "{..}", "{%.tar.gz}.zip", "{/tar.gz/zip}", "{:%_file}", "{2/:%_1}", "{swap/these}", "{swapx/}", "{:}", "{2nd}",
		"{#0}", "{s1}", "{%1}", "{of}", "{uc}", "{1uc}", "{tr}", "{cap}", "{e}", "{quote}", "{digits}", "{squash}", "{same}{same2}", "{2/a/b}",
	}
	compare(t, Config{Rules: rules}, options, texts, [][]string{{"my.tar.gz", "f/g_1.h.i"}, {"my_file.tar.gz", "abc"}, {"Foo bar BAZ--9", "c/aa"}})
}

func TestNamesAgainstParallel(t *testing.T) {
	texts := []string{"{}", "{x}", "{1x}", "{.}", ",,", "{1.}", "{/}", "@b", "{//}", "@d", "{#}", "{%}", "{/.}", "seq", "{2}"}
	c := Config{Value: "{x}", NoExt: ",,", Base: "@b", Dir: "@d", Seq: "seq", Slot: "sl", BaseNoExt: "{be}"}
	options := []string{"-I", "{x}", "--er", ",,", "--bnr", "@b", "--dnr", "@d", "--seqreplace", "seq", "--slotreplace", "sl", "--bner", "{be}"}
	compare(t, c, options, append(texts, "{be}", "{1be}", "sl"), [][]string{{"d/a.b"}, {"e/c"}})
}

func TestSeveralRecordsAgainstParallel(t *testing.T) {
	texts := []string{"x{}y", "{}", "{2}-{}", "{1}", "{#}", "{.}{/}", "{9}", "{-2.}"}
	columns := []string{"a.b", "c/d", "e"}
	for option, expand := range map[string]func(*Words, Context) []string{"-n3": (*Words).Expand, "-N3": (*Words).ExpandEach} {
		want := parallel(t, []string{option}, texts, [][]string{columns[:1], columns[1:2], columns[2:]})
		got := expand(parse(t, ended(texts), Set{}), Context{Args: columns, Seq: 1, Slot: 1})
		same(t, texts, columns, got, want[0])
	}
}
