package script

import (
	"bytes"
	"strconv"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// replace writes the expansion of a value over a mark.
func (c *compiler) replace(path []syntax.Node, m markAt, p place) error {
	if p.heredoc != nil && !c.heredocs[p.heredoc] {
		c.heredocs[p.heredoc] = true
		if err := c.expandHeredoc(p.heredoc); err != nil {
			return err
		}
	}
	if p.guard != nil && !c.guarded[p.guard] {
		c.guarded[p.guard] = true
		at := int(p.guard.Pos().Offset())
		c.edit(at, at, "-- ")
	}
	if !p.unparsed {
		c.placed++
	}
	start, lost := c.backslash(m.start, p.style)
	c.edits = append(c.edits, edit{start, m.end, lost + c.expansion(m, p), true, c.segment(path, m, p)})
	return nil
}

// backslash deals with a backslash that escapes the first byte of the replacement string.
// In a word it is dropped, as the shell would; where it stands for itself before a brace
// it is doubled, or it would escape what is put there.
func (c *compiler) backslash(start int, s style) (from int, text string) {
	if trailingBackslashes(c.src.text[:start])%2 == 0 {
		return start, ""
	}
	switch s {
	case bare, inArith:
		return start - 1, ""
	case inDouble, inHeredoc, inAnsi:
		return start, `\`
	}
	return start, ""
}

// expansion returns the text for a value.
func (c *compiler) expansion(m markAt, p place) string {
	if p.list {
		return c.records(m, p.class)
	}
	name := c.value(m, p.class)
	text := "${" + name + "}"
	switch {
	case p.paren && p.index && c.dialect == Zsh:
		text = " " + text // zsh has flags in a subscript's parentheses
	case p.paren:
		text = "(" + text + ")"
	}
	switch p.style {
	case bare:
		return `"` + text + `"`
	case inSingle:
		return `'"` + text + `"'`
	case inAnsi:
		return `'"` + text + `"$'`
	case inIndirect:
		return name
	case inArith:
		return c.spaced(m, p, text)
	}
	return text
}

// spaced keeps a parenthesis that is put in from forming a (( or )) with its neighbour.
func (c *compiler) spaced(m markAt, p place, text string) string {
	if !p.paren {
		return text
	}
	if c.src.text[m.start-1] == '(' {
		text = " " + text
	}
	if m.end < len(c.src.text) && c.src.text[m.end] == ')' {
		text += " "
	}
	return text
}

// expandHeredoc makes a here-document with a quoted end mark an expanding one, and escapes
// what that would expand. It gets a new end mark, which needs no quotes.
func (c *compiler) expandHeredoc(r *syntax.Redirect) error {
	text := c.src.text
	start := int(r.Hdoc.Pos().Offset())
	last, end := heredocEnd(text, start, delimiter(text[r.Word.Pos().Offset():r.Word.End().Offset()]), r.Op == syntax.DashHdoc)
	if end < 0 {
		return c.src.errorAt(start, "a replacement string cannot stand in this here-document")
	}
	word := "xpool" + strconv.Itoa(len(c.heredocs))
	for bytes.Contains(text, []byte(word)) {
		word += "_"
	}
	c.edit(int(r.Word.Pos().Offset()), int(r.Word.End().Offset()), word)
	for i := start; i < last; i++ {
		if strings.IndexByte("\\$`", text[i]) >= 0 {
			c.edit(i, i, `\`)
		}
	}
	c.edit(last, end, word)
	return nil
}

// heredocEnd returns the range of the end mark that closes the here-document at start; end
// is -1 if it is not on a line of its own.
func heredocEnd(text []byte, start int, word string, tabs bool) (last, end int) {
	for at := start; at < len(text); {
		line, _, _ := bytes.Cut(text[at:], []byte("\n"))
		trimmed := line
		if tabs {
			trimmed = bytes.TrimLeft(line, "\t")
		}
		if string(trimmed) == word {
			return at + len(line) - len(trimmed), at + len(line)
		}
		at += len(line) + 1
	}
	return 0, -1
}

// delimiter removes the quotes from a here-document's end mark.
func delimiter(word []byte) string {
	var b strings.Builder
	var quote byte
	for i := 0; i < len(word); i++ {
		switch ch := word[i]; {
		case quote == 0 && (ch == '\'' || ch == '"'):
			quote = ch
		case quote != 0 && ch == quote:
			quote = 0
		case quote != '\'' && ch == '\\' && i+1 < len(word):
			i++
			b.WriteByte(word[i])
		default:
			b.WriteByte(ch)
		}
	}
	return b.String()
}

// countValues counts the expansions of variables with the names of values, and those of
// all positional parameters.
func countValues(file *syntax.File) int {
	count := 0
	for n := range syntax.Preorder(file) {
		switch n := n.(type) {
		case *syntax.ParamExp:
			if n.Param != nil && (n.Param.Value == "@" || isVarName(n.Param.Value)) {
				count++
			}
		case *syntax.ExtGlob: // not parsed any further
			count += strings.Count(n.Pattern.Value, "${"+varPrefix)
		}
	}
	return count
}

func isVarName(s string) bool {
	number, ok := strings.CutPrefix(s, varPrefix)
	return ok && number != "" && strings.Trim(number, "0123456789") == ""
}
