package halt

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"xpool/runner/value"
)

// maxSignal bounds the numbers that are taken for signals; no system has one above it.
const maxSignal = 127

// A Step is one rung of a TermSeq.
type Step struct {
	Signal syscall.Signal
	Wait   time.Duration // how long the task has to end before the next step; 0: no time at all
}

// TermSeq is how a task is ended: each signal in turn, until the task is gone. It is immutable and a pflag.Value; the
// zero value is GNU parallel's default. What outlives the last step is still running: whoever must leave nothing behind
// kills it then.
type TermSeq struct {
	steps []Step // not empty but in the zero value
}

// ParseTermSeq reads "SIGNAL,MS,SIGNAL,MS,...": signals by name, with or without SIG and in either case, or by number,
// each with the time that follows it in milliseconds, which may have a fraction. The last time may be left out for 0. An
// empty text is the default, TERM,200,TERM,100,TERM,50,KILL,25. GNU parallel finds out only when it kills that it does not
// know a signal, and ends itself; here that is an error at once.
func ParseTermSeq(s string) (TermSeq, error) {
	if s == "" {
		return TermSeq{}, nil
	}
	fields := strings.Split(s, ",")
	var q TermSeq
	for pair := range slices.Chunk(fields, 2) {
		sig, ok := parseSignal(pair[0])
		if !ok {
			return TermSeq{}, termSeqError(fmt.Sprintf("no signal %q", pair[0]))
		}
		step := Step{Signal: sig}
		if len(pair) == 2 {
			wait, err := parseMilliseconds(pair[1])
			if err != nil {
				return TermSeq{}, termSeqError(fmt.Sprintf("%q is no time in milliseconds", pair[1]))
			}
			step.Wait = wait
		}
		q.steps = append(q.steps, step)
	}
	return q, nil
}

// parseSignal reads a signal's name or number.
func parseSignal(s string) (syscall.Signal, bool) {
	if isDigits(s) {
		n, err := strconv.Atoi(s)
		return syscall.Signal(n), err == nil && n >= 1 && n <= maxSignal
	}
	name := strings.ToUpper(s)
	if !strings.HasPrefix(name, "SIG") {
		name = "SIG" + name
	}
	sig := unix.SignalNum(name)
	return sig, sig != 0
}

func parseMilliseconds(s string) (time.Duration, error) {
	if strings.Trim(s, "0123456789.") != "" {
		return 0, errors.New("not a number")
	}
	return value.ParseDuration(s + "ms")
}

// milliseconds returns d, which is not negative, with just the digits that it takes.
func milliseconds(d time.Duration) string {
	whole := strconv.FormatInt(d.Milliseconds(), 10)
	part := fmt.Sprintf(".%06d", d%time.Millisecond)
	return whole + strings.TrimRight(strings.TrimRight(part, "0"), ".")
}

func termSeqError(reason string) error {
	return fmt.Errorf("%s: want signals, each with a time in milliseconds, such as TERM,200,TERM,100,KILL,25", reason)
}

// Steps returns the signals in order, at least one. The slice is the caller's.
func (q TermSeq) Steps() []Step {
	if len(q.steps) > 0 {
		return slices.Clone(q.steps)
	}
	const ms = time.Millisecond
	return []Step{
		{syscall.SIGTERM, 200 * ms}, {syscall.SIGTERM, 100 * ms}, {syscall.SIGTERM, 50 * ms}, {syscall.SIGKILL, 25 * ms},
	}
}

// Set parses s as ParseTermSeq does.
func (q *TermSeq) Set(s string) error {
	v, err := ParseTermSeq(s)
	if err == nil {
		*q = v
	}
	return err
}

// String returns a form that Set takes.
func (q TermSeq) String() string {
	var b strings.Builder
	for i, step := range q.Steps() {
		if i > 0 {
			b.WriteByte(',')
		}
		name, ok := strings.CutPrefix(unix.SignalName(step.Signal), "SIG")
		if !ok {
			name = strconv.Itoa(int(step.Signal))
		}
		fmt.Fprintf(&b, "%s,%s", name, milliseconds(step.Wait))
	}
	return b.String()
}

// Type names the value in usage texts.
func (q TermSeq) Type() string { return "sequence" }
