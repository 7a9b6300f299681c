package template

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
)

// newSet is New for a configuration without a mistake.
func newSet(t testing.TB, c Config) Set {
	t.Helper()
	s, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// show is what Scan finds in text: start-end:op, with @ and the column if there is one.
func show(s Set, text string) string {
	var found []string
	for _, t := range s.Scan(text) {
		what := fmt.Sprintf("%d-%d:%d", t.Start, t.End, t.Rep.Op)
		if t.Rep.Column != 0 {
			what += fmt.Sprintf("@%d", t.Rep.Column)
		}
		if t.Err != nil {
			what = fmt.Sprintf("%d-%d:error", t.Start, t.End)
		}
		found = append(found, what)
	}
	return strings.Join(found, " ")
}

func TestScan(t *testing.T) {
	plus := newSet(t, Config{Plus: true})
	tests := []struct {
		set  Set
		text string
		want string
	}{
		{Set{}, "", ""},
		{Set{}, "{ } {x} {-} {+1} {1,2} {1#} {%1} { 1} }{ {", ""},
		{Set{}, "{}", "0-2:0"},
		{Set{}, "a{.}{/}{//}{/.}{#}{%}b", "1-4:1 4-7:2 7-11:3 11-15:4 15-18:5 18-21:6"},
		{Set{}, "{{}}{}{", "1-3:0 4-6:0"},
		{Set{}, "{2}{-1}{0}{10.}{3/}{-2//}{2/.}", "0-3:0@2 3-7:0@-1 7-10:0 10-15:1@10 15-19:2@3 19-25:3@-2 25-30:4@2"},
		{Set{}, "{2 }{2\t.}{2 x}", "0-4:0@2 4-9:1@2"},
		{Set{}, "{99999999999999999999}", "0-22:0@268435456"},
		{WithValue(""), "{}", "0-2:0"},
		{WithValue("%"), "{} % {%} {/} {1} {1.}", "3-4:0 5-8:6 9-12:2 17-21:1@1"},
		{WithValue("{/}"), "{/} {//} {1/}", "0-3:0 4-8:3 9-13:0@1"},
		{WithValue("{//}x"), "{//}x{//}{2//}x", "0-5:0 5-9:3 9-15:0@2"},
		{WithValue("\xff"), "\xc3\xff{}", "1-2:0"},
		{WithValue("{}"), "{}{1}", "0-2:0 2-5:0@1"},
		{newSet(t, Config{Base: ",", Dir: ","}), ", {/} {//}", "0-1:3"},
		{newSet(t, Config{Base: "{}"}), "{} {2}", "0-2:2 3-6:2@2"},
		{newSet(t, Config{Rules: []string{"{.} $_ = 1", "%% s/a/b/", "% s/b/a/"}}), "{.}%%%", "0-3:20 3-5:20 5-6:20"},
		{plus, "{##}{#}{#a}{##a}{#}", "0-4:15 4-7:5 7-11:20 11-16:20 16-19:5"},
		{plus, "{..}{/...}{3+..}{0%}{00%}", "0-4:7 4-10:10 10-16:13@3 16-20:17"},
		{plus, "{:}{:-}{:1}{2:1:2}", "7-11:20 11-18:20@2"},
		{plus, "{%(}x{//[/y}", "0-4:error 5-12:error"},
		{plus, "{uniq}{2choose_k}", "0-6:18 6-17:19@2"},
	}
	for _, tt := range tests {
		if got := show(tt.set, tt.text); got != tt.want {
			t.Errorf("Scan(%q): got %q, want %q", tt.text, got, tt.want)
		}
	}
}

// What programs of other languages say with braces.
func TestScanLeavesPrograms(t *testing.T) {
	for _, text := range []string{
		`{print $1}`, `{ print $1, $NF }`, `BEGIN{x=1}{x+=$1}END{print x}`, `{s+=$2}`, `{=}`, `{=x`, `x=}`, `{x=1}`, `a[{=1]`,
		`.[] | {a, b: .c}`, `{"a": 1}`, `{(.k): .v}`, `[a-z]{2,}`, `[0-9]{1,3}`, `{:a}`, `s/x{/y}/`,
		`${1}`, `${#}`, `$$${2} $$$1`, `"${1}"`, `${1} \\${-1}`, `${=x} ${y:=}`, `${name}`,
	} {
		if got := show((Set{}).WithColumns([]string{"name"}), text); got != "" {
			t.Errorf("%q has %s", text, got)
		}
	}
	for text, want := range map[string]string{`\${1}`: "2-5:0@1", `$${1}`: "2-5:0@1", `\\${1}`: "", `${}`: "1-3:0", `${.}`: "", `$ {1}`: "2-5:0@1"} {
		if got := show(Set{}, text); got != want {
			t.Errorf("%q has %q, want %q", text, got, want)
		}
	}
}

func TestColumns(t *testing.T) {
	names := []string{"id", "", "a b", "i", "id", "a.", "#", "[x"}
	set := newSet(t, Config{Value: "@", Plus: true}).WithColumns(names)
	names[0] = "changed"
	for text, want := range map[string]string{
		"{id}": "0-4:0@1", "{id.} {id//}": "0-5:1@1 6-12:3@1", "{a b/.}": "0-7:4@3", "{i}": "0-3:0@4", "{a.}": "0-4:0@6",
		"{#}": "0-3:0@7", "{[x/}": "0-5:2@8", "{idx} {} {x}": "", "@ {1}": "0-1:0", "{id..}": "0-6:7@1", "{id%.gz}": "0-8:20@1",
		"{changed}": "", "${id}": "", "{id }": "",
	} {
		if got := show(set, text); got != want {
			t.Errorf("%q has %q, want %q", text, got, want)
		}
	}
	if got := show((Set{}).WithColumns(nil), "{}{1.}"); got != "0-2:0 2-6:1@1" {
		t.Errorf("without names: %s", got)
	}
}

func TestPerlExpressions(t *testing.T) {
	odd := newSet(t, Config{Parens: ",,,,"})
	for _, tt := range []struct {
		set              Set
		text, want, says string
	}{
		{Set{}, "a {= s/a/b/ =} {}", "2-14:error 15-17:0", "--rpl '{x} s/a/b/'"},
		{Set{}, "{=2 s/a/b/;=}", "0-13:error", "'{x} 2 s/a/b/;'"},
		{Set{}, "{= $_ = `date` =}", "0-17:error", "shell script"},
		{Set{}, "{= {= 1 =}", "3-10:error", "{= 1 =}"},
		{Set{}, "{==}", "0-4:error", "{==}"},
		{odd, ",,s/I/O/g,, {==} ,,,", "0-11:error", "s/I/O/g"},
	} {
		if got := show(tt.set, tt.text); got != tt.want {
			t.Errorf("%q has %q, want %q", tt.text, got, tt.want)
			continue
		}
		_, err := ParseText(tt.text, tt.set)
		var bad *ExpressionError
		if !errors.As(err, &bad) || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%q: %v does not say %q", tt.text, err, tt.says)
		}
	}
	for _, words := range [][]string{{"echo", "{=", "s/a/b/", "=}"}, {"{=2", "s/a/b/=}"}} {
		var bad *ExpressionError
		if _, err := Parse(words, Set{}); !errors.As(err, &bad) {
			t.Errorf("%q: %v", words, err)
		}
	}
	parse(t, []string{"=}", "{=", "a=} x", "x{="}, Set{})
	if _, err := New(Config{Parens: "abc"}); err == nil {
		t.Error("parentheses of different lengths are taken")
	}
}

// Equal replacement strings of a set are equal replacements, whoever asks.
func TestReplacementsCompare(t *testing.T) {
	set := newSet(t, Config{Plus: true, Rules: []string{"{x} s/a/b/", `{y(.)(.)} s/$$1/$$2/`}})
	const text = "{x}{1x}{yab}{ybc}{2yab}{%.gz}{#.gz}"
	first := set.Scan(text)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if again := set.Scan(text); !slices.Equal(again, first) {
				t.Errorf("got %v, then %v", first, again)
			}
		})
	}
	wg.Wait()
	seen := map[Replacement]bool{}
	for _, token := range first {
		if seen[token.Rep] {
			t.Errorf("%s is another's replacement", text[token.Start:token.End])
		}
		seen[token.Rep] = true
	}
	if len(first) != 7 {
		t.Errorf("%d tokens", len(first))
	}
}

func FuzzScan(f *testing.F) {
	f.Add("a {} {//}{/.} {2.} ${1} {", "", "", "x.y/z")
	f.Add(",,{}", ",", "n,", "\xff")
	f.Add("{%.gz}{2:1:3}{n/a/b}{^^[a-c]}{= 1 =}", "{}", "n", "a.gz")
	f.Fuzz(func(t *testing.T, text, value, column, arg string) {
		set := newSet(t, Config{Value: value, Plus: true}).WithColumns([]string{column})
		end := 0
		for _, tok := range set.Scan(text) {
			if tok.Start < end || tok.End <= tok.Start || tok.End > len(text) {
				t.Fatalf("bad token %+v after %d in %q", tok, end, text)
			}
			end = tok.End
		}
		words, err := Parse([]string{text, text}, set)
		if err != nil {
			return
		}
		one := words.Expand(Context{Args: []string{arg}, Seq: 1, Slot: 1})
		if want := 2; words.Replaces() && len(one) != want || !words.Replaces() && len(one) != want+1 {
			t.Fatalf("%q gives %d words: %q", text, len(one), one)
		}
		if !words.Replaces() && (one[0] != text || one[2] != arg) {
			t.Fatalf("%q with %q gives %q", text, arg, one)
		}
		checkLists(t, set, text, Context{Args: []string{arg, "b", arg}, Seq: 1, Slot: 1})
	})
}

// checkLists checks that the words of several columns are their joined text, cut where
// it was joined, and that there is one of each kind for each column otherwise.
func checkLists(t *testing.T, set Set, text string, c Context) {
	t.Helper()
	words, joined := parse(t, []string{text}, set), ""
	end, lists := 0, false
	for _, tok := range set.Scan(text) {
		joined += text[end:tok.Start] + tok.Rep.Expand(c)
		end = tok.End
		_, single := tok.Rep.single(c)
		lists = lists || !single
	}
	joined += text[end:]
	if !words.Replaces() {
		return
	}
	if got := strings.Join(words.Expand(c), " "); got != joined {
		t.Fatalf("%q: got %q, want %q", text, got, joined)
	}
	want := 1
	if lists {
		want = len(c.Args)
	}
	if got := words.ExpandEach(c); len(got) != want {
		t.Fatalf("%q: got %q, want %d words", text, got, want)
	}
}
