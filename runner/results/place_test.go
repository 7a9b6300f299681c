package results

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestTree(t *testing.T) {
	row := func(s ...string) [][]string { return [][]string{s} }
	tests := []struct {
		root  string
		names []string
		rows  [][]string
		want  string
	}{
		{"out", nil, row("a"), "out/1/a/stdout"},
		{"out//", nil, row("a", "b"), "out/1/a/2/b/stdout"},
		{"/", nil, row("a"), "/./1/a/stdout"},
		{"", nil, row("a"), "./1/a/stdout"},
		{"link/../out", nil, row("a"), "link/../out/1/a/stdout"},
		{"out", nil, [][]string{{"a"}, {"b"}}, "out/1/a/1/b/stdout"},
		{"out", nil, nil, "out/stdout"},
		{"out", nil, row(""), "out/1/stdout"},
		{"out", nil, row("", "b"), "out/1/2/b/stdout"},
		{"out", nil, row("."), `out/1/\./stdout`},
		{"out", nil, row(".."), `out/1/\../stdout`},
		{"out", nil, row("..."), `out/1/.../stdout`},
		{"out", nil, row("../../etc"), `out/1/..\_..\_etc/stdout`},
		{"out", nil, row("a/b\\c\td\x00e\nf"), `out/1/a\_b\\c\td\0e` + "\nf/stdout"},
		{"out", nil, row(`\.`), `out/1/\\./stdout`},
		{"out", []string{"b", "a"}, row("1", "2"), "out/a/2/b/1/stdout"},
		{"out", []string{"x/y", ".."}, row("1", "2"), `out/\../2/x\_y/1/stdout`},
		{"out", []string{"x", ""}, row("1", "2", "3"), "out/x/1/2/2/3/3/stdout"},
		{"out", []string{"10a", "2b", "c", "-1", "1e1x", "infile"}, row("1", "2", "3", "4", "5", "6"),
			"out/-1/4/c/3/2b/2/10a/1/1e1x/5/infile/6/stdout"},
	}
	for _, tt := range tests {
		p := Tree(tt.root, tt.names, tt.rows...)
		if p.Stdout != tt.want {
			t.Errorf("Tree(%q, %q, %q) = %s, want %s", tt.root, tt.names, tt.rows, p.Stdout, tt.want)
		}
		dir := strings.TrimSuffix(tt.want, "stdout")
		if p.Stderr != dir+"stderr" || p.Seq != dir+"seq" {
			t.Errorf("%+v", p)
		}
	}
}

// TestLongNames holds that long values have names that can be made, are whole characters, and
// are not the same.
func TestLongNames(t *testing.T) {
	seen := map[string]string{}
	for _, unit := range []string{"a", "é", "𝄞", "\xff", "\x80", "/"} {
		for n := 240; n < 300; n++ {
			s := strings.Repeat(unit, n)
			name := dirName(s)
			if len(name) > nameMax || len(name) < nameMax-30 && n > 255 || utf8.ValidString(s) && !utf8.ValidString(name) {
				t.Errorf("%d times %q: %q", n, unit, name)
			}
			if other, ok := seen[name]; ok {
				t.Errorf("%q is the name of %.10q and %.10q", name, s, other)
			}
			seen[name] = s
		}
	}
	p := Tree(t.TempDir(), nil, []string{strings.Repeat("x", 255), strings.Repeat("x", 256)})
	f, err := Create(p)
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
}

// FuzzTree holds that no value leads out of the root, and that two do not have the same
// place.
func FuzzTree(f *testing.F) {
	f.Add("..", "a/b", "..", "a_b")
	f.Add(".", "\\.", "\\", "\x00")
	f.Fuzz(func(t *testing.T, a, b, c, d string) {
		p, q := Tree("root", []string{a, b}, []string{b, a}), Tree("root", nil, []string{c, d})
		for _, name := range []string{p.Stdout, p.Stderr, p.Seq, q.Stdout} {
			if clean := filepath.Clean(name); !strings.HasPrefix(clean, "root/") || clean != name {
				t.Errorf("%q is not in root", name)
			}
			if strings.ContainsRune(name, 0) {
				t.Errorf("%q has a NUL", name)
			}
		}
		if other := Tree("root", nil, []string{a, b}); other == q && (a != c || b != d) && a != "" && b != "" && c != "" && d != "" {
			t.Errorf("%q and %q are both %s", []string{a, b}, []string{c, d}, q.Stdout)
		}
	})
}

func TestLeadingNumber(t *testing.T) {
	for s, want := range map[string]float64{
		"": 0, "a": 0, "12": 12, "-1a": -1, "+2": 2, "\t 3 4": 3, "1.5.2": 1.5, ".5x": .5, "1.": 1, ".": 0, "1e2": 100, "1e": 1, "1e+": 1,
		"1E-1z": .1, "0x10": 0, "1_000": 1, "Infinity": math.Inf(1), "-info": math.Inf(-1), "in": 0, "1e999": math.Inf(1),
	} {
		if got := leadingNumber(s); got != want {
			t.Errorf("%q: %v, want %v", s, got, want)
		}
	}
	if got := leadingNumber("nano"); !math.IsNaN(got) || compareNumbers(got, 1) != 0 {
		t.Errorf("nano: %v", got)
	}
}

func FuzzLeadingNumber(f *testing.F) {
	f.Add("-1.5e+3x")
	f.Fuzz(func(t *testing.T, s string) {
		if n := leadingNumber(s); n != leadingNumber("  "+s) {
			if !math.IsNaN(n) {
				t.Errorf("%q: %v", s, n)
			}
		}
	})
}

func TestExpanded(t *testing.T) {
	tests := []struct{ prefix, path, want string }{
		{"out/", "out/a-b", "out/a-b out/a-b.err out/a-b.seq"},
		{"out/", "out/a/", "out/a/stdout out/a/stderr out/a/seq"},
		{"out/x", "out/xa/../b", "out/xa/../b out/xa/../b.err out/xa/../b.seq"},
		{"../out/", "../out/a", "../out/a ../out/a.err ../out/a.seq"},
		{"/", "/a", "/a /a.err /a.seq"},
		{"./", "./a", "./a ./a.err ./a.seq"},
		{"", "../a.out", "../a.out ../a.out.err ../a.out.seq"},
		{"my_", "my_a/../../b", "my_a/../../b my_a/../../b.err my_a/../../b.seq"},
		{"", "/a/", "/a/stdout /a/stderr /a/seq"},
	}
	for _, tt := range tests {
		p, err := Expanded(tt.prefix, tt.path)
		if got := p.Stdout + " " + p.Stderr + " " + p.Seq; err != nil || got != tt.want {
			t.Errorf("Expanded(%q, %q) = %s, %v; want %s", tt.prefix, tt.path, got, err, tt.want)
		}
	}
	for _, path := range []string{"out/..", "out/../a", "out/a/../../b/", "out/a/../../../../etc/passwd"} {
		_, err := Expanded("out/", path)
		var escape *EscapeError
		if !errors.As(err, &escape) || escape.Path != path || escape.Dir != "out/" {
			t.Errorf("Expanded(%q): %v", path, err)
		}
	}
	for _, path := range []string{"", "a\x00b"} {
		_, err := Expanded("", path)
		var name *NameError
		if !errors.As(err, &name) || name.Path != path {
			t.Errorf("Expanded(%q): %v", path, err)
		}
	}
}

func TestParseTarget(t *testing.T) {
	type answer struct {
		format Format
		stdout bool
	}
	for value, want := range map[string]answer{
		"out": {}, "out/": {}, "out/{1}": {}, "csv": {}, "-": {}, "a.csv.d": {},
		"a.csv": {CSV, false}, "a.TSV": {TSV, false}, "dir/{}.json": {JSON, false}, ".csv": {CSV, false},
		"-.csv": {CSV, true}, "-.tsv": {TSV, true}, "-.json": {JSON, true}, "-.CSV": {CSV, false}, "./-.csv": {CSV, false},
	} {
		if format, stdout := ParseTarget(value); (answer{format, stdout}) != want {
			t.Errorf("%s: %d, %v", value, format, stdout)
		}
	}
}

func ExampleTree() {
	fmt.Println(Tree("out", nil, []string{"a/b", "x y"}).Stdout)
	fmt.Println(Tree("out", []string{"size", "file"}, []string{"10", "a.png"}).Stderr)
	// Output:
	// out/1/a\_b/2/x y/stdout
	// out/file/a.png/size/10/stderr
}

func TestFinishedWhereNothingIs(t *testing.T) {
	dir := t.TempDir()
	p := Tree(dir, nil, []string{"a"})
	if p.Finished() {
		t.Error("finished without a directory")
	}
	if err := os.MkdirAll(p.Seq, 0o777); err != nil {
		t.Fatal(err)
	}
	if p.Finished() {
		t.Error("finished with a directory for a number")
	}
}
