package script

import (
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"xpool/runner/template"
)

// segment is a part of the script's text and the value that follows it, if one does.
type segment struct {
	text   string
	value  *Value // nil at the end of the script
	list   bool   // the value is all records, a word for each
	around string // the quotes that have to be closed before a value with quotes of its own
	number bool   // the value has no quotes, as it stands in arithmetic
}

// Line returns a command line that does what the script does for the task c, for a shell
// of the script's dialect; it may have several lines. A value never becomes code there
// either. It is written into the script where that is simple; otherwise the line sets the
// script's variables first. A value of the wrong class makes the line a false command that
// shows the script.
//
// Quote returns a word of the shell for any text.
func (s *Script) Line(c template.Context, quote func(string) string) string {
	values := make([]string, len(s.Values))
	for i, v := range s.Values {
		value, err := v.Render(v.Rep.Expand(c))
		if err != nil {
			return "false " + quote(s.source)
		}
		values[i] = value
	}
	args := make([]string, len(c.Args))
	for i, a := range c.Args {
		value, err := s.Args.Render(a)
		if err != nil && s.Positional {
			return "false " + quote(s.source)
		}
		args[i] = quote(value)
	}
	var b strings.Builder
	if s.Positional && (s.segments == nil || s.ownArgs) {
		b.WriteString("set -- " + strings.Join(args, " ") + "; ")
	}
	if s.segments == nil {
		for i, v := range s.Values {
			b.WriteString(v.Name + "=" + quote(values[i]) + "; ")
		}
		b.WriteString(strings.TrimSuffix(s.Body, "\n"))
		return b.String()
	}
	for _, g := range s.segments {
		b.WriteString(g.text)
		switch {
		case g.list:
			b.WriteString(strings.Join(args, " "))
		case g.value != nil:
			value, _ := g.value.Render(g.value.Rep.Expand(c)) // which has been tried
			b.WriteString(g.quoted(value, quote))
		}
	}
	return b.String()
}

// quoted is the value as it is written where it stands.
func (g segment) quoted(value string, quote func(string) string) string {
	word := quote(value)
	switch {
	case g.number && strings.HasPrefix(value, "-"):
		return " (" + value + ") " // apart from a sign or a parenthesis before it
	case g.number || word == value:
		return value
	case g.around != "" && value == "":
		return ""
	}
	return g.around + word + g.around
}

// segment says how a value is written over a mark for Line. It is nil where that is not
// simple.
func (c *compiler) segment(path []syntax.Node, m markAt, p place) *segment {
	_, escaped := c.backslash(m.start, p.style)
	if escaped != "" || p.unparsed || p.index || p.paren && p.style != inArith || p.heredoc != nil || inExpansion(path) {
		return nil
	}
	g := &segment{list: p.list}
	switch p.style {
	case bare:
	case inDouble:
		g.around = `"`
	case inSingle:
		g.around = `'`
	case inArith:
		if p.class != Integer {
			return nil
		}
		g.number = true
	default:
		return nil
	}
	if !p.list {
		g.value = &Value{Rep: c.src.tokens[m.token].Rep, Class: p.class}
	}
	return g
}

// inExpansion reports whether path leads through an expansion of a variable or a pattern,
// in which shells differ over what quotes mean, or through a here-document, which a line
// of the value could end.
func inExpansion(path []syntax.Node) bool {
	for _, n := range path {
		switch n := n.(type) {
		case *syntax.ParamExp, *syntax.ExtGlob:
			return true
		case *syntax.Redirect:
			if n.Hdoc != nil {
				return true
			}
		}
	}
	return false
}

// setSegments makes the text for Line of the edits, in their order, if all of the values
// are simple to write.
func (c *compiler) setSegments() {
	segments, end := []segment{}, 0
	text := ""
	for _, e := range c.edits {
		text += string(c.src.text[end:e.start])
		end = e.end
		switch {
		case !e.mark:
			text += e.text
		case e.segment == nil:
			return
		default:
			g := *e.segment
			g.text, text = text, ""
			segments = append(segments, g)
		}
	}
	text += string(c.src.text[end:])
	c.script.segments = append(segments, segment{text: strings.TrimSuffix(text, "\n")})
}
