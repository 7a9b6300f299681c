package template

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// apply runs an expression without groups on a value.
func apply(t *testing.T, expression, value string) string {
	t.Helper()
	e, err := parseExpression(expression, nil, false)
	if err != nil {
		t.Errorf("%q: %v", expression, err)
		return ""
	}
	return e.apply(value, Context{Seq: 7, Slot: 2, Total: 40})
}

// Perl says what these mean: each with a value.
func perlExpressions() [][2]string {
	return [][2]string{
		{``, "x"},
		{`;; ;`, "x"},
		{`s/a/b/`, "aa"},
		{`s/a/b/g;s/b/c/`, "aa"},
		{`$_ =~ s/a/b/;`, "aa"},
		{`s:/[^/]*$:: || s:.*$::`, "abc"},
		{`s/x/y/ or s/a/b/ or s/b/c/`, "ab"},
		{`s{a}  {b}`, "aa"},
		{`s{a(.)} <[$1]>`, "abc"},
		{`s(a(b)?)/[$1]/`, "acb"},
		{`s/A/b/i`, "xa"},
		{`s/ a  b #c` + "\n" + `/z/x`, "xab"},
		{`s/(.)(.)/$2$1/g`, "abcde"},
		{`s/(a)|(b)/[$1][$2][$3][${1}x$1x]/g`, "ab"},
		{`s/b/<$&>$_\1/`, "abc"},
		{`s/(b)/\1\1/`, "abc"},
		{`s/a/\t\n\\\$\@\/\-/`, "a"},
		{`s|a\|b|c|g`, "a|b"},
		{`s/\w+/\u$&/g`, "foo bar"},
		{`s/(\w+) (\w+)/\U$1 x\E $2 \L$1Q\E\l$2/`, "fOo BaR"},
		{`s/(b)/uc($1) . "-" . lc("X$1")/e`, "abc"},
		{`s/(b)/ucfirst(substr("xyz", 1)).lcfirst('AB')/e`, "abc"},
		{`s/x*$//`, "abxx"},
		{`s/\Qa.b\E/x/`, "aab a.b"},
		{`tr/a-y/b-z/`, "hello"},
		{`y/a-z//cd`, "a.b.c"},
		{`tr/a-z//s`, "aabbcc"},
		{`tr/a-zA-Z0-9/_/cs`, "a b--c"},
		{`tr/a-e/AB/d`, "abcde."},
		{`tr/abc/x/`, "cabd"},
		{`tr/a\-z/123/; tr{.}(,)`, "a-z.b"},
		{`tr/-a/xy/`, "a-b"},
		{`tr/a-/xy/`, "a-b"},
		{`tr/a-b/x/s`, "aabbz"},
		{`tr/x/y/ || s/a/b/`, "a"},
		{`$_ = "a" . 'b\'\\n' . 5`, "x"},
		{`$_ .= "-$_"`, "x"},
		{`$_ ||= "y"; $_ .= "z"`, "0"},
		{`$_ ||= "y"`, "00"},
		{`$_ = uc($_).lc($_)`, "aB"},
		{`s/(.)(.*)/$2/; $_ = "$1$_$2"`, "abc"},
		{`$_ = substr($_, 1, -1)`, "abcd"},
		{`$_ = uc; $_ = lcfirst $_ ;`, "abcd"},
		{`s/b/uc $_/e; s/(c)/"<".uc($1).">"/e`, "abc"},
	}
}

// perlRuns returns what Perl makes of expressions, each with a value.
func perlRuns(t *testing.T, cases [][2]string) []string {
	t.Helper()
	path, err := exec.LookPath("perl")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("perl is not installed")
		}
		t.Skip("perl is not installed")
	}
	var in strings.Builder
	for _, c := range cases {
		in.WriteString(c[0] + "\x00" + c[1] + "\x00")
	}
	cmd := exec.Command(path, "-e", `$/ = "\0"; while (defined($e = <STDIN>)) { $_ = <STDIN>; chomp($e, $_);
  eval "{ no strict; $e\n }"; die "$e: $@" if $@; print "$_\0" }`)
	cmd.Stdin = strings.NewReader(in.String())
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00")
}

func TestExpressionsAgainstPerl(t *testing.T) {
	cases := perlExpressions()
	for from := -6; from <= 6; from++ {
		for length := -5; length <= 5; length++ {
			cases = append(cases, [2]string{fmt.Sprintf("$_ = substr($_, %d, %d)", from, length), "abcd"})
		}
		cases = append(cases, [2]string{fmt.Sprintf("$_ = substr($_, %d)", from), "abcd"})
	}
	want := perlRuns(t, cases)
	if len(want) != len(cases) {
		t.Fatalf("perl gave %d results for %d expressions", len(want), len(cases))
	}
	for i, c := range cases {
		if got := apply(t, c[0], c[1]); got != want[i] {
			t.Errorf("%s of %q: got %q, perl has %q", c[0], c[1], got, want[i])
		}
	}
}

// What Perl needs GNU parallel for, and what is about characters.
func TestExpressions(t *testing.T) {
	for _, tt := range [][3]string{
		{`1 $_=$job->seq()`, "x", "7"},
		{`$_ = seq() - 1`, "x", "6"},
		{`$_ = slot() + 1 . "/" . total_jobs()`, "x", "3/40"},
		{`s/./-/g`, "aé\xff", "---"},
		{`$_ = uc($_)`, "aé\xffb", "AÉ\xffB"},
		{`tr/é/e/; tr/a-z/_/c`, "aé\xffб", "ae__"},
		{`$_ = substr($_, 1, 2)`, "éa\xffb", "a\xff"},
		{`s/$/x/`, "a\n", "a\nx"},
	} {
		if got := apply(t, tt[0], tt[1]); got != tt[2] {
			t.Errorf("%s of %q: got %q, want %q", tt[0], tt[1], got, tt[2])
		}
	}
}

func TestRefusedRules(t *testing.T) {
	for rule, says := range map[string]string{
		"":                              "replacement string",
		" s/a/b/":                       "replacement string",
		`{x} $_ = seq() % 2 ? "o" : ""`: `% 2`,
		`{x} $_++`:                      `'$_++'`,
		`{x} skip()`:                    "what can be used is s/regexp/text/",
		`{x} system("reboot")`:          "system",
		"{x} $_ = `date`":               "date",
		`{x} $_ = lc $_ . "a"`:          "lc $_",
		`{x} $_ = lc $1`:                "lc $1",
		`{x} $_ = substr`:               "substr",
		`{x} $_ = $foo`:                 "$foo",
		`{x} $_ = "$foo[1]"`:            "$foo",
		`{x} $_ = "$_[1]"`:              "$_[1]",
		`{x} $_ = "a`:                   "quote",
		`{x} $_ = "\x41"`:               `\x`,
		`{x} $_ == 1`:                   "==",
		`{x} $_ =`:                      "early",
		`{x} $_ = 1 +`:                  "early",
		`{x} s/a/b`:                     "end",
		`{x} s/a`:                       "end",
		`{x} s`:                         "early",
		`{x} s/a/b/r`:                   "flag r",
		`{x} s/a/b/ s/c/d/`:             "s/c/d/",
		`{x} s/(/b/`:                    "missing closing )",
		`{x} s/(?=a)/b/`:                "lookahead",
		`{x} s/$x/b/`:                   "$x",
		`{x} s/@x/b/`:                   "@x",
		`{x} s/a/@x/`:                   "@x",
		`{x} s/a/$$1/`:                  "group",
		`{x} s'a'b'`:                    "'a'b'",
		`{x} s/a/foo()/e`:               "foo()",
		`{x} tr/a-z/A-Z/r`:              "flag r",
		`{x} tr/z-a/b/`:                 "z-a",
		`{x} tr/a/bc/c`:                 "other characters",
		`{x} y/a/\x/`:                   `\x`,
		`{x(.)} s/$$2//`:                "$$2",
		`{x(+)} s/a/b/`:                 "repetition",
		`{x(.)} $_ = substr($_)`:        "arguments",
		`{x(.)} foo($$1)`:               "foo",
	} {
		_, err := New(Config{Rules: []string{rule}})
		var bad *ExpressionError
		if !errors.As(err, &bad) || !strings.Contains(bad.Problem, says) || !strings.Contains(bad.Text, rule) {
			t.Errorf("%q: %v does not say %q", rule, err, says)
		}
	}
}

func FuzzRule(f *testing.F) {
	for _, c := range perlExpressions() {
		f.Add("{x} "+c[0], "{x}{2x}", c[1])
	}
	f.Add(`{%(.+?)/(.*?)} s/$$1$/$$2/g; $_="$$1$_$$2"`, "{%.gz/x}{-1%a/}", "a.gz")
	f.Add(`(x) s/a/b/`, "x", "")
	f.Fuzz(func(t *testing.T, rule, text, arg string) {
		set, err := New(Config{Rules: []string{rule}})
		if err != nil {
			var bad *ExpressionError
			if !errors.As(err, &bad) {
				t.Fatalf("%q: %v is no ExpressionError", rule, err)
			}
			return
		}
		// A value that is put into itself again and again would fill the memory.
		if len(rule) > 100 || strings.Count(rule, "$_") > 2 || len(arg) > 50 {
			return
		}
		if parsed, err := ParseText(text, set); err == nil {
			parsed.Expand(Context{Args: []string{arg, "b"}, Seq: 1, Slot: 1})
		}
	})
}
