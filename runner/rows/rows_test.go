package rows

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"xpool/runner/input"
)

// reader makes a Reader, or ends the test.
func reader(t testing.TB, o Options, sources ...Source) *Reader {
	t.Helper()
	r, err := New(sources, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// wordSource makes a source of the words in a text.
func wordSource(text string) Source { return Source{Words: strings.Fields(text)} }

// lineSource makes a source of the lines in a text.
func lineSource(text string) Source {
	return Source{Records: input.NewReader(strings.NewReader(text), input.Options{Delim: '\n'})}
}

// all returns the rows of r in one text: columns with a blank between them, rows with a comma; ! and the reason after a
// bad one.
func all(t testing.TB, r *Reader) string {
	t.Helper()
	var rows []string
	for {
		row, err := r.Next()
		if err == io.EOF {
			return strings.Join(rows, ",")
		}
		if err != nil {
			t.Fatal(err)
		}
		text := strings.Join(row.Args, " ")
		if row.Bad != nil {
			text += fmt.Sprintf("!%T", row.Bad)
		}
		rows = append(rows, text)
	}
}

// counter is a source of numbers, which counts what is read from it.
type counter struct {
	read   int
	last   int   // the last number; 0 for none
	err    error // told after the last number; nil means io.EOF
	closed bool
}

func (c *counter) Next() (input.Record, error) {
	if c.last > 0 && c.read >= c.last {
		if c.err != nil {
			return input.Record{}, c.err
		}
		return input.Record{}, io.EOF
	}
	c.read++
	return input.Record{Text: fmt.Sprint(c.read)}, nil
}

func (c *counter) Close() error {
	c.closed = true
	return nil
}

// A record is not read before a row needs it, nor kept when no row can need it again.
func TestEndlessSources(t *testing.T) {
	tests := []struct {
		name    string
		opt     Options
		sources func(endless Source) []Source
		want    []string // the rows 1 to 4
		read    [4]int   // how many numbers were read for each
	}{
		{"alone", Options{}, func(s Source) []Source { return []Source{s} },
			[]string{"1", "2", "3", "4"}, [4]int{1, 2, 3, 4}},
		{"first", Options{}, func(s Source) []Source { return []Source{s, wordSource("a b")} },
			[]string{"1 a", "1 b", "2 a", "2 b"}, [4]int{1, 1, 2, 2}},
		{"last", Options{}, func(s Source) []Source { return []Source{wordSource("a b"), s} },
			[]string{"a 1", "a 2", "a 3", "a 4"}, [4]int{1, 2, 3, 4}},
		{"after one word", Options{}, func(s Source) []Source { return []Source{wordSource("a"), s} },
			[]string{"a 1", "a 2", "a 3", "a 4"}, [4]int{1, 2, 3, 4}},
		{"linked", Options{}, func(s Source) []Source {
			s.Linked = true
			return []Source{wordSource("a b c d e"), s}
		}, []string{"a 1", "b 2", "c 3", "d 4"}, [4]int{1, 2, 3, 4}},
		{"--link", Options{Link: true}, func(s Source) []Source { return []Source{s, wordSource("a b")} },
			[]string{"1 a", "2 b", "3 a", "4 b"}, [4]int{1, 2, 3, 4}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			n := &counter{}
			r := reader(t, test.opt, test.sources(Source{Records: n})...)
			for i, want := range test.want {
				row, err := r.Next()
				if got := strings.Join(row.Args, " "); got != want || err != nil || n.read != test.read[i] {
					t.Errorf("row %d: %q, %v; %d read", i+1, got, err, n.read)
				}
			}
			if err := r.Close(); err != nil || !n.closed {
				t.Errorf("closed: %v, %v", n.closed, err)
			}
			if _, err := r.Next(); !errors.Is(err, fs.ErrClosed) {
				t.Errorf("after Close: %v", err)
			}
		})
	}
}

// What nobody can need again is not kept, so that memory does not grow with an endless source.
func TestNothingIsKept(t *testing.T) {
	const rows = 1000
	for name, c := range map[string]struct {
		opt     Options
		sources []Source
	}{
		"first":          {Options{}, []Source{{Records: &counter{}}, wordSource("a b")}},
		"after one word": {Options{}, []Source{wordSource("a"), {Records: &counter{}}}},
		"--link":         {Options{Link: true}, []Source{wordSource("a b"), {Records: &counter{}}}},
	} {
		r := reader(t, c.opt, c.sources...)
		for range rows {
			if _, err := r.Next(); err != nil {
				t.Fatal(err)
			}
		}
		kept := 0
		switch p := r.rows.(type) {
		case *product:
			for _, g := range p.groups {
				kept += len(g.kept)
			}
		case *link:
			for _, k := range p.kept {
				kept += len(k)
			}
		}
		if kept > 4 {
			t.Errorf("%s: %d records are kept after %d rows", name, kept, rows)
		}
	}
}

// The end of a linked source of words is known, and nothing else is waited for then.
func TestLinkedEndIsNotReadPast(t *testing.T) {
	n := &counter{}
	s := wordSource("a b")
	s.Linked = true
	if got := all(t, reader(t, Options{}, Source{Records: n}, s)); got != "1 a,2 b" || n.read != 2 {
		t.Errorf("%q, %d read", got, n.read)
	}
}

// The rows before an error are handed out; the error stays.
func TestErrors(t *testing.T) {
	broken := errors.New("broken")
	for name, c := range map[string]struct {
		opt  Options
		rows int
	}{
		"in order": {Options{}, 4},
		"shuffled": {Options{Shuffle: rand.New(rand.NewPCG(1, 1))}, 4},
		"--link":   {Options{Link: true}, 2},
	} {
		r := reader(t, c.opt, Source{Records: &counter{last: 2, err: broken}}, wordSource("a b"))
		n := 0
		_, err := r.Next()
		for ; err == nil; _, err = r.Next() {
			n++
		}
		_, again := r.Next()
		if n != c.rows || err != broken || again != broken {
			t.Errorf("%s: %d rows, then %v, then %v", name, n, err, again)
		}
	}
}

// A bad record makes only its own rows bad.
func TestBadRecords(t *testing.T) {
	long := func() Source {
		return Source{Records: input.NewReader(strings.NewReader("a\nlonglong\nb\n"), input.Options{Delim: '\n', MaxRecord: 4})}
	}
	tests := []struct {
		opt     Options
		sources []Source
		want    string
	}{
		{Options{}, []Source{long()}, "a,long!*input.TooLongError,b"},
		{Options{}, []Source{wordSource("1 2"), long()},
			"1 a,1 long!*input.TooLongError,1 b,2 a,2 long!*input.TooLongError,2 b"},
		{Options{CSV: ","}, []Source{wordSource(`a,b x"y c,d`), wordSource("1")},
			`a b 1,x"y 1!*rows.CSVError,c d 1`},
		{Options{JoinLines: true, MaxRecord: 4}, []Source{lineSource("a \nb\nab \nabc \nd\ne\n")},
			"a b,ab !*input.TooLongError,e"},
	}
	for _, test := range tests {
		if got := all(t, reader(t, test.opt, test.sources...)); got != test.want {
			t.Errorf("%q, want %q", got, test.want)
		}
	}
}

func TestRequire(t *testing.T) {
	comma, err := ParseSeparator(",")
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		opt     Options
		want    int
		sources []Source
		rows    string
	}{
		{Options{Separator: comma}, 0, []Source{wordSource("a,b c")}, "a b,c"},
		{Options{Separator: comma}, 2, []Source{wordSource("a,b c d,e,f")}, "a b,c!*rows.MissingError,d e f"},
		{Options{Separator: comma}, 2, []Source{wordSource("a,b c"), wordSource("1")}, "a b 1,c 1"},
		{Options{Separator: comma, Header: HeaderRecord}, 2, []Source{wordSource("A,B a,b c"), wordSource("N 1")},
			"a b 1,c 1!*rows.MissingError"},
		{Options{Separator: comma, Header: HeaderRecord}, 1, []Source{wordSource("A,B a,b c")}, "a b,c"},
	}
	for _, test := range tests {
		r := reader(t, test.opt, test.sources...)
		r.Require(test.want)
		if got := all(t, r); got != test.rows {
			t.Errorf("%d columns: %q, want %q", test.want, got, test.rows)
		}
	}
}

func TestNames(t *testing.T) {
	tests := []struct {
		opt     Options
		sources []Source
		names   string
		rows    string
	}{
		{Options{}, []Source{wordSource("a b")}, "", "a,b"},
		{Options{Header: HeaderRecord}, []Source{wordSource("N a b"), wordSource("M")}, "N|M", "a ,b "},
		{Options{Header: HeaderRecord}, []Source{{}, wordSource("M c")}, "|M", " c"},
		{Options{Header: HeaderRecord, Trim: TrimBoth}, []Source{lineSource(" N \tM\n a\t b \n")}, " N |M", "a b"},
		{Options{Header: HeaderRecord, CSV: ",", Delim: '\n'}, []Source{lineSource("\"N\n1\",M\n"), wordSource("O o")}, "N\n1|M|O", "  o"},
		{Options{Header: HeaderNames}, []Source{{Words: []string{"a"}, Name: "f"}, wordSource("b")}, "f|", "a b"},
		{Options{Header: HeaderRecord, End: "N"}, []Source{wordSource("N a N b")}, "N", "a"},
	}
	for _, test := range tests {
		r := reader(t, test.opt, test.sources...)
		names, err := r.Names()
		if got := strings.Join(names, "|"); got != test.names || err != nil {
			t.Errorf("%+v: names %q, %v", test.opt, got, err)
		}
		if got := all(t, r); got != test.rows {
			t.Errorf("%+v: rows %q, want %q", test.opt, got, test.rows)
		}
	}
}

func TestBadHeader(t *testing.T) {
	r := reader(t, Options{Header: HeaderRecord, CSV: ","}, Source{Words: []string{`a"b`, "c"}, Name: "f"})
	_, err := r.Names()
	var header *HeaderError
	var csv *CSVError
	if !errors.As(err, &header) || header.Source != "f" || !errors.As(err, &csv) {
		t.Errorf("%v", err)
	}
	if _, next := r.Next(); next != err {
		t.Errorf("then %v", next)
	}
}

// A shuffle has the same rows, in an order that its seed alone decides.
func TestShuffle(t *testing.T) {
	shuffled := func(seed uint64) string {
		o := Options{Shuffle: rand.New(rand.NewPCG(seed, 0))}
		return all(t, reader(t, o, wordSource("1 2 3 4"), wordSource("a b c")))
	}
	plain := all(t, reader(t, Options{}, wordSource("1 2 3 4"), wordSource("a b c")))
	one, again, two := shuffled(1), shuffled(1), shuffled(2)
	if one != again || one == two || one == plain {
		t.Errorf("%q, %q, %q, %q", plain, one, again, two)
	}
	sorted := strings.Split(one, ",")
	slices.Sort(sorted)
	if got := strings.Join(sorted, ","); got != plain {
		t.Errorf("%q, want %q", got, plain)
	}
}

func TestNewRefuses(t *testing.T) {
	comma, err := ParseSeparator(",")
	if err != nil {
		t.Fatal(err)
	}
	for want, o := range map[error]Options{
		ErrTwoSplits: {CSV: ",", Separator: comma},
		ErrCSV:       {CSV: `"`},
	} {
		if _, err := New([]Source{wordSource("a")}, o); err != want {
			t.Errorf("%+v: %v, want %v", o, err, want)
		}
	}
}

// An argument is one record whatever is in it, unless it is to be split as GNU parallel does.
func TestSplitWords(t *testing.T) {
	for _, split := range []bool{false, true} {
		o := Options{SplitWords: split, Delim: '\n'}
		got := all(t, reader(t, o, Source{Words: []string{"a\nb", ""}}))
		want := "a\nb,"
		if split {
			want = "a,b,"
		}
		if got != want {
			t.Errorf("%v: %q", split, got)
		}
	}
}

// The columns of a row are the caller's: changing them changes no other row.
func TestArgsBelongToTheCaller(t *testing.T) {
	r := reader(t, Options{}, wordSource("a b"), wordSource("1 2"))
	var got []string
	for {
		row, err := r.Next()
		if err != nil {
			break
		}
		got = append(got, strings.Join(row.Args, ""))
		row.Args[0], row.Args[1] = "x", "y"
	}
	if want := []string{"a1", "a2", "b1", "b2"}; !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}
