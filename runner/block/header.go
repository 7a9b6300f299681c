package block

import (
	"regexp"
	"strconv"
)

// Header says what stands at the front of the input before its records. The zero value is no header.
type Header struct {
	// Lines is a number of lines; 0 means that Regexp decides.
	Lines int

	// Regexp is matched at the very front of the input, in Perl's notation as Options.Regexp has it; "" means no header. As
	// in GNU parallel it sees a block first, and more only while it does not match.
	Regexp string
}

// ParseHeader reads the value of --header: a number of lines, ":" for the first line, or a regular expression. "" and "0"
// are no header.
func ParseHeader(s string) (Header, error) {
	if s == ":" {
		return Header{Lines: 1}, nil
	}
	if allDigits(s) {
		n, err := strconv.ParseInt(s, 10, 32)
		if err != nil {
			return Header{}, &OptionError{"--header", "too many lines"}
		}
		return Header{Lines: int(n)}, nil
	}
	h := Header{Regexp: s}
	_, err := h.compile()
	return h, err
}

// allDigits says that s is a number.
func allDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// maxHeader is how many bytes a header may take: beyond that the input is taken to have none. GNU parallel would go on to
// the end of the input, and keep it all in memory.
const maxHeader = 16 << 20

// A matcher returns the length of the header at the front of b, or -1 if it is not there, or not complete.
type matcher func(b []byte) int

func (h Header) compile() (matcher, error) {
	switch {
	case h.Lines < 0:
		return nil, &OptionError{"--header", "negative"}
	case h.Lines > 0:
		return func(b []byte) int {
			if end, n := skipLines(b, 0, h.Lines); n == h.Lines {
				return end
			}
			return -1
		}, nil
	case h.Regexp == "":
		return nil, nil
	}
	group, err := compilePerl("--header", h.Regexp)
	if err != nil {
		return nil, err
	}
	re, err := regexp.Compile(`\A` + group)
	if err != nil {
		return nil, &RegexpError{"--header", h.Regexp, reasonOf(err)}
	}
	return func(b []byte) int {
		if m := re.FindIndex(b); m != nil {
			return m[1]
		}
		return -1
	}, nil
}
