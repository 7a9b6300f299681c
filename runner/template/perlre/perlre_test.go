package perlre

import (
	"errors"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"
)

// matches are patterns, flags and texts of which Perl's engine and ours say the same.
// They have no character beyond ASCII: see the package comment.
func matches() [][3]string {
	return [][3]string{
		{`\.[^/.]*$`, "", "a.b/c.d"},
		{`(.*?)-(.+)`, "", "a-b-c"},
		{`a|ab`, "", "xab"},
		{`A.B`, "is", "xa\nb"},
		{`^b$`, "m", "a\nb\nc"},
		{`.*`, "", "a\nb"},
		{` a b # comment` + "\n" + ` [ ]c`, "x", "ab c"},
		{`a {2} b +`, "x", "aabb"},
		{`[]a]+`, "", "x]a]"},
		{`[^]a]+`, "", "]ax["},
		{`[[:alpha:][]+`, "", "1a[b"},
		{`[a\]b\-]+`, "", "x]-b"},
		{`[\b\h\v]+`, "", "a \t\n\x08b"},
		{`[\d.]+|[\W]`, "", "a1.2"},
		{`a{2}|b{1,}|c{,2}`, "", "ccc"},
		{`a{,x}{`, "", "a{,x}{"},
		{`x{2}?y`, "", "xxy"},
		{`a}{`, "", "a}{"},
		{`(?i)A(?-i)b(?s:.)`, "", "ab\n"},
		{`(?#no)a(?<n>b)(?'m'c)`, "", "abc"},
		{`\x41\x{42}\103\x4z|\0`, "", "ABC\x04z"},
		{`\cA\e\a\N`, "", "\x01\x1b\ax"},
		{`\H\V\R\h`, "", "ab\r\n\t"},
		{`\/\:\ \_\@`, "", "/: _@"},
		{`\bfoo\B.`, "", "xfoo foox"},
		{`\Aa\z|b\Z`, "", "ab"},
		{`(a)|(b)`, "", "b"},
		{`\pL+\p{Lu}`, "", "1aB"},
		{`x*`, "", "aaa"},
	}
}

// perl returns the match and the groups of each case, or what the test is to be told.
func perl(t *testing.T, cases [][3]string) []string {
	t.Helper()
	path, err := exec.LookPath("perl")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("perl is not installed")
		}
		t.Skip("perl is not installed")
	}
	const program = `$/ = "\0"; my @f = map { chomp; $_ } <STDIN>;
while (@f) { my ($p, $m, $s) = splice @f, 0, 3;
  if ($s =~ /(?$m:$p)/) { print join("\1", map { substr($s, $-[$_], $+[$_]-$-[$_]) } grep { defined $-[$_] } 0..$#+) } else { print "no" } print "\0" }`
	cmd := exec.Command(path, "-e", program)
	var in strings.Builder
	for _, c := range cases {
		in.WriteString(c[0] + "\x00" + c[1] + "\x00" + c[2] + "\x00")
	}
	cmd.Stdin = strings.NewReader(in.String())
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00")
}

func TestAgainstPerl(t *testing.T) {
	cases := matches()
	want := perl(t, cases)
	if len(want) != len(cases) {
		t.Fatalf("perl gave %d results for %d patterns", len(want), len(cases))
	}
	for i, c := range cases {
		re, err := Compile(c[0], c[1])
		if err != nil {
			t.Errorf("%q: %v", c[0], err)
			continue
		}
		got := "no"
		if loc := re.FindStringSubmatchIndex(c[2]); loc != nil {
			var groups []string
			for j := 0; j < len(loc); j += 2 {
				if loc[j] >= 0 {
					groups = append(groups, c[2][loc[j]:loc[j+1]])
				}
			}
			got = strings.Join(groups, "\x01")
		}
		if got != want[i] {
			t.Errorf("%q in %q: got %q, perl has %q", c[0], c[2], got, want[i])
		}
	}
}

// In Perl \Q is undone before the engine sees it, so no pattern in a variable has it.
func TestQuoted(t *testing.T) {
	for pattern, text := range map[string]string{`\Qa.b\E.`: "a.bc", `x\Q[`: "x[", `\E\Q\E`: ""} {
		re, err := Compile(pattern, "")
		if err != nil || re.FindString(text) != text || re.MatchString("xa1b") && text != "" {
			t.Errorf("%q: %v, %v", pattern, re, err)
		}
	}
}

func TestRefuses(t *testing.T) {
	tests := []struct{ pattern, flags, names string }{
		{`a(?=b)`, "", "lookahead"},
		{`(?!b)`, "", "(?!"},
		{`(?<=a)b`, "", "lookbehind"},
		{`(?<!a)b`, "", "(?<!"},
		{`(a)\1`, "", "backreference"},
		{`(a)\g{1}`, "", `\g`},
		{`(?>a)`, "", "atomic"},
		{`a++`, "", "possessive"},
		{`a{2}+`, "", "{2}+"},
		{`(?|a)`, "", "branch reset"},
		{`(?(1)a)`, "", "condition"},
		{`(?R)`, "", "recursion"},
		{`(?1)`, "", "recursion"},
		{`(?{x})`, "", "Perl code"},
		{`(?^:a)`, "", "flags"},
		{`(?x: a)`, "", "(?x"},
		{`(*FAIL)`, "", "verb"},
		{`\Ka`, "", `\K`},
		{`\b{wb}`, "", `\b{`},
		{`[\R]`, "", "class"},
		{`a`, "g", "flag"},
		{`(`, "", "missing closing )"},
		{`[a`, "", "]"},
		{`a**`, "", "repetition"},
		{`a\`, "", "backslash"},
		{`\x{110000}`, "", "character"},
		{`\x{`, "", "end"},
		{`\p{L`, "", "end"},
		{`(?#x`, "", "end"},
		{`(?'x`, "", "end"},
		{`\c`, "", "letter"},
		{"a\xff", "", "UTF-8"},
	}
	for _, tt := range tests {
		_, err := Compile(tt.pattern, tt.flags)
		var bad *Error
		if !errors.As(err, &bad) || bad.Pattern != tt.pattern || !strings.Contains(bad.Problem, tt.names) {
			t.Errorf("%q with %q: %v does not name %q", tt.pattern, tt.flags, err, tt.names)
		}
	}
}

func FuzzCompile(f *testing.F) {
	for _, c := range matches() {
		f.Add(c[0], c[1], c[2])
	}
	f.Fuzz(func(t *testing.T, pattern, flags, text string) {
		re, err := Compile(pattern, flags)
		if err != nil {
			return
		}
		re.FindStringIndex(text)
		// What has no special character is itself.
		if flags == "" && regexp.QuoteMeta(pattern) == pattern && re.String() != pattern {
			t.Fatalf("%q became %q", pattern, re)
		}
		if quoted, err := Compile(regexp.QuoteMeta(text), ""); utf8.ValidString(text) && (err != nil || !quoted.MatchString(text)) {
			t.Fatalf("quoted %q does not match itself: %v, %v", text, quoted, err)
		}
	})
}
