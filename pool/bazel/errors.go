package bazel

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// textMost is how many bytes of a worker's output an error quotes: a line of a
// terminal and a half, enough to know the output again.
const textMost = 120

// Text is the start of what a worker wrote, for a person to know it again.
type Text struct {
	Head string // at most 120 bytes, as the worker wrote them, without the newline
	Cut  bool   // there was more of it
}

// String is the text in quotes, with the bytes that cannot be seen escaped as
// in Go, and three dots if it was cut.
func (t Text) String() string {
	q := strconv.Quote(t.Head)
	if strings.Contains(t.Head, `"`) && !strings.Contains(t.Head, "'") {
		// A line of JSON is hard to read with all its quotes escaped.
		q = "'" + strings.NewReplacer(`\\`, `\\`, `\"`, `"`).Replace(q[1:len(q)-1]) + "'"
	}
	if t.Cut {
		q += "..."
	}
	return q
}

// newText quotes b, without what is blank at its end.
func newText(b []byte) Text {
	cut := len(b) > textMost
	if cut {
		b = trimRune(b[:textMost])
	}
	return Text{Head: string(bytes.TrimRight(b, " \t\r\n")), Cut: cut}
}

// trimRune drops the bytes of a character that was cut off at the end of b.
func trimRune(b []byte) []byte {
	for i := len(b) - 1; i >= 0 && i > len(b)-utf8.UTFMax; i-- {
		if utf8.RuneStart(b[i]) {
			if !utf8.FullRune(b[i:]) {
				return b[:i]
			}
			break
		}
	}
	return b
}

// StrayError says that a worker wrote something else than responses: a line of
// its log as a rule, and even when that is JSON.
type StrayError struct {
	Text Text // the line, or the object of JSON, that is no response
}

func (e *StrayError) Error() string {
	return e.Text.String() + " is not a response (does it print to standard output?)"
}

// FieldError says that a response has a field that is not what it must be.
type FieldError struct {
	Field string // its name, in the worker's spelling
	Want  string // what it is not: "an integer", "a string", "a boolean"; or "given once"
	Text  Text   // the response
}

func (e *FieldError) Error() string {
	return fmt.Sprintf("%s in the response %s is not %s", e.Field, e.Text, e.Want)
}

// CutError says that a worker's output ended within a response.
type CutError struct {
	Text Text // what there is of the response
}

func (e *CutError) Error() string {
	return "the response " + e.Text.String() + " was cut off by the end of the output"
}

// TooLargeError says that a response is longer than the decoder takes.
type TooLargeError struct {
	Most int // bytes
}

func (e *TooLargeError) Error() string {
	return fmt.Sprintf("a response is larger than %d bytes", e.Most)
}

// TooDeepError says that a response is nested more deeply than the decoder
// takes.
type TooDeepError struct {
	Most int // levels, with the response itself
}

func (e *TooDeepError) Error() string {
	return fmt.Sprintf("a response is nested more than %d levels deep", e.Most)
}
