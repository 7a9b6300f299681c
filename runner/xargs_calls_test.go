package runner_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"
)

// call is one use of xargs.
type call struct {
	options [][]string // each as its words
	jobs    string     // the value of -P, if it is not among the options
	command []string
	input   []byte
	piped   bool // standard input is a pipe; otherwise a file
	fromArg bool // the input is named with -a, and standard input is left to the commands
}

// way is whether a call is made as it is, or with one command at a time.
type way bool

const (
	asCalled way = false
	serial   way = true
)

// args are the words after the program's name.
func (c call) args(w way) []string {
	args := slices.Concat(c.options...)
	if c.jobs != "" && w == asCalled {
		args = append([]string{"-P" + c.jobs}, args...)
	}
	if c.fromArg {
		args = append([]string{"-a", "in"}, args...)
	}
	return append(args, c.command...)
}

// stdin is the name of the file that standard input is.
func (c call) stdin() string {
	if c.fromArg {
		return "plain"
	}
	return "in"
}

func (c call) String() string {
	return fmt.Sprintf("xargs %q < %s (piped %t)", c.args(asCalled), clip(string(c.input)), c.piped)
}

// shrinkTime is what may be spent to make one failure easier to read.
const shrinkTime = 5 * time.Second

// shrunk is a smaller call that still does what fails says, or c.
func (c call) shrunk(fails func(call) bool) call {
	tries := 150
	until := time.Now().Add(shrinkTime)
	try := func(smaller call) bool {
		tries--
		if tries < 0 || time.Now().After(until) || !fails(smaller) {
			return false
		}
		c = smaller
		return true
	}
	for i := len(c.options) - 1; i >= 0; i-- {
		smaller := c
		smaller.options = slices.Delete(slices.Clone(c.options), i, i+1)
		try(smaller)
	}
	if c.jobs != "" {
		smaller := c
		smaller.jobs = ""
		try(smaller)
	}
	for i := len(c.command) - 1; i > 0; i-- {
		smaller := c
		smaller.command = slices.Delete(slices.Clone(c.command), i, i+1)
		try(smaller)
	}
	for piece := (len(c.input) + 1) / 2; piece > 0 && tries > 0; piece /= 2 {
		for at := 0; at < len(c.input); {
			smaller := c
			smaller.input = slices.Delete(bytes.Clone(c.input), at, min(at+piece, len(c.input)))
			if !try(smaller) {
				at += piece
			}
		}
	}
	return c
}

// caller makes random calls.
type caller struct {
	*rand.Rand
	size int // of -s, 0 if there is none
}

func (r *caller) of(words ...string) string { return words[r.IntN(len(words))] }
func (r *caller) one(in int) bool           { return r.IntN(in) == 0 }

func randomCall(seed uint64) call {
	r := &caller{Rand: rand.New(rand.NewPCG(seed, 977))}
	if r.one(12) {
		return r.misuse()
	}
	c := call{piped: r.one(2), fromArg: r.one(8)}
	c.piped = c.piped && !c.fromArg
	for range []int{0, 1, 1, 2, 2, 3, 4, 6}[r.IntN(8)] {
		c.options = append(c.options, r.option())
	}
	c.command = r.command()
	if r.one(40) {
		c.options, c.command = r.forFlood(c.options), []string{"printf", `%s\0`, "{"}
		c.input = r.flood()
	} else {
		c.input = r.text()
	}
	c.jobs = r.jobs(c)
	if room := r.size - wordsSize(c.command); r.size > 0 && (room == 0 || room == 1) {
		// xargs gives up at the first byte of a record, and this program at the second.
		c.options = append(c.options, []string{"-s", strconv.Itoa(r.size + 2)})
	}
	return c
}

// wordsSize is the size of a command as xargs counts it.
func wordsSize(command []string) int {
	if len(command) == 0 {
		return len("echo") + 1
	}
	n := 0
	for _, w := range command {
		n += len(w) + 1
	}
	return n
}

// jobs is only for calls whose end does not depend on which command ends first.
func (r *caller) jobs(c call) string {
	if len(c.command) > 0 && c.command[0] != "printf" && c.command[0] != "echo" {
		return ""
	}
	for _, o := range c.options {
		if o[0] == "-t" || o[0] == "--verbose" { // shown in the order in which they begin
			return ""
		}
	}
	return r.of("", "", "", "", "2", "3", "0")
}

// option is one option of any form.
func (r *caller) option() []string {
	switch r.IntN(14) {
	case 0:
		return []string{r.of("-0", "--null", "--nu")}
	case 1:
		return r.withArg("-d", "--delimiter", r.of("\n", `\n`, ",", "a", `\t`, `\0`, `\x41`, `\101`, " ", "\x7f"))
	case 2:
		return r.withArg("-E", "", r.of("E", "", "a", "x y", "EOF"))
	case 3:
		return []string{r.of("-e", "-eE", "-ea", "--eof", "--eof=E", "--eof=", "--eo=a")}
	case 4:
		return r.withArg("-I", "", r.of("{}", "{}", "@", "a", "{}{}", "aa", "<"))
	case 5:
		return []string{r.of("-i", "-i@", "-ia", "--replace", "--replace={}", "--repl=@", "--replace=<")}
	case 6, 7:
		return r.withArg("-n", "--max-args", strconv.Itoa(1+r.IntN(5)))
	case 8:
		return r.withArg("-L", "", strconv.Itoa(1+r.IntN(4)))
	case 9:
		return []string{r.of("-l", "-l1", "-l2", "-l3", "--max-lines", "--max-lines=2", "--max-l=1")}
	case 10:
		r.size = r.IntN(80) + 1
		if r.one(4) {
			r.size = []int{100, 500, 1000, 5000, 131072, 140000, 1 << 20, 10 << 20}[r.IntN(8)]
		}
		return r.withArg("-s", "--max-chars", strconv.Itoa(r.size))
	case 11:
		return []string{r.of("-x", "--exit", "--ex", "-xr", "-rx")}
	case 12:
		return []string{r.of("-r", "--no-run-if-empty", "--no")}
	default:
		return []string{r.of("-t", "-t", "--verbose", "-P1")}
	}
}

// withArg is an option that requires its argument, in one of its forms.
func (r *caller) withArg(short, long, arg string) []string {
	form := r.IntN(5)
	switch {
	case form == 0 || arg == "":
		return []string{short, arg}
	case form == 1 && long != "":
		return []string{long, arg}
	case form == 2 && long != "":
		return []string{long + "=" + arg}
	case form == 3 && long != "":
		return []string{long[:len(long)-1] + "=" + arg}
	}
	return []string{short + arg}
}

// command is what to run: most show their very words. What they write to standard
// error comes in pieces, which mix with what xargs says, so they should be silent:
// no option replaces anything in a format or a script.
func (r *caller) command() []string {
	show := []string{"printf", `%s\0`, "{"}
	switch r.IntN(16) {
	case 0:
		return nil
	case 1:
		return []string{"echo"}
	case 2, 3:
		return []string{"./judge"}
	case 4:
		return []string{"./judge", r.of("x", "{}", "-{}-", "a")}
	case 5:
		return []string{r.of("no-such-command", "./no-such", "./plain", "./dir", "./bare", "./lost", "", "plain", "./{}", "./plain/x")}
	case 6:
		return []string{r.of("./reader", "./count"), r.of("x", "{}")}
	case 7, 8, 9, 10:
		for range r.IntN(4) {
			show = append(show, r.of("{}", "x{}", "{}{}y", "zz", "@", "a<b", "", "aaa", strings.Repeat("l", r.IntN(40))))
		}
	}
	return show
}

// text is a small input.
func (r *caller) text() []byte {
	letters := r.of(
		"aabcE    \t\n\n\n\\'\"\x00",
		"aabcE    \t\n\n\n",
		"ab \n",
		"ab\x00",
		"aaaaaabc,A \n\n\t",
		"QKTUVWZab      \n\n\n\n\n",
		"aaaaaaaaaaaaaaaaQaaaaaaaaaaaaKaaaaaaaaaaZ            \n\n\n\n\n\n\n",
		"a\r\v\f \n\\'\"",
		"\xff\xc3\xa9\x80a \n\n",
		"aE\n E\nE x y\n",
	)
	if r.one(25) {
		letters = "\x00\x01\x07\x1b\x7f\x80\xff\n \\'\"abE!$`#~"
	}
	most := []int{0, 5, 20, 20, 60, 60, 200}[r.IntN(7)]
	var b bytes.Buffer
	for b.Len() < most && !r.one(60) {
		b.WriteByte(letters[r.IntN(len(letters))])
		if r.one(40) && r.size > 0 && r.size < 10000 {
			b.WriteString(strings.Repeat("m", max(0, r.size-r.IntN(40)))) // about as long as a command may be
		}
	}
	switch r.IntN(6) {
	case 0:
		b.WriteString(r.of("\nE\nafter\n", " E \nafter", "\x00E\x00after\x00", "E", "\nx y\nafter", "\nE"))
	case 1, 2, 3:
		b.WriteByte(letters[len(letters)-1])
	}
	return b.Bytes()
}

// forFlood are those options that do not make a process of each few records, and
// a large value for one that would.
func (r *caller) forFlood(options [][]string) [][]string {
	options = slices.DeleteFunc(options, func(o []string) bool {
		return !slices.ContainsFunc([]string{"-0", "--nu", "-d", "--delim", "-E", "-e", "--eo", "-t", "--verb", "-x", "--ex", "-r", "--no"},
			func(p string) bool { return strings.HasPrefix(o[0], p) })
	})
	switch r.IntN(5) {
	case 0:
		options = append(options, []string{"-n", strconv.Itoa(2000 + r.IntN(3000))})
	case 1:
		options = append(options, []string{"-L", strconv.Itoa(2000 + r.IntN(3000))})
	case 2, 3:
		options = append(options, []string{"-s", strconv.Itoa(20_000 + r.IntN(300_000))})
	}
	return options
}

// flood is an input that fills more than one command.
func (r *caller) flood() []byte {
	end := r.of("\n", "\n", " ", "\x00")
	var b bytes.Buffer
	switch r.IntN(3) {
	case 0: // many short ones
		for i := range 20_000 + r.IntN(30_000) {
			fmt.Fprintf(&b, "%d%s", i, end)
		}
	case 1: // of all lengths
		for b.Len() < 400_000 {
			b.WriteString(strings.Repeat("w", r.IntN(1<<r.IntN(16))) + end)
		}
	case 2: // about as long as the kernel takes, and as xargs does
		for range 1 + r.IntN(4) {
			b.WriteString(strings.Repeat("v", 131072-25+r.IntN(40)) + end)
		}
	}
	return b.Bytes()
}

// misuse is a call that is likely to be refused, or to be answered with a text.
func (r *caller) misuse() call {
	c := call{input: []byte("a b\nc\n"), command: []string{"echo"}}
	for range 1 + r.IntN(3) {
		c.options = append(c.options, r.odd())
	}
	return c
}

func (r *caller) odd() []string {
	number := r.of("0", "-1", "1", "2", "+2", " 3", "x", "", "1x", "0x10", "010", "99999999999999999999", "-99999999999999999999", "2147483648", "1 ", "\t1")
	switch r.IntN(8) {
	case 0:
		return []string{r.of("-n", "-L", "-s", "-P", "--max-args", "--max-chars", "--max-procs"), number}
	case 1:
		return []string{r.of("-n", "-L", "-l", "-s", "-P", "--max-lines=", "--max-args=", "--max-chars=", "--max-procs=") + number}
	case 2:
		return []string{"-d" + r.of(`\`, `\q`, `\x`, `\xzz`, `\x100`, `\400`, `\8`, `\08`, `\nn`, `\\`, `\0x`, "ab", "é", `\1`, `\x1g`, `\777`, `\x0`, `\a`, `\b`, `\"`)}
	case 3:
		return []string{r.of("-Z", "-h", "-0Z", "--bogus", "--ma", "--ma=3", "--m", "--null=x", "--e", "--no-run", "--exit=1", "--v", "--re", "--process-slot-var=a=b", "--process-slot-var", "--=", "-\xff", "---")}
	case 4:
		return []string{r.of("-n", "-I", "-d", "-a", "-E", "-s", "--arg-file", "--max-args", "--delimiter")}
	case 5:
		return []string{r.of("-a", "--arg-file"), r.of("in", "nowhere", "plain/x", "empty", "-", "/dev/null")}
	case 6:
		return []string{"-s200", r.of("-I", "-i", "--replace="), ""} // of -s1 the errors differ
	default:
		return r.option()
	}
}
