package script

import (
	"bytes"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"xpool/runner/template"
)

// A task of several records gives a replacement string several values. In a list of words
// each of them is a word: Options.Records says how many there are, and the words are
// written as often before anything else is done with the script.

// repeated is a word of a list that is written for several records, all of it or, within
// it, its marks.
type repeated struct {
	start, end int
	marks      []markAt // those with a value for each record
}

// repetitions returns the words of lists to which several records make a difference, in
// their order, but for those that become "$@".
func (c *compiler) repetitions(file *syntax.File, each bool) []repeated {
	paths := c.leaves(file)
	var found []repeated
	for _, m := range c.src.marks(0, len(c.src.text)) {
		path := paths[m.start]
		if path == nil || !c.src.tokens[m.token].Rep.Lists() {
			continue
		}
		word, ok := c.listWord(path, m, each)
		if !ok {
			continue
		}
		start, end := int(word.Pos().Offset()), int(word.End().Offset())
		if last := len(found) - 1; last >= 0 && found[last].start == start {
			found[last].marks = append(found[last].marks, m)
			continue
		}
		found = append(found, repeated{start, end, []markAt{m}})
	}
	return found
}

// listWord returns the word of a list that the leaf of path is in, if several records
// make several words there.
func (c *compiler) listWord(path []syntax.Node, m markAt, each bool) (*syntax.Word, bool) {
	i := len(path) - 2
	quoted := false
	switch path[len(path)-1].(type) {
	case *syntax.Lit:
	case *syntax.SglQuoted:
		quoted = true
	default:
		return nil, false
	}
	if i >= 0 {
		if _, ok := path[i].(*syntax.DblQuoted); ok {
			quoted = true
			i--
		}
	}
	if i < 1 {
		return nil, false
	}
	word, ok := path[i].(*syntax.Word)
	if !ok || !isListed(path[i-1], word) || quoted && !each {
		return nil, false
	}
	if each && bytes.ContainsAny(c.src.text[word.Pos().Offset():word.End().Offset()], " \t\n") {
		return nil, false // GNU parallel, too, repeats what stands between blanks
	}
	p := c.locate(path, m.start, m.end)
	plain := c.many && c.isRecords(m) && isItem(path, m)
	return word, p.refuse == "" && !p.lone && !plain
}

// isListed reports whether word is an item of a list in parent, other than the name of
// a command.
func isListed(parent syntax.Node, word *syntax.Word) bool {
	switch p := parent.(type) {
	case *syntax.CallExpr:
		return len(p.Args) > 0 && p.Args[0] != word
	case *syntax.WordIter:
		return true
	case *syntax.ArrayElem:
		return p.Index == nil
	}
	return false
}

// repeat writes the words out for a number of records. What it leaves is to be parsed
// again.
func (s *source) repeat(words []repeated, records int, each bool) {
	for i := len(words) - 1; i >= 0; i-- {
		w := words[i]
		columns := s.columns(w.marks, records)
		var text strings.Builder
		if each {
			for r := range records {
				s.writeWord(&text, w, func(j int) string { return columns[j][r] })
				text.WriteByte(' ')
			}
		} else {
			s.writeWord(&text, w, func(j int) string { return strings.Join(columns[j], " ") })
		}
		s.splice(w.start, w.end, strings.TrimSuffix(text.String(), " "))
	}
}

// writeWord writes a word with other texts in the place of its marks.
func (s *source) writeWord(text *strings.Builder, w repeated, mark func(j int) string) {
	at := w.start
	for j, m := range w.marks {
		text.Write(s.text[at:m.start])
		text.WriteString(mark(j))
		at = m.end
	}
	text.Write(s.text[at:w.end])
}

// columns makes new marks for each of the records: columns[j][r] is what marks[j] is for
// record r.
func (s *source) columns(marks []markAt, records int) [][]string {
	columns := make([][]string, len(marks))
	for j, m := range marks {
		columns[j] = make([]string, records)
		for r := range records {
			t := s.tokens[m.token]
			t.Rep.Column = r + 1
			s.tokens = append(s.tokens, t)
			columns[j][r] = s.mark(len(s.tokens) - 1)
		}
	}
	return columns
}

// valueKey is what two marks with one variable have in common.
type valueKey struct {
	rep   template.Replacement
	class Class
}
