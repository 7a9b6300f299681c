package block

import (
	"regexp"
	"regexp/syntax"
)

// pattern is a separator that is a regular expression.
//
// What may stand before a match (a word boundary, the start of a line) is decided by the character before it. So the
// expressions that search from within the data begin one character earlier, and take it as it is.
type pattern struct {
	// The first group of these ends at the border. front and lastFront begin where the search begins, behind and
	// lastBehind at the character before that.
	front, behind         *regexp.Regexp // leftmost match
	lastFront, lastBehind *regexp.Regexp // rightmost match
	looksBehind           bool           // what stands before a match matters

	between, start, end *regexp.Regexp // what strip takes out: anywhere, in front, at the end; nil for nothing
}

func newPattern(end, start string) (*pattern, error) {
	e, err := compilePerl("--recend", end)
	if err != nil {
		return nil, err
	}
	s, err := compilePerl("--recstart", start)
	if err != nil {
		return nil, err
	}
	p := &pattern{looksBehind: looksBehind(e + s)}
	parts := []struct {
		re   **regexp.Regexp
		expr string
	}{
		{&p.front, `(` + e + `)` + s}, // many times faster than the next, if it begins with a string
		{&p.behind, `\A(?s:.)((?s:.*?)` + e + `)` + s},
		{&p.lastFront, `\A((?s:.*)` + e + `)` + s},
		{&p.lastBehind, `\A(?s:.)((?s:.*)` + e + `)` + s},
		{&p.between, e + s},
		{&p.start, `\A` + s},
		{&p.end, e + `\z`},
	}
	if end == "" || start == "" {
		parts = parts[:5]
	}
	for _, part := range parts {
		if *part.re, err = regexp.Compile(part.expr); err != nil { // each is good, but together they may be too large
			return nil, &RegexpError{"--regexp", end + start, reasonOf(err)}
		}
	}
	return p, nil
}

// looksBehind says that a good expression has an assertion about what stands before.
func looksBehind(expr string) bool {
	re, err := syntax.Parse(expr, syntax.Perl)
	if err != nil {
		return true // not before compiling it says so
	}
	for pending := []*syntax.Regexp{re}; len(pending) > 0; {
		re, pending = pending[0], append(pending[1:], pending[0].Sub...)
		switch re.Op {
		case syntax.OpBeginLine, syntax.OpBeginText, syntax.OpWordBoundary, syntax.OpNoWordBoundary:
			return true
		}
	}
	return false
}

// lastWindow is how many bytes at the end last looks at first, which is nearly always enough; about as many as package
// regexp matches in its faster way.
const lastWindow = 4 << 10

func (p *pattern) last(b []byte, _ int) int {
	for window := lastWindow; window < len(b); window *= 8 {
		begin := len(b) - window
		if m := p.lastBehind.FindSubmatchIndex(b[begin:]); m != nil {
			return begin + m[3]
		}
	}
	if m := p.lastFront.FindSubmatchIndex(b); m != nil {
		return m[3]
	}
	return 0
}

func (p *pattern) first(b []byte, from int, final bool) (border, retry int) {
	if from > len(b) {
		return -1, from
	}
	re, begin := p.front, 0
	switch {
	case from > 0 && p.looksBehind:
		re, begin = p.behind, from-1
	case from > 0:
		begin = from
	}
	m := re.FindSubmatchIndex(b[begin:])
	if m == nil || !final && begin+m[1] == len(b) { // a match at the end may become a longer one
		return -1, from
	}
	return begin + m[3], 0
}

func (p *pattern) strip(b []byte) []byte {
	if p.start != nil {
		if m := p.start.FindIndex(b); m != nil {
			b = b[m[1]:]
		}
		if m := p.end.FindIndex(b); m != nil {
			b = b[:m[0]]
		}
	}
	kept, rest := 0, 0
	for _, m := range p.between.FindAllIndex(b, -1) {
		kept += copy(b[kept:], b[rest:m[0]])
		rest = m[1]
	}
	return b[:kept+copy(b[kept:], b[rest:])]
}
