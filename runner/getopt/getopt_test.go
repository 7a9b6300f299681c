package getopt

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"xpool/pool/peertest"
)

// xargsTable is what xargs takes. The IDs are the letters that the options have, or had: those without one are above
// the letters.
func xargsTable() []Option {
	return []Option{
		{"null", '0', None, '0', false},
		{"arg-file", 'a', Required, 'a', false},
		{"delimiter", 'd', Required, 'd', false},
		{"", 'E', Required, 'E', false},
		{"eof", 'e', Optional, 'e', false},
		{"", 'I', Required, 'I', false},
		{"replace", 'i', Optional, 'i', false},
		{"", 'L', Required, 'L', false},
		{"max-lines", 'l', Optional, 'l', false},
		{"max-args", 'n', Required, 'n', false},
		{"open-tty", 'o', None, 'o', false},
		{"interactive", 'p', None, 'p', false},
		{"no-run-if-empty", 'r', None, 'r', false},
		{"max-chars", 's', Required, 's', false},
		{"verbose", 't', None, 't', false},
		{"show-limits", 0, None, 256, false},
		{"exit", 'x', None, 'x', false},
		{"max-procs", 'P', Required, 'P', false},
		{"process-slot-var", 0, Required, 257, false},
		{"version", 0, None, 258, false},
		{"help", 0, None, 259, false},
	}
}

// shown writes what Parse returns: each option as its ID and, after a =, its argument; -- and the rest; the error.
func shown(found []Found, rest []string, err error) string {
	var b strings.Builder
	for _, f := range found {
		id := fmt.Sprint(f.ID)
		if f.ID < 256 {
			id = string(rune(f.ID))
		}
		b.WriteString(id)
		if f.HasValue {
			b.WriteString("=" + f.Value)
		} else if f.Value != "" {
			b.WriteString("?" + f.Value)
		}
		b.WriteByte(' ')
	}
	if err != nil {
		return b.String() + err.Error()
	}
	return b.String() + "-- " + strings.Join(rest, " ")
}

func TestParse(t *testing.T) {
	tests := []struct {
		args string // split at spaces
		want string
	}{
		{"", "-- "},
		{"echo -n", "-- echo -n"},
		{"-", "-- -"},
		{"-- -n", "-- -n"},
		{"-0 -r echo -x", "0 r -- echo -x"},
		{"-n1 -n 2 -n -- -r", "n=1 n=2 n=-- r -- "},
		{"-0rn1 x", "0 r n=1 -- x"},
		{"-0rn 1 x", "0 r n=1 -- x"},
		{"-i -i{} -i x", "i i={} i -- x"},
		{"-0i0 -e", "0 i=0 e -- "},
		{"-n-1 -I-0", "n=-1 I=-0 -- "},
		{"-n=1", "n==1 -- "},
		{"--null --max-args=1 --max-args 2 x", "0 n=1 n=2 -- x"},
		{"--max-args= --replace= --eof --eof=a=b x", "n= i= e e=a=b -- x"},
		{"--max-args -- --null", "n=-- 0 -- "},
		{"--exi --sho --he --vers --r --nu", "x 256 259 258 i 0 -- "},
		{"--max-p=3 --max-p 4", "P=3 P=4 -- "},

		{"-0 --foo --null", "0 unrecognized option '--foo'"},
		{"--foo=bar", "unrecognized option '--foo=bar'"},
		{"--nullx", "unrecognized option '--nullx'"},
		{"--max", "option '--max' is ambiguous; possibilities: '--max-lines' '--max-args' '--max-chars' '--max-procs'"},
		{"--ver=", "option '--ver=' is ambiguous; possibilities: '--verbose' '--version'"},
		{"--n", "option '--n' is ambiguous; possibilities: '--null' '--no-run-if-empty'"},
		{"-r0Z0", "r 0 invalid option -- 'Z'"},
		{"-0-", "0 invalid option -- '-'"},
		{"-\xff", "invalid option -- '\xff'"},
		{"-\x00", "invalid option -- '\x00'"},
		{"-0n", "0 option requires an argument -- 'n'"},
		{"--max-a", "option '--max-args' requires an argument"},
		{"--hel=x", "option '--help' doesn't allow an argument"},
		{"--help=", "option '--help' doesn't allow an argument"},
	}
	for _, tt := range tests {
		args := strings.Fields(tt.args)
		if got := shown(Parse(args, xargsTable())); got != tt.want {
			t.Errorf("%q: %q, want %q", tt.args, got, tt.want)
		}
	}
}

// Names for the same thing may share a beginning, and one may begin with another.
func TestAbbreviations(t *testing.T) {
	table := []Option{
		{"colour", 0, Optional, 1, false},
		{"color", 0, Optional, 1, false},
		{"colors", 0, Optional, 2, false},
		{"delay", 0, Required, 3, false},
		{"delays", 0, Optional, 3, false},
	}
	tests := []struct{ word, want string }{
		{"--color", "\x01 -- "},
		{"--colou=x", "\x01=x -- "},
		{"--colors", "\x02 -- "},
		{"--col", "option '--col' is ambiguous; possibilities: '--colour' '--color' '--colors'"},
		{"--del", "option '--del' is ambiguous; possibilities: '--delay' '--delays'"},
	}
	for _, tt := range tests {
		if got := shown(Parse([]string{tt.word}, table)); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.word, got, tt.want)
		}
	}
	if got, want := shown(Parse([]string{"--col"}, table[:2])), "\x01 -- "; got != want {
		t.Errorf("--col for two of a kind: %q, want %q", got, want)
	}
}

// An option that cannot be shortened leaves the abbreviations of others as they were.
func TestWhole(t *testing.T) {
	table := append(xargsTable(), Option{Long: "explain", ID: 260, Whole: true})
	for word, want := range map[string]string{
		"--explain":   "260 -- ",
		"--exp":       "unrecognized option '--exp'",
		"--ex":        "x -- ",
		"--e":         "option '--e' is ambiguous; possibilities: '--eof' '--exit'",
		"--explain=1": "option '--explain' doesn't allow an argument",
		"--explained": "unrecognized option '--explained'",
	} {
		if got := shown(Parse([]string{word}, table)); got != want {
			t.Errorf("%s: %s, want %s", word, got, want)
		}
	}
}

func TestErrorFields(t *testing.T) {
	_, rest, err := Parse([]string{"--max=1", "x"}, xargsTable())
	var e *Error
	if !errors.As(err, &e) || e.Kind != Ambiguous || e.Long != "max=1" || len(e.Possible) != 4 || rest != nil {
		t.Errorf("error %#v, rest %q", err, rest)
	}
	_, _, err = Parse([]string{"-n"}, xargsTable())
	if !errors.As(err, &e) || e.Kind != NoArgument || e.Long != "" || e.Short != 'n' {
		t.Errorf("error %#v", err)
	}
}

// complaint returns what GNU xargs says of the options in args, without its name; empty if it has no complaint. No
// command is run: the input is empty, and -r is the first option.
func complaint(t *testing.T, xargs string, args []string) string {
	t.Helper()
	_, stderr := peertest.RunXargs(t, xargs, peertest.PlainEnv(), "", slices.Concat([]string{"-r"}, args)...)
	first, rest, _ := strings.Cut(stderr, "\n")
	if !strings.HasPrefix(rest, "Try 'xargs --help'") {
		return ""
	}
	return strings.TrimPrefix(first, "xargs: ")
}

func TestErrorsAsXargs(t *testing.T) {
	xargs := peertest.GNUXargs(t)
	// Arguments are numbers, so that only getopt has something to complain of. Options that show something and end, or that
	// want a file or a terminal, are left out.
	words := []string{"-n", "-n1", "--max-args", "--max-a=2", "--max", "--ma=1", "-0t", "-tx-", "-tZ", "-\xff", "--null=", "--null",
		"--nul=1", "--e", "--eo", "--eof=1", "-e1", "--no", "--n", "--exit=", "--verb", "--ver", "--m", "--", "-", "7", "--foo",
		"--foo=1", "--=", "--process", "--replace=1", "-s", "-P", "--max-procs", "-L1"}
	rnd := rand.New(rand.NewPCG(5, 6))
	for range 120 {
		args := make([]string, 1+rnd.IntN(4))
		for i := range args {
			args[i] = words[rnd.IntN(len(words))]
		}
		found, _, err := Parse(args, xargsTable())
		got := ""
		if err != nil {
			got = err.Error()
		}
		if slices.ContainsFunc(found, badNumber) {
			continue // xargs stops there
		}
		if want := complaint(t, xargs, args); got != want {
			t.Errorf("%q: %q, xargs says %q", args, got, want)
		}
	}
}

// badNumber says whether xargs wants a number where f has something else.
func badNumber(f Found) bool {
	return f.HasValue && strings.ContainsRune("nsLlP", rune(f.ID)) && strings.Trim(f.Value, "0123456789") != ""
}

func FuzzParse(f *testing.F) {
	f.Add("-0n1\n--max-args\n3\n--\nx")
	f.Add("--m=1")
	f.Fuzz(func(t *testing.T, text string) {
		args := strings.Split(text, "\n")
		before := slices.Clone(args)
		found, rest, err := Parse(args, xargsTable())
		if !slices.Equal(args, before) {
			t.Fatal("the arguments were changed")
		}
		var e *Error
		if err != nil && (!errors.As(err, &e) || e.Error() == "" || rest != nil) {
			t.Fatalf("error %#v, rest %q", err, rest)
		}
		if err == nil && !slices.Equal(args[len(args)-len(rest):], rest) {
			t.Fatalf("the rest %q is no end of %q", rest, args)
		}
		for _, o := range found {
			i := slices.IndexFunc(xargsTable(), func(e Option) bool { return e.ID == o.ID })
			kind := xargsTable()[i].Arg
			if kind == None && o.HasValue || kind == Required && !o.HasValue || !o.HasValue && o.Value != "" {
				t.Fatalf("%+v is not of its kind", o)
			}
		}
	})
}
