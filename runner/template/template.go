// Package template knows the replacement strings of GNU parallel: where they stand in a
// text, and what each becomes for a given task.
//
//	{}    the task's records, joined by a blank
//	{.}   without the extension
//	{/}   the base name
//	{//}  the directory
//	{/.}  the base name without the extension
//	{#}   the task's sequence number
//	{%}   the worker's slot number
//
// A record is bytes: nothing here assumes UTF-8, and nothing is quoted. What quotes a
// value for a shell is package script, which lets no value into a program's text.
package template

import (
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
)

// Replacement is the meaning of a replacement string. Its zero value is that of {}.
// Replacements are comparable: equal ones expand to the same text in one task.
type Replacement struct {
	Op Op
}

// Token is a replacement string found in a text: text[Start:End] stands for Rep.
type Token struct {
	Start, End int
	Rep        Replacement
}

// Context is what a task offers to its replacement strings.
type Context struct {
	Args []string // the task's records
	Seq  int64    // its number in input order, from 1
	Slot int      // the slot of the worker that runs it, from 1
}

// Set is a set of replacement strings. The zero value is the standard set.
type Set struct {
	value string // stands for the plain value; "" means "{}"
}

// WithValue returns the standard set with s in the place of {}, as the option -I asks
// for; the other strings stay. An empty s is the standard set.
func WithValue(s string) Set { return Set{value: s} }

// row is a replacement string and its meaning.
type row struct {
	text string
	rep  Replacement
}

func (s Set) rows() [7]row {
	value := s.value
	if value == "" {
		value = "{}"
	}
	return [...]row{
		{value, Replacement{OpValue}},
		{"{.}", Replacement{OpNoExt}},
		{"{/}", Replacement{OpBase}},
		{"{//}", Replacement{OpDir}},
		{"{/.}", Replacement{OpBaseNoExt}},
		{"{#}", Replacement{OpSeq}},
		{"{%}", Replacement{OpSlot}},
	}
}

// Scan returns the replacement strings in text, from left to right and without overlap.
// Where several match, the longest wins; of two that are equal, the user's own.
func (s Set) Scan(text string) []Token {
	var tokens []Token
	rows := s.rows()
	for i := 0; i < len(text); {
		n, rep := match(rows[:], text[i:])
		if n == 0 {
			i++
			continue
		}
		tokens = append(tokens, Token{Start: i, End: i + n, Rep: rep})
		i += n
	}
	return tokens
}

// match returns the length and the meaning of the longest row that text begins with;
// the length is 0 when there is none.
func match(rows []row, text string) (int, Replacement) {
	best := row{}
	for _, r := range rows {
		if len(r.text) > len(best.text) && strings.HasPrefix(text, r.text) {
			best = r
		}
	}
	return len(best.text), best.rep
}

// Expand returns what r stands for in the task c. Several records are replaced one by
// one and joined by a blank; no record at all gives the empty string.
func (r Replacement) Expand(c Context) string {
	if s, ok := r.number(c); ok {
		return s
	}
	if len(c.Args) == 1 {
		return r.value(c.Args[0])
	}
	var b strings.Builder
	for i, arg := range c.Args {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(r.value(arg))
	}
	return b.String()
}

// number expands the replacements that do not depend on the records.
func (r Replacement) number(c Context) (s string, ok bool) {
	switch r.Op {
	case OpSeq:
		return strconv.FormatInt(c.Seq, 10), true
	case OpSlot:
		return strconv.Itoa(c.Slot), true
	}
	return "", false
}

// value applies r to one record.
func (r Replacement) value(arg string) string {
	switch r.Op {
	case OpNoExt:
		return noExt(arg)
	case OpBase:
		return base(arg)
	case OpDir:
		return dir(arg)
	case OpBaseNoExt:
		return noExt(base(arg))
	}
	return arg
}

// noExt drops the last dot and what follows it, unless a slash does. As in GNU
// parallel a leading dot is no exception: of ".profile" nothing is left.
func noExt(s string) string {
	if i := strings.LastIndexAny(s, "./"); i >= 0 && s[i] == '.' {
		return s[:i]
	}
	return s
}

// base returns what follows the last slash: nothing for "a/".
func base(s string) string { return s[strings.LastIndexByte(s, '/')+1:] }

// dir is dirname(1): trailing slashes do not count, the root is its own directory, and
// a name without a slash is in ".".
func dir(s string) string {
	named := strings.TrimRight(s, "/")
	if named == "" && s != "" {
		return "/"
	}
	i := strings.LastIndexByte(named, '/')
	if i < 0 {
		return "."
	}
	if d := strings.TrimRight(named[:i], "/"); d != "" {
		return d
	}
	return "/"
}
