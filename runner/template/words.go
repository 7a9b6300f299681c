package template

import (
	"iter"
	"strings"
)

// Text is a text with replacement strings, ready to be expanded for one task after the
// other. It is read-only and safe for concurrent use.
type Text struct {
	// Literal text and replacements alternate: literals[0], reps[0], literals[1], ...,
	// reps[n-1], literals[n].
	literals []string
	reps     []Replacement
}

// ParseText looks for the replacement strings of set in text. An error is an
// *ExpressionError, as in Token.Err.
func ParseText(text string, set Set) (*Text, error) {
	tokens := set.Scan(text)
	parsed := &Text{literals: make([]string, 0, len(tokens)+1)}
	end := 0
	for _, t := range tokens {
		if t.Err != nil {
			return nil, t.Err
		}
		parsed.literals = append(parsed.literals, text[end:t.Start])
		parsed.reps = append(parsed.reps, t.Rep)
		end = t.End
	}
	parsed.literals = append(parsed.literals, text[end:])
	return parsed, nil
}

// Replacements are the meanings of the replacement strings, in their order.
func (t *Text) Replacements() []Replacement { return append([]Replacement(nil), t.reps...) }

// Expand returns the text for the task c. Several columns are joined by a blank.
func (t *Text) Expand(c Context) string {
	return t.expand(func(r Replacement) string { return r.Expand(c) })
}

func (t *Text) expand(value func(Replacement) string) string {
	if len(t.reps) == 1 {
		return t.literals[0] + value(t.reps[0]) + t.literals[1]
	}
	var b strings.Builder
	for i, rep := range t.reps {
		b.WriteString(t.literals[i])
		b.WriteString(value(rep))
	}
	b.WriteString(t.literals[len(t.reps)])
	return b.String()
}

// Words is a program and its arguments with replacement strings, ready to be expanded
// for one task after the other. It is read-only and safe for concurrent use.
type Words struct {
	words    []*Text
	replaces bool // some word has a replacement string, so nothing is appended
}

// Parse looks for the replacement strings of set in a program's words. It keeps no
// reference to the slice. An error is an *ExpressionError, as in Token.Err; a Perl
// expression that goes over several words, {= and its end each in their own, is one too.
func Parse(words []string, set Set) (*Words, error) {
	w := &Words{words: make([]*Text, len(words))}
	for i, text := range words {
		parsed, err := ParseText(text, set)
		if err != nil {
			return nil, err
		}
		w.words[i] = parsed
		w.replaces = w.replaces || len(parsed.reps) > 0
	}
	if err := set.rulesOf().spread(words); err != nil {
		return nil, err
	}
	return w, nil
}

// spread returns the error for a Perl expression that begins in one word and ends in
// another, as an unquoted {= s/a/b/ =} does.
func (t *table) spread(words []string) error {
	for i, left := range words {
		if !strings.HasPrefix(left, t.left) {
			continue
		}
		for j := i + 1; j < len(words); j++ {
			if strings.HasSuffix(words[j], t.right) {
				text := strings.Join(words[i:j+1], " ")
				return refusal(text, text[len(t.left):len(text)-len(t.right)])
			}
		}
	}
	return nil
}

// Replaces reports whether any word has a replacement string, {#} and {%} included.
// When none has, Expand appends the columns.
func (w *Words) Replaces() bool { return w.replaces }

// ReplacesIn reports whether word i has a replacement string.
func (w *Words) ReplacesIn(i int) bool { return len(w.words[i].reps) > 0 }

// Replacements are the meanings of the replacement strings of all words, in their order.
func (w *Words) Replacements() iter.Seq[Replacement] {
	return func(yield func(Replacement) bool) {
		for _, t := range w.words {
			for _, r := range t.reps {
				if !yield(r) {
					return
				}
			}
		}
	}
}

// Expand returns the words for the task c, in a slice that the caller owns.
//
// Without any replacement string the columns follow as words of their own. A replacement
// of several columns is a list, as with the options -m and -n of GNU parallel: {} alone
// gives a word for each column, and x{}y with the columns a and b gives the two words xa
// and by.
func (w *Words) Expand(c Context) []string { return w.all(c, (*Text).list) }

// ExpandEach is Expand with whole words for a list, as with the options -X, -N and -L of
// GNU parallel: x{}y with the columns a and b gives the two words xay and xby.
func (w *Words) ExpandEach(c Context) []string { return w.all(c, (*Text).each) }

func (w *Words) all(c Context, expand func(t *Text, out []string, c Context) []string) []string {
	out := make([]string, 0, len(w.words)+len(c.Args))
	for _, t := range w.words {
		switch {
		case len(t.reps) == 0:
			out = append(out, t.literals[0])
		case len(c.Args) <= 1:
			out = append(out, t.Expand(c))
		default:
			out = expand(t, out, c)
		}
	}
	if !w.replaces {
		out = append(out, c.Args...)
	}
	return out
}

// list appends t for the several columns of the task c to out.
func (t *Text) list(out []string, c Context) []string {
	cur := t.literals[0]
	for i, rep := range t.reps {
		if s, ok := rep.single(c); ok {
			cur += s + t.literals[i+1]
			continue
		}
		last := len(c.Args) - 1
		for _, arg := range c.Args[:last] {
			out = append(out, cur+rep.value(arg, c))
			cur = ""
		}
		cur += rep.value(c.Args[last], c) + t.literals[i+1]
	}
	return append(out, cur)
}

// each appends t once for each column of the task c to out, or once for all if nothing
// in it differs between them.
func (t *Text) each(out []string, c Context) []string {
	for _, arg := range c.Args {
		lists := false
		out = append(out, t.expand(func(r Replacement) string {
			s, ok := r.single(c)
			if !ok {
				s, lists = r.value(arg, c), true
			}
			return s
		}))
		if !lists {
			break
		}
	}
	return out
}
