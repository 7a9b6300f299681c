// Package jsonlog writes the results of tasks as lines of JSON: those of --json, and
// those of GNU parallel's --results FILE.json.
//
// A line is one object. Its first twelve members are those of GNU parallel
// 20221122, in its order, with its names and meanings:
//
//	Seq         number of the task, from 1
//	Host        where it ran; ":" is this machine
//	Starttime   when the last attempt began, in seconds since 1970
//	JobRuntime  how long that took, in seconds
//	Send        bytes sent to its standard input
//	Receive     bytes received from its standard output
//	Exitval     exit status; -1 if it timed out
//	Signal      the number of the signal that ended it, or 0
//	Command     the command line, as a shell would take it
//	V           the arguments, an array of strings
//	Stdout      what it printed on standard output
//	Stderr      what it printed on standard error
//
// The lines of --json have these too, between V and Stdout:
//
//	Slot        the slot that it ran in, from 1; 0 if it never came to one
//	Attempt     the number of the last attempt, from 1; 0 if there was none
//	Pid         the process that ran it, the worker's if that stays; 0 if there was none
//	Verdict     how it ended, in a sentence: "exit 1", "timed out after 3s, killed"
//	Kind        how it ended, in a word or two that do not change: "ok", "exit",
//	            "killed", "out of memory", "timed out", "stalled", "could not start", ...
//	SignalName  the name of the signal, such as "SIGKILL", or null
//	UserTime    processor time in the program, in seconds, or null if not known
//	SystemTime  processor time in the kernel, in seconds, or null if not known
//	MaxRSS      largest resident memory, in bytes, or null if not known
//
// Times have three decimals in GNU parallel's form and six in the other.
//
// # Bytes that are not text
//
// Strings of JSON are Unicode. A string that is not valid UTF-8 is left out, and in
// its place stands one of the same name with Base64 behind it, StdoutBase64 for
// Stdout, that has the bytes in the standard base64 of RFC 4648; if any argument is
// not valid, VBase64 has all of them so. (GNU parallel writes the bytes as they are,
// which is not JSON.) So nothing is lost, and whoever knows that the output is text
// need not look for the second name.
package jsonlog

import (
	"bufio"
	"io"
	"strconv"
	"syscall"
	"time"
	"unicode/utf8"

	"xpool/crashdetect"
	"xpool/runner/joblog"
	"xpool/runner/keep"
)

// A Result is how a task ended.
type Result struct {
	joblog.Row // an empty Host stands for this machine

	V       []string // the arguments
	Slot    int
	Attempt int
	Pid     int
	Verdict crashdetect.Verdict

	// User, System and MaxRSS, in bytes, are what the task used; all of them count as
	// unknown if MaxRSS is 0.
	User, System time.Duration
	MaxRSS       int64

	// Stdout and Stderr are what it printed; they are read twice.
	Stdout, Stderr keep.Content
}

// An Encoder writes results. It is for one goroutine at a time.
type Encoder struct {
	w     *bufio.Writer
	buf   []byte // for reading what tasks printed
	first bool   // no member of the object has been written
	err   error  // the first of reading a Content
}

// NewEncoder returns an Encoder that writes to w. Memory does not grow with what tasks
// print, so that a long line takes several writes.
func NewEncoder(w io.Writer) *Encoder {
	const size = 32 << 10
	return &Encoder{w: bufio.NewWriterSize(w, size), buf: make([]byte, size)}
}

// Encode writes the line of --json. The error is one of the writer, after which
// nothing is written any more, or of reading what the task printed, which may leave a
// part of a line.
func (e *Encoder) Encode(r *Result) error {
	e.begin()
	e.row(r, microseconds(r.Start.UnixMicro()), microseconds(r.Runtime.Microseconds()))
	e.integer("Slot", int64(r.Slot))
	e.integer("Attempt", int64(r.Attempt))
	e.integer("Pid", int64(r.Pid))
	e.text("Verdict", r.Verdict.String())
	e.text("Kind", r.Verdict.Kind.String())
	if r.Signal > 0 {
		e.text("SignalName", crashdetect.SignalName(syscall.Signal(r.Signal)))
	} else {
		e.number("SignalName", "null")
	}
	user, system, rss := "null", "null", "null"
	if r.MaxRSS > 0 {
		user, system = microseconds(r.User.Microseconds()), microseconds(r.System.Microseconds())
		rss = strconv.FormatInt(r.MaxRSS, 10)
	}
	e.number("UserTime", user)
	e.number("SystemTime", system)
	e.number("MaxRSS", rss)
	return e.end(r)
}

// EncodeGNU writes the line of GNU parallel's --results FILE.json, which has no more
// than the first twelve members. The error is as with Encode.
func (e *Encoder) EncodeGNU(r *Result) error {
	e.begin()
	e.row(r, r.StartSeconds(), r.RuntimeSeconds())
	return e.end(r)
}

// microseconds returns n of them, but at least 0, as seconds.
func microseconds(n int64) string {
	n = max(n, 0)
	fraction := strconv.FormatInt(1_000_000+n%1_000_000, 10)
	return strconv.FormatInt(n/1_000_000, 10) + "." + fraction[1:]
}

// row writes the members up to the arguments.
func (e *Encoder) row(r *Result, start, runtime string) {
	host := r.Host
	if host == "" {
		host = ":"
	}
	e.integer("Seq", r.Seq)
	e.text("Host", host)
	e.number("Starttime", start)
	e.number("JobRuntime", runtime)
	e.integer("Send", r.Send)
	e.integer("Receive", r.Receive)
	e.integer("Exitval", int64(r.Exit))
	e.integer("Signal", int64(r.Signal))
	e.text("Command", r.Command)
	e.texts("V", r.V)
}

func (e *Encoder) begin() {
	e.first, e.err = true, nil
	e.put("{ ")
}

// end writes what was printed, and ends the line.
func (e *Encoder) end(r *Result) error {
	e.content("Stdout", r.Stdout)
	e.content("Stderr", r.Stderr)
	e.put(" }\n")
	if err := e.w.Flush(); err != nil {
		return err
	}
	return e.err
}

// put writes s; the writer keeps its first error for Flush.
func (e *Encoder) put(s string) { _, _ = e.w.WriteString(s) }

// name begins a member.
func (e *Encoder) name(name, suffix string) {
	if !e.first {
		e.put(", ")
	}
	e.first = false
	e.put(`"`)
	e.put(name)
	e.put(suffix)
	e.put(`": `)
}

func (e *Encoder) integer(name string, n int64) { e.number(name, strconv.FormatInt(n, 10)) }

func (e *Encoder) number(name, n string) {
	e.name(name, "")
	e.put(n)
}

func (e *Encoder) text(name, s string) {
	valid := utf8.ValidString(s)
	e.name(name, suffix(valid))
	e.str(s, valid)
}

func (e *Encoder) texts(name string, list []string) {
	valid := true
	for _, s := range list {
		valid = valid && utf8.ValidString(s)
	}
	e.name(name, suffix(valid))
	e.put("[ ")
	for i, s := range list {
		if i > 0 {
			e.put(",")
		}
		e.str(s, valid)
	}
	e.put(" ]")
}

// suffix is what the name of a string that is not text ends with.
func suffix(valid bool) string {
	if valid {
		return ""
	}
	return "Base64"
}
