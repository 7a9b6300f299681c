package runner

import (
	"fmt"
	"regexp"
	"slices"

	"xpool/crashdetect/spelling"
	"xpool/runner/template"
)

// checkColumns refuses a command that has a column's name in braces with a slip of the
// finger in it. It would stand there as it is, with the whole record behind the command:
// rm -rf out/{nmae} 1 2. GNU parallel does just that, and so does --as parallel.
func (r *run) checkColumns() error {
	o := &r.opts
	kind := o.kind()
	if len(r.columns) == 0 || o.As != asXpool || kind != programKind && kind != scriptKind {
		return nil
	}
	for _, word := range o.Command {
		if typed, column := misspelt(word, o.set(), r.columns); column != "" {
			return fmt.Errorf("there is no column '%s': did you mean {%s}?", typed, column)
		}
	}
	return nil
}

// misspelt returns the first text in braces that is no replacement string of the set and
// nearly one of the columns, and that one; "" if there is none.
func misspelt(text string, set template.Set, columns []string) (typed, column string) {
	// What may follow a name is what template has for parts of a column.
	braces := regexp.MustCompile(`\{([^{}]*?)(?:/?\.|//?)?\}`)
	tokens := set.Scan(text)
	for _, at := range braces.FindAllStringSubmatchIndex(text, -1) {
		replaced := slices.ContainsFunc(tokens, func(t template.Token) bool { return t.Start < at[1] && at[0] < t.End })
		typed = text[at[2]:at[3]]
		if replaced || template.AfterDollar(text[:at[0]]) || isBlockOfAwk(typed) {
			continue
		}
		if column = spelling.Nearest(typed, slices.Values(columns)); column != "" {
			return typed, column
		}
	}
	return "", ""
}

// isBlockOfAwk tells whether text is a statement of awk that makes a block of its own, so
// that {print} is none of a column such as point.
func isBlockOfAwk(text string) bool {
	switch text {
	case "print", "next", "exit", "getline", "nextfile", "return", "break", "continue":
		return true
	}
	return false
}
