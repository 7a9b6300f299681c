package pool

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"xpool/crashdetect"
	"xpool/pool/bazel"
)

// dialect is what sets the protocols of co-processes apart. One serves one worker.
type dialect interface {
	// appendRequest appends the request for a task with these arguments. An error
	// says that the protocol has none for them.
	appendRequest(b []byte, args []string) ([]byte, error)

	// feed takes what the worker has written. Nothing of the last piece is left,
	// and b stays as it is until hold, or until nothing of it is left.
	feed(b []byte)

	// next returns the next part of a reply, and false if that has not come.
	next() (replyPart, bool)

	// rest describes, for a person, what next would return now; "" if nothing.
	rest() string

	// hold makes a copy of what it needs of the piece last fed.
	hold()

	// err says why the worker's output, after all that next has returned, is
	// against the protocol; nil if it is not. If final, nothing more will come.
	err(final bool) error

	// dubious tells that err(true) would not be nil, although err(false) is and
	// the worker could not make up for it.
	dubious() bool

	// begun tells that something else than blanks has come of which next has
	// returned nothing.
	begun() bool
}

// replyPart is a part of a reply.
type replyPart struct {
	output []byte // valid until the next call of the dialect
	done   bool   // it is the last part
	status int    // the exit status, if done
}

func (p Protocol) dialect() dialect {
	switch p {
	case JSON:
		return &jsonDialect{}
	case NUL:
		return &lineDialect{end: 0}
	default:
		return &lineDialect{end: '\n'}
	}
}

// DelimiterError says that a record cannot be sent because it contains what ends
// a record in its protocol. It is the Err of a Result with a verdict NotStarted.
type DelimiterError struct {
	Protocol Protocol // Lines or NUL
}

func (e *DelimiterError) Error() string {
	what := "newline"
	if e.Protocol == NUL {
		what = "NUL byte"
	}
	return fmt.Sprintf("a record with a %s cannot be sent to a worker in the %v protocol", what, e.Protocol)
}

// lineDialect is Lines and NUL.
type lineDialect struct {
	end  byte
	left []byte // fed, not returned yet
}

func (d *lineDialect) appendRequest(b []byte, args []string) ([]byte, error) {
	for i, a := range args {
		if strings.IndexByte(a, d.end) >= 0 {
			return nil, &DelimiterError{Protocol: d.protocol()}
		}
		if i > 0 {
			b = append(b, '\t')
		}
		b = append(b, a...)
	}
	return append(b, d.end), nil
}

func (d *lineDialect) protocol() Protocol {
	if d.end == 0 {
		return NUL
	}
	return Lines
}

func (d *lineDialect) feed(b []byte) { d.left = b }
func (d *lineDialect) hold()         { d.left = bytes.Clone(d.left) }

func (d *lineDialect) next() (p replyPart, ok bool) {
	if len(d.left) == 0 {
		return p, false
	}
	i := bytes.IndexByte(d.left, d.end)
	if p.done = i >= 0; p.done {
		p.output, d.left = d.left[:i+1], d.left[i+1:]
	} else {
		p.output, d.left = d.left, nil
	}
	return p, true
}

func (d *lineDialect) rest() string {
	if len(d.left) == 0 {
		return ""
	}
	one := "line"
	if d.end == 0 {
		one = "NUL-ended string"
	}
	b, _, _ := bytes.Cut(d.left, []byte{d.end})
	return crashdetect.Excerpt(b) + " is more than one " + one + " for a record"
}

func (d *lineDialect) err(bool) error { return nil }
func (d *lineDialect) dubious() bool  { return false }
func (d *lineDialect) begun() bool    { return len(d.left) > 0 }

// jsonDialect is JSON.
type jsonDialect struct {
	decoder   bazel.Decoder
	responses []bazel.Response
	broken    error
	open      bool // what came last does not end like a response
}

func (d *jsonDialect) appendRequest(b []byte, args []string) ([]byte, error) {
	r := bazel.Request{Arguments: args}
	if err := r.Check(); err != nil {
		return nil, err
	}
	return bazel.AppendRequest(b, r), nil
}

func (d *jsonDialect) feed(b []byte) {
	d.broken = d.decoder.Feed(b, func(r bazel.Response) { d.responses = append(d.responses, r) })
	if b = bytes.TrimSpace(b); len(b) > 0 {
		d.open = b[len(b)-1] != '}'
	}
}

func (d *jsonDialect) hold() {}

func (d *jsonDialect) next() (p replyPart, ok bool) {
	if len(d.responses) == 0 || d.unasked() != nil {
		return p, false
	}
	r := d.responses[0]
	d.responses = slices.Delete(d.responses, 0, 1)
	return replyPart{output: []byte(r.Output), done: true, status: exitStatus(r.ExitCode)}, true
}

// unasked returns an error if the next response is one to no request. Without
// multiplexing all requests have the number 0, and none is cancelled.
func (d *jsonDialect) unasked() error {
	if len(d.responses) == 0 {
		return nil
	}
	switch r := d.responses[0]; {
	case r.RequestID != 0:
		return fmt.Errorf("a response to request %d, which was never sent", r.RequestID)
	case r.WasCancelled:
		return errors.New("a response says that its request was cancelled, which it was not")
	}
	return nil
}

// exitStatus is the exit status for a response's exit code.
func exitStatus(code int32) int {
	if code < 0 || code > 255 {
		return 255
	}
	return int(code)
}

func (d *jsonDialect) rest() string {
	if len(d.responses) == 0 {
		return ""
	}
	return "more than one response to a request"
}

func (d *jsonDialect) err(final bool) error {
	switch {
	case len(d.responses) > 0:
		return d.unasked()
	case final && d.broken == nil:
		return d.decoder.Close()
	}
	return d.broken
}

func (d *jsonDialect) dubious() bool { return d.decoder.Stray() != "" }
func (d *jsonDialect) begun() bool   { return d.open || d.dubious() || len(d.responses) > 0 }
