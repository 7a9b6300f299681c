package block

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"
)

// split returns the blocks of text, headers included.
func split(t testing.TB, r io.Reader, o Options) ([]string, error) {
	t.Helper()
	s, err := NewSplitter(r, o)
	if err != nil {
		t.Fatal(err)
	}
	var blocks []string
	for seq := int64(1); ; seq++ {
		b, err := s.Next(t.Context())
		if err == io.EOF {
			return blocks, nil
		}
		if err != nil {
			return blocks, err
		}
		if b.Seq != seq {
			t.Errorf("block %d is numbered %d", seq, b.Seq)
		}
		var text strings.Builder
		if n, err := b.WriteTo(&text); n != b.Size() || err != nil {
			t.Errorf("WriteTo = %d, %v; want %d", n, err, b.Size())
		}
		blocks = append(blocks, text.String())
		b.Release()
		b.Release() // does nothing
	}
}

// lines returns the numbers from first to last, a line each.
func lines(first, last int) string {
	var text strings.Builder
	for i := first; i <= last; i++ {
		text.WriteString(strconv.Itoa(i) + "\n")
	}
	return text.String()
}

// splitCases are what GNU parallel 20221122 makes of these, but for those that say otherwise. Newlines are written as
// dots and blocks are ended by bars, to be read more easily.
func splitCases() []splitCase {
	seq12, seq10 := lines(1, 12), lines(1, 10)
	return []splitCase{
		{"", Options{}, ""},
		{seq12, Options{}, "1.2.3.4.5.6.7.8.9.10.11.12.|"},
		{seq12, Options{Size: 1}, "1.|2.|3.|4.|5.|6.|7.|8.|9.|10.|11.|12.|"},
		{seq12, Options{Size: 6}, "1.2.3.|4.5.6.|7.8.9.|10.11.|12.|"},
		{seq12, Options{Size: 10}, "1.2.3.4.5.|6.7.8.9.|10.11.12.|"},
		{"aaaaaaaaaaaaaaaaaaaaaa\n" + "b\nc\nd\ne\nf\ng\nh\ni\nj\nk\nl\nm\nn\n", Options{Size: 3},
			"aaaaaaaaaaaaaaaaaaaaaa.|b.c.d.e.f.g.h.i.j.k.l.m.|n.|"},
		{"aa\nbb\ncc\nd", Options{Size: 8}, "aa.bb.|cc.d|"},
		{"aXbXc", Options{Size: 3, RecEnd: new("X")}, "aX|bX|c|"},
		{"ababababab", Options{Size: 5, RecEnd: new("aba")}, "ababa|baba|b|"},
		{"ababababab", Options{Size: 5, RecEnd: new("b"), RecStart: new("a")}, "abab|abab|ab|"},
		{"ababababab", Options{Size: 7, RecStart: new("aba")}, "abab|ababab|"},
		{seq12, Options{Size: 8, RecStart: new("1")}, "1.2.3.4.5.6.7.8.9.10.1|1.12.|"},
		{seq10, Options{Size: 4, RecEnd: new("")}, "1.2.|3.4.|5.6.|7.8.|9.10|.|"},
		{"a\x00b\x00c\x00d\x00", Options{Size: 4, RecEnd: new(`\0`)}, "a\x00b\x00|c\x00d\x00|"},

		{seq12, Options{Records: 5}, "1.2.3.4.5.|6.7.8.9.10.|11.12.|"},
		{seq12, Options{Records: 2, Size: 3}, "1.2.|3.4.|5.6.|7.8.|9.10.|11.12.|"},
		{"a\n\n\nb", Options{Records: 1}, "a.|.|.|b|"}, // GNU parallel: "a.|..|b|"
		{"a,b,c,d,,e,f", Options{Records: 2, RecEnd: new(",")}, "a,b,|c,d,|,e,|f|"},
		{"/a//b/", Options{Records: 1, RecStart: new("/")}, "/a|/|/b|/|"},
		{"x/a//b//c/d/e", Options{Size: 5, RecStart: new("/")}, "x/a/|/b/|/c/d|/e|"},
		{"/a,/b,/c,x/d,y/e", Options{Records: 1, RecStart: new("/"), RecEnd: new(",")}, "/a,|/b,|/c,x/d,y/e|"},
		{"abcdefg", Options{Records: 3, Size: 4, RecEnd: new("")}, "abc|def|g|"}, // GNU parallel cuts at its blocks as well

		{lines(1, 20), Options{Lines: 2, Size: 13}, "1.2.3.4.5.6.|7.8.9.10.|11.12.13.14.|15.16.17.18.|19.20.|"},
		{seq12, Options{Lines: 2, Records: 2}, "1.2.3.4.|5.6.7.8.|9.10.11.12.|"},
		{seq12 + "1", Options{Lines: 2, Size: 10}, "1.2.3.4.|5.6.7.8.|9.10.|11.12.|1|"},
		{"1,2,3,4", Options{Lines: 2, Size: 2, RecEnd: new(",")}, "1,2,3,4|"},

		{seq10, Options{RemoveSep: true, Records: 3}, "123|456|789|10|"},
		{seq12, Options{RemoveSep: true, Lines: 3, Size: 8}, "123|456|789|101112|"},
		{"a,b\nc\nd,", Options{RemoveSep: true, Lines: 1, Size: 6, RecEnd: new(",")}, "ab.c.|d|"},
		{"/a,/b,/c,x/d,y/e,/f,", Options{RecStart: new("/"), RecEnd: new(","), Records: 2, RemoveSep: true}, "ab|c,x/d,y/ef|"},
		{"a,b,,,,,,,c,d", Options{RecEnd: new(","), Size: 4, RemoveSep: true}, "ab|c|d|"},
		{"xx1a1b", Options{RecStart: new("1"), Records: 1, RemoveSep: true}, "xx|a|b|"},
	}
}

type splitCase struct {
	text string
	opt  Options
	want string
}

func bars(blocks []string) string {
	var text strings.Builder
	for _, b := range blocks {
		text.WriteString(strings.ReplaceAll(b, "\n", ".") + "|")
	}
	return text.String()
}

func TestSplit(t *testing.T) {
	for _, c := range slices.Concat(splitCases(), regexpCases(), headerCases()) {
		for name, r := range map[string]io.Reader{
			"whole": strings.NewReader(c.text), "bytes": iotest.OneByteReader(strings.NewReader(c.text)),
			"halves": iotest.HalfReader(strings.NewReader(c.text)), "with EOF": iotest.DataErrReader(strings.NewReader(c.text)),
		} {
			got, err := split(t, r, c.opt)
			if bars(got) != c.want || err != nil {
				t.Errorf("%q %+v %s: %q, %v; want %q", c.text, c.opt, name, bars(got), err, c.want)
			}
		}
	}
}

func regexpCases() []splitCase {
	seq12, seq10 := lines(1, 12), lines(1, 10)
	re := func(end, start string, o Options) Options {
		o.Regexp = true
		if end != "" {
			o.RecEnd = &end
		}
		if start != "" {
			o.RecStart = &start
		}
		return o
	}
	return []splitCase{
		{seq10, re(`[13579]\n`, "", Options{Size: 6}), "1.2.3.|4.5.|6.7.|8.9.|10.|"},
		{seq10, re(`[13579]\n`, "", Options{Records: 1}), "1.|2.3.|4.5.|6.7.|8.9.|10.|"},
		{seq10, re(`[13579]\n`, "", Options{Records: 1, RemoveSep: true}), "2.|4.|6.|8.|10.|"},
		{seq10, re(`[13579]\n`, "", Options{Size: 8, RemoveSep: true}), "2.|4.6.|8.10.|"},
		{seq10, re("", `[13579]\n`, Options{Size: 6}), "1.2.|3.4.|5.6.|7.8.|9.10.|"},
		{seq10, re("", `[13579]\n`, Options{Records: 1, RemoveSep: true}), "2.|4.|6.|8.|10.|"},
		{seq10, re(`\n`, `[13579]\n`, Options{Records: 1}), "1.2.|3.4.|5.6.|7.8.|9.10.|"},
		{seq10, re(`[13579]`, "", Options{Records: 1}), "1|.2.3|.4.5|.6.7|.8.9|.1|0.|"},
		{seq12, re("", "^1", Options{Records: 1}), "1.2.3.4.5.6.7.8.9.|10.|11.|12.|"},
		{seq12, re("", "^1", Options{Size: 10}), "1.2.3.4.5.6.7.8.9.|10.11.12.|"},
		{seq12, re("1$", "", Options{Records: 1}), "1|.2.3.4.5.6.7.8.9.10.11|.12.|"},
		{seq12, re(`.\n1`, "", Options{Records: 1}), "1.2.3.4.5.6.7.8.9.1|0.1|1.1|2.|"},
		{seq12, re("3.4.", "", Options{Records: 1}), "1.2.3.4.5.6.7.8.9.10.11.12.|"},
		{"a,,b,,,c,_d,e,f", re(",+", "", Options{Size: 5}), "a,,b,|,,c,|_d,e,|f|"},
		{",a,,b,,,c,_d,e,f", re(",+", "", Options{Records: 2}), ",a,,|b,,,c,|_d,e,|f|"},
		{"a,,b,,,c,d", re(",+", "", Options{Records: 1, Size: 5}), "a,,|b,,,|c,|d|"}, // GNU parallel cuts at its blocks as well
		{"a\nb\n\n\nc\nd", re(`\n`, "", Options{Records: 2}), "a.b.|..|c.d|"},
		{"/a,/b,/c,x/d,", re(",", "/", Options{RemoveSep: true}), "abc,x/d|"},
	}
}

func headerCases() []splitCase {
	seq12 := lines(1, 12)
	return []splitCase{
		{seq12, Options{Header: Header{Lines: 1}, Records: 3}, "1.2.3.4.|1.5.6.7.|1.8.9.10.|1.11.12.|"},
		{seq12, Options{Header: Header{Lines: 2}, Size: 5}, "1.2.3.4.|1.2.5.6.|1.2.7.8.|1.2.9.10.|1.2.11.|1.2.12.|"},
		{seq12, Options{Header: Header{Regexp: `(1.*\n)`}, Size: 5}, "1.2.3.|1.4.5.|1.6.7.|1.8.9.|1.10.|1.11.|1.12.|"},
		{"%1\n%2\n3\n4\n", Options{Header: Header{Regexp: `(%.*\n)*`}}, "%1.%2.3.4.|"},
		{"HHHHAAABBBCC", Options{Header: Header{Regexp: ".{4}"}, Size: 3, RecEnd: new("")}, "HHHHAAA|HHHHBBB|HHHHCC|"},
		{"h1\nh2\na\nb\n", Options{Header: Header{Lines: 3}, Records: 1}, "h1.h2.a.b.|"},
		{"h1\nh2\n", Options{Header: Header{Lines: 3}}, "h1.h2.|"},
		{"h\n", Options{Header: Header{Lines: 1}}, ""},
		{"h\na\n\nb\n", Options{Header: Header{Lines: 1}, Records: 1, RemoveSep: true}, "h.a|h.|h.b|"},
		{"h\na\nb\n", Options{Header: Header{Regexp: "(?i)H\n"}, Records: 1}, "h.a.|h.b.|"},
		{"h\na\nb\n", Options{Header: Header{Regexp: "a\n"}, Records: 1}, "h.|a.|b.|"},
	}
}

func TestGrowth(t *testing.T) {
	var got []int64
	o := Options{Size: 3, OnGrow: func(from, to int64) { got = append(got, from, to) }}
	if _, err := split(t, strings.NewReader(strings.Repeat("a", 22)+"\n"), o); err != nil {
		t.Fatal(err)
	}
	if want := []int64{3, 5, 5, 8, 8, 12, 12, 17, 17, 24}; !slices.Equal(got, want) {
		t.Errorf("grown %d, want %d", got, want)
	}
}

func TestNoHeader(t *testing.T) {
	told := 0
	o := Options{Header: Header{Lines: 3}, OnNoHeader: func(string) { told++ }}
	if _, err := split(t, strings.NewReader("a\nb\n"), o); err != nil || told != 1 {
		t.Errorf("told %d times, %v", told, err)
	}
	if _, err := split(t, strings.NewReader(""), o); err != nil || told != 1 {
		t.Errorf("told %d times of an empty input, %v", told, err)
	}
}

// A header that never comes is not looked for to the end of the input.
func TestHeaderIsBounded(t *testing.T) {
	line := strings.Repeat("x", 1<<20-1) + "\n"
	text := strings.Repeat(line, 40)
	got, err := split(t, strings.NewReader(text), Options{Header: Header{Regexp: "zz"}})
	if err != nil || strings.Join(got, "") != text {
		t.Fatal("not the input", err)
	}
	if len(got) != 40 {
		t.Errorf("%d blocks", len(got))
	}
}

func TestReadErrors(t *testing.T) {
	broken := errors.New("broken")
	for _, c := range []struct {
		opt  Options
		want string
	}{
		{Options{}, "a.b.|"},
		{Options{Records: 1}, "a.|b.|"},
		{Options{Records: 3}, "a.b.|"},
		{Options{Records: 3, RecEnd: new("b\n")}, "a.b.|"},
		{Options{Records: 3, RecEnd: new("")}, "a.b|.c|"},
		{Options{Records: 9, RecEnd: new("")}, "a.b.c|"},
		{Options{Records: 3, Regexp: true, RecEnd: new("[ab]\n")}, "a.b.|"},
		{Options{Records: 2, Lines: 2}, "a.b.|"},
		{Options{Records: 2, Lines: 3}, ""},
		{Options{Lines: 2}, "a.b.|"},
		{Options{Regexp: true, RecEnd: new(`\n`)}, "a.b.|"},
	} {
		r := io.MultiReader(strings.NewReader("a\nb\nc"), iotest.ErrReader(broken))
		got, err := split(t, r, c.opt)
		if bars(got) != c.want || !errors.Is(err, broken) {
			t.Errorf("%+v: %q, %v; want %q", c.opt, bars(got), err, c.want)
		}
	}
	if _, err := split(t, stuck{}, Options{}); !errors.Is(err, io.ErrNoProgress) {
		t.Errorf("a reader that does not read: %v", err)
	}
}

// stuck is a reader that returns nothing.
type stuck struct{}

func (stuck) Read([]byte) (int, error) { return 0, nil }

// Next waits for a buffer, and can be told not to.
func TestBuffersAreBounded(t *testing.T) {
	s, err := NewSplitter(strings.NewReader(lines(1, 100)), Options{Size: 6, Buffers: 3})
	if err != nil {
		t.Fatal(err)
	}
	var held []*Block
	for range 3 {
		b, err := s.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		held = append(held, b)
	}
	enough := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(enough)
	if _, err := s.Next(ctx); !errors.Is(err, enough) {
		t.Fatalf("a fourth block: %v", err)
	}
	next := make(chan error)
	go func() {
		b, err := s.Next(t.Context())
		if err == nil && string(b.Data) != "10\n11\n" {
			err = errors.New("wrong block: " + string(b.Data))
		}
		next <- err
	}()
	held[1].Release()
	if err := <-next; err != nil {
		t.Fatal(err)
	}
	if got := string(held[0].Data) + string(held[2].Data); got != "1\n2\n3\n7\n8\n9\n" {
		t.Errorf("held blocks became %q", got)
	}
}

func TestBadOptions(t *testing.T) {
	var re *RegexpError
	var opt *OptionError
	for _, c := range []struct {
		opt  Options
		want any
	}{
		{Options{Regexp: true, RecEnd: new("(")}, &re},
		{Options{Regexp: true, RecEnd: new("x"), RecStart: new("a(?=b)")}, &re},
		{Options{Header: Header{Regexp: "(?<!a)b"}}, &re},
		{Options{Header: Header{Lines: -1}}, &opt},
		{Options{Records: -1}, &opt},
		{Options{Lines: -1}, &opt},
		{Options{Size: -1}, &opt},
		{Options{Size: 1 << 50}, &opt},
	} {
		if _, err := NewSplitter(strings.NewReader(""), c.opt); !errors.As(err, c.want) {
			t.Errorf("%+v: %v", c.opt, err)
		}
	}
}

func TestSkipLines(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		text := make([]byte, rnd.IntN(3000))
		often := 1 + rnd.IntN(80)
		for i := range text {
			text[i] = 'x'
			if rnd.IntN(often) == 0 {
				text[i] = '\n'
			}
		}
		from, n := rnd.IntN(len(text)+1), rnd.IntN(200)
		wantEnd, want := from, 0
		for i := from; i < len(text) && want < n; i++ {
			if text[i] == '\n' {
				wantEnd, want = i+1, want+1
			}
		}
		if end, passed := skipLines(text, from, n); end != wantEnd || passed != want {
			t.Fatalf("%q from %d: %d lines until %d, want %d until %d", text, from, passed, end, want, wantEnd)
		}
	}
}
