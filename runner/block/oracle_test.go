package block

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"xpool/pool/peertest"
)

// endOfBlock is what the oracle's jobs write after a block; it is not in any input.
const endOfBlock = "\x01"

// parallelBlocks returns the blocks that GNU parallel makes of text, which it reads from a file: from a pipe it may get
// less than a block at once, and then make a smaller one.
func parallelBlocks(t testing.TB, parallel, text string, args ...string) []string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "input")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	in, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	for i := range args {
		args[i] = strings.ReplaceAll(args[i], "INPUT", name)
	}
	cmd := exec.CommandContext(t.Context(), parallel, append(args, "-k", "-j1", `cat; printf '\001'`)...)
	cmd.Stdin = in
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C", "SHELL=/bin/sh", "HOME=" + t.TempDir()}
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("parallel %q: %v", args, err)
	}
	if len(out) == 0 {
		return nil
	}
	return strings.Split(strings.TrimSuffix(string(out), endOfBlock), endOfBlock)
}

// oracleCase is one call of parallel.
type oracleCase struct {
	text string
	opt  Options
}

// args returns the options of parallel for c.
func (c oracleCase) args() []string {
	args := []string{"--block", strconv.FormatInt(c.opt.Size, 10)}
	for _, s := range []struct {
		name  string
		value *string
	}{{"--recend", c.opt.RecEnd}, {"--recstart", c.opt.RecStart}} {
		if s.value != nil {
			args = append(args, s.name, *s.value)
		}
	}
	for _, n := range []struct {
		name  string
		value int
	}{{"-N", c.opt.Records}, {"-L", c.opt.Lines}, {"--header", c.opt.Header.Lines}} {
		if n.value > 0 {
			args = append(args, n.name, strconv.Itoa(n.value))
		}
	}
	if c.opt.Header.Regexp != "" {
		args = append(args, "--header", c.opt.Header.Regexp)
	}
	if c.opt.Regexp {
		args = append(args, "--regexp")
	}
	if c.opt.RemoveSep {
		args = append(args, "--rrs")
	}
	return args
}

func (c oracleCase) String() string { return fmt.Sprintf("%q %q", c.args(), c.text) }

// randomCase returns a case with blocks of some bytes.
func randomCase(seed uint64) oracleCase {
	rnd := rand.New(rand.NewPCG(seed, 53))
	pick := func(s ...string) *string { return new(s[rnd.IntN(len(s))]) }
	c := oracleCase{opt: Options{Size: int64(2 + rnd.IntN(25))}}
	switch rnd.IntN(8) {
	case 0:
		c.opt.RecEnd = pick("", `\n`, ",", ",,", "b,", `\n\n`, ".")
	case 1:
		c.opt.RecStart = pick(",", "a", "aba", `\na`)
	case 2:
		c.opt.RecEnd, c.opt.RecStart = pick(`\n`, ",", "b"), pick("a", ",", "b")
	case 3:
		c.opt.Regexp = true
		c.opt.RecEnd = pick(`\n`, ",+", "[ab],", ",(a|ab)", "b$")
	case 4:
		c.opt.Regexp = true
		c.opt.RecStart = pick("^a", "[ab]+,", ",")
	case 5:
		c.opt.Regexp = true
		c.opt.RecEnd, c.opt.RecStart = pick(`\n`, ",+", "b?"), pick("a", "[^b]")
	}
	switch rnd.IntN(4) {
	case 0:
		c.opt.Lines = 1 + rnd.IntN(4)
	case 1:
		c.opt.Header = []Header{{Lines: 1}, {Lines: 2}, {Regexp: "[ab,]*\n"}, {Regexp: "[ab,\n]{3}"}}[rnd.IntN(4)]
	}
	c.opt.RemoveSep = rnd.IntN(4) == 0
	text := make([]byte, rnd.IntN(150))
	for i := range text {
		text[i] = "aabbb,,\n"[rnd.IntN(8)]
	}
	c.text = string(text)
	return c
}

func asParallel(t *testing.T, parallel string, c oracleCase) {
	t.Helper()
	got, err := split(t, strings.NewReader(c.text), c.opt)
	if err != nil {
		t.Fatal(err)
	}
	want := parallelBlocks(t, parallel, c.text, append(c.args(), "--pipe")...)
	if strings.Join(got, endOfBlock) != strings.Join(want, endOfBlock) {
		t.Errorf("%v\n  %q\nparallel:\n  %q", c, got, want)
	}
}

func TestRandomBlocksAsParallel(t *testing.T) {
	parallel := peertest.GNUParallel(t)
	n := 12 // a call takes a tenth of a second or two
	if s := os.Getenv("XPOOL_ORACLE"); s != "" {
		n, _ = strconv.Atoi(s)
	}
	for seed := range uint64(n) {
		asParallel(t, parallel, randomCase(seed))
	}
}

// Counted records, none of them empty: see the package comment.
func TestRecordsAsParallel(t *testing.T) {
	parallel := peertest.GNUParallel(t)
	for seed := range uint64(6) {
		rnd := rand.New(rand.NewPCG(seed, 59))
		var text strings.Builder
		for range rnd.IntN(40) {
			text.WriteString(strings.Repeat("x", 1+rnd.IntN(9)) + "\n")
		}
		c := oracleCase{text.String(), Options{Size: int64(2 + rnd.IntN(40)), Records: 1 + rnd.IntN(5)}}
		if rnd.IntN(3) == 0 {
			c.opt.Lines = 1 + rnd.IntN(3)
		}
		c.opt.RemoveSep = rnd.IntN(3) == 0
		asParallel(t, parallel, c)
	}
}
