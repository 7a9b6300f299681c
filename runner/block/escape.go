package block

import "strings"

// Unescape reads the escapes of C in s: \a \b \f \n \r \t \v \\, one to three octal digits (\0, \012) and one or two
// hexadecimal ones (\x0a). Any other backslash stands for itself, as it does for GNU parallel, which knows only the letters
// and \0.
func Unescape(s string) string {
	if strings.IndexByte(s, '\\') < 0 {
		return s
	}
	var out strings.Builder
	for s != "" {
		if b, n := escape(s); n > 0 {
			out.WriteByte(b)
			s = s[n:]
			continue
		}
		out.WriteByte(s[0])
		s = s[1:]
	}
	return out.String()
}

// escape returns the byte that the escape at the front of s means, and the length of the escape; 0 if there is none.
func escape(s string) (byte, int) {
	if len(s) < 2 || s[0] != '\\' {
		return 0, 0
	}
	if i := strings.IndexByte(`abfnrtv\`, s[1]); i >= 0 {
		return "\a\b\f\n\r\t\v\\"[i], 2
	}
	if s[1] == 'x' {
		b, n := number(s[2:], 16, 2)
		if n == 0 {
			return 0, 0
		}
		return b, 2 + n
	}
	b, n := number(s[1:], 8, 3)
	if n == 0 {
		return 0, 0
	}
	return b, 1 + n
}

// number reads up to most digits of a number that fits in a byte at the front of s, and returns how many it has read.
func number(s string, base, most int) (byte, int) {
	v, n := 0, 0
	for n < len(s) && n < most {
		d := digit(s[n])
		if d < 0 || d >= base || v*base+d > 0xff {
			break
		}
		v, n = v*base+d, n+1
	}
	return byte(v), n
}

// digit returns the value of a hexadecimal digit, or -1.
func digit(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c && c <= 'f':
		return int(c-'a') + 10
	case 'A' <= c && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}
