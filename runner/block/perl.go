package block

import (
	"errors"
	"regexp"
	"regexp/syntax"
	"strings"
)

// compilePerl returns a group that means for package regexp what p means for Perl with its flag m.
func compilePerl(option, p string) (string, error) {
	t := translator{rest: p}
	if reason := t.run(); reason != "" {
		return "", &RegexpError{option, p, reason}
	}
	// On its own first: as a group, "a)(b" would be fine.
	if _, err := regexp.Compile(t.out.String()); err != nil {
		return "", &RegexpError{option, p, reasonOf(err)}
	}
	return "(?m:" + t.out.String() + ")", nil
}

// reasonOf says what package regexp does not like.
func reasonOf(err error) string {
	var bad *syntax.Error
	if !errors.As(err, &bad) {
		return err.Error()
	}
	reason := bad.Code.String() + ": " + bad.Expr
	if bad.Code == syntax.ErrInvalidRepeatOp {
		reason += " (possessive quantifiers are not supported)"
	}
	return reason
}

// translator rewrites a regular expression of Perl's for package regexp.
type translator struct {
	rest  string
	out   strings.Builder
	class bool // within square brackets
}

// run reads the whole expression. It returns why it cannot be rewritten, or "".
func (t *translator) run() string {
	for t.rest != "" {
		if reason := t.step(); reason != "" {
			return reason
		}
	}
	return ""
}

// take moves n bytes to the output as they are.
func (t *translator) take(n int) {
	t.out.WriteString(t.rest[:n])
	t.rest = t.rest[n:]
}

// put writes s for the next n bytes.
func (t *translator) put(s string, n int) {
	t.out.WriteString(s)
	t.rest = t.rest[n:]
}

func (t *translator) step() string {
	switch c := t.rest[0]; {
	case c == '\\' && len(t.rest) > 1:
		return t.escape()
	case t.class:
		t.classByte()
	case c == '[':
		t.class = true
		n := 1
		for _, first := range []string{"^", "]"} { // a bracket here is one of the class
			n += len(t.rest[n:]) - len(strings.TrimPrefix(t.rest[n:], first))
		}
		t.take(n)
	case strings.HasPrefix(t.rest, "(?"):
		return t.group()
	default:
		t.take(1)
	}
	return ""
}

// classByte reads a byte, or a named class, within square brackets.
func (t *translator) classByte() {
	n := 1
	switch {
	case t.rest[0] == ']':
		t.class = false
	case strings.HasPrefix(t.rest, "[:"):
		if end := strings.Index(t.rest, ":]"); end > 0 {
			n = end + 2
		}
	case t.rest[0] == '[': // for package regexp it has to be escaped when a colon follows
		t.out.WriteByte('\\')
	}
	t.take(n)
}

// group reads what begins with an open parenthesis and a question mark.
func (t *translator) group() string {
	kind := t.rest[2:]
	switch {
	case strings.HasPrefix(kind, "="), strings.HasPrefix(kind, "!"):
		return "looking ahead is not supported"
	case strings.HasPrefix(kind, "<="), strings.HasPrefix(kind, "<!"):
		return "looking behind is not supported"
	case strings.HasPrefix(kind, ">"):
		return "atomic groups are not supported"
	case strings.HasPrefix(kind, "("), strings.HasPrefix(kind, "|"), strings.HasPrefix(kind, "{"), strings.HasPrefix(kind, "?{"):
		return "conditions, branch resets and code are not supported"
	case strings.HasPrefix(kind, "#"):
		end := strings.IndexByte(t.rest, ')')
		if end < 0 {
			return "a comment does not end"
		}
		t.rest = t.rest[end+1:]
	default:
		t.take(2)
	}
	return ""
}

// escape reads what begins with a backslash.
func (t *translator) escape() string {
	c := t.rest[1]
	if s := perlClass(c, t.class); s != "" {
		t.put(s, 2)
		return ""
	}
	switch {
	case c == 'e':
		t.put(`\x1b`, 2)
	case c == '0', '1' <= c && c <= '9' && t.class:
		v, n := number(t.rest[1:], 8, 3)
		if n == 0 {
			return `\` + string(c) + " is not an octal number"
		}
		t.put(hexEscape(v), 1+n)
	case '1' <= c && c <= '9' && len(t.rest) > 2 && digit(t.rest[2]) >= 0 && digit(t.rest[2]) < 8 && c < '8':
		v, n := number(t.rest[1:], 8, 3) // two digits and more are octal when there are not so many groups
		t.put(hexEscape(v), 1+n)
	case '1' <= c && c <= '9', c == 'g', c == 'k':
		return "going back to a group is not supported"
	case c == 'Z', c == 'G', c == 'K', c == 'X', c == 'c':
		return `\` + string(c) + " is not supported"
	case c == 'Q':
		end := strings.Index(t.rest, `\E`)
		if end < 0 {
			end = len(t.rest)
		}
		t.put(regexp.QuoteMeta(t.rest[2:end]), end)
		t.rest = strings.TrimPrefix(t.rest, `\E`)
	default:
		t.take(2)
	}
	return ""
}

// hexEscape writes a byte such that nothing that follows can join it.
func hexEscape(b byte) string {
	const digits = "0123456789abcdef"
	return `\x{` + digits[b>>4:b>>4+1] + digits[b&15:b&15+1] + `}`
}

// perlClass returns what a class of Perl's is that package regexp does not know, or means differently, within square
// brackets or not; "" if c is no such class.
func perlClass(c byte, within bool) string {
	set, negated := "", false
	switch c {
	case 'h', 'H':
		set, negated = `\t `, c == 'H'
	case 'v', 'V':
		set, negated = `\n\x0b\f\r`, c == 'V'
	case 's', 'S':
		set, negated = `\t\n\x0b\f\r `, c == 'S' // package regexp leaves the vertical tabulator out
	case 'N':
		set, negated = `\n`, true
	case 'R':
		if !within {
			return `(?:\r\n|[\n\x0b\f\r])`
		}
	}
	switch {
	case set == "":
		return ""
	case within && negated:
		return `\` + string(c) // refused by package regexp, but for \S
	case within:
		return set
	case negated:
		return `[^` + set + `]`
	}
	return `[` + set + `]`
}
