package template

import (
	"regexp"
	"strings"

	"xpool/runner/template/perlre"
)

// action reads s///, tr/// or y///.
func (p *parser) action() (action, error) {
	start := p.at
	if p.word("$_") {
		p.space()
		if !p.accept("=~") {
			p.at = start
			return nil, p.unknown()
		}
		p.space()
	}
	name := p.quoteName()
	if name == "" {
		p.at = start
		return nil, p.unknown()
	}
	p.space()
	from, brackets, err := p.delimited()
	if err != nil {
		return nil, err
	}
	if brackets {
		p.space()
	} else {
		p.at-- // the delimiter that ends the one begins the other
	}
	to, _, err := p.delimited()
	if err != nil {
		return nil, err
	}
	flags := p.flags()
	if name == "s" {
		return p.substitution(from, to, flags)
	}
	return p.transliteration(from, to, flags)
}

// quoteName goes past the name of an operator that quotes, if one stands here.
func (p *parser) quoteName() string {
	for _, name := range [...]string{"s", "tr", "y"} {
		if p.word(name) {
			return name
		}
	}
	return ""
}

// delimited reads a text between delimiters; brackets, which it reports, nest. A
// backslash before a delimiter is gone, as in Perl.
func (p *parser) delimited() (text string, brackets bool, err error) {
	if p.at == len(p.text) || isWordByte(p.text[p.at]) || strings.IndexByte(`\';`, p.text[p.at]) >= 0 {
		return "", false, p.unknown()
	}
	open := p.text[p.at]
	shut := open
	if i := strings.IndexByte("([{<", open); i >= 0 {
		shut, brackets = ")]}>"[i], true
	}
	var b strings.Builder
	depth := 1
	for i := p.at + 1; i < len(p.text); i++ {
		c := p.text[i]
		switch {
		case c == '\\' && i+1 < len(p.text):
			i++
			if p.text[i] != open && p.text[i] != shut {
				b.WriteByte(c)
			}
			b.WriteByte(p.text[i])
			continue
		case c == shut:
			depth--
		case c == open:
			depth++
		}
		if depth == 0 {
			p.at = i + 1
			return b.String(), brackets, nil
		}
		b.WriteByte(c)
	}
	return "", false, p.fail("'%s' has no %c at its end", p.rest(), shut)
}

// flags goes past the letters that follow the last delimiter.
func (p *parser) flags() string {
	n := 0
	for n < len(p.rest()) && isWordByte(p.rest()[n]) {
		n++
	}
	p.at += n
	return p.text[p.at-n : p.at]
}

func (p *parser) substitution(from, to, flags string) (action, error) {
	all, code := false, false
	var kept strings.Builder // for the regular expression
	for _, f := range flags {
		switch f {
		case 'g':
			all = true
		case 'e':
			code = true
		case 'o': // compile once, which is done anyway
		case 'i', 'm', 's', 'x':
			kept.WriteRune(f)
		default:
			return nil, p.fail("the flag %c of s/// is not supported", f)
		}
	}
	re, err := p.regexp(from, kept.String())
	if err != nil {
		return nil, err
	}
	sub := &parser{text: to, groups: p.groups, dry: p.dry}
	var text value
	if code {
		text, err = sub.code()
	} else {
		text, err = sub.interpolated(true)
	}
	if err != nil {
		return nil, err
	}
	return func(st *state) bool { return st.substitute(re, text, all) }, nil
}

// code reads a text that is a value and nothing else.
func (p *parser) code() (value, error) {
	v, err := p.value()
	if p.space(); err == nil && p.at < len(p.text) {
		err = p.unknown()
	}
	return v, err
}

// substitute replaces what re matches in the value, the first time or all times.
func (st *state) substitute(re *regexp.Regexp, text value, all bool) bool {
	times := 1
	if all {
		times = -1
	}
	matches := re.FindAllStringSubmatchIndex(st.value, times)
	if len(matches) == 0 {
		return false
	}
	st.subject = st.value
	var b strings.Builder
	end := 0
	for _, st.match = range matches {
		b.WriteString(st.subject[end:st.match[0]])
		b.WriteString(text(st))
		end = st.match[1]
	}
	b.WriteString(st.subject[end:])
	st.value = b.String()
	return true
}

// regexp compiles a regular expression in which $$1 stands for a part of it.
func (p *parser) regexp(text, flags string) (*regexp.Regexp, error) {
	var b strings.Builder
	in := &parser{text: text, groups: p.groups}
	dynamic := false
	for in.at < len(text) {
		switch c := text[in.at]; {
		case c == '\\' && in.at+1 < len(text):
			b.WriteString(text[in.at : in.at+2])
			in.at += 2
		case strings.HasPrefix(in.rest(), "$$"):
			group, err := in.argument()
			if err != nil {
				return nil, err
			}
			dynamic = true
			b.WriteString(group)
		case (c == '$' || c == '@') && in.at+1 < len(text) && !anchors(c, text[in.at+1]):
			return nil, in.unknown()
		default:
			b.WriteByte(c)
			in.at++
		}
	}
	if dynamic && p.dry {
		return nil, nil
	}
	re, err := perlre.Compile(b.String(), flags)
	if err != nil {
		return nil, p.fail("%v", err)
	}
	return re, nil
}

// anchors reports whether $ or @ before next is no Perl variable.
func anchors(c, next byte) bool {
	if c == '@' {
		return !isWordByte(next) && next != '{' && next != '$' && next != ':'
	}
	return strings.IndexByte(")|] \n", next) >= 0
}

// argument reads $$1, what a group of a dynamic replacement string has matched.
func (p *parser) argument() (string, error) {
	start := p.at
	p.at += len("$$")
	if n, ok := p.integer(); ok && n > 0 && n <= len(p.groups) {
		return p.groups[n-1], nil
	}
	p.at = start
	return "", p.fail("'%s' asks for a group that the replacement string does not have", p.rest())
}
