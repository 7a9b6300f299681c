package runner

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"xpool/runner/getopt"
	"xpool/runner/pack"
	"xpool/runner/value"
)

// What xargs' options without a short form of their own are called in its table.
const (
	xargsShowLimits = 256 + iota
	xargsSlotVar
	xargsVersion
	xargsHelp
	xargsExplain
)

// xargsTable are the options of GNU xargs 4.9, and some of our own that leave those as
// they are, abbreviations included.
func xargsTable() []getopt.Option {
	return []getopt.Option{
		{Long: "null", Short: '0', ID: '0'},
		{Long: "arg-file", Short: 'a', Arg: getopt.Required, ID: 'a'},
		{Long: "delimiter", Short: 'd', Arg: getopt.Required, ID: 'd'},
		{Short: 'E', Arg: getopt.Required, ID: 'E'},
		{Long: "eof", Short: 'e', Arg: getopt.Optional, ID: 'e'},
		{Short: 'I', Arg: getopt.Required, ID: 'I'},
		{Long: "replace", Short: 'i', Arg: getopt.Optional, ID: 'i'},
		{Short: 'L', Arg: getopt.Required, ID: 'L'},
		{Long: "max-lines", Short: 'l', Arg: getopt.Optional, ID: 'l'},
		{Long: "max-args", Short: 'n', Arg: getopt.Required, ID: 'n'},
		{Long: "open-tty", Short: 'o', ID: 'o'},
		{Long: "interactive", Short: 'p', ID: 'p'},
		{Long: "no-run-if-empty", Short: 'r', ID: 'r'},
		{Long: "max-chars", Short: 's', Arg: getopt.Required, ID: 's'},
		{Long: "verbose", Short: 't', ID: 't'},
		{Long: "show-limits", ID: xargsShowLimits},
		{Long: "exit", Short: 'x', ID: 'x'},
		{Long: "max-procs", Short: 'P', Arg: getopt.Required, ID: 'P'},
		{Long: "process-slot-var", Arg: getopt.Required, ID: xargsSlotVar},
		{Long: "ungroup", Short: 'u', ID: 'u'},
		{Long: "version", ID: xargsVersion},
		{Long: "help", ID: xargsHelp},
		{Long: "explain", ID: xargsExplain, Whole: true},
	}
}

// xargsParser reads the command line of xargs.
type xargsParser struct {
	o      Options
	system pack.System
	split  bool // -0 or -d
}

// xargsError is an error in the words of GNU xargs.
type xargsError string

func (e xargsError) Error() string { return string(e) }

func xargsErrorf(format string, args ...any) error { return xargsError(fmt.Sprintf(format, args...)) }

// usageError is an error for which xargs points to its help.
type usageError struct{ error }

// parseXargs reads the command line after the program's name as GNU xargs does.
// The options are good for what was read even if there is an error.
func parseXargs(args []string, env environment) (Options, error) {
	p := &xargsParser{o: xargsOptions()}
	var err error
	if p.system, err = pack.SystemLimits(env); err != nil {
		return p.o, err
	}
	found, rest, parseErr := getopt.Parse(args, xargsTable())
	for _, f := range found {
		if err := p.option(f); err != nil {
			return p.o, err
		}
		if p.o.Help || p.o.Version {
			return p.o, nil
		}
	}
	if parseErr != nil {
		return p.o, usageError{parseErr}
	}
	p.o.Command = rest
	if len(rest) == 0 {
		p.o.Command = []string{"echo"}
	}
	p.fillEmpty()
	if p.o.HasEnd && p.split {
		p.o.Packing.warnings = append(p.o.Packing.warnings, "warning: the -E option has no effect if -0 or -d is used.\n")
	}
	return p.o, nil
}

// fillEmpty gives -I ” its meaning where it has one: each initial argument that is
// empty as well becomes the record.
func (p *xargsParser) fillEmpty() {
	k, args := &p.o.Packing, p.o.Command[1:]
	if !k.replaces || k.limits.Replace != "" || slices.ContainsFunc(args, func(a string) bool { return a != "" }) {
		return
	}
	const any = "{}"
	k.limits.Replace = any
	p.o.Command = append(p.o.Command[:1:1], slices.Repeat([]string{any}, len(args))...)
}

// xargsOptions are the options of xargs before the command line has been read.
func xargsOptions() Options {
	o := defaultOptions()
	o.As, o.Name = asXargs, "xargs"
	o.Words = true
	o.RunEmpty = true
	o.Exec = true
	_ = o.Jobs.Set("1")
	return o
}

// option takes one option into account.
func (p *xargsParser) option(f getopt.Found) error {
	o := &p.o
	switch f.ID {
	case '0':
		o.Delim, o.Words, p.split = 0, false, true
	case 'd':
		d, err := xargsDelimiter(f.Value)
		if err != nil {
			return err
		}
		o.Delim, o.Words, p.split = value.Delim(d), false, true
	case 'a':
		o.Files = []string{f.Value} // the last one counts
	case 'E', 'e':
		o.End, o.HasEnd = f.Value, f.Value != ""
	case 'o':
		o.OpenTTY = true
	case 'p':
		o.Verbose, o.Interactive = true, true
	case 'r':
		o.RunEmpty = false
	case 't':
		o.Verbose = true
	case 'u':
		o.Ungroup = true
	case xargsShowLimits:
		o.ShowLimits = true
	case xargsSlotVar:
		if strings.Contains(f.Value, "=") {
			return errors.New("option --process-slot-var may not be set to a value which includes `='")
		}
		if f.Value == "" {
			return errors.New("failed to unset environment variable : Invalid argument")
		}
		o.SlotVar = f.Value
	case xargsHelp:
		o.Help = true
	case xargsVersion:
		o.Version = true
	case xargsExplain:
		o.Explain = true
	default:
		return p.number(f)
	}
	return nil
}

// number is option for those that say how much goes into a command, and -P.
func (p *xargsParser) number(f getopt.Found) error {
	k := &p.o.Packing
	var n int
	var err error
	switch f.ID {
	case 'I', 'i':
		s := "{}"
		if f.HasValue {
			s = f.Value
		}
		k.setReplace(s)
	case 'x':
		k.limits.Exit = true
	case 'n':
		if n, err = xargsNumber(f, 1, math.MaxInt); err == nil {
			k.setArgs(n)
		}
	case 'L':
		if n, err = xargsNumber(f, 1, math.MaxInt); err == nil {
			k.setLines(n, "-L")
		}
	case 'l':
		n = 1
		if f.HasValue {
			n, err = xargsNumber(f, 1, math.MaxInt)
		}
		if err == nil {
			k.setLines(n, "--max-lines/-l")
		}
	case 's':
		n, err = xargsNumber(f, 1, p.system.MaxChars)
		var bound *boundError
		if errors.As(err, &bound) { // of this one xargs only warns
			k.warnings = append(k.warnings, bound.Error())
			n, err = bound.bound, nil
		}
		if err == nil {
			k.setChars(n)
		}
	case 'P':
		if n, err = xargsNumber(f, 0, math.MaxInt32); err == nil {
			err = p.o.Jobs.Set(strconv.Itoa(min(n, value.MaxJobs)))
		}
	}
	if err != nil {
		return usageError{err}
	}
	return nil
}

// boundError says that a number is out of its bounds.
type boundError struct {
	text  string
	bound int
}

func (e *boundError) Error() string { return e.text }

// xargsNumber reads an option's number as strtol(3) reads it. The error has the
// text of GNU xargs; it is a *boundError for one under least or over most.
func xargsNumber(f getopt.Found, least, most int) (int, error) {
	text := strings.TrimLeft(f.Value, " \t\n\v\f\r")
	n, err := strconv.Atoi(text)
	switch {
	case errors.Is(err, strconv.ErrRange): // Atoi gives the nearest number
	case err != nil:
		return 0, fmt.Errorf("invalid number \"%s\" for -%c option", f.Value, f.ID)
	}
	switch {
	case n < least:
		return 0, &boundError{fmt.Sprintf("value %s for -%c option should be >= %d", f.Value, f.ID, least), least}
	case n > most:
		return 0, &boundError{fmt.Sprintf("value %s for -%c option should be <= %d", f.Value, f.ID, most), most}
	}
	return n, nil
}

// xargsDelimiter reads the argument of -d as GNU xargs does, which is more lenient
// than value.ParseDelim: what follows a letter does not count.
func xargsDelimiter(s string) (byte, error) {
	switch {
	case len(s) == 1:
		return s[0], nil
	case s == "" || s[0] != '\\':
		return 0, xargsErrorf("Invalid input delimiter specification %s: the delimiter must be either a single character "+
			"or an escape sequence starting with \\.", s)
	}
	if i := strings.IndexByte(`abfnrtv\`, s[1]); i >= 0 {
		return "\a\b\f\n\r\t\v\\"[i], nil
	}
	digits, base, most := s[1:], 8, "377"
	if s[1] == 'x' {
		digits, base, most = s[2:], 16, "ff"
	} else if s[1] < '0' || s[1] > '9' {
		return 0, xargsErrorf("Invalid escape sequence %s in input delimiter specification.", s)
	}
	n, after := 0, len(digits)
	for i := range len(digits) {
		d, err := strconv.ParseUint(digits[i:i+1], base, 8)
		if err != nil {
			after = i
			break
		}
		n = min(n*base+int(d), math.MaxUint8+1)
	}
	switch {
	case n > math.MaxUint8:
		return 0, xargsErrorf("Invalid escape sequence %s in input delimiter specification; character values must not exceed %s.", s, most)
	case after < len(digits):
		return 0, xargsErrorf("Invalid escape sequence %s in input delimiter specification; trailing characters %s not recognised.",
			s, digits[after:])
	}
	return byte(n), nil
}
