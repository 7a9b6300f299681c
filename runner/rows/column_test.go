package rows

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"xpool/runner/input"
)

func TestSplit(t *testing.T) {
	tests := []struct {
		expr, record string
		want         string // with | between columns
	}{
		{",", "a,,b,", "a||b|"},
		{",", "", ""},
		{`\|`, "a|b", "a\x00b"},
		{`\.`, "a.b", "a|b"},
		{`\t`, "a\tb", "a|b"},
		{`\s+`, " a \v b", "|a|b"},
		{`[\s,]`, "a\v,b", "a||b"},
		{`[^\S]`, "a\vb", "a|b"},
		{`\S`, "\va ", "\v| "},
		{`\h`, "a\u00a0b\tc\nd", "a|b|c\nd"},
		{`\H+`, "ab \tc", "| \t|"},
		{`\v`, "a\u2028b\nc", "a|b|c"},
		{`\R`, "a\r\nb\nc", "a|b|c"},
		{`\N`, "a\n", "|\n"},
		{`[\b]`, "a\bb", "a|b"},
		{`\b`, "ab cd", "ab| |cd|"},
		{`\x2c`, "a,b", "a|b"},
		{`\x{2C}+`, "a,,b", "a|b"},
		{`\x9`, "a\tb", "a|b"},
		{`\054`, "a,b", "a|b"},
		{`\54`, "a,b", "a|b"},
		{`\e`, "a\x1bb", "a|b"},
		{`\cI`, "a\tb", "a|b"},
		{`\ci`, "a\tb", "a|b"},
		{`,{,2}`, "a,,b", "a|b|"},
		{`,{2,}`, "a,b,,,c", "a,b|c"},
		{`a{x}`, "1a{x}2", "1|2"},
		{`(,)|(;)`, "a,b;c", "a|,||b||;|c"},
		{`(?<x>,)`, "a,b", "a|,|b"},
		{`(?i)x`, "aXb", "a|b"},
		{`,(?#comma)`, "a,b", "a|b"},
		{`[]x]`, "a]b", "a|b"},
		{`[^]x]`, "]ax", "]|x"},
		{`[[:digit:]]+`, "a12b", "a|b"},
		{``, "abc", "a|b|c|"},
		{`^`, "a\nb", "a\n|b"},
		{`$`, "ab", "ab|"},
		{`é`, "aéb", "a|b"},
		{`\é`, "aéb", "a|b"},
		{`[é·]`, "aéb·c", "a|b|c"},
		{`.`, "é\xff", "||"},
		{`,+`, "\xff,,\xfe", "\xff|\xfe"},
		{`\p{L}+`, "1ab2", "1|2"},
	}
	for _, test := range tests {
		s, err := ParseSeparator(test.expr)
		if err != nil {
			t.Errorf("%q: %v", test.expr, err)
			continue
		}
		want := strings.Split(test.want, "|")
		if strings.Contains(test.want, "\x00") {
			want = strings.Split(test.want, "\x00")
		}
		if got := s.Split(test.record); !slices.Equal(got, want) {
			t.Errorf("%q splits %q into %q, want %q", test.expr, test.record, got, want)
		}
	}
}

func TestSeparatorErrors(t *testing.T) {
	for expr, want := range map[string]string{
		`(?=x)`:     "looking ahead",
		`(?!x)`:     "looking ahead",
		`(?<=x),`:   "looking behind",
		`(?<!x),`:   "looking behind",
		`(?>x)`:     "do not go back",
		`,++`:       "possessive",
		`,{1,2}+`:   "possessive",
		`(,)\1`:     "references to groups",
		`(?x) ,`:    `the flag "x"`,
		`a\K,`:      `\K is not supported`,
		`[\H]`:      "within [...]",
		`(*SKIP),`:  "verbs",
		`(?{1})`:    "code",
		`\Q|\E`:     `\Q is not supported`,
		`(`:         "missing closing )",
		`[`:         "missing closing ]",
		`*`:         "missing argument",
		`x\`:        "backslash",
		`(?#`:       "no end",
		`,{2000}`:   "invalid repeat count",
		"\xff":      "UTF-8",
		`\c`:        "no character",
		`\p{Nope}`:  "invalid character class",
		`(?P=x)`:    "references to groups",
		`(?|a|b)`:   "begin to count again",
		`(?(1)a|b)`: "conditions",
	} {
		_, err := ParseSeparator(expr)
		var sep *SeparatorError
		if !errors.As(err, &sep) || sep.Expr != expr || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", expr, err, want)
		}
	}
}

// perlSplits returns what Perl makes of pairs of an expression and a record: each as %q prints it here.
func perlSplits(t *testing.T, pairs [][2]string) []string {
	t.Helper()
	perl, err := exec.LookPath("perl")
	if err != nil && os.Getenv("CI") != "" {
		t.Fatal(err)
	} else if err != nil {
		t.Skip(err)
	}
	var in bytes.Buffer
	for _, p := range pairs {
		in.WriteString(p[0] + "\x00" + p[1] + "\x00")
	}
	cmd := exec.Command(perl, "-0ne", `chomp; if ($. % 2) { $re = $_; next }
		print join("\x01", map { defined $_ ? $_ : "" } split(/$re/, $_, -1)), "\x00"`)
	cmd.Stdin = &in
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00")
}

func TestSplitAsPerl(t *testing.T) {
	rnd := rand.New(rand.NewPCG(7, 7))
	pick := func(words ...string) string { return words[rnd.IntN(len(words))] }
	var pairs [][2]string
	for range 3000 {
		var expr, record strings.Builder
		for range 1 + rnd.IntN(3) {
			expr.WriteString(pick(",", ";", `\s`, `\h`, `\S`, `\v`, `[,;]`, `[^,a]`, `\d`, "a", `\x2c`, `[[:alpha:]]`, `\b`, "."))
			if !strings.HasSuffix(expr.String(), `\b`) {
				expr.WriteString(pick("", "", "", "+", "*", "?", "{2}", "{,2}", "{1,}"))
			}
		}
		if rnd.IntN(4) == 0 {
			e := expr.String()
			expr.Reset()
			expr.WriteString("(" + e + ")")
		}
		for range rnd.IntN(10) {
			record.WriteString(pick(",", ";", " ", "\t", "a", "b1", "2", "\n", "\r\n", "\v"))
		}
		pairs = append(pairs, [2]string{expr.String(), record.String()})
	}
	for i, want := range perlSplits(t, pairs) {
		s, err := ParseSeparator(pairs[i][0])
		if err != nil {
			t.Errorf("%q: %v", pairs[i][0], err)
			continue
		}
		if got := strings.Join(s.Split(pairs[i][1]), "\x01"); got != want {
			t.Errorf("%q splits %q into %q, Perl into %q", pairs[i][0], pairs[i][1], got, want)
		}
	}
}

// FuzzSeparator checks that an expression is refused with a reason or splits without losing anything: without groups, the
// columns are pieces of the record, in order.
func FuzzSeparator(f *testing.F) {
	for _, expr := range []string{`,`, `\s*[,;]\h{,2}`, `(?i)x|[^]\]a-z]`, `\cA\x{41}\x4\e\012`, `(?#c)(?:a)*`, `\N\R\V`, "(?#\x80)"} {
		f.Add(expr, "a, b;c")
	}
	f.Fuzz(func(t *testing.T, expr, record string) {
		s, err := ParseSeparator(expr)
		if err != nil {
			var sep *SeparatorError
			if !errors.As(err, &sep) || sep.Reason == "" {
				t.Fatalf("%q: %v", expr, err)
			}
			return
		}
		cols := s.Split(record)
		if len(cols) == 0 || !utf8.ValidString(expr) {
			t.Fatalf("%q splits %q into %q", expr, record, cols)
		}
		if s.re.NumSubexp() > 0 {
			return
		}
		rest := record
		for _, col := range cols {
			i := strings.Index(rest, col)
			if i < 0 {
				t.Fatalf("%q splits %q into %q", expr, record, cols)
			}
			rest = rest[i+len(col):]
		}
	})
}

func TestTrim(t *testing.T) {
	for value, want := range map[string]string{
		"n": " \va\u00a0\r\n", "l": "a\u00a0\r\n", "r": " \va\u00a0", "lr": "a\u00a0", "rl": "a\u00a0",
	} {
		trim, err := ParseTrim(value)
		if got := trim.trim(" \va\u00a0\r\n"); got != want || err != nil {
			t.Errorf("%s: %q, %v", value, got, err)
		}
	}
	var trim *TrimError
	if _, err := ParseTrim("x"); !errors.As(err, &trim) || trim.Value != "x" {
		t.Errorf("x: %v", err)
	}
}

func TestCSV(t *testing.T) {
	tests := []struct {
		sep, text string
		want      string // columns with | between, rows with a newline
	}{
		{",", `"1 big, 2 small","2""x4"" plank",12.34`, `1 big, 2 small|2"x4" plank|12.34`},
		{";", "\"Start of field 1 with newline\nLine 2 in field 1\";value 2\n", "Start of field 1 with newline\x00Line 2 in field 1|value 2"},
		{",", "a,,\n,\n\nb", "a||\n|\n\nb"},
		{",", "a,\"b\r\nc\"\r\nd\r\n", "a|b\r\x00c\nd"},
		{",", "\"\"\"\n\"\"\",\"\"\nx", "\"\x00\"|\nx"},
		{"::", `a:b::"c::d"::e`, "a:b|c::d|e"},
		{",", "a\"b\nc", "!2 1\nc"},
		{",", "x,\"a\"b\nc", "!3 2\nc"},
		{",", "x,\"a\nb\n", "!1 2"},
	}
	for _, test := range tests {
		r := reader(t, Options{CSV: test.sep, Delim: '\n'}, lineSource(test.text))
		var got []string
		for {
			row, err := r.Next()
			if err != nil {
				break
			}
			text := strings.ReplaceAll(strings.Join(row.Args, "|"), "\n", "\x00")
			var csv *CSVError
			if errors.As(row.Bad, &csv) {
				text = fmt.Sprintf("!%d %d", csv.Kind+1, csv.Column)
			}
			got = append(got, text)
		}
		if strings.Join(got, "\n") != test.want {
			t.Errorf("%q: %q, want %q", test.text, got, test.want)
		}
	}
}

// An open quote is not kept without a bound, and the records after it are read.
func TestCSVOpenQuote(t *testing.T) {
	text := "\"a\n" + strings.Repeat("b\n", 100) + "\"\nc\n"
	r := reader(t, Options{CSV: ",", Delim: '\n', MaxRecord: 20}, lineSource(text))
	row, err := r.Next()
	var long *input.TooLongError
	if err != nil || !errors.As(row.Bad, &long) || long.Limit != 20 || len(row.Args[0]) > 20 {
		t.Errorf("%q, %v, %v", row.Args, row.Bad, err)
	}
	if got := all(t, r); got != "c" {
		t.Errorf("then %q", got)
	}
}

// FuzzCSV has encoding/csv as its oracle: what it takes is the same here, but for carriage returns, which it drops, and
// empty lines, which it leaves out.
func FuzzCSV(f *testing.F) {
	f.Add("a,\"b\nc\"\"\",d\n\"\",\n", byte(','))
	f.Add("\"a;\nb\n\";;c", byte(';'))
	f.Fuzz(func(t *testing.T, text string, sep byte) {
		if strings.Contains(text, "\r") || sep == '"' || sep == '\n' || sep == '\r' || sep == 0 || sep >= utf8.RuneSelf {
			t.Skip("not the same")
		}
		want := csv.NewReader(strings.NewReader(text))
		want.Comma = rune(sep)
		want.FieldsPerRecord = -1
		r, err := New([]Source{lineSource(text)}, Options{CSV: string(rune(sep)), Delim: '\n'})
		if err != nil {
			t.Fatal(err)
		}
		for {
			fields, err := want.Read()
			if err != nil && len(fields) == 0 && !errors.Is(err, csv.ErrQuote) && !errors.Is(err, csv.ErrBareQuote) {
				return
			}
			row, rowErr := r.Next()
			for rowErr == nil && len(row.Args) == 1 && row.Args[0] == "" && row.Bad == nil && (err != nil || !slices.Equal(fields, row.Args)) {
				row, rowErr = r.Next()
			}
			if rowErr != nil || (err != nil) != (row.Bad != nil) {
				t.Fatalf("%q: %q, %v, %v; want %q, %v", text, row.Args, row.Bad, rowErr, fields, err)
			}
			if err != nil {
				return // where the next record begins is another question
			}
			if !slices.Equal(row.Args, fields) {
				t.Fatalf("%q: %q, want %q", text, row.Args, fields)
			}
		}
	})
}
