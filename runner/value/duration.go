// Package value holds the typed values of the command line. Each is a pflag.Value that validates in Set, whose error
// is one line that says what is wrong and what is accepted; it does not repeat the argument, since pflag does.
// The parsers are there on their own too, for options that take one of these or a word.
package value

import (
	"fmt"
	"math"
	"strings"
	"time"
)

// Duration is an option's length of time, never negative. The zero value is zero, which most options take for "no limit".
type Duration time.Duration

// Set parses s as ParseDuration does.
func (d *Duration) Set(s string) error {
	v, err := ParseDuration(s)
	if err == nil {
		*d = Duration(v)
	}
	return err
}

// String returns a form that Set takes.
func (d Duration) String() string { return time.Duration(d).String() }

// Type names the value in usage texts.
func (d Duration) Type() string { return "duration" }

// ParseDuration reads a length of time: a number of seconds ("3", "1.5"), or numbers with units that are added up ("100ms",
// "2m", "1h30m", GNU parallel's "2d3.5h16.6m4s"). The units are d, h, m, s, ms, us (or µs) and ns, in either case. A number
// without a unit stands alone: what "1h30" means depends on whom one asks. It is rounded up to the nanosecond; negative
// lengths and those over time.Duration's 292 years are refused.
func ParseDuration(s string) (time.Duration, error) {
	if strings.HasPrefix(s, "-") {
		return 0, durationError("negative")
	}
	var total uint64
	for first := true; first || s != ""; first = false {
		number, rest, ok := scanDecimal(s)
		if !ok {
			return 0, durationError("not a duration")
		}
		name, next := cutUnit(rest)
		unit, ok := nanoseconds(name)
		if name == "" && first && next == "" {
			unit, ok = uint64(time.Second), true
		}
		switch {
		case !ok && name == "":
			return 0, durationError("a number without its unit")
		case !ok:
			return 0, durationError(fmt.Sprintf("unknown unit %q", name))
		}
		part, ok := number.times(unit, math.MaxInt64-total)
		if !ok {
			return 0, durationError("longer than 292 years")
		}
		total += part
		s = next
	}
	return time.Duration(total), nil
}

// cutUnit splits s before the next number.
func cutUnit(s string) (name, rest string) {
	if i := strings.IndexAny(s, ".0123456789"); i >= 0 {
		return s[:i], s[i:]
	}
	return s, ""
}

// nanoseconds returns the length of a unit; false if there is no such unit.
func nanoseconds(name string) (uint64, bool) {
	var d time.Duration
	switch strings.ToLower(name) {
	case "ns":
		d = time.Nanosecond
	case "us", "\u00b5s", "\u03bcs": // micro sign and Greek mu look the same, and both are typed
		d = time.Microsecond
	case "ms":
		d = time.Millisecond
	case "s":
		d = time.Second
	case "m":
		d = time.Minute
	case "h":
		d = time.Hour
	case "d":
		d = 24 * time.Hour
	}
	return uint64(d), d != 0
}

func durationError(reason string) error {
	return fmt.Errorf("%s: want seconds or numbers with units (ms, s, m, h, d), such as 30, 1.5, 100ms, 2m or 1h30m", reason)
}
