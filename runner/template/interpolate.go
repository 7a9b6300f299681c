package template

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// operand reads one text of a value.
func (p *parser) operand() (value, error) {
	rest := p.rest()
	switch {
	case strings.HasPrefix(rest, `"`), strings.HasPrefix(rest, "'"):
		return p.quoted()
	case strings.HasPrefix(rest, "$"):
		if v, ok, err := p.variable(); ok || err != nil {
			return v, err
		}
	default:
		if n, ok := p.number(); ok {
			return func(st *state) string { return strconv.FormatInt(n(st), 10) }, nil
		}
		return p.call()
	}
	return nil, p.unknown()
}

// quoted reads a string in quotes.
func (p *parser) quoted() (value, error) {
	quote := p.text[p.at]
	end := p.at + 1
	for end < len(p.text) && p.text[end] != quote {
		if p.text[end] == '\\' {
			end++
		}
		end++
	}
	if end >= len(p.text) {
		return nil, p.fail("'%s' has no quote at its end", p.rest())
	}
	text := p.text[p.at+1 : end]
	p.at = end + 1
	if quote == '"' {
		return (&parser{text: text, groups: p.groups, dry: p.dry}).interpolated(false)
	}
	text = strings.NewReplacer(`\\`, `\`, `\'`, `'`).Replace(text)
	return func(*state) string { return text }, nil
}

// variable reads $_, $&, $1, ${1} or $$1. Others it leaves where they are.
func (p *parser) variable() (v value, ok bool, err error) {
	rest := p.rest()
	if len(rest) > 2 && strings.HasPrefix(rest, "$$") && isDigits(rest[2:3]) {
		s, err := p.argument()
		return func(*state) string { return s }, err == nil, err
	}
	name, n := variableName(rest)
	if n < len(rest) && strings.IndexByte("[{", rest[n]) >= 0 || strings.HasPrefix(rest[n:], "->") {
		return nil, false, nil // a part of another variable
	}
	switch i, err := strconv.ParseUint(name, 10, 16); {
	case name == "_":
		v = func(st *state) string { return st.value }
	case name == "&":
		v = func(st *state) string { return st.group(0) }
	case err == nil && i > 0:
		v = func(st *state) string { return st.group(int(i)) }
	default:
		return nil, false, nil
	}
	p.at += n
	return v, true, nil
}

// variableName returns the name that follows the dollar sign at the beginning of text,
// and how long the two are together.
func variableName(text string) (string, int) {
	name := text[1:]
	if strings.HasPrefix(name, "{") {
		inside, _, closed := strings.Cut(name[1:], "}")
		if !closed {
			return "", 1
		}
		return inside, 1 + len(inside) + len("{}")
	}
	n := len(name) - len(strings.TrimLeft(name, "0123456789"))
	if n > 0 {
		return name[:n], 1 + n
	}
	if strings.HasPrefix(name, "&") {
		return "&", 2
	}
	for n < len(name) && isWordByte(name[n]) {
		n++
	}
	return name[:n], 1 + n
}

// call reads a call of one of the functions.
func (p *parser) call() (value, error) {
	for _, f := range [...]struct {
		name  string
		apply func(string) string
	}{{"lc", lower}, {"uc", upper}, {"ucfirst", upperFirst}, {"lcfirst", lowerFirst}, {"substr", nil}} {
		start := p.at
		if !p.word(f.name) {
			continue
		}
		if p.space(); p.accept("(") {
			return p.arguments(f.apply)
		}
		if f.apply != nil && p.implied() {
			return func(st *state) string { return f.apply(st.value) }, nil
		}
		p.at = start
	}
	return nil, p.unknown()
}

// implied goes past $_, which may be missing, if nothing follows that could be a part of
// the argument: a function without parentheses takes all that there is.
func (p *parser) implied() bool {
	p.word("$_")
	p.space()
	return p.at == len(p.text) || strings.IndexByte(";)", p.text[p.at]) >= 0
}

// arguments reads those of a function up to the parenthesis, those of substr when apply
// is nil.
func (p *parser) arguments(apply func(string) string) (value, error) {
	v, err := p.value()
	if err != nil {
		return nil, err
	}
	if apply == nil {
		if apply, err = p.substring(); err != nil {
			return nil, err
		}
	}
	if p.space(); !p.accept(")") {
		return nil, p.unknown()
	}
	return func(st *state) string { return apply(v(st)) }, nil
}

// substring reads the arguments of substr after the first.
func (p *parser) substring() (func(string) string, error) {
	var args []int
	for p.space(); p.accept(","); p.space() {
		p.space()
		n, ok := p.integer()
		if strings.HasPrefix(p.rest(), "$$") {
			group, err := p.argument()
			if err != nil {
				return nil, err
			}
			n, ok = count(group), true
		}
		if !ok {
			return nil, p.unknown()
		}
		args = append(args, max(-most, min(n, most)))
	}
	switch len(args) {
	case 1:
		return func(s string) string { return substr(s, args[0], 2*most) }, nil
	case 2:
		return func(s string) string { return substr(s, args[0], args[1]) }, nil
	}
	return nil, p.fail("substr has two or three arguments")
}

// most is more characters than any value has, and little enough to be added.
const most = 1 << 28

// count is the number in the digits s, up to most; it is 0 for anything else, as in Perl.
func count(s string) int {
	if s == "" || !isDigits(s) {
		return 0
	}
	n, err := strconv.Atoi(s)
	if err != nil {
		return most
	}
	return min(n, most)
}

func isDigits(s string) bool { return strings.Trim(s, "0123456789") == "" }

// substr is Perl's: a negative from counts from the end, and a negative length leaves
// out so much at the end. It counts characters; each byte that is no UTF-8 is one.
func substr(s string, from, length int) string {
	n := utf8.RuneCountInString(s)
	if from < 0 {
		from += n
	}
	end := n + length
	if length >= 0 {
		end = from + length
	}
	from, end = max(from, 0), min(end, n)
	if from >= end {
		return ""
	}
	return s[offset(s, from):offset(s, end)]
}

// offset is where in s its character of the given index begins.
func offset(s string, index int) int {
	at := 0
	for ; index > 0; index-- {
		_, n := utf8.DecodeRuneInString(s[at:])
		at += n
	}
	return at
}

// chunk is a part of an interpolated text: what it is, and how its case is changed.
type chunk struct {
	text        value
	change      func(string) string // of all of it; nil for none
	changeFirst func(string) string // of its first character; nil for none
}

// interpolation puts chunks together, under the changes of case that are in force.
type interpolation struct {
	chunks  []chunk
	literal strings.Builder // of the chunk that is being read
	change  func(string) string
	first   func(string) string
}

func (in *interpolation) add(v value) {
	in.chunks = append(in.chunks, chunk{v, in.change, in.first})
	in.first = nil
}

// flush ends a literal chunk.
func (in *interpolation) flush() {
	if s := in.literal.String(); s != "" {
		in.literal.Reset()
		in.add(func(*state) string { return s })
	}
}

func (in *interpolation) value(st *state) string {
	var b strings.Builder
	for _, c := range in.chunks {
		s := c.text(st)
		if c.change != nil {
			s = c.change(s)
		}
		if c.changeFirst != nil {
			s = c.changeFirst(s)
		}
		b.WriteString(s)
	}
	return b.String()
}

// interpolated reads all of the text as what stands in double quotes, or in the right
// part of s///, where \1 is $1.
func (p *parser) interpolated(replacement bool) (value, error) {
	in := &interpolation{}
	for p.at < len(p.text) {
		switch c := p.text[p.at]; {
		case c == '\\':
			if err := p.backslash(in, replacement); err != nil {
				return nil, err
			}
		case c == '$':
			v, ok, err := p.variable()
			if err != nil {
				return nil, err
			}
			if !ok {
				return nil, p.unknown()
			}
			in.flush()
			in.add(v)
		case c == '@' && p.at+1 < len(p.text) && !anchors(c, p.text[p.at+1]):
			return nil, p.unknown()
		default:
			in.literal.WriteByte(c)
			p.at++
		}
	}
	in.flush()
	return in.value, nil
}

// backslash reads an escape.
func (p *parser) backslash(in *interpolation, replacement bool) error {
	if len(p.rest()) < 2 {
		return p.fail("a backslash stands at the end")
	}
	c := p.text[p.at+1]
	if change, ok := caseOf(c); ok {
		in.flush()
		switch c {
		case 'u', 'l':
			in.first = change
		default:
			in.change = change
		}
		p.at += 2
		return nil
	}
	if replacement && c >= '1' && c <= '9' {
		in.flush()
		in.add(func(st *state) string { return st.group(int(c - '0')) })
		p.at += 2
		return nil
	}
	r, err := p.character()
	in.literal.WriteRune(r)
	return err
}

// caseOf returns what the escape \c does to the case of what follows: nothing more
// after \E.
func caseOf(c byte) (func(string) string, bool) {
	switch c {
	case 'U':
		return upper, true
	case 'L':
		return lower, true
	case 'E':
		return nil, true
	case 'u':
		return upperFirst, true
	case 'l':
		return lowerFirst, true
	}
	return nil, false
}

// character reads an escape that stands for a character, which is itself unless it is a
// letter or a digit.
func (p *parser) character() (rune, error) {
	r, n := utf8.DecodeRuneInString(p.rest()[1:])
	if r == utf8.RuneError && n == 1 {
		return 0, p.fail("%q is no UTF-8", p.rest())
	}
	if r < utf8.RuneSelf && isWordByte(byte(r)) && r != '_' {
		named, ok := control(byte(r))
		if !ok {
			return 0, p.fail(`the escape \%c is not supported`, r)
		}
		r = named
	}
	p.at += 1 + n
	return r, nil
}

// control returns the character of the escape \c.
func control(c byte) (rune, bool) {
	switch c {
	case 'n':
		return '\n', true
	case 't':
		return '\t', true
	case 'r':
		return '\r', true
	case 'f':
		return '\f', true
	case 'a':
		return '\a', true
	case 'e':
		return 0x1b, true
	}
	return 0, false
}
