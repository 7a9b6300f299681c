package halt

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// When says what happens to the tasks that run when the limit of a Policy is reached.
type When uint8

// The times of When.
const (
	Never When = iota // there is no limit; the zero value
	Soon              // what runs may end; nothing else begins
	Now               // what runs is killed
)

// String returns the word of --halt.
func (w When) String() string {
	switch w {
	case Soon:
		return "soon"
	case Now:
		return "now"
	}
	return "never"
}

// Why says which tasks a Policy counts.
type Why uint8

// The reasons of Why.
const (
	Fail    Why = iota // those that failed; the zero value
	Success            // those that did not
	Done               // all that ended
)

// String returns the word of --halt.
func (w Why) String() string {
	switch w {
	case Success:
		return "success"
	case Done:
		return "done"
	}
	return "fail"
}

// Policy is when a run ends early. It is a plain value that can be copied, compared and shared, and a pflag.Value. The
// zero value is never.
type Policy struct {
	when    When
	why     Why
	percent bool
	n       uint64 // tasks, or hundredths of all tasks; 0 stands for the first task that counts
}

// FailFast returns the policy now,fail=1, which is --fail-fast.
func FailFast() Policy { return Policy{when: Now, why: Fail, n: 1} }

// Parse reads a policy in the grammar of the package comment. Numbers too large to be told from "all" are taken for such
// a number. The error is one line that does not repeat s.
func Parse(s string) (Policy, error) {
	s = expand(s)
	if s == "never" {
		return Policy{}, nil
	}
	when, rest, ok := cut(s)
	var p Policy
	switch when {
	case "soon":
		p.when = Soon
	case "now":
		p.when = Now
	default:
		return Policy{}, parseError("it begins with neither never, soon nor now")
	}
	why, count, _ := cut(rest)
	switch why {
	case "fail":
		p.why = Fail
	case "success":
		p.why = Success
	case "done":
		p.why = Done
	default:
		ok = false
	}
	if !ok {
		return Policy{}, parseError(fmt.Sprintf("%s wants fail, success or done after it", when))
	}
	digits, percent := strings.CutSuffix(count, "%")
	n, ok := parseCount(digits)
	if !ok {
		return Policy{}, parseError(fmt.Sprintf("%s,%s wants a whole number or percentage after it", when, why))
	}
	p.n, p.percent = n, percent
	return p, nil
}

// expand returns the long form of a short one; anything else as it is.
func expand(s string) string {
	switch s {
	case "0":
		return "never"
	case "1":
		return "soon,fail=1"
	case "2":
		return "now,fail=1"
	case "-1":
		return "soon,success=1"
	case "-2":
		return "now,success=1"
	}
	if digits, ok := strings.CutSuffix(s, "%"); ok && isDigits(digits) {
		return "soon,fail=" + s
	}
	return s
}

// cut splits s at the first "," or "=".
func cut(s string) (before, after string, ok bool) {
	if i := strings.IndexAny(s, ",="); i >= 0 {
		return s[:i], s[i+1:], true
	}
	return s, "", false
}

// parseCount reads digits; those of a number over the largest are taken for the largest, which no run reaches.
func parseCount(s string) (uint64, bool) {
	if !isDigits(s) {
		return 0, false
	}
	n, err := strconv.ParseUint(s, 10, 64)
	if errors.Is(err, strconv.ErrRange) {
		return math.MaxUint64, true
	}
	return n, err == nil
}

func isDigits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

func parseError(reason string) error {
	return fmt.Errorf("%s: want never, or soon or now with fail=N, success=N, done=N or a percentage of these, such as now,fail=1 or soon,done=50%%", reason)
}

// When returns what happens at the limit; Never if there is none.
func (p Policy) When() When { return p.when }

// Why returns what is counted. It means nothing if When is Never.
func (p Policy) Why() Why { return p.why }

// NeedsTotal reports whether the limit is a part of all tasks: it cannot be reached before the Counter is told how many
// there are. GNU parallel reads all input before it begins the first task then.
func (p Policy) NeedsTotal() bool { return p.when != Never && p.percent }

// Set parses s as Parse does.
func (p *Policy) Set(s string) error {
	v, err := Parse(s)
	if err == nil {
		*p = v
	}
	return err
}

// String returns the long form, which Set takes.
func (p Policy) String() string {
	if p.when == Never {
		return "never"
	}
	percent := ""
	if p.percent {
		percent = "%"
	}
	return fmt.Sprintf("%v,%v=%d%s", p.when, p.why, p.n, percent)
}

// Type names the value in usage texts.
func (p Policy) Type() string { return "when" }
