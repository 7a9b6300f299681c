// Package perlre makes Go regular expressions of Perl's, in which the options of GNU
// parallel are written.
//
// Both engines prefer the leftmost match and then the alternatives in their order, so
// what Go has a notation for means the same. A construct that it cannot match, such as a
// backreference, is an error that names it. Two things differ, for the better: $ and \Z
// are the end of the text and never the place before its last newline, and a character
// is a rune where the text is UTF-8, while Perl's is always a byte.
package perlre

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"
)

// Error says why a Perl regular expression cannot be used. Problem is a phrase without
// the expression in it.
type Error struct {
	Pattern string
	Problem string
}

func (e *Error) Error() string {
	return fmt.Sprintf("the regular expression %q: %s", e.Pattern, e.Problem)
}

// Compile returns the regular expression that matches what the Perl one does under the
// flags, which are any of the letters i, m, s and x. An error is an *Error.
func Compile(pattern, flags string) (*regexp.Regexp, error) {
	t := &translator{pattern: pattern}
	text, err := t.translate(flags)
	if err != nil {
		return nil, err
	}
	re, err := regexp.Compile(text)
	if err == nil {
		return re, nil
	}
	var bad *syntax.Error
	if errors.As(err, &bad) {
		return nil, t.fail("%s", bad.Code)
	}
	return nil, t.fail("%v", err)
}

// translator writes a Perl regular expression anew, from left to right.
type translator struct {
	pattern  string
	at       int // the next byte to look at
	extended bool
	out      strings.Builder
}

func (t *translator) fail(format string, args ...any) error {
	return &Error{Pattern: t.pattern, Problem: fmt.Sprintf(format, args...)}
}

// lacks is the error for what Go's regular expressions cannot do.
func (t *translator) lacks(what, text string) error {
	return t.fail("%s, %s, is not supported", text, what)
}

func (t *translator) translate(flags string) (string, error) {
	for _, f := range flags {
		switch f {
		case 'i', 'm', 's':
			fmt.Fprintf(&t.out, "(?%c)", f)
		case 'x':
			t.extended = true
		default:
			return "", t.fail("the flag %q is not supported", f)
		}
	}
	for t.at < len(t.pattern) {
		if err := t.next(); err != nil {
			return "", err
		}
	}
	return t.out.String(), nil
}

// rest is what has not been looked at.
func (t *translator) rest() string { return t.pattern[t.at:] }

// copy writes the next n bytes as they are.
func (t *translator) copy(n int) {
	t.out.WriteString(t.rest()[:n])
	t.at += n
}

// emit writes text for the next n bytes. It cannot fail: the error is for those who
// return what it returns.
func (t *translator) emit(n int, text string) error {
	t.out.WriteString(text)
	t.at += n
	return nil
}

// next translates what stands at t.at outside of a class.
func (t *translator) next() error {
	switch c := t.pattern[t.at]; {
	case c == '\\':
		return t.escape()
	case c == '[':
		return t.class()
	case c == '(':
		return t.group()
	case c == '*' || c == '+' || c == '?':
		return t.quantifier(1, string(c))
	case c == '{':
		return t.braces()
	case c == '}':
		return t.emit(1, `\}`)
	case t.extended && c == '#':
		comment, _, _ := strings.Cut(t.rest(), "\n")
		t.at += len(comment)
	case t.extended && strings.IndexByte(" \t\n\v\f\r", c) >= 0:
		t.at++
	default:
		t.copy(1)
	}
	return nil
}

// quantifier writes text for a quantifier of n bytes, and the ? that makes it lazy.
func (t *translator) quantifier(n int, text string) error {
	t.at += n
	t.out.WriteString(text)
	switch {
	case strings.HasPrefix(t.rest(), "+"):
		return t.lacks("a possessive quantifier", text+"+")
	case strings.HasPrefix(t.rest(), "?"):
		t.copy(1)
	}
	return nil
}

// braces is for {n}, {n,}, {n,m} and {,m}; any other brace is itself.
func (t *translator) braces() error {
	end := strings.IndexByte(t.rest(), '}')
	if end < 0 {
		return t.emit(1, `\{`)
	}
	low, high, comma := strings.Cut(t.rest()[1:end], ",")
	if !isDigits(low) || !isDigits(high) || low == "" && high == "" {
		return t.emit(1, `\{`)
	}
	if low == "" {
		low = "0"
	}
	if comma {
		low += ","
	}
	return t.quantifier(end+1, "{"+low+high+"}")
}

func isDigits(s string) bool { return strings.Trim(s, "0123456789") == "" }

// group is for what opens with a parenthesis.
func (t *translator) group() error {
	rest := t.rest()
	for _, bad := range [...]struct{ text, what string }{
		{"(?=", "a lookahead"}, {"(?!", "a lookahead"},
		{"(?<=", "a lookbehind"}, {"(?<!", "a lookbehind"},
		{"(?>", "an atomic group"}, {"(?|", "a branch reset"}, {"(?(", "a condition"},
		{"(?{", "Perl code"}, {"(??{", "Perl code"}, {"(?^", "a reset of flags"},
		{"(?R", "a recursion"}, {"(?&", "a recursion"}, {"(?+", "a recursion"}, {"(?P>", "a recursion"},
		{"(?P=", "a backreference"}, {"(*", "a verb"},
	} {
		if strings.HasPrefix(rest, bad.text) {
			return t.lacks(bad.what, bad.text)
		}
	}
	switch {
	case strings.HasPrefix(rest, "(?#"):
		comment, _, closed := strings.Cut(rest, ")")
		if !closed {
			return t.fail("a comment has no end")
		}
		t.at += len(comment) + 1
	case strings.HasPrefix(rest, "(?'"):
		name, _, closed := strings.Cut(rest[3:], "'")
		if !closed {
			return t.fail("a group's name has no end")
		}
		return t.emit(len(name)+4, "(?P<"+name+">")
	case strings.HasPrefix(rest, "(?<"), strings.HasPrefix(rest, "(?P<"):
		t.copy(3)
	case strings.HasPrefix(rest, "(?"):
		return t.flags()
	default:
		t.copy(1)
	}
	return nil
}

// flags is for (?i) and (?i-s:...).
func (t *translator) flags() error {
	n := 2
	for n < len(t.rest()) && strings.IndexByte(":)", t.rest()[n]) < 0 {
		c := t.rest()[n]
		if c >= '0' && c <= '9' {
			return t.lacks("a recursion", t.rest()[:n+1])
		}
		if strings.IndexByte("ims-", c) < 0 {
			return t.lacks("a flag", t.rest()[:n+1])
		}
		n++
	}
	t.copy(min(n+1, len(t.rest())))
	return nil
}
