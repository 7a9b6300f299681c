package runner

import (
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"xpool/runner/input"
	"xpool/runner/pack"
)

// fakeSource is a source of the given records; err comes at its end.
type fakeSource struct {
	records []input.Record
	err     error
	reads   int
}

func (s *fakeSource) Next() (input.Record, error) {
	s.reads++
	if len(s.records) == 0 {
		return input.Record{}, s.err
	}
	rec := s.records[0]
	s.records = s.records[1:]
	return rec, nil
}

func (s *fakeSource) Close() error { return nil }

// scripted is a source of records with the texts; it ends cleanly.
func scripted(texts ...string) *fakeSource {
	s := &fakeSource{err: io.EOF}
	for _, text := range texts {
		s.records = append(s.records, input.Record{Text: text})
	}
	return s
}

// shown is all that a batcher gives, as "a b|c": bad batches begin with !. It
// returns the error that ends it, and checks that this one is there to stay.
func shown(t *testing.T, b batcher) (string, error) {
	t.Helper()
	var all []string
	for {
		got, err := b.next()
		if err != nil {
			if _, again := b.next(); again != err {
				t.Errorf("%v, and then %v", err, again)
			}
			return strings.Join(all, "|"), err
		}
		text := strings.Join(got.args, " ")
		if got.bad != nil {
			text = "!" + text
		}
		all = append(all, text)
	}
}

func TestSeveral(t *testing.T) {
	long := strings.Repeat("x", 50)
	tests := []struct {
		name    string
		records []string
		limits  pack.Limits
		own     bool
		want    string
		err     error
	}{
		{"none", nil, pack.Limits{MaxArgs: 2}, false, "", io.EOF},
		{"pairs", []string{"a", "b", "c"}, pack.Limits{MaxArgs: 2}, false, "a b|c", io.EOF},
		{"empty records", []string{"", "", ""}, pack.Limits{MaxArgs: 2}, false, " |", io.EOF},
		{"lines", []string{"a ", "b", "c\t", "d"}, pack.Limits{MaxLines: 1}, false, "a  b|c\t d", io.EOF},
		{"the last line goes on", []string{"a", "b "}, pack.Limits{MaxLines: 1}, false, "a|b ", io.EOF},
		{"no lines", []string{"a ", "b"}, pack.Limits{MaxArgs: 1}, false, "a |b", io.EOF},

		// A bad one comes after the batch that was being made.
		{"NUL", []string{"a", "x\x00y", "b", "c"}, pack.Limits{MaxArgs: 2}, false, "a b|!x\x00y|c", io.EOF},
		{"NUL first", []string{"\x00", "a"}, pack.Limits{MaxArgs: 2}, false, "a|!\x00", io.EOF},
		{"NUL last", []string{"a", "\x00"}, pack.Limits{MaxArgs: 2}, false, "a|!\x00", io.EOF},
		{"NUL alone", []string{"\x00", "\x00"}, pack.Limits{MaxArgs: 2}, false, "!\x00|!\x00", io.EOF},
		{"too long", []string{"a", long, "b"}, pack.Limits{MaxArgs: 2, MaxChars: 30}, false, "a b|!" + long, io.EOF},
		{"too long for a string", []string{"a", long, "b"}, pack.Limits{MaxArgs: 2, MaxString: 30}, false, "a b|!" + long, io.EOF},

		// With the user's own -s it is the end, as it is for xargs.
		{"too long for -s", []string{"a", long, "b"}, pack.Limits{MaxChars: 30}, true, "a", pack.LineTooLong},
		{"too long for -x", []string{"a", "b", "c"}, pack.Limits{MaxArgs: 3, MaxChars: 9, Exit: true}, true, "", pack.ListTooLong},
		{"NUL before the end", []string{"\x00", long}, pack.Limits{MaxChars: 30}, true, "!\x00", pack.LineTooLong},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := shown(t, newSeveral(scripted(tt.records...), []string{"echo"}, tt.limits, tt.own))
			if got != tt.want || err != tt.err {
				t.Errorf("%q, %v; want %q, %v", got, err, tt.want, tt.err)
			}
		})
	}
}

// TestSeveralEdge goes up to the longest record that fits, and one byte further.
func TestSeveralEdge(t *testing.T) {
	command := []string{"echo", "-n"}
	for _, l := range []pack.Limits{{MaxArgs: 2}, {MaxArgs: 2, MaxChars: 100}, {MaxArgs: 2, MaxString: 77}} {
		most := l.MaxRecord(command)
		if l.MaxString > 0 {
			most = l.MaxString
		}
		fits, not := strings.Repeat("x", most), strings.Repeat("x", most+1)
		b := newSeveral(scripted(fits, not), command, l, false)
		first, err := b.next()
		if err != nil || first.bad != nil || !slices.Equal(first.args, []string{fits}) {
			t.Errorf("%+v: %d bytes do not fit: %v, %v", l, most, first.bad, err)
		}
		if second, err := b.next(); err != nil || second.bad == nil {
			t.Errorf("%+v: %d bytes fit, %v", l, most+1, err)
		}
	}
}

// TestSeveralReads tells that a batch is handed out without a look at what comes
// after it, for an input that is still being typed.
func TestSeveralReads(t *testing.T) {
	for _, l := range []pack.Limits{{MaxArgs: 2}, {MaxLines: 2}} {
		src := scripted("a", "b", "c", "d")
		b := newSeveral(src, []string{"echo"}, l, false)
		for i, want := range []int{2, 4} {
			if _, err := b.next(); err != nil || src.reads != want {
				t.Errorf("%+v: %d records read for batch %d, want %d (%v)", l, src.reads, i+1, want, err)
			}
		}
	}
}

// TestSeveralError ends with an error of the source, after what had come.
func TestSeveralError(t *testing.T) {
	broken := errors.New("broken")
	src := scripted("a", "\x00")
	src.err = broken
	got, err := shown(t, newSeveral(src, []string{"echo"}, pack.Limits{MaxArgs: 9}, false))
	if got != "a|!\x00" || err != broken {
		t.Errorf("%q, %v", got, err)
	}
}

// TestSieveKeepsLittle looks at how much of a bad record is kept: any number of
// them may wait for the packer.
func TestSieveKeepsLittle(t *testing.T) {
	src := &fakeSource{err: io.EOF, records: []input.Record{
		{Text: strings.Repeat("x", 1<<20) + "\x00"},
		{Text: strings.Repeat("x", 1<<20), Bad: &input.TooLongError{Limit: 1 << 20}},
	}}
	s := &sieve{Source: src}
	if _, err := s.Next(); err != io.EOF {
		t.Fatal(err)
	}
	for range 2 {
		b, ok := s.pop()
		if !ok || b.bad == nil || len(b.args[0]) > 1<<10 || len(b.args[0]) <= labelMost {
			t.Errorf("kept: %v, %d bytes, %v", ok, len(b.args[0]), b.bad)
		}
	}
	if _, ok := s.pop(); ok {
		t.Error("more than two are kept")
	}
}

func TestSingle(t *testing.T) {
	tooLong := &input.TooLongError{Limit: 2}
	src := scripted("a", "", "b c")
	src.records = append(src.records, input.Record{Text: "xx", Bad: tooLong})
	if got, err := shown(t, single{src}); got != "a||b c|!xx" || err != io.EOF {
		t.Errorf("%q, %v", got, err)
	}
}

// TestCommands makes whole commands, one at least if the command is to run without
// a record.
func TestCommands(t *testing.T) {
	broken, quote := errors.New("broken"), error(&input.QuoteError{Quote: '"'})
	tests := []struct {
		records  []string
		err      error
		limits   pack.Limits
		runEmpty bool
		want     string
		wantErr  error
	}{
		{nil, io.EOF, pack.Limits{}, true, "echo -n", io.EOF},
		{nil, io.EOF, pack.Limits{}, false, "", io.EOF},
		{nil, broken, pack.Limits{}, true, "", broken},
		{nil, quote, pack.Limits{}, true, "", quote},
		{[]string{"a"}, io.EOF, pack.Limits{}, true, "echo -n a", io.EOF},
		{[]string{"a", "b", "c"}, io.EOF, pack.Limits{MaxArgs: 2}, true, "echo -n a b|echo -n c", io.EOF},
		{[]string{"a", "b"}, io.EOF, pack.Limits{MaxArgs: 1}, false, "echo -n a|echo -n b", io.EOF},
		{[]string{"a", "b", "c"}, io.EOF, pack.Limits{MaxArgs: 2, MaxChars: 10, Exit: true}, true, "", pack.ListTooLong},
	}
	for _, tt := range tests {
		src := scripted(tt.records...)
		src.err = tt.err
		initial := []string{"echo", "-n"}
		got, err := shown(t, &commands{packer: pack.New(src, initial, tt.limits), initial: initial, runEmpty: tt.runEmpty})
		if got != tt.want || err != tt.wantErr {
			t.Errorf("%q: %q, %v; want %q, %v", tt.records, got, err, tt.want, tt.wantErr)
		}
	}
}

// TestUnreplaceable has an error at the first record, and none if there is none.
func TestUnreplaceable(t *testing.T) {
	if got, err := shown(t, unreplaceable{scripted()}); got != "" || err != io.EOF {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := (unreplaceable{scripted("a")}).next(); err != pack.CommandTooLong {
		t.Error(err)
	}
}
