package bazel

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"unicode/utf8"
)

// NotTextError says that a string of a request is not valid UTF-8, which is
// all that JSON can carry.
type NotTextError struct {
	Field string // "arguments", "inputs" or "sandboxDir", as in the JSON
	Index int    // of the argument or input, from 0; 0 for sandboxDir
}

func (e *NotTextError) Error() string {
	what := "the sandbox directory"
	switch e.Field {
	case "arguments":
		what = fmt.Sprintf("argument %d", e.Index+1)
	case "inputs":
		what = fmt.Sprintf("the path of input %d", e.Index+1)
	}
	return what + " is not valid UTF-8, and JSON can carry nothing else"
}

// Check says whether JSON can carry the request. The error, if any, is a
// *NotTextError for the first string that it cannot.
func (r Request) Check() error {
	for i, a := range r.Arguments {
		if !utf8.ValidString(a) {
			return &NotTextError{Field: "arguments", Index: i}
		}
	}
	for i := range r.Inputs {
		if !utf8.ValidString(r.Inputs[i].Path) {
			return &NotTextError{Field: "inputs", Index: i}
		}
	}
	if !utf8.ValidString(r.SandboxDir) {
		return &NotTextError{Field: "sandboxDir"}
	}
	return nil
}

// AppendRequest appends r to dst as one line of JSON with its newline, and
// returns the longer slice. The line has no other newline in it, by the rules
// of any reader of lines.
//
// The caller has asked r.Check before: a string that is not valid UTF-8 does
// not go through unchanged, its bad bytes become U+FFFD.
func AppendRequest(dst []byte, r Request) []byte {
	dst = append(dst, '{')
	start := len(dst)
	if len(r.Arguments) > 0 {
		dst = append(dst, `"arguments":[`...)
		for i, a := range r.Arguments {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendString(dst, a)
		}
		dst = append(dst, ']')
	}
	if len(r.Inputs) > 0 {
		dst = append(appendComma(dst, start), `"inputs":[`...)
		for i := range r.Inputs {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendInput(dst, &r.Inputs[i])
		}
		dst = append(dst, ']')
	}
	if r.RequestID != 0 {
		dst = append(appendComma(dst, start), `"requestId":`...)
		dst = strconv.AppendInt(dst, int64(r.RequestID), 10)
	}
	if r.Cancel {
		dst = append(appendComma(dst, start), `"cancel":true`...)
	}
	if r.Verbosity != 0 {
		dst = append(appendComma(dst, start), `"verbosity":`...)
		dst = strconv.AppendInt(dst, int64(r.Verbosity), 10)
	}
	if r.SandboxDir != "" {
		dst = append(appendComma(dst, start), `"sandboxDir":`...)
		dst = appendString(dst, r.SandboxDir)
	}
	return append(dst, '}', '\n')
}

// appendComma appends a comma if a member stands before the next, in the
// object whose first member begins at start.
func appendComma(dst []byte, start int) []byte {
	if len(dst) > start {
		dst = append(dst, ',')
	}
	return dst
}

func appendInput(dst []byte, in *Input) []byte {
	dst = append(dst, '{')
	start := len(dst)
	if in.Path != "" {
		dst = append(dst, `"path":`...)
		dst = appendString(dst, in.Path)
	}
	if len(in.Digest) > 0 {
		dst = append(appendComma(dst, start), `"digest":"`...)
		dst = base64.StdEncoding.AppendEncode(dst, in.Digest)
		dst = append(dst, '"')
	}
	return append(dst, '}')
}

// appendString appends s as a string of JSON. encoding/json does not append,
// and escapes for HTML.
func appendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	plain := 0 // start of what goes as it is
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			if c < ' ' || c == '"' || c == '\\' {
				dst = append(dst, s[plain:i]...)
				dst = appendEscape(dst, rune(c))
				plain = i + 1
			}
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && size == 1 || breaksLine(r) {
			dst = append(dst, s[plain:i]...)
			dst = appendEscape(dst, r)
			plain = i + size
		}
		i += size
	}
	dst = append(dst, s[plain:]...)
	return append(dst, '"')
}

// breaksLine reports whether some readers of lines, those of Node.js and of
// Java's Scanner among them, end a line at r, which JSON lets stand in a
// string: NEL, the line separator and the paragraph separator.
func breaksLine(r rune) bool { return r == 0x85 || r == 0x2028 || r == 0x2029 }

// appendEscape appends the escape of r, which is below 0x10000.
func appendEscape(dst []byte, r rune) []byte {
	switch r {
	case '"', '\\':
		return append(dst, '\\', byte(r))
	case '\n':
		return append(dst, `\n`...)
	case '\r':
		return append(dst, `\r`...)
	case '\t':
		return append(dst, `\t`...)
	}
	const hex = "0123456789abcdef"
	return append(dst, '\\', 'u', hex[r>>12&0xf], hex[r>>8&0xf], hex[r>>4&0xf], hex[r&0xf])
}
