package value

import (
	"fmt"
	"math"
	"strings"
	"time"
)

// Timeout is how long a task may run: a length of time, or a part of what tasks usually take. It is a plain value. The
// zero value is no limit, and so are 0 and 0%, as in GNU parallel.
type Timeout struct {
	fixed   time.Duration
	percent decimal // scale is 0 if it is not a percentage
	text    string
}

// Set parses s as ParseTimeout does.
func (t *Timeout) Set(s string) error {
	v, err := ParseTimeout(s)
	if err == nil {
		*t = v
	}
	return err
}

// String returns a form that Set takes.
func (t Timeout) String() string {
	if t.Relative() {
		return t.text
	}
	return t.fixed.String()
}

// Type names the value in usage texts.
func (t Timeout) Type() string { return "duration" }

// ParseTimeout reads what ParseDuration does, or a percentage such as "200%" or "112.5%".
func ParseTimeout(s string) (Timeout, error) {
	if !strings.HasSuffix(s, "%") {
		fixed, err := ParseDuration(s)
		return Timeout{fixed: fixed}, err
	}
	percent, rest, ok := scanDecimal(s)
	switch {
	case !ok || rest != "%":
		return Timeout{}, timeoutError("not a percentage")
	case percent.overflow:
		return Timeout{}, timeoutError("too large")
	case percent.whole == 0 && percent.isWhole():
		return Timeout{}, nil
	}
	return Timeout{percent: percent, text: s}, nil
}

// Relative reports whether t is a percentage.
func (t Timeout) Relative() bool { return t.percent.scale != 0 }

// Of returns the limit where tasks usually take so long: itself if it is a length of time. ok is false if there is no
// limit.
func (t Timeout) Of(usual time.Duration) (limit time.Duration, ok bool) {
	if !t.Relative() {
		return t.fixed, t.fixed > 0
	}
	hundredths, ok := t.percent.times(uint64(max(usual, 1)), math.MaxUint64)
	if !ok || hundredths/100 >= math.MaxInt64 {
		return math.MaxInt64, true
	}
	return time.Duration(max(hundredths/100, 1)), true
}

func timeoutError(reason string) error {
	return fmt.Errorf("%s: want a duration such as 30, 1.5 or 2m, or a percentage of what tasks usually take such as 200%%", reason)
}
