package rows

import (
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"xpool/pool/peertest"
	"xpool/runner/input"
)

// parallelEnv lets parallel write below dir only.
func parallelEnv(dir string) []string {
	return []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "TMPDIR=" + dir, "LC_ALL=C", "PARALLEL_SHELL=/bin/sh"}
}

// call is a call of GNU parallel, without its command, which prints the columns that it gets.
type call struct {
	options []string
	sources []string // from the first separator on
	stdin   string
}

// writeFiles makes a directory with the files that a call can name.
func writeFiles(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"ab":    "a\nb\n",
		"xyz":   "x\ny\nz\n",
		"empty": "",
		"tsv":   "h1\th2\nA\tB\nC\tD\n",
		"lines": "h \nb \nc\n\nd  \n\ne\n \nf ",
		"nul":   "a\x00b c\x00d",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// theirs returns what GNU parallel prints.
func (c call) theirs(t *testing.T, parallel, dir string) string {
	t.Helper()
	args := append([]string{"-k"}, c.options...)
	// With -X the command has to end in what is repeated.
	args = append(args, `f() { printf '<%s'; for a; do printf '%s><' "$a"; done; echo '>'; }; f`)
	args = append(args, c.sources...)
	cmd := exec.Command(parallel, args...)
	cmd.Dir = dir
	cmd.Env = parallelEnv(dir)
	cmd.Stdin = strings.NewReader(c.stdin)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("parallel %q: %v", args, err)
	}
	return string(out)
}

// setup is what the options of a call come to.
type setup struct {
	syntax  Syntax
	opt     Options
	batch   BatchOptions
	input   input.Options
	slots   int
	spread  bool
	trimmed bool
}

// setting takes an option that has a value.
func (s *setup) setting(name, value string) (err error) {
	switch name {
	case "-C":
		s.opt.Separator, err = ParseSeparator(value)
	case "--trim":
		s.trimmed = true
		s.opt.Trim, err = ParseTrim(value)
	case "--header":
		s.opt.Header = ParseHeader(value)
	case "-E":
		s.opt.End = value
	case "-a":
		s.syntax.ArgFiles = append(s.syntax.ArgFiles, value)
	case "--arg-sep":
		s.syntax.ArgSep = value
	case "--arg-file-sep":
		s.syntax.FileSep = value
	case "-n", "-N", "-L":
		s.opt.JoinLines = name == "-L"
		s.batch.MaxRows, err = strconv.Atoi(value)
		s.batch.NoArgs = value == "0"
	case "-j":
		s.slots, err = strconv.Atoi(value)
	default:
		err = fmt.Errorf("no option of these tests: %s", name)
	}
	return err
}

// setup reads the options.
func (c call) setup(t *testing.T) setup {
	t.Helper()
	s := setup{input: input.Options{Delim: '\n'}, batch: BatchOptions{MaxRows: 1}}
	for rest := c.options; len(rest) > 0; rest = rest[1:] {
		switch rest[0] {
		case "--link":
			s.opt.Link = true
		case "-r":
			s.opt.SkipBlank = true
		case "-0":
			s.input.Delim = 0
		case "-X", "-m":
			s.spread = true
		default:
			if err := s.setting(rest[0], rest[1]); err != nil {
				t.Fatal(err)
			}
			rest = rest[1:]
		}
	}
	if s.spread {
		s.batch.Slots = s.slots
		if s.batch.MaxRows == 1 {
			s.batch.MaxRows = 0
		}
	}
	s.opt.SplitWords, s.opt.Delim = true, s.input.Delim
	if s.opt.Separator != nil && !s.trimmed {
		s.opt.Trim = TrimBoth
	}
	return s
}

// ours returns the same done here.
func (c call) ours(t *testing.T, dir string) string {
	t.Helper()
	s := c.setup(t)
	parsed, err := s.syntax.Parse(append([]string{"f"}, c.sources...))
	if err != nil || !slices.Equal(parsed.Command, []string{"f"}) {
		t.Fatalf("%q: command %q, error %v", c.sources, parsed.Command, err)
	}
	open := func(name string) (io.ReadCloser, error) {
		if name == "-" {
			return io.NopCloser(strings.NewReader(c.stdin)), nil
		}
		return os.Open(filepath.Join(dir, name))
	}
	r, err := New(parsed.Open(open, s.input), s.opt)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var out strings.Builder
	b := NewBatcher(r.Next, s.batch)
	for {
		batch, err := b.Next()
		if err != nil {
			if err != io.EOF {
				t.Errorf("%q: %v", c, err)
			}
			return out.String()
		}
		if batch.Bad != nil {
			t.Errorf("%q: bad row %q: %v", c, batch.Args, batch.Bad)
		}
		out.WriteString("<")
		for _, arg := range batch.Args {
			out.WriteString(arg + "><")
		}
		out.WriteString(">\n")
	}
}

// asParallel fails if c comes to something else with GNU parallel.
func asParallel(t *testing.T, parallel, dir string, c call) {
	t.Helper()
	want, got := c.theirs(t, parallel, dir), c.ours(t, dir)
	if got != want {
		t.Errorf("options %q, sources %q, input %q:\n%sparallel:\n%s", c.options, c.sources, c.stdin, got, want)
	}
}

// parseCall reads a call of the form "options ; sources ; standard input", with words between blanks. A _ is a
// blank in a word, \n a newline and \t a tab; ” is the empty word.
func parseCall(line string) call {
	parts := strings.Split(line, " ; ")
	unescape := strings.NewReplacer("_", " ", `\n`, "\n", `\t`, "\t")
	words := func(s string) (out []string) {
		for _, w := range strings.Fields(s) {
			if w == "''" {
				w = ""
			}
			out = append(out, unescape.Replace(w))
		}
		return out
	}
	c := call{options: words(parts[0]), sources: words(parts[1])}
	if len(parts) > 2 {
		c.stdin = unescape.Replace(parts[2])
	}
	return c
}

func TestAsParallel(t *testing.T) {
	parallel := peertest.GNUParallel(t)
	dir := writeFiles(t)
	for _, line := range oracleCalls() {
		t.Run(line, func(t *testing.T) {
			t.Parallel()
			asParallel(t, parallel, dir, parseCall(line))
		})
	}
}

// Random sources, linked and combined, some of them empty.
func TestRandomCallsAsParallel(t *testing.T) {
	parallel := peertest.GNUParallel(t)
	dir := writeFiles(t)
	for seed := range uint64(10) {
		t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
			t.Parallel()
			asParallel(t, parallel, dir, randomCall(seed))
		})
	}
}

func randomCall(seed uint64) call {
	rnd := rand.New(rand.NewPCG(seed, 8))
	pick := func(words ...string) string { return words[rnd.IntN(len(words))] }
	var c call
	if rnd.IntN(2) == 0 {
		c.options = append(c.options, "-C", pick(",", "[, ]+", `\s*,`, "(,)"), "--trim", pick("n", "l", "r", "lr"))
	}
	if rnd.IntN(2) == 0 {
		c.options = append(c.options, "-E", "b")
	}
	if rnd.IntN(3) == 0 {
		c.options = append(c.options, "-n", pick("2", "3"))
	}
	for range 1 + rnd.IntN(3) {
		if rnd.IntN(3) == 0 {
			c.sources = append(c.sources, pick("::::", "::::+"), pick("ab", "xyz", "tsv", "empty"))
			continue
		}
		c.sources = append(c.sources, pick(":::", ":::+"))
		for range rnd.IntN(4) {
			c.sources = append(c.sources, pick("a", "b", "1,2", " c , d", "e,", ",f ", " "))
		}
	}
	return c
}
