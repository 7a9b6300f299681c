package template

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A user defines a replacement string by an expression in Perl, which nothing here can
// run. What nearly all of them are is understood, and anything else refused:
//
//	expression = [column] statement {";" statement}
//	statement  = $_ ("=" | ".=" | "||=") value
//	           | action {"||" action}            the next if that changed nothing
//	action     = [$_ "=~"] (s/regexp/text/gimsxeo | tr/a-z/A-Z/cds | y/a-z/A-Z/cds)
//	value      = (number [("+"|"-") integer] | text) {"." (number | text)}
//	number     = seq() | slot() | total_jobs() | integer
//	text       = $_ | $1 | $& | $$1 | "..." | '...' | lc(value) | uc(value) | ucfirst(value)
//	           | lcfirst(value) | substr(value, from [, length]); $_ is meant by uc alone
//
// $$1 is what the first group of a dynamic replacement string has matched. Quotes and
// slashes may be any other delimiters for s, tr and y. As with the option --rpl itself,
// the empty expression changes nothing. Where an empty match follows another one, s///g
// does as Go's regexp does, and skips it.

// ExpressionError says what is wrong with an expression, or with a replacement string
// that stands for one. Text is the part of it that is meant.
type ExpressionError struct {
	Text    string
	Problem string
}

func (e *ExpressionError) Error() string { return e.Text + ": " + e.Problem }

// supported ends the message on what is refused.
const supported = "; what can be used is s/regexp/text/, tr/a-z/A-Z/ and $_ = with lc, uc, substr, seq(), slot(), " +
	"total_jobs() and strings"

// state is a value on its way through an expression.
type state struct {
	task    Context
	value   string // $_
	subject string // what the last match was in
	match   []int  // its groups, as regexp has them
}

// group is $n of the last match; it is empty if that has no such group.
func (st *state) group(n int) string {
	if 2*n+1 >= len(st.match) || st.match[2*n] < 0 {
		return ""
	}
	return st.subject[st.match[2*n]:st.match[2*n+1]]
}

type (
	value  func(*state) string
	number func(*state) int64
	action func(*state) bool // reports whether it changed the value
)

// expression is what a replacement string does with a column. It is read-only.
type expression struct {
	column     int // that it is about; 0 for the one at hand
	needsTotal bool
	statements []action
}

// apply returns what e makes of a column of the task c.
func (e *expression) apply(column string, c Context) string {
	st := state{task: c, value: column}
	for _, run := range e.statements {
		run(&st)
	}
	return st.value
}

// parser reads an expression.
type parser struct {
	text   string
	at     int
	groups []string // the values of $$1, $$2, ...
	dry    bool     // they are not known yet, and groups only has their number
}

func parseExpression(text string, groups []string, dry bool) (*expression, error) {
	p := &parser{text: text, groups: groups, dry: dry}
	e := &expression{needsTotal: strings.Contains(text, "total_jobs()")}
	p.space()
	if n, ok := p.integer(); ok {
		e.column = n
	}
	for {
		for p.space(); p.accept(";"); p.space() {
		}
		if p.at == len(p.text) {
			return e, nil
		}
		s, err := p.statement()
		if err != nil {
			return nil, err
		}
		e.statements = append(e.statements, s)
		if p.space(); p.at < len(p.text) && p.text[p.at] != ';' {
			return nil, p.unknown()
		}
	}
}

func (p *parser) rest() string { return p.text[p.at:] }

func (p *parser) space() {
	p.at = len(p.text) - len(strings.TrimLeft(p.rest(), " \t\n\v\f\r"))
}

// accept goes past s if it stands here.
func (p *parser) accept(s string) bool {
	if !strings.HasPrefix(p.rest(), s) {
		return false
	}
	p.at += len(s)
	return true
}

// word goes past s if it stands here as a word of its own.
func (p *parser) word(s string) bool {
	rest, ok := strings.CutPrefix(p.rest(), s)
	if !ok || rest != "" && isWordByte(rest[0]) {
		return false
	}
	p.at += len(s)
	return true
}

func isWordByte(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z' || c >= utf8.RuneSelf
}

// integer goes past a number; one that no int can hold is none.
func (p *parser) integer() (int, bool) {
	n := 0
	if strings.HasPrefix(p.rest(), "-") {
		n = 1
	}
	for n < len(p.rest()) && p.rest()[n] >= '0' && p.rest()[n] <= '9' {
		n++
	}
	i, err := strconv.Atoi(p.rest()[:n])
	if err != nil {
		return 0, false
	}
	p.at += n
	return i, true
}

func (p *parser) fail(format string, args ...any) error {
	return &ExpressionError{Text: p.text, Problem: fmt.Sprintf(format, args...)}
}

// unknown is the error for what stands here.
func (p *parser) unknown() error {
	if p.at == len(p.text) {
		return p.fail("it ends too early%s", supported)
	}
	return p.fail("'%s' is Perl that cannot be run here%s", p.rest(), supported)
}

// statement reads an assignment, or actions of which each runs if the one before changed
// nothing.
func (p *parser) statement() (action, error) {
	if start := p.at; p.word("$_") {
		p.space()
		switch {
		case p.accept("||="):
			return p.assign(func(old, new string) string {
				if old == "" || old == "0" { // what is false to Perl
					return new
				}
				return old
			})
		case p.accept(".="):
			return p.assign(func(old, new string) string { return old + new })
		case !strings.HasPrefix(p.rest(), "=~") && !strings.HasPrefix(p.rest(), "==") && p.accept("="):
			return p.assign(func(_, new string) string { return new })
		}
		p.at = start
	}
	first, err := p.action()
	if err != nil {
		return nil, err
	}
	for p.space(); p.accept("||") || p.word("or"); p.space() {
		p.space()
		second, err := p.action()
		if err != nil {
			return nil, err
		}
		left := first
		first = func(st *state) bool { return left(st) || second(st) }
	}
	return first, nil
}

// assign is for what follows the sign of an assignment.
func (p *parser) assign(join func(old, new string) string) (action, error) {
	v, err := p.value()
	if err != nil {
		return nil, err
	}
	return func(st *state) bool {
		st.value = join(st.value, v(st))
		return true
	}, nil
}

// value reads a number or texts with dots between them.
func (p *parser) value() (value, error) {
	p.space()
	if n, ok := p.number(); ok {
		var err error
		if n, err = p.sum(n); err != nil {
			return nil, err
		}
		return p.joined(func(st *state) string { return strconv.FormatInt(n(st), 10) })
	}
	v, err := p.operand()
	if err != nil {
		return nil, err
	}
	return p.joined(v)
}

// joined reads the texts that are to follow the first one.
func (p *parser) joined(first value) (value, error) {
	for p.space(); strings.HasPrefix(p.rest(), ".") && !strings.HasPrefix(p.rest(), "..") && p.accept("."); p.space() {
		p.space()
		second, err := p.operand()
		if err != nil {
			return nil, err
		}
		left := first
		first = func(st *state) string { return left(st) + second(st) }
	}
	return first, nil
}

// sum reads what is added to a number.
func (p *parser) sum(n number) (number, error) {
	p.space()
	sign := int64(1)
	switch {
	case p.accept("+"):
	case p.accept("-"):
		sign = -1
	default:
		return n, nil
	}
	p.space()
	i, ok := p.integer()
	if !ok {
		return nil, p.unknown()
	}
	return func(st *state) int64 { return n(st) + sign*int64(i) }, nil
}

// number reads the number of the task or its slot, or a plain one.
func (p *parser) number() (number, bool) {
	if i, ok := p.integer(); ok {
		return func(*state) int64 { return int64(i) }, true
	}
	start := p.at
	p.accept("$job->")
	switch {
	case p.accept("seq()"):
		return func(st *state) int64 { return st.task.Seq }, true
	case p.accept("slot()"):
		return func(st *state) int64 { return int64(st.task.Slot) }, true
	case p.accept("total_jobs()"):
		return func(st *state) int64 { return st.task.Total }, true
	}
	p.at = start
	return nil, false
}

// mapCase applies change to the characters of s, or to the first only. Bytes that are
// no UTF-8 stay.
func mapCase(s string, change func(rune) rune, firstOnly bool) string {
	var b strings.Builder
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && n == 1 || firstOnly && i > 0 {
			b.WriteString(s[i : i+n])
		} else {
			b.WriteRune(change(r))
		}
		i += n
	}
	return b.String()
}

func upper(s string) string      { return mapCase(s, unicode.ToUpper, false) }
func lower(s string) string      { return mapCase(s, unicode.ToLower, false) }
func upperFirst(s string) string { return mapCase(s, unicode.ToUpper, true) }
func lowerFirst(s string) string { return mapCase(s, unicode.ToLower, true) }
