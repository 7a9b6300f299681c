package pack

import (
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"xpool/pool/peertest"
	"xpool/runner/input"
)

// packCase is one call of xargs.
type packCase struct {
	text    string
	delim   int // the delimiter of -0 and -d, or -1 for words
	end     string
	lim     Limits
	initial []string
}

// options returns the options of xargs for c.
func (c packCase) options() []string {
	args := []string{"-r"}
	switch c.delim {
	case -1:
		if c.end != "" {
			args = append(args, "-E", c.end)
		}
	case 0:
		args = append(args, "-0")
	default:
		args = append(args, "-d", string(rune(c.delim)))
	}
	for _, o := range []struct {
		name  string
		value int
	}{{"-n", c.lim.MaxArgs}, {"-L", c.lim.MaxLines}, {"-s", c.lim.MaxChars}} {
		if o.value > 0 {
			args = append(args, o.name+strconv.Itoa(o.value))
		}
	}
	if c.lim.Exit {
		args = append(args, "-x")
	}
	if c.lim.Replace != "" {
		args = append(args, "-I", c.lim.Replace)
	}
	return append(args, c.initial...)
}

// ours returns what c comes to with this package; every command is a printf '%s\0'.
func (c packCase) ours(t testing.TB) (stdout, stderr string) {
	t.Helper()
	var out, errOut strings.Builder
	warn := func() {
		errOut.WriteString("xargs: WARNING: a NUL character occurred in the input.  " +
			"It cannot be passed through in the argument list.  Did you mean to use the --null option?\n")
	}
	max := c.lim.MaxRecord(c.initial)
	src := input.Words(strings.NewReader(c.text),
		input.WordOptions{Lines: c.lim.Replace != "", End: c.end, OnNUL: warn, MaxRecord: max})
	if c.delim >= 0 {
		src = input.NewReader(strings.NewReader(c.text), input.Options{Delim: byte(c.delim), MaxRecord: max})
	}
	for p := New(src, c.initial, c.lim); ; {
		args, err := p.Next()
		if err != nil {
			if err != io.EOF {
				fmt.Fprintf(&errOut, "xargs: %v\n", err)
			}
			return out.String(), errOut.String()
		}
		for _, arg := range args[2:] {
			out.WriteString(arg + "\x00")
		}
	}
}

// randomCase returns a case that is small, and on the edge of a limit more often than not.
func randomCase(seed uint64) packCase {
	rnd := rand.New(rand.NewPCG(seed, 31))
	c := packCase{delim: []int{-1, -1, 0, '\n', 'b'}[rnd.IntN(5)], initial: []string{"printf", `%s\0`, "{"}}
	letters := "aabcE    \t\n\n\n\\'\"\x00"
	if rnd.IntN(3) == 0 {
		c.lim.MaxChars = 10 + rnd.IntN(30)
		if room := c.lim.MaxChars - size(c.initial); room == 0 || room == 1 {
			// xargs gives up at the first byte of a record, and Words at the second, which may be a quote or a NUL.
			c.lim.MaxChars += 2
		}
	}
	switch rnd.IntN(5) {
	case 0:
		c.lim.MaxArgs = 1 + rnd.IntN(4)
	case 1:
		c.lim.MaxLines = 1 + rnd.IntN(3)
	case 2:
		c.lim.Replace = "{}"
		for range rnd.IntN(3) {
			c.initial = append(c.initial, []string{"{}", "x{}", "{}{}y", "zz"}[rnd.IntN(4)])
		}
		if c.lim.MaxChars > 0 {
			// From its second record on xargs gives up some bytes earlier than Words, which see only one limit: it may
			// tell of the size where Words tell of a quote or a NUL.
			letters = "aabcE    \t\n\n\n"
		}
	}
	c.lim.Exit = rnd.IntN(3) == 0
	if c.delim < 0 && rnd.IntN(4) == 0 {
		c.end = "E"
	}
	text := make([]byte, rnd.IntN(30))
	for i := range text {
		text[i] = letters[rnd.IntN(len(letters))]
	}
	c.text = string(text)
	return c
}

// asXargs fails if c comes to something else with xargs.
func asXargs(t testing.TB, xargs string, c packCase) {
	t.Helper()
	wantOut, wantErr := peertest.RunXargs(t, xargs, peertest.PlainEnv(), c.text, c.options()...)
	gotOut, gotErr := c.ours(t)
	if gotOut != wantOut || gotErr != wantErr {
		t.Errorf("input %q, options %q:\n  %q %q\nxargs:\n  %q %q", c.text, c.options(), gotOut, gotErr, wantOut, wantErr)
	}
}

func TestRandomCasesAsXargs(t *testing.T) {
	xargs := peertest.GNUXargs(t)
	for seed := range uint64(200) {
		asXargs(t, xargs, randomCase(seed))
	}
}

// FuzzPacker has xargs as its oracle; the corpus is the seeds of cases, printf all that is run.
func FuzzPacker(f *testing.F) {
	xargs := peertest.GNUXargs(f)
	f.Add(uint64(1))
	f.Fuzz(func(t *testing.T, seed uint64) { asXargs(t, xargs, randomCase(seed)) })
}

// A large input makes the same batches.
func TestBatchesAsXargs(t *testing.T) {
	xargs := peertest.GNUXargs(t)
	rnd := rand.New(rand.NewPCG(1, 2))
	var text strings.Builder
	for text.Len() < 1<<20 {
		text.WriteString(strings.Repeat("x", rnd.IntN(1<<rnd.IntN(11))) + "\x00")
	}
	for range 70_000 {
		text.WriteString("y\x00")
	}
	env := peertest.PlainEnv()
	command := []string{"sh", "-c", "echo $#", "sh"}
	sys, err := SystemLimits(env)
	if err != nil {
		t.Fatal(err)
	}
	for _, opts := range [][]string{nil, {"-s200000"}, {"-n3000"}, {"-s20000", "-n500"}} {
		var lim Limits
		for _, o := range opts {
			n, err := strconv.Atoi(o[2:])
			if err != nil {
				t.Fatal(err)
			}
			if o[1] == 's' {
				lim.MaxChars = n
			} else {
				lim.MaxArgs = n
			}
		}
		lim = sys.Limits(lim)
		src := input.NewReader(strings.NewReader(text.String()), input.Options{MaxRecord: lim.MaxRecord(command)})
		var got strings.Builder
		p := New(src, command, lim)
		args, err := p.Next()
		for ; err == nil; args, err = p.Next() {
			fmt.Fprintln(&got, len(args)-len(command))
		}
		want, said := peertest.RunXargs(t, xargs, env, text.String(), slices.Concat(opts, []string{"-0"}, command)...)
		if got.String() != want || err != io.EOF || said != "" {
			t.Errorf("%q: %v, batches of %s\nxargs: %q, %s", opts, err, got.String(), said, want)
		}
	}
}
