package template

import (
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"xpool/pool/peertest"
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
			if got := (Replacement{op}).Expand(c); got != want {
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
		if got := (Replacement{op}).Expand(c); got != want {
			t.Errorf("op %d: got %q, want %q", op, got, want)
		}
	}
	if got := (Replacement{}).Expand(Context{}); got != "" {
		t.Errorf("no records: got %q", got)
	}
}

func TestScan(t *testing.T) {
	tests := []struct {
		set  Set
		text string
		want string // the tokens as start-end:op
	}{
		{Set{}, "", ""},
		{Set{}, "{ } {x} {1} {-1} }{ {", ""},
		{Set{}, "{}", "0-2:0"},
		{Set{}, "a{.}{/}{//}{/.}{#}{%}b", "1-4:1 4-7:2 7-11:3 11-15:4 15-18:5 18-21:6"},
		{Set{}, "{{}}{}{", "1-3:0 4-6:0"},
		{WithValue(""), "{}", "0-2:0"},
		{WithValue("%"), "{} % {%} {/}", "3-4:0 5-8:6 9-12:2"},
		{WithValue("{/}"), "{/} {//}", "0-3:0 4-8:3"},
		{WithValue("{//}x"), "{//}x{//}", "0-5:0 5-9:3"},
		{WithValue("\xff"), "\xc3\xff{}", "1-2:0"},
	}
	for _, tt := range tests {
		var got []string
		for _, tok := range tt.set.Scan(tt.text) {
			got = append(got, fmt.Sprintf("%d-%d:%d", tok.Start, tok.End, tok.Rep.Op))
		}
		if s := strings.Join(got, " "); s != tt.want {
			t.Errorf("Scan(%q) with %+v: got %q, want %q", tt.text, tt.set, s, tt.want)
		}
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
		words := Parse(tt.words, Set{})
		got := words.Expand(Context{Args: tt.args, Seq: 7, Slot: 2})
		if !slices.Equal(got, tt.want) {
			t.Errorf("%q with %q: got %q, want %q", tt.words, tt.args, got, tt.want)
		}
	}
}

func TestExpandOwnsItsResult(t *testing.T) {
	words := Parse([]string{"a", "b"}, Set{})
	args := []string{"c"}
	first := words.Expand(Context{Args: args})
	first[0], first[2] = "changed", "changed"
	if got := words.Expand(Context{Args: args}); !slices.Equal(got, []string{"a", "b", "c"}) {
		t.Errorf("an earlier result is shared: %q", got)
	}
}

func TestExpandAllocates(t *testing.T) {
	words := Parse([]string{"gzip", "-k", "{}"}, Set{})
	c := Context{Args: []string{"some/file.txt"}}
	if n := testing.AllocsPerRun(100, func() { words.Expand(c) }); n > 1 {
		t.Errorf("Expand of a plain {} allocates %v times, want the slice only", n)
	}
}

func TestAgainstParallel(t *testing.T) {
	path := peertest.GNUParallel(t)
	var args []string
	for _, a := range []string{"", "/", "//", ".", "..", "a", ".a", "a.b"} {
		for _, b := range []string{"/", ".", "/c", "//c.d.e", "/.", ".f/", " g", "/h/"} {
			args = append(args, a+b)
		}
	}
	var want, input strings.Builder
	for _, a := range args {
		input.WriteString(a + "\x00")
		for i, op := range []Op{OpValue, OpNoExt, OpBase, OpDir, OpBaseNoExt} {
			if i > 0 {
				want.WriteByte('|')
			}
			want.WriteString(Replacement{op}.Expand(Context{Args: []string{a}}))
		}
		want.WriteByte('\n')
	}
	cmd := exec.Command(path, "--plain", "-0", "-k", "printf", `'%s|%s|%s|%s|%s\n'`, "{}", "{.}", "{/}", "{//}", "{/.}")
	cmd.Env = append(cmd.Environ(), "HOME="+t.TempDir())
	cmd.Stdin = strings.NewReader(input.String())
	got, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	gotLines, wantLines := strings.Split(string(got), "\n"), strings.Split(want.String(), "\n")
	if len(gotLines) != len(wantLines) {
		t.Fatalf("parallel printed %d lines, want %d", len(gotLines), len(wantLines))
	}
	for i := range wantLines {
		if gotLines[i] != wantLines[i] {
			t.Errorf("got %q, GNU parallel has %q", wantLines[i], gotLines[i])
		}
	}
}

func FuzzScan(f *testing.F) {
	f.Add("a {} {//}{/.} {", "", "x.y/z")
	f.Add(",,{}", ",", "\xff")
	f.Fuzz(func(t *testing.T, text, value, arg string) {
		set := WithValue(value)
		end, static := 0, ""
		for _, tok := range set.Scan(text) {
			if tok.Start < end || tok.End <= tok.Start || tok.End > len(text) {
				t.Fatalf("bad token %+v after %d in %q", tok, end, text)
			}
			static += text[end:tok.Start]
			end = tok.End
		}
		static += text[end:]
		if (value == "" || value == "{}") && !strings.Contains(text, "{") && static != text {
			t.Fatalf("%q was changed to %q", text, static)
		}
		words := Parse([]string{text, text}, set)
		one := words.Expand(Context{Args: []string{arg}, Seq: 1, Slot: 1})
		if want := 2; words.Replaces() && len(one) != want || !words.Replaces() && len(one) != want+1 {
			t.Fatalf("%q gives %d words: %q", text, len(one), one)
		}
		if !words.Replaces() && (one[0] != text || one[2] != arg) {
			t.Fatalf("%q with %q gives %q", text, arg, one)
		}
		// Several records are the joined text cut at the joints.
		c := Context{Args: []string{arg, "b", arg}, Seq: 1, Slot: 1}
		joined := ""
		end = 0
		for _, tok := range set.Scan(text) {
			joined += text[end:tok.Start] + tok.Rep.Expand(c)
			end = tok.End
		}
		joined += text[end:]
		if got := strings.Join(Parse([]string{text}, set).Expand(c), " "); words.Replaces() && got != joined {
			t.Fatalf("%q: got %q, want %q", text, got, joined)
		}
	})
}

func BenchmarkExpand(b *testing.B) {
	words := Parse([]string{"convert", "{}", "-resize", "50%", "out/{/.}.png"}, Set{})
	c := Context{Args: []string{"in/picture.jpg"}}
	b.ReportAllocs()
	for b.Loop() {
		words.Expand(c)
	}
}
