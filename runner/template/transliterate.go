package template

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// letters are what tr/// does. A character is in from, or with complement in none of it.
type letters struct {
	from, to                   []rune
	complement, remove, squash bool
}

func (p *parser) transliteration(from, to, flags string) (action, error) {
	var t letters
	for _, f := range flags {
		switch f {
		case 'c':
			t.complement = true
		case 'd':
			t.remove = true
		case 's':
			t.squash = true
		default:
			return nil, p.fail("the flag %c of tr/// is not supported", f)
		}
	}
	var err error
	if t.from, err = (&parser{text: from}).characters(); err != nil {
		return nil, err
	}
	if t.to, err = (&parser{text: to}).characters(); err != nil {
		return nil, err
	}
	switch {
	case len(t.to) == 0 && !t.remove:
		if !t.complement {
			t.to = t.from
		}
	case t.complement && (len(t.to) > 1 || t.remove && len(t.to) > 0):
		return nil, p.fail("tr///%s can only make all other characters the same one, or remove them", flags)
	}
	return func(st *state) bool {
		var changed bool
		st.value, changed = t.apply(st.value)
		return changed
	}, nil
}

// characters reads all of the text as a list of characters, in which a-z is a range.
func (p *parser) characters() ([]rune, error) {
	var list []rune
	ranged := false // a hyphen was read that may be the middle of a range
	for p.at < len(p.text) {
		r, n := utf8.DecodeRuneInString(p.rest())
		if r == utf8.RuneError && n == 1 {
			return nil, p.fail("%q is no UTF-8", p.rest())
		}
		if r == '-' && len(list) > 0 && !ranged && p.at+1 < len(p.text) {
			ranged = true
			p.at++
			continue
		}
		if r != '\\' {
			p.at += n
		} else if len(p.rest()) < 2 {
			return nil, p.fail("a backslash stands at the end")
		} else {
			var err error
			if r, err = p.character(); err != nil {
				return nil, err
			}
		}
		if !ranged {
			list = append(list, r)
			continue
		}
		first := list[len(list)-1]
		if r < first || r-first > 0xffff {
			return nil, p.fail("%c-%c is no range of characters", first, r)
		}
		for c := first + 1; c <= r; c++ {
			list = append(list, c)
		}
		ranged = false
	}
	return list, nil
}

// apply returns s with its characters replaced, and whether there was any to replace.
// Bytes that are no UTF-8 are in no list.
func (t *letters) apply(s string) (string, bool) {
	var b strings.Builder
	var last string // what was put in for the character before; "" if that was kept
	found := false
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		char := s[i : i+n]
		i += n
		at := -1
		if n > 1 || r != utf8.RuneError {
			at = slices.Index(t.from, r)
		}
		if at < 0 != t.complement {
			b.WriteString(char)
			last = ""
			continue
		}
		found = true
		to, ok := t.replacement(at, char)
		if !ok || t.squash && to == last {
			continue
		}
		b.WriteString(to)
		last = to
	}
	return b.String(), found
}

// replacement returns what char becomes, which has the index at in t.from, or -1.
func (t *letters) replacement(at int, char string) (string, bool) {
	switch {
	case t.complement && len(t.to) == 0, t.remove && at >= len(t.to):
		return char, !t.remove
	case len(t.to) == 0:
		return char, true
	case at < 0:
		return string(t.to[0]), true
	}
	return string(t.to[min(at, len(t.to)-1)]), true
}
