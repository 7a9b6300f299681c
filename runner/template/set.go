package template

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
)

// Config says which replacement strings a Set has. The zero Config is the standard set.
type Config struct {
	// These stand for the standard strings, which then mean nothing by themselves;
	// an empty one is the standard string. If two are equal, a later one wins, and any
	// of them over a standard string.
	Value     string // -I
	NoExt     string // --er, --extensionreplace
	Base      string // --basenamereplace
	Dir       string // --dirnamereplace
	Seq       string // --seqreplace
	Slot      string // --slotreplace
	BaseNoExt string // --basenameextensionreplace

	// Plus adds those of --plus. {host} and {sshlogin} are those of the machine
	// itself, a colon, and {hgrp} and {agrp} empty.
	Plus bool

	// Rules are the arguments of --rpl: a replacement string, a blank and what it
	// does, as in "{..} s:\.[^.]+$::;s:\.[^.]+$::;". A replacement string with
	// parentheses is a regular expression between the first and the last of them, and
	// what its groups match is $$1, $$2, ...; "{%(.+?)} s/$$1$//" makes {%.gz} one.
	// A number before what it does is the column that it is about.
	Rules []string

	// Parens is the argument of --parens, whose halves enclose a Perl expression, as
	// {= and =} do when it is empty.
	Parens string
}

// Set is a set of replacement strings. The zero value is the standard set. It is
// read-only and safe for concurrent use.
type Set struct {
	table   *table
	columns []string
	single  bool // rows have one column
}

// OfOneColumn returns a set for rows that have one column: {2} and the like are not in
// it, so that a regular expression with a{2} is left alone.
func (s Set) OfOneColumn() Set {
	return Set{table: s.rulesOf(), columns: s.columns, single: true}
}

// table is what all copies of a Set share.
type table struct {
	left, right string // what encloses a Perl expression
	rules       []rule // the longest first, as GNU parallel tries them
	named       []rule // those that may follow the name of a column

	mu          sync.Mutex
	expressions map[string]*expression // of dynamic rules, by rule and groups
}

// New returns the set that c describes; it keeps no reference to c's slices. An error is
// an *ExpressionError.
func New(c Config) (Set, error) {
	var t table
	if err := t.setParens(c.Parens); err != nil {
		return Set{}, err
	}
	if c.Plus {
		t.rules = plusRules()
	}
	for _, r := range standardRules(c) {
		t.add(r)
	}
	for _, text := range c.Rules {
		r, err := parseRule(text)
		if err != nil {
			return Set{}, err
		}
		t.add(r)
	}
	t.finish()
	return Set{table: &t}, nil
}

// WithValue returns the standard set with s in the place of {}, as the option -I asks
// for; the other strings stay. An empty s is the standard set.
func WithValue(s string) Set {
	t := &table{left: "{=", right: "=}"}
	for _, r := range standardRules(Config{Value: s}) {
		t.add(r)
	}
	t.finish()
	return Set{table: t}
}

// WithColumns returns a set that knows the names of the columns too, as the option
// --header asks for: a column with the name x is {x} as well as by its number, and {x.},
// {x/} and so on, whatever the standard strings are called. An empty name is none, and of
// two equal ones the first counts. It keeps no reference to the slice.
func (s Set) WithColumns(names []string) Set {
	return Set{table: s.rulesOf(), columns: slices.Clone(names), single: s.single}
}

func (s Set) rulesOf() *table {
	if s.table == nil {
		return WithValue("").table
	}
	return s.table
}

func (t *table) setParens(parens string) error {
	if parens == "" {
		parens = "{==}"
	}
	if len(parens)%2 != 0 {
		return &ExpressionError{Text: "--parens " + parens, Problem: "the two parentheses must be equally long"}
	}
	t.left, t.right = parens[:len(parens)/2], parens[len(parens)/2:]
	return nil
}

// add puts r in the place of a rule with the same text.
func (t *table) add(r rule) {
	t.rules = slices.DeleteFunc(t.rules, func(old rule) bool { return old.text == r.text })
	t.rules = append(t.rules, r)
}

func (t *table) finish() {
	longestFirst := func(a, b rule) int { return len(b.text) - len(a.text) }
	slices.SortStableFunc(t.rules, longestFirst)
	for _, r := range append(standardRules(Config{}), t.rules...) {
		if r.numbered() {
			t.named = append(t.named, r)
		}
	}
	slices.SortStableFunc(t.named, longestFirst)
}

// compile returns the expression of a dynamic rule for what its groups have matched. It
// is the same one whenever they have matched the same, so that Replacements compare.
func (t *table) compile(r *rule, groups []string) (*expression, error) {
	key := fmt.Sprintf("%s\x00%q", r.text, groups)
	t.mu.Lock()
	defer t.mu.Unlock()
	if e := t.expressions[key]; e != nil {
		return e, nil
	}
	if r.prepare != nil {
		groups = []string{r.prepare(groups[0])}
	}
	e, err := parseExpression(r.source, groups, false)
	if err != nil {
		return nil, err
	}
	if t.expressions == nil {
		t.expressions = map[string]*expression{}
	}
	t.expressions[key] = e
	return e, nil
}

// problem is what is wrong in an error of an expression, without its text.
func problem(err error) string {
	var e *ExpressionError
	if errors.As(err, &e) {
		return e.Problem
	}
	return err.Error()
}

// refusal is the error for text, a Perl expression between parentheses.
func refusal(text, expression string) error {
	expression = strings.TrimSpace(expression)
	what := "write a shell script, or define a replacement string with --rpl" + supported
	if _, err := parseExpression(expression, nil, false); err == nil {
		what = fmt.Sprintf("define a replacement string for it, --rpl '{x} %s', and write {x}", expression)
	}
	return &ExpressionError{Text: text, Problem: "a Perl expression cannot stand in a command here; " + what}
}
