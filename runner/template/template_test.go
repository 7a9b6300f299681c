package template

import (
	"slices"
	"strings"
	"testing"
)

// The expected values are those of GNU parallel 20221122; TestAgainstParallel asks the
// real one where it is installed.
func TestExpandOps(t *testing.T) {
	tests := []struct{ arg, noExt, base, dir, baseNoExt string }{
		{"a.b/c", "a.b/c", "c", "a.b", "c"},
		{".bashrc", "", ".bashrc", ".", ""},
		{"a/.bashrc", "a/", ".bashrc", "a", ""},
		{"a.tar.gz", "a.tar", "a.tar.gz", ".", "a.tar"},
		{"/", "/", "", "/", ""},
		{"///", "///", "", "/", ""},
		{"a/", "a/", "", ".", ""},
		{"a//", "a//", "", ".", ""},
		{"/a", "/a", "a", "/", "a"},
		{"/a/", "/a/", "", "/", ""},
		{"//x", "//x", "x", "/", "x"},
		{"a.", "a", "a.", ".", "a"},
		{".", "", ".", ".", ""},
		{"..", ".", "..", ".", "."},
		{"../x.y", "../x", "x.y", "..", "x"},
		{"/a/b.c", "/a/b", "b.c", "/a", "b"},
		{"", "", "", ".", ""},
		{"a//b.c", "a//b", "b.c", "a", "b"},
		{"a/b//", "a/b//", "", "a", ""},
		{"a/..", "a/.", "..", "a", "."},
		{"x y.z", "x y", "x y.z", ".", "x y"},
		{"\xff/\xfe.\xfd", "\xff/\xfe", "\xfe.\xfd", "\xff", "\xfe"},
	}
	for _, tt := range tests {
		c := Context{Args: []string{tt.arg}}
		for op, want := range map[Op]string{
			OpValue: tt.arg, OpNoExt: tt.noExt, OpBase: tt.base, OpDir: tt.dir, OpBaseNoExt: tt.baseNoExt,
		} {
			if got := (Replacement{Op: op}).Expand(c); got != want {
				t.Errorf("op %d of %q: got %q, want %q", op, tt.arg, got, want)
			}
		}
	}
}

func TestExpandJoins(t *testing.T) {
	c := Context{Args: []string{"a.x", "d/b.y"}, Seq: 1 << 40, Slot: 3}
	for op, want := range map[Op]string{
		OpValue: "a.x d/b.y", OpNoExt: "a d/b", OpBase: "a.x b.y", OpDir: ". d", OpBaseNoExt: "a b",
		OpSeq: "1099511627776", OpSlot: "3",
	} {
		if got := (Replacement{Op: op}).Expand(c); got != want {
			t.Errorf("op %d: got %q, want %q", op, got, want)
		}
	}
	if got := (Replacement{}).Expand(Context{}); got != "" {
		t.Errorf("no records: got %q", got)
	}
}

func TestWords(t *testing.T) {
	tests := []struct {
		words, args []string
		want        []string
	}{
		{[]string{"echo"}, []string{"a b"}, []string{"echo", "a b"}},
		{[]string{"echo", "-n"}, []string{"a", "b"}, []string{"echo", "-n", "a", "b"}},
		{[]string{"echo", "{#}"}, []string{"a"}, []string{"echo", "7"}},
		{[]string{"echo", "{%}"}, []string{"a", "b"}, []string{"echo", "2"}},
		{[]string{"echo", "{}", "-"}, []string{"a", "b"}, []string{"echo", "a", "b", "-"}},
		{[]string{"x{}y"}, []string{"a b", "c"}, []string{"xa b", "cy"}},
		{[]string{"x{.}-{#}-{/}y", "z"}, []string{"d/a.b", "c"}, []string{"xd/a", "c-7-a.b", "cy", "z"}},
		{[]string{"{}{}"}, []string{"a", "b", "c"}, []string{"a", "b", "ca", "b", "c"}},
		{[]string{"{}{#}{/.}"}, []string{"p/q.r"}, []string{"p/q.r7q"}},
		{[]string{"echo", "<{}>"}, nil, []string{"echo", "<>"}},
		{[]string{"echo"}, nil, []string{"echo"}},
		{nil, []string{"a"}, []string{"a"}},
		{[]string{"p", "{}"}, []string{"\xff\x00"}, []string{"p", "\xff\x00"}},
	}
	for _, tt := range tests {
		words := parse(t, tt.words, Set{})
		got := words.Expand(Context{Args: tt.args, Seq: 7, Slot: 2})
		if !slices.Equal(got, tt.want) {
			t.Errorf("%q with %q: got %q, want %q", tt.words, tt.args, got, tt.want)
		}
	}
}

func TestExpandEach(t *testing.T) {
	c := Context{Args: []string{"a", "d/b.c"}, Seq: 7, Slot: 2}
	for word, want := range map[string][]string{
		"x{}y": {"xay", "xd/b.cy"}, "{/.}{#}": {"a7", "b7"}, "{2}-{}": {"d/b.c-a", "d/b.c-d/b.c"},
		"{1}{#}": {"a7"}, "x": {"x", "a", "d/b.c"}, "{3}": {""},
	} {
		if got := parse(t, []string{word}, Set{}).ExpandEach(c); !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", word, got, want)
		}
	}
	words := parse(t, []string{"x{}y"}, Set{})
	if got := words.ExpandEach(Context{Args: []string{"a"}}); !slices.Equal(got, []string{"xay"}) {
		t.Errorf("one column: %q", got)
	}
	if got := words.ExpandEach(Context{}); !slices.Equal(got, []string{"xy"}) {
		t.Errorf("no column: %q", got)
	}
}

func TestMissing(t *testing.T) {
	for text, want := range map[string]bool{
		"{}": false, "{1}": false, "{2.}": false, "{3}": true, "{-2}": false, "{-3}": true, "{#}": false, "{0}": false,
	} {
		rep := (Set{}).Scan(text)[0].Rep
		if got := rep.Missing(Context{Args: []string{"a", "b"}}); got != want {
			t.Errorf("%s of two columns: missing %v", text, got)
		}
		if got := rep.Missing(Context{}); got != (rep.Column != 0) {
			t.Errorf("%s of no columns: missing %v", text, got)
		}
	}
}

func TestSkips(t *testing.T) {
	set := newSet(t, Config{Plus: true})
	for _, tt := range []struct {
		text, args string
		want       bool
	}{
		{"{uniq}", "b a c", false}, {"{uniq}", "b a b", true}, {"{2uniq}", "a a", true}, {"{uniq}", "a", false},
		{"{choose_k}", "a b c", false}, {"{choose_k}", "a c b", true}, {"{choose_k}", "a a", true}, {"{}", "a a", false},
	} {
		c := Context{Args: strings.Fields(tt.args)}
		rep := set.Scan(tt.text)[0].Rep
		if got := rep.Skips(c); got != tt.want {
			t.Errorf("%s of %s: %v", tt.text, tt.args, got)
		}
		if got := rep.Expand(c); rep.Column == 0 && got != tt.args {
			t.Errorf("%s of %s is %q", tt.text, tt.args, got)
		}
	}
}

func TestNumbers(t *testing.T) {
	set := newSet(t, Config{Plus: true, Rules: []string{"{last} 1 $_ = total_jobs() - 1"}})
	c := Context{Args: []string{"a", "b"}, Seq: 9, Slot: 3, Total: 100, Slots: 12}
	for text, want := range map[string]struct {
		value string
		total bool
	}{
		"{#}": {"9", false}, "{##}": {"100", true}, "{0#}": {"009", true}, "{0%}": {"03", false}, "{slot}": {"3", false},
		"{last}": {"99", true}, "{}": {"a b", false}, "{:1}": {" ", false},
	} {
		rep := set.Scan(text)[0].Rep
		if got := rep.Expand(c); got != want.value || rep.NeedsTotal() != want.total {
			t.Errorf("%s: got %q, needs the total: %v", text, got, rep.NeedsTotal())
		}
	}
}

func TestText(t *testing.T) {
	text, err := ParseText("out/{1/.}-{2}.{}", Set{})
	if err != nil {
		t.Fatal(err)
	}
	if got := text.Expand(Context{Args: []string{"a/b.c", "d"}}); got != "out/b-d.a/b.c d" {
		t.Errorf("got %q", got)
	}
	columns := []int{}
	for _, r := range text.Replacements() {
		columns = append(columns, r.Column)
	}
	if !slices.Equal(columns, []int{1, 2, 0}) {
		t.Errorf("the columns are %v", columns)
	}
}

func TestExpandOwnsItsResult(t *testing.T) {
	words := parse(t, []string{"a", "b"}, Set{})
	args := []string{"c"}
	first := words.Expand(Context{Args: args})
	first[0], first[2] = "changed", "changed"
	if got := words.Expand(Context{Args: args}); !slices.Equal(got, []string{"a", "b", "c"}) {
		t.Errorf("an earlier result is shared: %q", got)
	}
}

func TestExpandAllocates(t *testing.T) {
	words := parse(t, []string{"gzip", "-k", "{}"}, Set{})
	c := Context{Args: []string{"some/file.txt"}}
	if n := testing.AllocsPerRun(100, func() { words.Expand(c) }); n > 1 {
		t.Errorf("Expand of a plain {} allocates %v times, want the slice only", n)
	}
}

func BenchmarkExpand(b *testing.B) {
	words := parse(b, []string{"convert", "{}", "-resize", "50%", "out/{/.}.png"}, Set{})
	c := Context{Args: []string{"in/picture.jpg"}}
	b.ReportAllocs()
	for b.Loop() {
		words.Expand(c)
	}
}

// parse is Parse for words without a mistake.
func parse(t testing.TB, words []string, set Set) *Words {
	t.Helper()
	w, err := Parse(words, set)
	if err != nil {
		t.Fatal(err)
	}
	return w
}
