package rows

import (
	"fmt"
	"regexp/syntax"
	"strings"
	"unicode/utf8"
)

// The insides of classes that have no name in package regexp.
const (
	perlSpace    = `[:space:]` // \s has no vertical tab there
	perlNonSpace = `[:^space:]`
	perlBlank    = `\t\p{Zs}`
	perlVertical = `\n\x0b\f\r\x{85}\x{2028}\x{2029}`
	perlLineEnd  = `(?:\r\n|[` + perlVertical + `])`
)

// translate returns a regular expression of package regexp that means what expr means to Perl's split. What is the same in
// both, mistakes too, stays as it is; what package regexp takes for something else, or refuses with a word that does not
// help, is an error.
func translate(expr string) (string, *SeparatorError) {
	if expr == "^" {
		return "(?m)^", nil // split's own rule
	}
	// Package regexp would say so of most, but what is left out here, such as a comment, it does not see.
	if !utf8.ValidString(expr) {
		return "", &SeparatorError{Expr: expr, Reason: syntax.ErrInvalidUTF8.String()}
	}
	t := translator{rest: expr}
	for t.rest != "" && t.reason == "" {
		t.step()
	}
	if t.reason != "" {
		return "", &SeparatorError{Expr: expr, Reason: t.reason}
	}
	return t.out.String(), nil
}

// translator goes through an expression from left to right.
type translator struct {
	rest    string
	out     strings.Builder
	inClass bool   // between [ and ]
	atom    bool   // what stands before rest is a quantifier: another one changes its meaning
	reason  string // why it cannot be done
}

// step translates the first thing of rest.
func (t *translator) step() {
	quantified := t.atom
	t.atom = false
	switch {
	case t.rest[0] == '\\':
		t.escape()
	case t.inClass:
		t.classItem()
	case t.rest[0] == '[':
		t.openClass()
	case strings.HasPrefix(t.rest, "(?"):
		t.group()
	case strings.HasPrefix(t.rest, "(*"):
		t.refuse("verbs such as (*SKIP) are")
	case strings.IndexByte("*+?", t.rest[0]) >= 0:
		if quantified && t.rest[0] == '+' {
			t.refuse("possessive quantifiers such as ++ are")
			return
		}
		t.atom = !quantified
		t.copy(1)
	case t.rest[0] == '{':
		t.braces()
	default:
		t.copy(1)
	}
}

// copy takes n bytes as they are.
func (t *translator) copy(n int) {
	t.out.WriteString(t.rest[:n])
	t.rest = t.rest[n:]
}

// replace takes n bytes and puts something else in their place.
func (t *translator) replace(n int, by string) {
	t.out.WriteString(by)
	t.rest = t.rest[n:]
}

// refuse says what is not known; what ends in "is" or "are".
func (t *translator) refuse(what string) { t.reason = what + " not supported" }

// openClass takes [, and what is no end of the class right after it.
func (t *translator) openClass() {
	t.inClass = true
	n := 1
	if strings.HasPrefix(t.rest[n:], "^") {
		n++
	}
	if strings.HasPrefix(t.rest[n:], "]") {
		n++
	}
	t.copy(n)
}

// classItem takes one thing between [ and ], other than a backslash.
func (t *translator) classItem() {
	if strings.HasPrefix(t.rest, "[:") {
		if end := strings.Index(t.rest, ":]"); end > 0 {
			t.copy(end + 2)
			return
		}
	}
	t.inClass = t.rest[0] != ']'
	t.copy(1)
}

// group takes what begins with "(?".
func (t *translator) group() {
	after := t.rest[2:]
	for _, g := range [...]struct{ prefix, what string }{
		{"=", "looking ahead, (?=...), is"},
		{"!", "looking ahead, (?!...), is"},
		{"<=", "looking behind, (?<=...), is"},
		{"<!", "looking behind, (?<!...), is"},
		{">", "groups that do not go back, (?>...), are"},
		{"|", "groups that begin to count again, (?|...), are"},
		{"(", "conditions, (?(...)...), are"},
		{"{", "code, (?{...}), is"},
		{"?", "code, (??{...}), is"},
		{"&", "recursion, (?&...), is"},
		{"R", "recursion, (?R), is"},
		{"P>", "recursion, (?P>...), is"},
		{"P=", "references to groups, (?P=...), are"},
		{"^", "taking back flags, (?^...), is"},
		{"'", "names of groups in quotes, (?'...'), are"},
	} {
		if strings.HasPrefix(after, g.prefix) {
			t.refuse(g.what)
			return
		}
	}
	if strings.HasPrefix(after, "#") {
		t.comment()
		return
	}
	flags := after[:len(after)-len(strings.TrimLeft(after, "abcdefghijklmnopqrstuvwxyzU-"))]
	if i := strings.IndexFunc(flags, func(r rune) bool { return !strings.ContainsRune("ims-", r) }); i >= 0 {
		t.refuse(fmt.Sprintf("the flag %q is", flags[i:i+1]))
		return
	}
	t.copy(2)
}

// comment drops (?#...).
func (t *translator) comment() {
	end := strings.IndexByte(t.rest, ')')
	if end < 0 {
		t.reason = "the comment (?#... has no end"
		return
	}
	t.rest = t.rest[end+1:]
}

// braces takes {, which may begin a quantifier.
func (t *translator) braces() {
	inside, after, ok := strings.Cut(t.rest[1:], "}")
	low, high, comma := strings.Cut(inside, ",")
	if !ok || !digits(low) || !digits(high) || low == "" && high == "" {
		t.copy(1) // a brace like any other character
		return
	}
	if strings.HasPrefix(after, "+") {
		t.refuse("possessive quantifiers such as {2}+ are")
		return
	}
	if low == "" && comma {
		low = "0"
	}
	quantifier := "{" + low
	if comma {
		quantifier += "," + high
	}
	t.replace(len(inside)+2, quantifier+"}")
	t.atom = true
}

// digits tells whether s has nothing but digits.
func digits(s string) bool { return strings.Trim(s, "0123456789") == "" }

// escape takes a backslash and what belongs to it.
func (t *translator) escape() {
	if len(t.rest) == 1 {
		t.reason = "it ends in a backslash"
		return
	}
	c := t.rest[1]
	switch c {
	case 's':
		t.class(perlSpace)
	case 'S':
		t.class(perlNonSpace)
	case 'h':
		t.class(perlBlank)
	case 'v':
		t.class(perlVertical)
	case 'H', 'V', 'N', 'R', 'Z':
		t.outside(c)
	case 'b':
		t.wordEdge()
	case 'e':
		t.replace(2, `\x1b`)
	case 'c':
		t.control()
	case 'x':
		t.hex()
	case 'o':
		t.refuse(`\o{...} is`)
	case 'G', 'K', 'X', 'C':
		t.refuse(fmt.Sprintf(`\%c is`, c))
	case 'g', 'k', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		t.reference(c)
	case 'p', 'P':
		t.copyBraces()
	case 'Q', 'E', 'L', 'U', 'l', 'u', 'F':
		t.refuse(fmt.Sprintf(`\%c is`, c))
	default:
		t.copyEscaped()
	}
}

// class puts the inside of a class where one stands, or a class of its own.
func (t *translator) class(inside string) {
	if !t.inClass {
		inside = "[" + inside + "]"
	}
	t.replace(2, inside)
}

// outside translates what has no translation within a class.
func (t *translator) outside(c byte) {
	switch {
	case t.inClass:
		t.refuse(fmt.Sprintf(`\%c within [...] is`, c))
	case c == 'N' && strings.HasPrefix(t.rest[2:], "{"):
		t.refuse(`\N{...} is`)
	case c == 'H':
		t.replace(2, "[^"+perlBlank+"]")
	case c == 'V':
		t.replace(2, "[^"+perlVertical+"]")
	case c == 'N':
		t.replace(2, `[^\n]`)
	case c == 'R':
		t.replace(2, perlLineEnd)
	case c == 'Z':
		t.replace(2, `\z`)
	}
}

// wordEdge takes \b, which is a backspace within a class.
func (t *translator) wordEdge() {
	switch {
	case t.inClass:
		t.replace(2, `\x08`)
	case strings.HasPrefix(t.rest[2:], "{"):
		t.refuse(`\b{...} is`)
	default:
		t.copy(2)
	}
}

// control takes \cX.
func (t *translator) control() {
	if len(t.rest) < 3 || t.rest[2] >= utf8.RuneSelf {
		t.reason = `\c has no character after it`
		return
	}
	c := t.rest[2]
	if 'a' <= c && c <= 'z' {
		c -= 'a' - 'A'
	}
	t.replace(3, fmt.Sprintf(`\x%02x`, c^64))
}

// hex takes \x with less than two digits, which Perl fills up; the others are known.
func (t *translator) hex() {
	after := t.rest[2:]
	if strings.HasPrefix(after, "{") {
		t.copyBraces()
		return
	}
	n := len(after) - len(strings.TrimLeft(after, "0123456789abcdefABCDEF"))
	n = min(n, 2)
	t.replace(2+n, `\x{0`+after[:n]+`}`)
}

// reference takes what refers to a group; with two digits of which the first is below 8 it is a character in octal.
func (t *translator) reference(c byte) {
	if c <= '7' && len(t.rest) > 2 && '0' <= t.rest[2] && t.rest[2] <= '7' {
		t.copy(2)
		return
	}
	t.refuse(fmt.Sprintf(`references to groups, \%c, are`, c))
}

// copyEscaped takes a backslash and the character after it, which package regexp wants without if it is not ASCII.
func (t *translator) copyEscaped() {
	_, n := utf8.DecodeRuneInString(t.rest[1:])
	if n > 1 {
		t.replace(1, "")
		t.copy(n)
		return
	}
	t.copy(2)
}

// copyBraces takes a backslash, the letter after it and what stands in braces after that, which is no quantifier.
func (t *translator) copyBraces() {
	if !strings.HasPrefix(t.rest[2:], "{") {
		t.copy(2)
		return
	}
	inside, _, _ := strings.Cut(t.rest, "}")
	t.copy(min(len(inside)+1, len(t.rest)))
}
