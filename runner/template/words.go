package template

import "strings"

// Words is a program and its arguments with replacement strings, ready to be expanded
// for one task after the other. It is read-only and safe for concurrent use.
type Words struct {
	words    []word
	replaces bool // some word has a replacement string, so nothing is appended
}

// word alternates between literal text and replacements: literals[0], reps[0],
// literals[1], ..., reps[n-1], literals[n].
type word struct {
	literals []string
	reps     []Replacement
}

// Parse looks for the replacement strings of set in a program's words. It keeps no
// reference to the slice.
func Parse(words []string, set Set) *Words {
	w := &Words{words: make([]word, len(words))}
	for i, text := range words {
		w.words[i] = parseWord(text, set)
		w.replaces = w.replaces || len(w.words[i].reps) > 0
	}
	return w
}

func parseWord(text string, set Set) word {
	tokens := set.Scan(text)
	parsed := word{literals: make([]string, 0, len(tokens)+1)}
	end := 0
	for _, t := range tokens {
		parsed.literals = append(parsed.literals, text[end:t.Start])
		parsed.reps = append(parsed.reps, t.Rep)
		end = t.End
	}
	parsed.literals = append(parsed.literals, text[end:])
	return parsed
}

// Replaces reports whether any word has a replacement string, {#} and {%} included.
// When none has, Expand appends the records.
func (w *Words) Replaces() bool { return w.replaces }

// ReplacesIn reports whether word i has a replacement string.
func (w *Words) ReplacesIn(i int) bool { return len(w.words[i].reps) > 0 }

// Expand returns the words for the task c, in a slice that the caller owns.
//
// Without any replacement string the records follow as words of their own. A
// replacement of several records is a list, as in GNU parallel: {} alone gives a word
// for each record, and x{}y with the records a and b gives the two words xa and by.
func (w *Words) Expand(c Context) []string {
	out := make([]string, 0, len(w.words)+len(c.Args))
	for i := range w.words {
		out = w.words[i].expand(out, c)
	}
	if !w.replaces {
		out = append(out, c.Args...)
	}
	return out
}

// expand appends w for the task c to out.
func (w *word) expand(out []string, c Context) []string {
	if len(w.reps) == 0 {
		return append(out, w.literals[0])
	}
	if len(c.Args) <= 1 {
		return append(out, w.expandOne(c))
	}
	cur := w.literals[0]
	for i, rep := range w.reps {
		if s, ok := rep.number(c); ok {
			cur += s + w.literals[i+1]
			continue
		}
		last := len(c.Args) - 1
		for _, arg := range c.Args[:last] {
			out = append(out, cur+rep.value(arg))
			cur = ""
		}
		cur += rep.value(c.Args[last]) + w.literals[i+1]
	}
	return append(out, cur)
}

// expandOne is expand for at most one record, which gives exactly one word.
func (w *word) expandOne(c Context) string {
	if len(w.reps) == 1 {
		return w.literals[0] + w.reps[0].Expand(c) + w.literals[1]
	}
	var b strings.Builder
	for i, rep := range w.reps {
		b.WriteString(w.literals[i])
		b.WriteString(rep.Expand(c))
	}
	b.WriteString(w.literals[len(w.reps)])
	return b.String()
}
