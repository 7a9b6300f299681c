package perlre

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// escape translates what a backslash begins outside of a class.
func (t *translator) escape() error {
	rest := t.rest()
	if len(rest) < 2 {
		return t.fail("a backslash stands at the end")
	}
	switch c := rest[1]; c {
	case '1', '2', '3', '4', '5', '6', '7', '8', '9', 'g', 'k':
		// Two digits are a character's code, unless there are as many groups.
		if c > '7' || len(rest) < 3 || rest[2] < '0' || rest[2] > '7' {
			return t.lacks("a backreference", rest[:2])
		}
	case 'Z':
		return t.emit(2, `\z`)
	case 'h':
		return t.emit(2, `[\t ]`)
	case 'H':
		return t.emit(2, `[^\t ]`)
	case 'v':
		return t.emit(2, `[\n\x0b\f\r]`)
	case 'V':
		return t.emit(2, `[^\n\x0b\f\r]`)
	case 'R':
		return t.emit(2, `(?:\r\n|[\n\x0b\f\r])`)
	case 'Q':
		text, _, closed := strings.Cut(rest[2:], `\E`)
		n := 2 + len(text)
		if closed {
			n += len(`\E`)
		}
		return t.emit(n, regexp.QuoteMeta(text))
	case 'E':
		return t.emit(2, "")
	case 'N', 'b', 'B':
		if strings.HasPrefix(rest[2:], "{") {
			return t.lacks("a kind of character or boundary", rest[:3])
		}
		if c == 'N' {
			return t.emit(2, `[^\n]`)
		}
		return t.emit(2, rest[:2])
	case 'A', 'z':
		return t.emit(2, rest[:2])
	}
	return t.character(false)
}

// character translates an escape that stands for a character or a class of them, as it
// may stand in a class too.
func (t *translator) character(inClass bool) error {
	rest := t.rest()
	switch c := rest[1]; c {
	case 'd', 'D', 'w', 'W', 's', 'S', 'n', 'r', 't', 'f', 'a':
		return t.emit(2, rest[:2])
	case 'p', 'P':
		return t.property()
	case 'e':
		return t.emit(2, `\x1b`)
	case 'c':
		if len(rest) < 3 || rest[2] < '?' || rest[2] > 'z' {
			return t.fail(`\c needs a letter`)
		}
		return t.emit(3, fmt.Sprintf(`\x%02x`, strings.ToUpper(rest[2:3])[0]^0x40))
	case 'x':
		return t.hexadecimal()
	case '0', '1', '2', '3', '4', '5', '6', '7':
		n := 2
		for n < len(rest) && n < 4 && rest[n] >= '0' && rest[n] <= '7' {
			n++
		}
		code, _ := strconv.ParseUint(rest[1:n], 8, 32)
		return t.emit(n, fmt.Sprintf(`\x{%x}`, code))
	default:
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '8' && c <= '9' {
			where := ""
			if inClass {
				where = " in a class"
			}
			return t.fail(`the escape \%c%s is not supported`, c, where)
		}
		_, n := utf8.DecodeRuneInString(rest[1:])
		return t.emit(1+n, regexp.QuoteMeta(rest[1:1+n]))
	}
}

// property is for \pL and \p{Greek}.
func (t *translator) property() error {
	n := 3
	if strings.HasPrefix(t.rest()[2:], "{") {
		n = strings.IndexByte(t.rest(), '}') + 1
	}
	if n == 0 || n > len(t.rest()) {
		return t.fail("a property has no end")
	}
	t.copy(n)
	return nil
}

// hexadecimal is for \x41 and \x{41}.
func (t *translator) hexadecimal() error {
	rest := t.rest()
	n := 2
	for n < len(rest) && n < 4 && isHex(rest[n]) {
		n++
	}
	digits := rest[2:n]
	if strings.HasPrefix(rest[2:], "{") {
		end := strings.IndexByte(rest, '}')
		if end < 0 {
			return t.fail(`\x{ has no end`)
		}
		n, digits = end+1, rest[3:end]
	}
	code, err := strconv.ParseUint("0"+digits, 16, 32)
	if err != nil || code > utf8.MaxRune {
		return t.fail("%s is no character", rest[:n])
	}
	return t.emit(n, fmt.Sprintf(`\x{%x}`, code))
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'f'
}

// class translates a class of characters in brackets.
func (t *translator) class() error {
	t.copy(1)
	if strings.HasPrefix(t.rest(), "^") {
		t.copy(1)
	}
	for first := true; t.at < len(t.pattern); first = false {
		rest := t.rest()
		switch {
		case rest[0] == ']' && !first:
			t.copy(1)
			return nil
		case rest[0] == '\\':
			if err := t.classEscape(); err != nil {
				return err
			}
		case strings.HasPrefix(rest, "[:") && strings.Contains(rest, ":]"):
			t.copy(strings.Index(rest, ":]") + 2)
		case rest[0] == '[' || rest[0] == ']':
			t.out.WriteByte('\\')
			t.copy(1)
		default:
			t.copy(1)
		}
	}
	return t.fail("a [ has no ]")
}

func (t *translator) classEscape() error {
	rest := t.rest()
	if len(rest) < 2 {
		return t.fail("a backslash stands at the end")
	}
	switch rest[1] {
	case 'b':
		return t.emit(2, `\x08`)
	case 'h':
		return t.emit(2, `\t `)
	case 'v':
		return t.emit(2, `\n\x0b\f\r`)
	}
	return t.character(true)
}
