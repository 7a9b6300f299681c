package bazel

import "strings"

// maxDepth bounds the nesting of a response, itself included: the limit of the
// parsers of protocol buffers.
const maxDepth = 100

// verdict is what a scanner says of a byte or of a piece.
type verdict uint8

const (
	more verdict = iota // the object goes on
	end                 // it ended with this byte
	bad                 // no object goes on with this byte
	deep                // this byte opens a level over maxDepth
)

// place is where in the grammar of JSON the next byte stands.
type place uint8

const (
	atStart     place = iota // before the object's brace
	atFirstName              // after {: a name or }
	atName                   // after a comma in an object
	inString                 // within a name or a string
	inEscape                 // after a backslash
	atColon                  // after a name
	atValue                  // after a colon, or a comma in an array
	atFirstItem              // after [: a value or ]
	inNumber
	inLiteral  // within true, false or null
	afterValue // a comma or the end of what is open
)

// scanner finds the end of an object of JSON in a stream, and the first byte
// that cannot belong to one, so that output which only begins like a response
// is found out at once instead of waiting for its end for ever. It is no
// validator: an object that has come to its end can still have a bad number or
// a bad escape in it. The zero value is ready for an object.
type scanner struct {
	at    place
	name  bool   // the string is the name of a member
	rest  string // of the literal, to come
	open  [maxDepth]byte
	depth int // of open: the braces and brackets not yet closed
}

// scan reads b on behalf of the object, up to its end or the first byte that
// makes it none. n counts what was read: for end the object's last byte is the
// last of them, for bad and deep the offending one comes after them.
func (s *scanner) scan(b []byte) (n int, v verdict) {
	for n < len(b) {
		if s.at == inString {
			n += plainPrefix(b[n:])
			if n == len(b) {
				break
			}
		}
		switch v := s.step(b[n]); v {
		case more:
			n++
		case end:
			return n + 1, end
		default:
			return n, v
		}
	}
	return n, more
}

// plainPrefix counts the bytes at the start of b that stand for themselves in
// a string.
func plainPrefix(b []byte) int {
	for i, c := range b {
		if c == '"' || c == '\\' || c < ' ' {
			return i
		}
	}
	return len(b)
}

func (s *scanner) step(c byte) verdict {
	switch s.at {
	case inString:
		return s.inString(c)
	case inEscape:
		s.at = inString // the digits after \u stand for themselves here
		return expect(c >= ' ')
	case inNumber:
		if isNumber(c) {
			return more
		}
		s.at = afterValue
	case inLiteral:
		if s.rest != "" {
			ok := s.rest[0] == c
			s.rest = s.rest[1:]
			return expect(ok)
		}
		s.at = afterValue
	}
	if isBlank(c) {
		return more
	}
	return s.between(c)
}

// between takes c outside of all strings, numbers and literals.
func (s *scanner) between(c byte) verdict {
	switch s.at {
	case atStart:
		if c == '{' {
			return s.push(c)
		}
		return bad
	case atColon:
		s.at = atValue
		return expect(c == ':')
	case atFirstName, atName:
		switch {
		case c == '"':
			s.at, s.name = inString, true
			return more
		case c == '}' && s.at == atFirstName:
			return s.pop(c)
		}
		return bad
	case afterValue:
		return s.afterValue(c)
	case atFirstItem:
		if c == ']' {
			return s.pop(c)
		}
	}
	return s.value(c)
}

// value takes the first byte of a value.
func (s *scanner) value(c byte) verdict {
	switch {
	case c == '{', c == '[':
		return s.push(c)
	case c == '"':
		s.at, s.name = inString, false
	case c == 't':
		s.at, s.rest = inLiteral, "rue"
	case c == 'f':
		s.at, s.rest = inLiteral, "alse"
	case c == 'n':
		s.at, s.rest = inLiteral, "ull"
	case c == '-', '0' <= c && c <= '9':
		s.at = inNumber
	default:
		return bad
	}
	return more
}

func (s *scanner) afterValue(c byte) verdict {
	if c != ',' {
		return s.pop(c)
	}
	s.at = atValue
	if s.open[s.depth-1] == '{' {
		s.at = atName
	}
	return more
}

func (s *scanner) inString(c byte) verdict {
	switch {
	case c == '\\':
		s.at = inEscape
	case c < ' ': // a newline too: JSON wants it escaped
		return bad
	case c == '"' && s.name:
		s.at = atColon
	case c == '"':
		s.at = afterValue
	}
	return more
}

func (s *scanner) push(c byte) verdict {
	if s.depth == maxDepth {
		return deep
	}
	s.open[s.depth] = c
	s.depth++
	s.at = atFirstItem
	if c == '{' {
		s.at = atFirstName
	}
	return more
}

func (s *scanner) pop(c byte) verdict {
	if open := s.open[s.depth-1]; open == '{' && c != '}' || open == '[' && c != ']' {
		return bad
	}
	s.depth--
	if s.depth == 0 {
		s.at = atStart
		return end
	}
	s.at = afterValue
	return more
}

func expect(ok bool) verdict {
	if ok {
		return more
	}
	return bad
}

func isBlank(c byte) bool { return c == ' ' || c == '\n' || c == '\r' || c == '\t' }

func isNumber(c byte) bool { return '0' <= c && c <= '9' || strings.IndexByte("+-.eE", c) >= 0 }
