package script

import (
	"bytes"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// flags are the attributes that a declaration gives to its variables.
type flags struct {
	integer, reference, list, keyed bool
}

// flagsOf collects the options of the declaration builtin name.
func flagsOf(name string, args []arg) flags {
	f := flags{integer: name == "integer" || name == "float", reference: name == "nameref"}
	for _, a := range args {
		f.integer = f.integer || a.hasFlag('i') || a.hasFlag('E') || a.hasFlag('F')
		f.reference = f.reference || a.hasFlag('n')
		f.keyed = f.keyed || a.hasFlag('A')
		f.list = f.list || a.hasFlag('a') || a.hasFlag('A')
	}
	return f
}

// declFlags is flagsOf for a declaration that the parser knows.
func (c *compiler) declFlags(d *syntax.DeclClause) flags {
	var args []arg
	for _, a := range d.Args {
		if a.Name == nil && a.Value != nil {
			args = append(args, argOf(a.Value, c.src.prefix))
		}
	}
	return flagsOf(d.Variant.Value, args)
}

// assign is for an assignment, before a command or in a declaration.
func (l *locator) assign(above []syntax.Node, a *syntax.Assign, child syntax.Node) {
	l.done = true
	decl, _ := above[len(above)-1].(*syntax.DeclClause)
	switch {
	case same(a.Index, child):
		l.done = false
		l.index(a.Name.Value, true)
	case same(a.Name, child):
		l.assignedName(decl, a)
	case decl == nil:
		l.need(l.c.need(a.Name.Value))
	case a.Name == nil:
		l.declared(decl.Variant.Value, l.c.declFlags(decl), a.Value)
	default:
		l.declaredValue(decl.Variant.Value, l.c.declFlags(decl), a.Name.Value, same(a.Value, child) && l.startsWord(a.Value))
	}
}

// assignedName is for a token in the name of an assignment, which only a declaration
// takes: it is a command, and finds the name in its argument.
func (l *locator) assignedName(decl *syntax.DeclClause, a *syntax.Assign) {
	switch {
	case decl == nil:
		l.refuse("a replacement string cannot be a variable's name")
	case a.Array != nil || a.Index != nil || a.Value != nil && !isOneField(a.Value):
		l.refuse("with a replacement string in the name, the value must be quoted text")
	default:
		l.class(Identifier)
	}
}

// isOneField reports whether w stays one word wherever it stands.
func isOneField(w *syntax.Word) bool {
	for _, part := range w.Parts {
		switch part.(type) {
		case *syntax.Lit, *syntax.SglQuoted, *syntax.DblQuoted:
		default:
			return false
		}
	}
	return true
}

// declared is for a token in a declaration's argument that the parser left a word.
func (l *locator) declared(builtin string, f flags, word *syntax.Word) {
	a := argOf(word, l.c.src.prefix)
	if strings.HasPrefix(a.lead, "-") || strings.HasPrefix(a.lead, "+") {
		l.refuse("a replacement string cannot be an option of this command")
		return
	}
	before := l.c.src.text[word.Pos().Offset():l.start]
	if bytes.IndexByte(before, '=') < 0 {
		l.class(l.nameClass(word))
		return
	}
	name, _, _ := strings.Cut(a.lead, "=")
	l.declaredValue(builtin, f, name, before[len(bytes.TrimRight(before, `"'`))-1] == '=')
}

// declaredValue is for a token in a value; first says that the value begins with it.
func (l *locator) declaredValue(builtin string, f flags, name string, first bool) {
	switch builtin {
	case "declare", "typeset", "local":
		// To these, a value in parentheses is a list with code in it if the variable is one.
		if first && (f.list || l.c.lists[name]) {
			l.refuse("the shell would take a value in parentheses for a list: write " + name + "=({})")
			return
		}
	}
	l.need(f.need().and(l.c.need(name)))
}

// startsWord reports whether the token comes first in w, quotes aside.
func (l *locator) startsWord(w *syntax.Word) bool {
	return len(bytes.Trim(l.c.src.text[w.Pos().Offset():l.start], `"'`)) == 0
}

func (f flags) need() need {
	n := need{}
	if f.integer {
		n = n.and(need{class: Integer})
	}
	if f.reference {
		n = n.and(need{class: Identifier})
	}
	return n
}
