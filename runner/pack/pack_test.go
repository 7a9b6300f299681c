package pack

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"xpool/runner/input"
)

// shown writes the commands of p, each in brackets, and then the text of the error that is not io.EOF.
func shown(t *testing.T, p *Packer) string {
	t.Helper()
	var b strings.Builder
	for {
		args, err := p.Next()
		if err != nil {
			if _, again := p.Next(); again != err {
				t.Errorf("Next after %v: %v", err, again)
			}
			if err != io.EOF {
				b.WriteString(err.Error())
			}
			return b.String()
		}
		fmt.Fprintf(&b, "[%s]", strings.Join(args, " "))
	}
}

func words(text string) input.Source {
	return input.Words(strings.NewReader(text), input.WordOptions{})
}

func TestPacker(t *testing.T) {
	const unmatched = "unmatched single quote; by default quotes are special to xargs unless you use the -0 option"
	tests := []struct {
		text string
		lim  Limits
		want string
	}{
		{"", Limits{}, ""},
		{"a b\nc", Limits{}, "[echo a b c]"},
		{"a b c", Limits{MaxArgs: 2}, "[echo a b][echo c]"},
		{"a b\n\nc \nd\ne", Limits{MaxLines: 1}, "[echo a b][echo c d][echo e]"},
		{"a b\n\nc \nd\ne", Limits{MaxLines: 2}, "[echo a b c d][echo e]"},
		{"a\nb c d e", Limits{MaxLines: 2, MaxArgs: 3}, "[echo a b c][echo d e]"},

		{"ab c def g\n", Limits{MaxChars: 4}, string(CannotFit)},
		{"ab c def g\n", Limits{MaxChars: 5}, string(LineTooLong)},
		{"'' x", Limits{MaxChars: 5}, string(CannotFit)},
		{"'' x", Limits{MaxChars: 6}, "[echo ]" + string(LineTooLong)},
		{"ab c def g\n", Limits{MaxChars: 8}, "[echo ab][echo c]" + string(LineTooLong)},
		{"ab c def g\n", Limits{MaxChars: 8, Exit: true}, "[echo ab]" + string(LineTooLong)},
		{"ab c def g\n", Limits{MaxChars: 9}, "[echo ab][echo c][echo def][echo g]"},
		{"ab c def g\n", Limits{MaxChars: 9, MaxArgs: 2}, "[echo ab][echo c][echo def][echo g]"},
		{"ab c def g\n", Limits{MaxChars: 9, MaxArgs: 2, Exit: true}, string(ListTooLong)},
		{"ab c def g\n", Limits{MaxChars: 10, MaxArgs: 2, Exit: true}, "[echo ab c]" + string(ListTooLong)},
		{"ab c\n def g\n", Limits{MaxChars: 10, MaxLines: 1}, "[echo ab c]" + string(ListTooLong)},
		{"a\x00bcd e f\n", Limits{MaxChars: 10}, string(LineTooLong)},
		{"a\x00bcd e f\n", Limits{MaxChars: 11}, "[echo a][echo e f]"},

		{"a b\nc 'd", Limits{}, "[echo a b c]" + unmatched},
		{"a b\nc 'd", Limits{Exit: true}, unmatched},
		{"a b\nc 'd", Limits{MaxLines: 1}, "[echo a b]" + unmatched},

		{"a b c", Limits{KernelSize: 1}, string(KernelRefuses)},
		{"a b c", Limits{KernelSize: 9 + 3*PointerSize}, "[echo a b][echo c]"},
		{"a bb c", Limits{MaxString: 1}, "[echo a]" + string(KernelRefuses)},
		{"a b\x00c d", Limits{MaxString: 1}, "[echo a b d]"},
	}
	for _, tt := range tests {
		if got := shown(t, New(words(tt.text), []string{"echo"}, tt.lim)); got != tt.want {
			t.Errorf("%q, %+v: %q, want %q", tt.text, tt.lim, got, tt.want)
		}
	}
}

func TestReplace(t *testing.T) {
	tests := []struct {
		text string
		args string
		lim  Limits
		want string
	}{
		{"a\nb\n", "e {} x{}y{} z", Limits{}, "[e a xaya z][e b xbyb z]"},
		{"a\nb\n", "{} {}", Limits{MaxArgs: 9, MaxLines: 9}, "[{} a][{} b]"},
		{"{}\n", "e {}{}", Limits{}, "[e {}{}]"},
		{"a\n", "echo", Limits{}, "[echo]"},
		{"a\x00b\nc", "e {}{} {}", Limits{}, "[e a a][e cc c]"},

		{"", "echo", Limits{MaxChars: 1}, ""},
		{"a\n", "echo {}", Limits{MaxChars: 4}, string(CannotFit)},
		{"a\n", "echo {}", Limits{MaxChars: 6}, string(ListTooLong)},
		{"a\nabc\n", "echo {}", Limits{MaxChars: 8}, "[echo a]" + string(LineTooLong)},
		{"a\nabc\n", "echo {}", Limits{MaxChars: 9}, "[echo a][echo abc]"},
		{"abcdefg\n", "echo x", Limits{MaxChars: 7}, string(LineTooLong)},
		{"abcdefg\na", "echo x", Limits{MaxChars: 8}, "[echo x][echo x]"},
		{"a\nabcdefg\n", "echo x", Limits{MaxChars: 12}, "[echo x]" + string(LineTooLong)},
		{"a\n''\n\nb", "echo", Limits{MaxChars: 6}, "[echo][echo]" + string(LineTooLong)},
		{"abc\n", "echo {}{}{}{}{}{}", Limits{MaxChars: 19}, string(CommandTooLong)},
		{"abc\n", "echo {}{}{}{}{}{}", Limits{MaxChars: 20}, string(ListTooLong)},
		{"abc\n", "echo {}{}{}{}{}{}", Limits{MaxChars: 24}, "[echo abcabcabcabcabcabc]"},
		{"a\x00bcd\n", "echo {}{}{}", Limits{MaxChars: 20}, string(ListTooLong)},
		{"a\x00bcd\n", "echo {}{}{}", Limits{MaxChars: 21}, "[echo a]"},
		{"ab\nabc\n", "echo {}", Limits{MaxString: 4}, "[echo ab][echo abc]"},
		{"ab\nabc\n", "echo {}{}", Limits{MaxString: 4}, "[echo abab]" + string(KernelRefuses)},
	}
	for _, tt := range tests {
		src := input.Words(strings.NewReader(tt.text), input.WordOptions{Lines: true})
		tt.lim.Replace = "{}"
		if got := shown(t, New(src, strings.Fields(tt.args), tt.lim)); got != tt.want {
			t.Errorf("%q, %q, %+v: %q, want %q", tt.text, tt.args, tt.lim, got, tt.want)
		}
	}
}

// script is a source of given records that must not be asked for more, and ends with err.
type script struct {
	records []input.Record
	err     error
	asked   int
}

func (s *script) Next() (input.Record, error) {
	s.asked++
	if s.asked > len(s.records) {
		return input.Record{}, s.err
	}
	return s.records[s.asked-1], nil
}

func (s *script) Close() error { return nil }

// A command that is complete does not wait for the record after it.
func TestNextReadsNoFurther(t *testing.T) {
	src := &script{records: []input.Record{{Text: "a"}, {Text: "b", LineGoesOn: true}, {Text: "c"}, {Text: "d"}}}
	tests := []struct {
		lim   Limits
		asked int // after the first command
	}{
		{Limits{MaxArgs: 1}, 1},
		{Limits{MaxArgs: 2}, 2},
		{Limits{MaxLines: 1}, 1},
		{Limits{MaxLines: 2}, 3},
		{Limits{Replace: "{}"}, 1},
		{Limits{MaxChars: len("echo a b ")}, 3},
	}
	for _, tt := range tests {
		src.asked = 0
		if _, err := New(src, []string{"echo"}, tt.lim).Next(); err != nil || src.asked != tt.asked {
			t.Errorf("%+v: error %v, %d records read, want %d", tt.lim, err, src.asked, tt.asked)
		}
	}
	src.asked = 0
	if _, err := New(src, []string{"echo"}, Limits{MaxChars: 4}).Next(); err != CannotFit || src.asked != 0 {
		t.Errorf("error %v after %d records, want %v after none", err, src.asked, CannotFit)
	}
}

// Input that cannot be read further has still brought what it has brought; a bad record is a failure.
func TestSourceErrors(t *testing.T) {
	broken := errors.New("broken")
	records := []input.Record{{Text: "a"}}
	for _, lim := range []Limits{{}, {Exit: true}, {MaxLines: 2}} {
		if got, want := shown(t, New(&script{records: records, err: broken}, []string{"e"}, lim)), "[e a]broken"; got != want {
			t.Errorf("%+v: %q, want %q", lim, got, want)
		}
	}
	records = append(records, input.Record{Text: "b", Bad: &input.TooLongError{Limit: 1}})
	src := &script{records: records, err: broken}
	if got, want := shown(t, New(src, []string{"e"}, Limits{})), "[e a]"+string(LineTooLong); got != want {
		t.Errorf("bad record: %q, want %q", got, want)
	}
}

func TestMaxRecord(t *testing.T) {
	command := []string{"echo", "a"}
	tests := []struct {
		lim  Limits
		want int
	}{
		{Limits{}, DefaultMaxChars - 8},
		{Limits{MaxChars: 20}, 12},
		{Limits{MaxChars: 5}, 1},
		{Limits{MaxChars: 20, Replace: "a"}, 19},
	}
	for _, tt := range tests {
		if got := tt.lim.MaxRecord(command); got != tt.want {
			t.Errorf("%+v: %d, want %d", tt.lim, got, tt.want)
		}
	}
}

// A caller may change what it got.
func TestCommandsShareNothing(t *testing.T) {
	command := []string{"e", "x"}
	p := New(words("a b c d"), command, Limits{MaxArgs: 2})
	first, err := p.Next()
	if err != nil {
		t.Fatal(err)
	}
	for i := range first {
		first[i] = "?"
	}
	_ = append(first, "?")
	if got, want := shown(t, p), "[e x c d]"; got != want || command[0] != "e" || command[1] != "x" {
		t.Errorf("%q, command %q; want %q", got, command, want)
	}
}

func BenchmarkPacker(b *testing.B) {
	records := make([]input.Record, 1<<16)
	for i := range records {
		records[i].Text = "dir/file012.txt"
	}
	p := New(&endless{records: records}, []string{"echo"}, Limits{})
	b.ReportAllocs()
	for b.Loop() {
		if _, err := p.Next(); err != nil {
			b.Fatal(err)
		}
	}
}

// endless hands out its records again and again.
type endless struct {
	records []input.Record
	next    int
}

func (e *endless) Next() (input.Record, error) {
	e.next++
	return e.records[e.next%len(e.records)], nil
}

func (e *endless) Close() error { return nil }
