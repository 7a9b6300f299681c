package input

import (
	"errors"
	"io"
	"io/fs"
	"strings"
	"syscall"
	"testing"
	"testing/iotest"
)

// shown writes the records of src as one string: <record>, with + behind one whose line goes on, ! behind a bad one, and
// the quote behind all of them if one was not matched. It fails on any other error.
func shown(t *testing.T, src Source) string {
	t.Helper()
	var b strings.Builder
	for {
		rec, err := src.Next()
		if err != nil {
			if _, again := src.Next(); again != err {
				t.Errorf("Next after %v: %v", err, again)
			}
			var quote *QuoteError
			if errors.As(err, &quote) {
				b.WriteByte(quote.Quote)
			} else if err != io.EOF {
				t.Errorf("error %v", err)
			}
			return b.String()
		}
		b.WriteString("<" + rec.Text + ">")
		if rec.LineGoesOn {
			b.WriteByte('+')
		}
		if rec.Bad != nil {
			b.WriteByte('!')
		}
	}
}

// wordCase is an input and what shown makes of it.
type wordCase struct {
	text string
	opt  WordOptions
	want string
}

func wordCases() []wordCase {
	plain, line := WordOptions{}, WordOptions{Lines: true}
	end, endLine := WordOptions{End: "E"}, WordOptions{End: "E", Lines: true}
	return []wordCase{
		{"", plain, ""},
		{" \n\t\n", plain, ""},
		{"a b\tc\nd", plain, "<a>+<b>+<c><d>"},
		{"\n\n  a \n\n b\n", plain, "<a>+<b>"},
		{"a \n \n b\nc", plain, "<a>+<b><c>"},
		{"a\rb\vc\fd \r\v\fe\r\nf", plain, "<a\rb\vc\fd>+<e\r><f>"},
		{"a\v\nb\n", plain, "<a\v><b>"},
		{`'a b'"c d"\ e f`, plain, "<a bc d e>+<f>"},
		{`'a\' "b'\"`, plain, `<a\>+<b'\>`},
		{"'' \"\"\nx", plain, "<>+<><x>"},
		{"a\\\n\nb", plain, "<a\n><b>"},
		{"a\\ \nb\nc", plain, "<a >+<b><c>"},
		{"'a '\nb\n", plain, "<a ><b>"},
		{"x 'a\nb'", plain, "<x>+'"},
		{"x \"a\nb\" c", plain, `<x>+"`},
		{"x 'a", plain, "<x>+'"},
		{"x 'a\"", plain, "<x>+'"},
		{"\xff\xfe \xc3\xa9\n", plain, "<\xff\xfe>+<\xc3\xa9>"},

		// What the end of the input hides.
		{"a ''", plain, "<a>+"},
		{"a '", plain, "<a>+"},
		{"a \\", plain, "<a>+"},
		{"a\\", plain, "<a>"},
		{"\x00", plain, "<\x00>"},

		{"a\x00b c\n\x00", plain, "<a\x00b>+<c><\x00>"},
		{"'a\x00b' \\\x00\n", plain, "<a\x00b>+<\x00>"},

		{" a b \n\n\t\vc\n", line, "<a b ><c>"},
		{"'a b'  c\nd\\\ne", line, "<a b  c><d\ne>"},
		{"''\n''", line, "<>"},
		{"a 'b\nc\n", line, "'"},
		{"a\\ \nb", line, "<a ><b>"},

		{"a E b", end, "<a>+"},
		{"a 'E' b", end, "<a>+"},
		{"a \\E b", end, "<a>+"},
		{"a E\x00x b", end, "<a>+"},
		{"a Ex \\\\E b E'", end, "<a>+<Ex>+<\\E>+<b>+'"},
		{"a E 'b", end, "<a>+"},
		{"a E", end, "<a>+<E>"},
		{"a\n E", end, "<a>"},
		{"a \n E", end, "<a>+<E>"},
		{"a\\ \nE", end, "<a >+"},
		{"a\nE\x00", end, "<a>"},
		{" E\na", endLine, ""},
		{"E a\nE \n'E'\nb", endLine, "<E a><E >"},
		{"a \nE", endLine, "<a >"},

		{"abc abcd a\n", WordOptions{MaxRecord: 3}, "<abc>+<abc>!<a>"},
		{"'abcdefg\\ h' i\n", WordOptions{MaxRecord: 3}, "<abc>!<i>"},
		{"abc\\ d 'x\n", WordOptions{MaxRecord: 3}, "<abc>!'"},
		{"x abcd", WordOptions{MaxRecord: 3}, "<x>+<abc>!"},
		{"x abc'd", WordOptions{MaxRecord: 3}, "<x>+<abc>!'"},
		{"Ex y\n", WordOptions{MaxRecord: 1, End: "E"}, "<E>!<y>"},
	}
}

func TestWords(t *testing.T) {
	for _, c := range wordCases() {
		for name, r := range map[string]io.Reader{
			"whole":    strings.NewReader(c.text),
			"bytes":    iotest.OneByteReader(strings.NewReader(c.text)),
			"with EOF": iotest.DataErrReader(strings.NewReader(c.text)),
		} {
			if got := shown(t, Words(r, c.opt)); got != c.want {
				t.Errorf("%q, %+v, %s: %q, want %q", c.text, c.opt, name, got, c.want)
			}
		}
	}
}

func TestWordsOverBlocks(t *testing.T) {
	long := strings.Repeat("x", 3*blockSize+5)
	expect(t, Words(strings.NewReader(long+" 'a"+long+"' b"), WordOptions{}), long, "a"+long, "b")
	edge := strings.Repeat("y", blockSize-1)
	expect(t, Words(strings.NewReader(edge+"\\\n"+edge+"' '\nb"), WordOptions{}), edge+"\n"+edge+" ", "b")
}

func TestWordsNUL(t *testing.T) {
	calls := 0
	src := Words(strings.NewReader("a b\x00\x00 c\x00\n"), WordOptions{OnNUL: func() { calls++ }})
	for i, want := range []int{0, 1, 1} {
		if _, err := src.Next(); err != nil || calls != want {
			t.Errorf("record %d: error %v, %d calls, want %d", i+1, err, calls, want)
		}
	}
	// The warning comes first where the record is too long because of that very byte.
	calls = 0
	src = Words(strings.NewReader("a\x00"), WordOptions{MaxRecord: 1, OnNUL: func() { calls++ }})
	if rec, err := src.Next(); err != nil || rec.Bad == nil || calls != 1 {
		t.Errorf("%+v, %v, %d calls; want a bad record and one call", rec, err, calls)
	}
}

// A record comes out before anything after its delimiter has been written.
func TestWordsDoesNotReadAhead(t *testing.T) {
	r, w := io.Pipe()
	src := Words(r, WordOptions{})
	done := make(chan error, 1)
	next := make(chan struct{})
	go func() {
		for range 3 {
			if _, err := io.WriteString(w, "wo'r'd "); err != nil {
				done <- err
				return
			}
			<-next
		}
		done <- w.Close()
	}()
	for range 3 {
		if rec, err := src.Next(); err != nil || rec.Text != "word" {
			t.Fatalf("Next = %q, %v", rec.Text, err)
		}
		next <- struct{}{}
	}
	expect(t, src)
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestWordsReadError(t *testing.T) {
	for _, torn := range []string{"torn", "'torn", "torn\\"} {
		r := io.MultiReader(strings.NewReader("a "+torn), iotest.ErrReader(syscall.EIO))
		got, err := readAll(t, Words(r, WordOptions{Name: "list"}))
		equal(t, got, []string{"a"})
		var se *SourceError
		if !errors.As(err, &se) || se.Op != "read" || se.Name != "list" || !errors.Is(err, syscall.EIO) {
			t.Errorf("error %v, want a SourceError for list", err)
		}
	}
}

func TestWordsClose(t *testing.T) {
	src := Words(strings.NewReader("a b 'c"), WordOptions{})
	if rec, err := src.Next(); err != nil || rec.Text != "a" {
		t.Fatalf("Next = %q, %v", rec.Text, err)
	}
	for range 2 {
		if err := src.Close(); err != nil {
			t.Error(err)
		}
	}
	if got, err := readAll(t, src); len(got) != 0 || !errors.Is(err, fs.ErrClosed) {
		t.Errorf("after Close: %q, %v; want fs.ErrClosed", got, err)
	}
}

func TestQuoteError(t *testing.T) {
	const tail = " quote; by default quotes are special to xargs unless you use the -0 option"
	for quote, want := range map[byte]string{'\'': "unmatched single" + tail, '"': "unmatched double" + tail} {
		if got := (&QuoteError{Quote: quote}).Error(); got != want {
			t.Errorf("error %q, want %q", got, want)
		}
	}
}

func BenchmarkWords(b *testing.B) {
	const record = "dir/file012.txt\n"
	src := Words(repeat{[]byte(strings.Repeat(record, blockSize/len(record)))}, WordOptions{})
	b.SetBytes(int64(len(record)))
	b.ReportAllocs()
	for b.Loop() {
		if rec, err := src.Next(); err != nil || len(rec.Text) != len(record)-1 {
			b.Fatal(rec, err)
		}
	}
}
