package bazel

import (
	"bytes"
	"encoding/json"
	"iter"
	"math"
	"strconv"
	"unicode/utf8"
)

// field is a field of a response.
type field uint8

const (
	unknownField field = iota
	exitCode
	output
	requestID
	wasCancelled
)

// fieldOf knows the fields by their names in JSON and, as every parser of
// proto3 JSON must, by those in worker_protocol.proto. Names are compared
// exactly: encoding/json, left to itself, would take "ExitCode" as well. The
// name has its quotes.
func fieldOf(rawName []byte) field {
	name := rawName[1 : len(rawName)-1]
	if bytes.IndexByte(name, '\\') >= 0 {
		name = []byte(decodeString(rawName))
	}
	switch string(name) {
	case "exitCode", "exit_code":
		return exitCode
	case "output":
		return output
	case "requestId", "request_id":
		return requestID
	case "wasCancelled", "was_cancelled":
		return wasCancelled
	}
	return unknownField
}

// decodeResponse decodes an object whose end a scanner has found. The error is
// a *StrayError if it is no response at all (not JSON after all, or all of its
// fields unknown), else a *FieldError.
func decodeResponse(object []byte) (Response, error) {
	var r Response
	if !json.Valid(object) {
		return Response{}, &StrayError{Text: newText(object)}
	}
	var seen [wasCancelled + 1]bool
	for rawName, value := range members(object) {
		f := fieldOf(rawName)
		want := r.set(f, value)
		if f != unknownField && seen[f] {
			want = "given once"
		}
		if want != "" {
			return Response{}, &FieldError{Field: decodeString(rawName), Want: want, Text: newText(object)}
		}
		seen[f] = true
	}
	if seen == [wasCancelled + 1]bool{unknownField: true} {
		return Response{}, &StrayError{Text: newText(object)}
	}
	return r, nil
}

// set sets the field from valid JSON; it returns what the value should be, if
// it is not. Null is the default, whatever the field.
func (r *Response) set(f field, value []byte) (want string) {
	if string(value) == "null" {
		return ""
	}
	var ok bool
	switch f {
	case exitCode:
		if r.ExitCode, ok = decodeInt32(value); !ok {
			return "an integer"
		}
	case requestID:
		if r.RequestID, ok = decodeInt32(value); !ok {
			return "an integer"
		}
	case output:
		if value[0] != '"' {
			return "a string"
		}
		r.Output = decodeString(value)
	case wasCancelled:
		r.WasCancelled = string(value) == "true"
		if !r.WasCancelled && string(value) != "false" {
			return "a boolean"
		}
	}
	return ""
}

// decodeString decodes a valid string of JSON.
func decodeString(value []byte) string {
	inner := value[1 : len(value)-1]
	if bytes.IndexByte(inner, '\\') < 0 && utf8.Valid(inner) {
		return string(inner)
	}
	var s string
	json.Unmarshal(value, &s) // of a valid string it cannot fail
	return s
}

// decodeInt32 decodes an int32 in the forms of proto3 JSON: a number, with a
// point or an exponent if it is whole all the same, or a string with one.
func decodeInt32(value []byte) (int32, bool) {
	if value[0] == '"' {
		value = []byte(decodeString(value))
	}
	// strconv knows numbers that JSON does not: +1, 0x1p4, inf.
	if !json.Valid(value) {
		return 0, false
	}
	if n, err := strconv.ParseInt(string(value), 10, 32); err == nil {
		return int32(n), true
	}
	f, err := strconv.ParseFloat(string(value), 64)
	if err != nil || f != math.Trunc(f) || f < math.MinInt32 || f > math.MaxInt32 {
		return 0, false
	}
	return int32(f), true
}

// members goes over the members of an object, which must be valid JSON, and
// does not descend: the names with their quotes, and the values.
func members(object []byte) iter.Seq2[[]byte, []byte] {
	return func(yield func(name, value []byte) bool) {
		rest := skip(object[1:], " \t\r\n")
		for rest[0] != '}' {
			n := valueLen(rest)
			name := rest[:n]
			rest = skip(rest[n:], " \t\r\n:")
			n = valueLen(rest)
			value := rest[:n]
			rest = skip(rest[n:], " \t\r\n,")
			if !yield(name, value) {
				return
			}
		}
	}
}

// skip drops the bytes at the start of b that are in set.
func skip(b []byte, set string) []byte { return bytes.TrimLeft(b, set) }

// valueLen is the length of the value at the start of b, which is valid JSON
// and goes on after it.
func valueLen(b []byte) int {
	depth := 0
	for i := 0; ; i++ {
		switch b[i] {
		case '"':
			i += stringLen(b[i:]) - 1
		case '{', '[':
			depth++
			continue
		case '}', ']':
			depth--
		default:
			if depth == 0 {
				return i + bytes.IndexAny(b[i:], " \t\r\n,:]}")
			}
			continue
		}
		if depth == 0 {
			return i + 1
		}
	}
}

// stringLen is the length of the string at the start of b, with its quotes.
func stringLen(b []byte) int {
	for i := 1; ; i++ {
		i += plainPrefix(b[i:])
		if b[i] == '"' {
			return i + 1
		}
		i++ // past what the backslash escapes
	}
}
