package wire

import (
	"encoding/binary"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// codec encodes or decodes the fields of a message: so each type of message names
// its fields once, and both agree.
type codec struct {
	decoding bool
	b        []byte // what is encoded so far, or still to be decoded
	err      error  // the first one; nothing is decoded after it
}

func (c *codec) fail(err error) {
	if c.err == nil {
		c.err, c.b = err, c.b[:0]
	}
}

// refuse fails for a message that is none.
func (c *codec) refuse(what string) { c.fail(&FormatError{What: what}) }

// integer is a field that is a number. One that does not fit the type is refused.
func integer[T ~int | ~int64 | ~uint8](c *codec, v *T) {
	if !c.decoding {
		c.b = binary.AppendVarint(c.b, int64(*v))
		return
	}
	x, n := binary.Varint(c.b)
	switch {
	case n <= 0:
		c.refuse("a number is cut short or too large")
	case n > 1 && c.b[n-1] == 0:
		c.refuse("a number is longer than it has to be")
	case int64(T(x)) != x:
		c.refuse("a number is too large")
	default:
		*v, c.b = T(x), c.b[n:]
	}
}

func (c *codec) flag(v *bool) {
	switch {
	case !c.decoding && *v:
		c.b = append(c.b, 1)
	case !c.decoding:
		c.b = append(c.b, 0)
	case len(c.b) == 0 || c.b[0] > 1:
		c.refuse("a flag is neither 0 nor 1")
	default:
		*v, c.b = c.b[0] == 1, c.b[1:]
	}
}

// hasRoom tells whether n more bytes can be encoded; it fails if not.
func (c *codec) hasRoom(n int) bool {
	if n > MaxMessage-min(len(c.b), MaxMessage) {
		c.fail(&TooLargeError{Bytes: len(c.b) + n})
	}
	return c.err == nil
}

// data is a text that is not copied when it is decoded.
func (c *codec) data(v *[]byte) {
	n := len(*v)
	if !c.decoding && !c.hasRoom(n) {
		return
	}
	integer(c, &n)
	switch {
	case !c.decoding:
		c.b = append(c.b, *v...)
	case n < 0 || n > len(c.b):
		c.refuse("a text is longer than its message")
	case n > 0:
		*v, c.b = c.b[:n:n], c.b[n:]
	}
}

func (c *codec) text(v *string) {
	if !c.decoding {
		if !c.hasRoom(len(*v)) {
			return
		}
		c.b = binary.AppendVarint(c.b, int64(len(*v)))
		c.b = append(c.b, *v...)
		return
	}
	var b []byte
	c.data(&b)
	*v = string(b)
}

// listFirst is for how many elements there is room at first. More of it is made as
// they come: the number alone is not to be trusted.
const listFirst = 64

// list is a field that is a list, each of whose elements takes a byte at least.
func list[T any](c *codec, v *[]T, element func(*T, *codec)) {
	n := len(*v)
	if n > MaxList {
		c.fail(&TooLargeError{Elements: n})
		return
	}
	integer(c, &n)
	if !c.decoding {
		for i := range *v {
			element(&(*v)[i], c)
		}
		return
	}
	if n < 0 || n > MaxList || n > len(c.b) {
		c.refuse("a list is longer than it may be")
		return
	}
	if n > 0 {
		*v = make([]T, 0, min(n, listFirst))
	}
	for range n {
		var e T
		element(&e, c)
		if c.err != nil {
			return
		}
		*v = append(*v, e)
	}
}

func (c *codec) texts(v *[]string) { list(c, v, func(s *string, c *codec) { c.text(s) }) }

// signal is a signal, or 0 for none.
func (c *codec) signal(v *syscall.Signal) {
	text := ""
	if !c.decoding {
		text = signalText(*v)
	}
	c.text(&text)
	if c.decoding && c.err == nil {
		sig, ok := parseSignal(text)
		if !ok {
			c.refuse("a signal that there is not")
		}
		*v = sig
	}
}

// signalText is how a signal is written: its number is not the same everywhere.
func signalText(sig syscall.Signal) string {
	if name := unix.SignalName(sig); everywhere(name) {
		return name
	}
	return strconv.Itoa(int(sig))
}

// parseSignal is the inverse of signalText, and takes nothing else.
func parseSignal(text string) (sig syscall.Signal, ok bool) {
	if everywhere(text) {
		return unix.SignalNum(text), true
	}
	n, err := strconv.Atoi(text)
	return syscall.Signal(n), err == nil && n >= 0 && signalText(syscall.Signal(n)) == text
}

// everywhere tells whether all systems have a signal of that name: those of
// <signal.h> in POSIX, and some older than it.
func everywhere(name string) bool {
	switch name {
	case "SIGHUP", "SIGINT", "SIGQUIT", "SIGILL", "SIGTRAP", "SIGABRT", "SIGBUS", "SIGFPE", "SIGKILL", "SIGUSR1",
		"SIGSEGV", "SIGUSR2", "SIGPIPE", "SIGALRM", "SIGTERM", "SIGCHLD", "SIGCONT", "SIGSTOP", "SIGTSTP",
		"SIGTTIN", "SIGTTOU", "SIGURG", "SIGXCPU", "SIGXFSZ", "SIGVTALRM", "SIGPROF", "SIGWINCH", "SIGIO", "SIGSYS":
		return true
	}
	return false
}
