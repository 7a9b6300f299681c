package block

import (
	"bytes"
	"errors"
	"regexp"
	"strings"
	"testing"
	"testing/iotest"
)

// fuzzOptions makes options of what a fuzzer likes to change.
func fuzzOptions(end, start string, flags byte, size, records, lines uint8) Options {
	o := Options{Size: int64(size), Records: int(records % 8), Lines: int(lines % 4), Regexp: flags&1 != 0}
	if flags&2 != 0 {
		o.RecEnd = &end
	}
	if flags&4 != 0 {
		o.RecStart = &start
	}
	o.Header = Header{Lines: int(flags >> 5 & 3)}
	return o
}

// FuzzSplitter holds the blocks against the input: together they are the input, each ends where a record does, and they
// have as many records as were asked for. How the input comes makes no difference.
func FuzzSplitter(f *testing.F) {
	f.Add("a\nb\nc\n", "\n", "", byte(0), uint8(4), uint8(0), uint8(0))
	f.Add("a,b,,c", ",", "", byte(2), uint8(3), uint8(2), uint8(0))
	f.Add("/a,/b,c/d", ",", "/", byte(6), uint8(3), uint8(0), uint8(0))
	f.Add("a,,b,c", ",+", "[bc]", byte(7), uint8(4), uint8(1), uint8(0))
	f.Add("h\n1\n2\n3\n4", "", "", byte(0x20), uint8(4), uint8(0), uint8(2))
	f.Fuzz(func(t *testing.T, text, end, start string, flags byte, size, records, lines uint8) {
		o := fuzzOptions(end, start, flags, size, records, lines)
		if o.Validate() != nil || len(text) > 1<<12 {
			return
		}
		header := ""
		if n := o.Header.Lines; n > 0 && strings.Count(text, "\n") >= n {
			header = strings.Join(strings.SplitAfterN(text, "\n", n+1)[:n], "")
		}
		got, err := split(t, strings.NewReader(text), o)
		if err != nil {
			t.Fatal(err)
		}
		again, _ := split(t, iotest.OneByteReader(strings.NewReader(text)), o)
		if strings.Join(got, "\x00|") != strings.Join(again, "\x00|") {
			t.Fatalf("%q, byte by byte %q", got, again)
		}
		var body []string
		for _, b := range got {
			if !strings.HasPrefix(b, header) || len(b) == len(header) {
				t.Fatalf("block %q without header %q or without data", b, header)
			}
			body = append(body, b[len(header):])
		}
		if header+strings.Join(body, "") != text {
			t.Fatalf("%q is not %q", body, text)
		}
		checkBorders(t, body, o)
	})
}

// checkBorders looks at the place between any two of the blocks. The model knows strings, lines and bytes only.
func checkBorders(t *testing.T, blocks []string, o Options) {
	t.Helper()
	if o.Lines > 0 {
		o.RecEnd, o.RecStart = nil, nil
	}
	sep, err := newSeparator(o)
	if err != nil {
		t.Fatal(err)
	}
	l, ok := sep.(*literal)
	if !ok {
		return
	}
	for i := range len(blocks) - 1 {
		rest := strings.Join(blocks[i+1:], "")
		if !strings.HasSuffix(blocks[i], string(l.end)) || !strings.HasPrefix(rest, string(l.start)) {
			t.Errorf("%q: block %d does not end at a border", blocks, i)
		}
		n := countRecords(blocks[i], rest, l)
		switch {
		case o.Records > 0 && n != o.Records*max(o.Lines, 1):
			t.Errorf("%q: block %d has %d records", blocks, i, n)
		case o.Lines > 0 && n%o.Lines != 0:
			t.Errorf("%q: block %d has %d lines", blocks, i, n)
		}
	}
}

// countRecords counts the records in block, which rest follows, the slow way.
func countRecords(block, rest string, l *literal) int {
	all, n, begin := block+rest, 0, 0
	for at := 0; at < len(block); at++ {
		if border := at + len(l.end); strings.HasPrefix(all[at:], string(l.both)) && border > begin && border <= len(block) {
			n, begin = n+1, border
			at = border - 1
		}
	}
	if begin < len(block) { // its border is the start of a record in rest
		n++
	}
	return n
}

// FuzzStrip holds strip against the library's own way.
func FuzzStrip(f *testing.F) {
	f.Add("a,b,,c", ",", "")
	f.Add("/a,/b,", ",", "/")
	f.Fuzz(func(t *testing.T, text, end, start string) {
		if end+start == "" {
			return
		}
		want := text
		if end != "" && start != "" {
			want = strings.TrimSuffix(strings.TrimPrefix(want, start), end)
		}
		want = strings.ReplaceAll(want, end+start, "")
		l := &literal{end: []byte(end), start: []byte(start), both: []byte(end + start)}
		if got := l.strip([]byte(text)); string(got) != want {
			t.Errorf("%q, want %q", got, want)
		}
	})
}

// FuzzPerl checks that what is taken for good can be used in every place, and that the rest is refused in the same way.
func FuzzPerl(f *testing.F) {
	for _, s := range []string{`a\hb`, `[\h\]]\R`, `\Qa.b\E+`, `(?#x)\012\x0a`, `[[:alpha:][:]`, `a++`, `(?=x)`, `[]a]`} {
		f.Add(s, "x y\n")
	}
	f.Fuzz(func(t *testing.T, p, text string) {
		group, err := compilePerl("--recend", p)
		if err != nil {
			var bad *RegexpError
			if !errors.As(err, &bad) || bad.Reason == "" || bad.Pattern != p {
				t.Fatalf("%q: %v", p, err)
			}
			return
		}
		if _, err := regexp.Compile(group); err != nil {
			t.Fatal(err)
		}
		sep, err := newPattern(p, "")
		if err != nil {
			t.Skip(err) // too large when put together
		}
		b := []byte(text)
		if n := sep.last(b, 0); n < 0 || n > len(b) {
			t.Fatalf("border %d of %d", n, len(b))
		}
		if left := sep.strip(bytes.Clone(b)); len(left) > len(b) {
			t.Fatalf("%q became %q", b, left)
		}
	})
}

func FuzzUnescape(f *testing.F) {
	f.Add(`a\n\x0a\012\0\\\q\`)
	f.Fuzz(func(t *testing.T, s string) {
		got := Unescape(s)
		if len(got) > len(s) || !strings.Contains(s, `\`) && got != s {
			t.Errorf("%q became %q", s, got)
		}
	})
}

func TestUnescape(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "a": "a", `\n`: "\n", `a\tb`: "a\tb", `\0`: "\x00", `\012`: "\n", `\0123`: "\n3", `\x0a`: "\n", `\xAz`: "\nz",
		`\\n`: `\n`, `\d`: `\d`, `\`: `\`, `\x`: `\x`, `\777`: "\x3f7", `\\`: `\`,
	} {
		if got := Unescape(in); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
}

func TestPerl(t *testing.T) {
	for _, c := range []struct{ pattern, text, want string }{
		{`\h+`, "a \t\nb", " \t"},
		{`\R`, "a\r\nb", "\r\n"},
		{`[\h,]+`, "a, ,b", ", ,"},
		{`\s`, "a\vb", "\v"},
		{`\Q.*\E`, "a.*b", ".*"},
		{`\Q.*`, "a.*b", ".*"},
		{`(?#dot)\.`, "a.b", "."},
		{`[]]`, "a]b", "]"},
		{`[^]]`, "]b", "b"},
		{`[[]`, "a[b", "["},
		{`[[:digit:]]+`, "a12b", "12"},
		{`\N+`, "\nab\n", "ab"},
		{`\0`, "a\x00", "\x00"},
		{`\12`, "a\n", "\n"},
		{`\e`, "a\x1b", "\x1b"},
		{`b$`, "ab\nc", "b"},
		{`(?i)B`, "ab", "b"},
		{`@.*(/1| 1:.*)\n[A-Za-z\n\.~]`, "x\n@ab/1\nA", "@ab/1\nA"},
	} {
		group, err := compilePerl("--recend", c.pattern)
		if err != nil {
			t.Error(err)
			continue
		}
		if got := regexp.MustCompile(group).FindString(c.text); got != c.want {
			t.Errorf("%q finds %q, want %q", c.pattern, got, c.want)
		}
	}
	for _, p := range []string{`(?=a)`, `(?!a)`, `(?<=a)`, `(?<!a)`, `(?>a)`, `(?|a)`, `(?(1)a)`, `(?#a`, `(a)\1`, `\g1`, `a\K`, `a++`, `a\Z`, `[`, `(`, `a)(b`, `a)`, `a**`} {
		var bad *RegexpError
		if _, err := compilePerl("--recend", p); !errors.As(err, &bad) || bad.Option != "--recend" {
			t.Errorf("%q: %v", p, err)
		}
	}
}
