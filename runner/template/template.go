// Package template knows the replacement strings of GNU parallel: where they stand in a
// text, and what each becomes for a given task. These are the standard ones:
//
//	{}    the task's columns, joined by a blank
//	{.}   without the extension
//	{/}   the base name
//	{//}  the directory
//	{/.}  the base name without the extension
//	{#}   the task's sequence number
//	{%}   the worker's slot number
//	{2}   the second column; {2.} {2/} {2//} {2/.} too, and {-1} is the last one
//
// A Config renames them and adds others: those of the option --plus, those that the user
// defines with --rpl, and with WithColumns the names of columns.
//
// A column is bytes: nothing here assumes UTF-8, and nothing is quoted. What quotes a
// value for a shell is package script, which lets no value into a program's text. Where
// characters matter, as in {:2} and in regular expressions, a column that is UTF-8 is cut
// between its characters; GNU parallel, to which a character is a byte, cuts them apart.
package template

import (
	"slices"
	"strconv"
	"strings"
)

// Op is what a replacement does to a value. The zero Op leaves it as it is.
type Op uint8

const (
	OpValue     Op = iota // {}
	OpNoExt               // {.}
	OpBase                // {/}
	OpDir                 // {//}
	OpBaseNoExt           // {/.}
	OpSeq                 // {#}
	OpSlot                // {%}

	// Those of --plus.
	OpNoExt2     // {..}: without two extensions
	OpNoExt3     // {...}: without three
	OpBaseNoExt2 // {/..}
	OpBaseNoExt3 // {/...}
	OpPath       // {+/}: what precedes the last slash
	OpExt        // {+.}: the extension
	OpExt2       // {+..}: the last two
	OpExt3       // {+...}: the last three
	OpTotal      // {##}: the number of all tasks
	OpSeqPadded  // {0#}: the sequence number with zeros before it, as wide as the last
	OpSlotPadded // {0%}
	OpUniq       // {uniq}: the value; the task is to be skipped if two columns are equal
	OpChoose     // {choose_k}: the value; it is, unless the columns are in ascending order

	// OpExpression is what an expression says: one of the user's, or one of --plus that
	// has an argument, such as {:2} and {%.gz}.
	OpExpression
)

// Replacement is the meaning of a replacement string. Its zero value is that of {}.
// Replacements are comparable: equal ones expand to the same text in one task.
type Replacement struct {
	Op Op

	// Column is which column it is about: from 1, from -1 for the last, or 0 for
	// each of them in turn.
	Column int

	expression *expression // with OpExpression; one for each text, see table.compile
}

// Context is what a task offers to its replacement strings.
type Context struct {
	// Args are the task's columns: those of its row, and with several rows those of
	// all of them, one after the other.
	Args []string

	Seq   int64 // its number in input order, from 1
	Slot  int   // the slot of the worker that runs it, from 1
	Total int64 // the number of all tasks; it matters to NeedsTotal only
	Slots int   // the number of slots, for {0%}
}

// column returns the column of the given number, as Replacement.Column has it.
func (c *Context) column(n int) (string, bool) {
	if n < 0 {
		n += len(c.Args) + 1
	}
	if n < 1 || n > len(c.Args) {
		return "", false
	}
	return c.Args[n-1], true
}

// Expand returns what r stands for in the task c. Several columns are replaced one by one
// and joined by a blank; no column at all gives the empty string.
//
// A column that the task does not have is empty, as in GNU parallel: see Missing. There
// {-3} of two columns is the last one, though, as it goes around once, and so it is here.
func (r Replacement) Expand(c Context) string {
	if s, ok := r.single(c); ok {
		return s
	}
	if len(c.Args) == 1 {
		return r.value(c.Args[0], c)
	}
	var b strings.Builder
	for i, arg := range c.Args {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(r.value(arg, c))
	}
	return b.String()
}

// Lists reports whether r has a value for each of several columns, which may become
// words of their own.
func (r Replacement) Lists() bool {
	_, single := r.single(Context{})
	return !single
}

// Missing reports whether r is about a column that the task c does not have.
func (r Replacement) Missing(c Context) bool {
	_, ok := c.column(r.Column)
	return r.Column != 0 && !ok
}

// NeedsTotal reports whether r needs Context.Total, for which all input must be read
// before the first task can run. An expression counts as needing it if it might.
func (r Replacement) NeedsTotal() bool {
	return r.Op == OpTotal || r.Op == OpSeqPadded || r.Op == OpExpression && r.expression.needsTotal
}

// Skips reports whether r asks for the task c not to be run: {uniq} if two of its columns
// are equal, {choose_k} if one is not less than the next. The task keeps its number.
func (r Replacement) Skips(c Context) bool {
	switch r.Op {
	case OpUniq:
		sorted := slices.Sorted(slices.Values(c.Args))
		return len(slices.Compact(sorted)) < len(c.Args)
	case OpChoose:
		for i := 1; i < len(c.Args); i++ {
			if c.Args[i-1] >= c.Args[i] {
				return true
			}
		}
	}
	return false
}

// single expands the replacements that have one value whatever the number of columns.
func (r Replacement) single(c Context) (s string, ok bool) {
	switch r.Op {
	case OpSeq:
		return strconv.FormatInt(c.Seq, 10), true
	case OpSlot:
		return strconv.Itoa(c.Slot), true
	case OpTotal:
		return strconv.FormatInt(c.Total, 10), true
	case OpSeqPadded:
		return padded(c.Seq, c.Total), true
	case OpSlotPadded:
		return padded(int64(c.Slot), int64(c.Slots)), true
	}
	if r.Column == 0 {
		return "", false
	}
	arg, ok := c.column(r.Column)
	if !ok && r.Column < 0 {
		arg, ok = c.column(r.Column + len(c.Args))
	}
	if !ok {
		return "", true
	}
	return r.value(arg, c), true
}

// padded returns n with zeros before it, as wide as last.
func padded(n, last int64) string {
	s, width := strconv.FormatInt(n, 10), len(strconv.FormatInt(last, 10))
	return strings.Repeat("0", max(0, width-len(s))) + s
}

// value applies r to one column of the task c.
func (r Replacement) value(arg string, c Context) string {
	switch r.Op {
	case OpNoExt:
		return noExt(arg, 1)
	case OpNoExt2:
		return noExt(arg, 2)
	case OpNoExt3:
		return noExt(arg, 3)
	case OpBase:
		return base(arg)
	case OpDir:
		return dir(arg)
	case OpPath:
		return path(arg)
	case OpBaseNoExt:
		return noExt(base(arg), 1)
	case OpBaseNoExt2:
		return noExt(base(arg), 2)
	case OpBaseNoExt3:
		return noExt(base(arg), 3)
	case OpExt:
		return lastExt(arg)
	case OpExt2:
		return ext(arg, 2)
	case OpExt3:
		return ext(arg, 3)
	case OpExpression:
		return r.expression.apply(arg, c)
	}
	return arg
}
