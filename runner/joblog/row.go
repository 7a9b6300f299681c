package joblog

import (
	"bytes"
	"math"
	"strconv"
	"strings"
	"time"
)

// Header is the first line of a log, with its newline.
const Header = "Seq\tHost\tStarttime\tJobRuntime\tSend\tReceive\tExitval\tSignal\tCommand\n"

// headerStart is what the first lines of all versions have in common.
const headerStart = "Seq\tHost\t"

// A Row is what the log says of one task that is over.
type Row struct {
	Seq     int64         // number of the task, from 1
	Host    string        // where it ran; "" is written, and ":" is read, as ":", which is this machine
	Start   time.Time     // of the last attempt, kept to the millisecond; what is before 1970 is written as 0
	Runtime time.Duration // of the last attempt, cut to the millisecond; what is negative is written as 0
	Send    int64         // bytes sent: the standard input of a task with --pipe, else 0
	Receive int64         // bytes received: the task's standard output, 0 if it was not captured
	Exit    int           // exit status, 0 if a signal ended it, -1 if it timed out
	Signal  int           // the number of the signal that ended it, or 0

	// Command is the command line that a shell would take: --retry-failed hands
	// it to one. A newline in it is written as a NUL byte.
	Command string
}

// OK reports whether the task succeeded.
func (r Row) OK() bool { return r.Exit == 0 && r.Signal == 0 }

// hostName returns the second column. A tab or a newline would make two of it.
func (r Row) hostName() string {
	if r.Host == "" {
		return ":"
	}
	return strings.Map(func(c rune) rune {
		if c == '\t' || c == '\n' {
			return ' '
		}
		return c
	}, r.Host)
}

// StartSeconds returns the third column: seconds since 1970, with three
// decimals.
func (r Row) StartSeconds() string { return string(appendMillis(nil, r.Start.UnixMilli(), 0)) }

// RuntimeSeconds returns the fourth column without its padding: seconds, with
// three decimals.
func (r Row) RuntimeSeconds() string { return string(appendMillis(nil, r.Runtime.Milliseconds(), 0)) }

// runtimeWidth is the least width of the column JobRuntime.
const runtimeWidth = 10

// Append appends the row with its newline to b.
func (r Row) Append(b []byte) []byte {
	b = strconv.AppendInt(b, r.Seq, 10)
	b = append(b, '\t')
	b = append(b, r.hostName()...)
	b = append(b, '\t')
	b = appendMillis(b, r.Start.UnixMilli(), 0)
	b = append(b, '\t')
	b = appendMillis(b, r.Runtime.Milliseconds(), runtimeWidth)
	for _, n := range [...]int64{r.Send, r.Receive, int64(r.Exit), int64(r.Signal)} {
		b = append(b, '\t')
		b = strconv.AppendInt(b, n, 10)
	}
	b = append(b, '\t')
	from := len(b)
	b = append(b, r.Command...)
	swap(b[from:], '\n', 0)
	return append(b, '\n')
}

// appendMillis appends ms, but at least 0, as seconds.
func appendMillis(b []byte, ms int64, width int) []byte {
	ms = max(ms, 0)
	var room [24]byte
	whole := strconv.AppendInt(room[:0], ms/1000, 10)
	for n := len(whole) + len(".000"); n < width; n++ {
		b = append(b, ' ')
	}
	b = append(b, whole...)
	rest := ms % 1000
	return append(b, '.', byte('0'+rest/100), byte('0'+rest/10%10), byte('0'+rest%10))
}

// swap replaces the one byte by the other.
func swap(b []byte, from, to byte) {
	for {
		i := bytes.IndexByte(b, from)
		if i < 0 {
			return
		}
		b[i] = to
		b = b[i+1:]
	}
}

// ParseRow reads a row without its newline. It reports whether line is one: nine
// columns, with numbers where they belong.
func ParseRow(line []byte) (Row, bool) {
	r, rest, ok := parseColumns(line)
	if !ok {
		return Row{}, false
	}
	command := bytes.Clone(rest)
	swap(command, 0, '\n')
	r.Command = string(command)
	return r, true
}

// parseColumns reads all columns but the command, and returns what follows them.
func parseColumns(line []byte) (r Row, rest []byte, ok bool) {
	var columns [8][]byte
	for i := range columns {
		if columns[i], line, ok = bytes.Cut(line, []byte{'\t'}); !ok {
			return Row{}, nil, false
		}
	}
	p := rowParser{}
	r = Row{
		Seq:     p.integer(columns[0], 1, math.MaxInt64),
		Host:    string(columns[1]),
		Start:   p.time(columns[2]),
		Runtime: p.duration(columns[3]),
		Send:    p.integer(columns[4], math.MinInt64, math.MaxInt64),
		Receive: p.integer(columns[5], math.MinInt64, math.MaxInt64),
		Exit:    int(p.integer(columns[6], math.MinInt32, math.MaxInt32)),
		Signal:  int(p.integer(columns[7], math.MinInt32, math.MaxInt32)),
	}
	return r, line, !p.failed && r.Host != ""
}

// rowParser remembers whether any of the columns was not what it should be.
type rowParser struct{ failed bool }

// integer reads a decimal number in a range; blanks around it pad its column.
func (p *rowParser) integer(column []byte, least, most int64) int64 {
	n, err := strconv.ParseInt(string(bytes.TrimSpace(column)), 10, 64)
	if err != nil || n < least || n > most {
		p.failed = true
		return 0
	}
	return n
}

// endOfTime bounds a start time, in seconds since 1970: the year 9999.
const endOfTime = 253402300799

func (p *rowParser) time(column []byte) time.Time {
	s, ns := p.seconds(column, endOfTime)
	return time.Unix(s, ns)
}

func (p *rowParser) duration(column []byte) time.Duration {
	s, ns := p.seconds(column, math.MaxInt64/int64(time.Second)-1)
	return time.Duration(s)*time.Second + time.Duration(ns)
}

// seconds reads digits with at most one point in or after them. A negative time,
// which GNU parallel writes when the clock was set back, counts as 0.
func (p *rowParser) seconds(column []byte, most int64) (s, ns int64) {
	text := bytes.TrimSpace(column)
	text, negative := bytes.CutPrefix(text, []byte{'-'})
	whole, fraction, _ := bytes.Cut(text, []byte{'.'})
	s, ok := digits(whole)
	unit := int64(time.Second)
	for _, c := range fraction {
		ok = ok && '0' <= c && c <= '9'
		unit /= 10
		ns += int64(c-'0') * unit
	}
	if !ok || s > most {
		p.failed = true
		return 0, 0
	}
	if negative {
		return 0, 0
	}
	return s, ns
}

// digits reads a number without a sign.
func digits(b []byte) (int64, bool) {
	if len(b) == 0 || b[0] == '+' || b[0] == '-' {
		return 0, false
	}
	n, err := strconv.ParseInt(string(b), 10, 64)
	return n, err == nil
}
