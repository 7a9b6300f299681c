package value

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Delim is the byte that ends a record. The zero value is the NUL byte.
type Delim byte

// Set parses s as ParseDelim does.
func (d *Delim) Set(s string) error {
	b, err := ParseDelim(s)
	if err == nil {
		*d = Delim(b)
	}
	return err
}

// String returns a form that Set takes and a terminal can show.
func (d Delim) String() string {
	switch d {
	case 0:
		return `\0`
	case '\n':
		return `\n`
	case '\t':
		return `\t`
	case '\r':
		return `\r`
	case '\\':
		return `\\`
	}
	if d < ' ' || d > '~' {
		return fmt.Sprintf(`\x%02x`, byte(d))
	}
	return string(rune(d))
}

// Type names the value in usage texts.
func (d Delim) Type() string { return "char" }

// ParseDelim reads a delimiter in the notation of xargs -d: a single byte as it stands (a lone backslash too), one of
// \a \b \f \n \r \t \v \\, an octal number (\0, \101, \0101) or a hexadecimal one (\x41).
//
// It is stricter than GNU xargs where that does not do what was typed: xargs ignores whatever follows a letter ("\n\n" is
// a newline, not an empty line), reads "\x" as NUL, and takes blanks, signs and a second "0x" inside a number.
func ParseDelim(s string) (byte, error) {
	switch {
	case len(s) == 1:
		return s[0], nil
	case s == "":
		return 0, errors.New(`empty: want a single character or an escape such as \n, \t or \0`)
	case s[0] != '\\':
		return 0, errors.New(`more than one byte: want a single character or an escape such as \n, \t or \0`)
	case s[1] == 'x':
		return parseEscape(s[2:], 16, "hexadecimal")
	case '0' <= s[1] && s[1] <= '9':
		return parseEscape(s[1:], 8, "octal")
	case len(s) > 2:
		return 0, errors.New(`more than one character: want a single character or one escape such as \n, \t or \0`)
	}
	if i := strings.IndexByte(`abfnrtv\`, s[1]); i >= 0 {
		return "\a\b\f\n\r\t\v\\"[i], nil
	}
	return 0, errors.New(`unknown escape: want \a \b \f \n \r \t \v \\, octal (\0, \101) or hexadecimal (\x41)`)
}

// parseEscape reads the digits of a numeric escape.
func parseEscape(digits string, base int, name string) (byte, error) {
	// With a base given, ParseUint takes nothing but digits: no sign, no prefix, no underscore.
	n, err := strconv.ParseUint(digits, base, 8)
	switch {
	case errors.Is(err, strconv.ErrRange):
		return 0, errors.New(`escape too large: want at most \377 or \xff`)
	case err != nil:
		return 0, fmt.Errorf(`want only %s digits after the backslash, as in \101 or \x41`, name)
	}
	return byte(n), nil
}
