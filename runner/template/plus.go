package template

import "strings"

// plusRules are the replacement strings of --plus, as the manual of GNU parallel has them.
func plusRules() []rule {
	rules := []rule{
		fixed("{+/}", OpPath), fixed("{+.}", OpExt), fixed("{+..}", OpExt2), fixed("{+...}", OpExt3),
		fixed("{..}", OpNoExt2), fixed("{...}", OpNoExt3), fixed("{/..}", OpBaseNoExt2), fixed("{/...}", OpBaseNoExt3),
		fixed("{##}", OpTotal), fixed("{0#}", OpSeqPadded), fixed("{0%}", OpSlotPadded), fixed("{slot}", OpSlot),
		fixed("{uniq}", OpUniq), fixed("{choose_k}", OpChoose),
	}
	for _, text := range [...]string{
		`{host} 1 $_=":"`, `{sshlogin} 1 $_=":"`, `{hgrp} 1 $_=""`, `{agrp} 1 $_=""`,
		`{:-([^}]+?)} $_ ||= $$1`,
		`{:(\d+?)} $_ = substr($_, $$1)`,
		`{:(\d+?):(\d+?)} $_ = substr($_, $$1, $$2)`,
		`{##([^#}][^}]*?)} s/^$$1//`,
		`{%%([^}]+?)} s/$$1$//`,
		`{/([^#%}/]+?)/([^}]*?)} s/$$1/$$2/`,
		`{/#([^}]+?)/([^}]*?)} s/^$$1/$$2/`,
		`{/%([^}]+?)/([^}]*?)} s/$$1$/$$2/`,
		`{//([^}]+?)/([^}]*?)} s/$$1/$$2/g`,
		`{^([^}]+?)} s/^($$1)/uc($1)/e`,
		`{^^([^}]+?)} s/($$1)/uc($1)/eg`,
		`{,([^}]+?)} s/^($$1)/lc($1)/e`,
		`{,,([^}]+?)} s/($$1)/lc($1)/eg`,
	} {
		rules = append(rules, mustParseRule(text))
	}
	for _, text := range [...]string{`{#([^#}][^}]*?)} s/^$$1//`, `{%([^}]+?)} s/(.*)$$1$/$1/`} {
		r := mustParseRule(text)
		r.prepare = lazy
		rules = append(rules, r)
	}
	return rules
}

// mustParseRule is parseRule for the texts above, whose errors are this package's own.
func mustParseRule(text string) rule {
	r, err := parseRule(text)
	if err != nil {
		panic(err)
	}
	return r
}

// lazy makes the quantifiers *, + and {n} of a regular expression match as little as they
// can, for {#...} and {%...}, which take away the shortest match.
func lazy(pattern string) string {
	var b strings.Builder
	inClass := false
	for i := 0; i < len(pattern); i++ {
		c := pattern[i]
		b.WriteByte(c)
		switch {
		case c == '\\' && i+1 < len(pattern):
			i++
			b.WriteByte(pattern[i])
		case c == '[':
			inClass = true
		case c == ']':
			inClass = false
		case !inClass && (c == '*' || c == '+' || c == '}') && !strings.HasPrefix(pattern[i+1:], "?"):
			b.WriteByte('?')
		}
	}
	return b.String()
}
