package script

import (
	"mvdan.cc/sh/v3/syntax"

	"xpool/runner/template"
)

// With several records per task, a {} that stands by itself in a list of words becomes
// "$@", the only list that all shells have. The places that use it share one class: there
// is one list, and what is wrong in one of them fails the task as a whole.

// records returns the text for a list of all records, each of the given class.
func (c *compiler) records(m markAt, class Class) string {
	if c.listedAt < 0 || class != Text && c.listed == (need{}) {
		c.listedAt = m.start
	}
	c.listed = c.listed.and(need{class: class})
	c.script.Positional = true
	return `"$@"`
}

// isRecords reports whether a mark stands for the records as they are.
func (c *compiler) isRecords(m markAt) bool {
	return c.src.tokens[m.token].Rep == template.Replacement{}
}

// isItem reports whether the mark that the leaf of path holds is a word of its own in a
// list of words, at a point where "$@" are the script's own positional parameters.
func isItem(path []syntax.Node, m markAt) bool {
	if scope(path) != scriptArgs || len(path) < 3 {
		return false
	}
	child := path[len(path)-2]
	if int(child.Pos().Offset()) != m.start || int(child.End().Offset()) != m.end {
		return false
	}
	switch p := path[len(path)-3].(type) {
	case *syntax.CallExpr, *syntax.WordIter:
		return true
	case *syntax.ArrayElem:
		return p.Index == nil
	case *syntax.DeclClause: // export {}, where the parser finds a name
		a, ok := child.(*syntax.Assign)
		return ok && a.Naked && a.Name != nil
	}
	return false
}
