package wire

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// VersionError says that the other end speaks another version of the format.
type VersionError struct {
	Theirs  int
	Program string // theirs, such as "xpool 1.2.0"
}

func (e *VersionError) Error() string {
	return fmt.Sprintf("the other end (%s) speaks version %d of the wire format, and this xpool version %d: both ends need the same",
		quote(e.Program), e.Theirs, Version)
}

// FormatError says that what came is no message.
type FormatError struct {
	What string
	Type byte // of the message, 0 if it is not known
}

func (e *FormatError) Error() string {
	if e.Type == 0 {
		return "not a message: " + e.What
	}
	return fmt.Sprintf("not a message of type %q: %s", e.Type, e.What)
}

// NoiseError says that something else than an end of a conversation has spoken.
type NoiseError struct {
	Text string // its beginning
}

func (e *NoiseError) Error() string { return quote(e.Text) + " is not the greeting of xpool" }

// CutError says that the stream ended within what was to come.
type CutError struct {
	Greeting bool   // there was no Hello yet
	Text     string // and this instead
}

func (e *CutError) Error() string {
	switch {
	case !e.Greeting:
		return "the connection ended within a message"
	case e.Text == "":
		return "the connection ended before the greeting"
	}
	return "the connection ended before the greeting, with " + quote(e.Text)
}

// TooLargeError says that a message has more in it than can be sent.
type TooLargeError struct {
	Bytes    int // in the message, if it is for that
	Elements int // in a list of it, if it is for that
}

func (e *TooLargeError) Error() string {
	if e.Elements > 0 {
		return fmt.Sprintf("%d words are more than the %d that can be sent at once", e.Elements, MaxList)
	}
	return fmt.Sprintf("%d bytes are more than the %d that can be sent at once", e.Bytes, MaxMessage)
}

// quoteMost bounds how much of a text an error shows, in bytes.
const quoteMost = 200

// quote shows a text that may be anything in one visible line: its last one, as
// that says what went wrong.
func quote(s string) string {
	s = strings.TrimSpace(s)
	s = s[strings.LastIndexByte(s, '\n')+1:]
	if len(s) > quoteMost {
		cut := quoteMost
		for cut > quoteMost-utf8.UTFMax && !utf8.RuneStart(s[cut]) {
			cut--
		}
		return strconv.Quote(s[:cut]) + "..."
	}
	return strconv.Quote(s)
}
