package template

import (
	"regexp"
	"strings"

	"xpool/runner/template/perlre"
)

// rule is a replacement string, or what many of them have in common.
type rule struct {
	text   string         // as it is defined
	prefix string         // what it begins with: all of it, unless it is dynamic
	rest   *regexp.Regexp // what follows in a dynamic one; nil otherwise
	rep    Replacement    // the meaning of one that is not dynamic
	source string         // the expression of one that is

	// prepare changes what the group has matched; nil leaves it as it is.
	prepare func(group string) string
}

// standardRules are the seven standard strings as c names them, those that it renames
// last.
func standardRules(c Config) []rule {
	var kept, renamed []rule
	for _, r := range [...]struct {
		name, standard string
		op             Op
	}{
		{c.Value, "{}", OpValue}, {c.NoExt, "{.}", OpNoExt}, {c.Base, "{/}", OpBase}, {c.Dir, "{//}", OpDir},
		{c.Seq, "{#}", OpSeq}, {c.Slot, "{%}", OpSlot}, {c.BaseNoExt, "{/.}", OpBaseNoExt},
	} {
		if r.name == "" {
			kept = append(kept, fixed(r.standard, r.op))
		} else {
			renamed = append(renamed, fixed(r.name, r.op))
		}
	}
	return append(kept, renamed...)
}

// fixed is a rule for one replacement string.
func fixed(text string, op Op) rule {
	return rule{text: text, prefix: text, rep: Replacement{Op: op}}
}

// parseRule reads an argument of --rpl.
func parseRule(text string) (rule, error) {
	name, source := text, ""
	if i := strings.IndexAny(text, " \t\n\v\f\r"); i >= 0 {
		name, source = text[:i], text[i+1:]
	}
	fail := func(problem string) (rule, error) {
		return rule{}, &ExpressionError{Text: "--rpl '" + text + "'", Problem: problem}
	}
	if name == "" {
		return fail("it must begin with the replacement string")
	}
	r := rule{text: name, prefix: name, source: source}
	open, shut := strings.IndexByte(name, '('), strings.LastIndexByte(name, ')')
	if open < 0 || shut < open {
		e, err := parseExpression(source, nil, false)
		if err != nil {
			return fail(problem(err))
		}
		r.rep = Replacement{Op: OpExpression, Column: e.column, expression: e}
		return r, nil
	}
	var err error
	r.prefix = name[:open]
	r.rest, err = perlre.Compile(`\A(?:`+name[open:shut+1]+")"+regexp.QuoteMeta(name[shut+1:]), "s")
	if err != nil {
		return fail(err.Error())
	}
	if _, err := parseExpression(source, placeholders(r.rest.NumSubexp()), true); err != nil {
		return fail(problem(err))
	}
	return r, nil
}

// placeholders stand for what n groups are going to match.
func placeholders(n int) []string { return strings.Split(strings.Repeat("x", n), "") }

// numbered reports whether the rule can be about a column of the user's choice: {.} can,
// as {2.}, but not {#} nor one that does not begin with a brace.
func (r *rule) numbered() bool {
	switch r.rep.Op {
	case OpSeq, OpSlot, OpTotal, OpSeqPadded, OpSlotPadded:
		return false
	}
	return strings.HasPrefix(r.prefix, "{")
}

// match returns how much of text the rule covers, and what its groups match, when prefix
// is what it begins with; 0 if it does not match.
func (r *rule) match(text, prefix string) (int, []string) {
	text, ok := strings.CutPrefix(text, prefix)
	switch {
	case !ok:
		return 0, nil
	case r.rest == nil:
		return len(prefix), nil
	}
	loc := r.rest.FindStringSubmatchIndex(text)
	if loc == nil {
		return 0, nil
	}
	groups := make([]string, len(loc)/2-1)
	for i := range groups {
		if start := loc[2*i+2]; start >= 0 {
			groups[i] = text[start:loc[2*i+3]]
		}
	}
	return len(prefix) + loc[1], groups
}
