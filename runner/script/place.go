package script

import (
	"bytes"
	"slices"

	"mvdan.cc/sh/v3/syntax"
)

// style is how a value is written where its token stands.
type style uint8

const (
	bare       style = iota // "${v}": in a word, or a pattern
	inDouble                // ${v}: in double quotes
	inSingle                // '"${v}"': in single quotes, which are closed and opened again
	inAnsi                  // '"${v}"$': the same in $' '
	inHeredoc               // ${v}: in a here-document
	inLiteral               // ${v}: in a here-document that is first made an expanding one
	inArith                 // ${v} or (${v}): in an arithmetic expression
	inIndirect              // v: the name in ${!v}
)

// place is how a token, or an expansion of a variable, stands in the script.
type place struct {
	style    style
	class    Class
	paren    bool             // an operand of an arithmetic expression: a sign needs parentheses
	index    bool             // in an array's subscript
	guard    *syntax.Word     // an argument that must not be taken for an option
	heredoc  *syntax.Redirect // with inLiteral
	lone     bool             // the command takes a single word here
	list     bool             // each record is a word of its own
	unparsed bool             // the parser takes it for text, though the shell does not
	refuse   string           // why no value can be put here; "" if one can
}

// locator finds a place by going from a leaf of the tree towards the root, up to the
// command that decides what the shell does with the word.
type locator struct {
	c          *compiler
	start, end int // the token or the expansion, in the text
	place      place
	styled     bool // the innermost quoting is found
	single     bool // it is single quotes, unless double quotes with ${x:-' '} are around it
	inParam    bool // in a word of ${x:-word}
	literal    bool // in a pattern of ${x#word}
	done       bool
}

// locate tells how text[start:end] stands. path leads from the file to the leaf that
// holds it.
func (c *compiler) locate(path []syntax.Node, start, end int) place {
	l := locator{c: c, start: start, end: end}
	if q, ok := path[len(path)-1].(*syntax.SglQuoted); ok {
		l.single = true
		l.place.style = inSingle
		if q.Dollar {
			l.place.style, l.styled, l.single = inAnsi, true, false
		}
	}
	for i := len(path) - 2; i >= 0 && !l.done; i-- {
		l.step(path[:i], path[i], path[i+1])
	}
	return l.place
}

func (l *locator) refuse(why string) {
	if l.place.refuse == "" {
		l.place.refuse = why
	}
	l.done = true
}

// class makes c the final class of the token.
func (l *locator) class(c Class) {
	l.place.class = c
	l.done = true
}

func (l *locator) setStyle(s style) {
	if !l.styled && !l.single {
		l.place.style = s
	}
	l.styled = true
}

// step takes in what parent does with child.
func (l *locator) step(above []syntax.Node, parent, child syntax.Node) {
	switch p := parent.(type) {
	case *syntax.Word:
		l.word(p, child)
	case *syntax.DblQuoted:
		l.quotes(inDouble)
	case *syntax.ParamExp:
		l.param(p, child)
	case *syntax.ExtGlob:
		l.extGlob(p)
	case *syntax.ArithmExp, *syntax.ArithmCmd, *syntax.CStyleLoop, *syntax.LetClause,
		*syntax.BinaryArithm, *syntax.UnaryArithm, *syntax.FlagsArithm:
		l.arithmetic(p, child)
	case *syntax.BinaryTest:
		l.binaryTest(p, child)
	case *syntax.UnaryTest:
		l.unaryTest(p)
	case *syntax.CallExpr:
		l.call(p, child)
	case *syntax.DeclClause:
		l.done = true
	case *syntax.Assign:
		l.assign(above, p, child)
	case *syntax.ArrayElem:
		if same(p.Index, child) {
			l.index(arrayName(above), true)
		}
	case *syntax.Redirect:
		l.redirect(above, p, child)
	case *syntax.FuncDecl, *syntax.WordIter, *syntax.CoprocClause:
		l.named(p, child)
	case *syntax.Stmt, *syntax.CmdSubst, *syntax.ProcSubst:
		l.done = true
	}
}

// arrayName returns the name of the array whose elements are at the end of path.
func arrayName(path []syntax.Node) string {
	for _, n := range slices.Backward(path) {
		if a, ok := n.(*syntax.Assign); ok && a.Name != nil {
			return a.Name.Value
		}
	}
	return ""
}

// named is for the commands that have a name in them.
func (l *locator) named(parent, child syntax.Node) {
	switch p := parent.(type) {
	case *syntax.FuncDecl:
		if child != syntax.Node(p.Body) {
			l.refuse("a replacement string cannot be a function's name")
		}
	case *syntax.CoprocClause:
		if same(p.Name, child) {
			l.refuse("a replacement string cannot be a coprocess's name")
		}
	case *syntax.WordIter:
		if same(p.Name, child) {
			l.refuse("a replacement string cannot be a loop's variable")
		}
		l.need(l.c.need(p.Name.Value))
	}
	l.done = true
}

// same compares a field, which may be nil, with a child.
func same(field, child syntax.Node) bool { return field == child }

// word looks at what the shell does with the text of a word itself.
func (l *locator) word(w *syntax.Word, child syntax.Node) {
	if l.styled || l.single {
		return
	}
	lit, ok := child.(*syntax.Lit)
	if !ok {
		return
	}
	switch l.c.dialect {
	case Zsh:
		// zsh takes parentheses in a word for glob qualifiers, which can run code.
		if l.afterParen(w) {
			l.refuse("a replacement string cannot stand after a ( in a word of zsh")
		}
	case Bash:
		text := l.c.src.text
		before, after := text[w.Pos().Offset():l.start], text[l.end:max(l.end, int(lit.End().Offset()))]
		if inRange(before, after) {
			l.refuse("bash does not expand values in a {x..y} range: use $(seq x y)")
		}
	}
}

// afterParen reports whether an unquoted parenthesis opens in w before the token.
func (l *locator) afterParen(w *syntax.Word) bool {
	for _, part := range w.Parts {
		start, end := int(part.Pos().Offset()), min(int(part.End().Offset()), l.start)
		if _, ok := part.(*syntax.Lit); ok && start < end && bytes.IndexByte(l.c.src.text[start:end], '(') >= 0 {
			return true
		}
	}
	return false
}

// inRange reports whether what stands between the two is an end of a brace range.
func inRange(before, after []byte) bool {
	open := bytes.LastIndexByte(before, '{')
	shut := bytes.IndexByte(after, '}')
	if open < 0 || shut < 0 || bytes.ContainsAny(before[open:], ",}") || bytes.ContainsAny(after[:shut], ",{") {
		return false
	}
	return bytes.Contains(before[open:], []byte("..")) || bytes.Contains(after[:shut], []byte(".."))
}

// quotes passes through double quotes or a here-document. Single quotes in the word of
// ${x:-word} mean nothing to a shell there, whatever the parser makes of them.
func (l *locator) quotes(s style) {
	if l.single && l.inParam && !l.literal {
		l.single, l.place.unparsed = false, true
	}
	l.setStyle(s)
}

func (l *locator) param(p *syntax.ParamExp, child syntax.Node) {
	switch {
	case same(p.Param, child):
		l.paramName(p)
	case same(p.Index, child):
		name := ""
		if p.Param != nil {
			name = p.Param.Value
		}
		l.index(name, false)
	case p.Slice != nil && (same(p.Slice.Offset, child) || same(p.Slice.Length, child)):
		l.setStyle(inArith)
		l.class(Integer)
	case p.Repl != nil && (same(p.Repl.Orig, child) || same(p.Repl.With, child)):
		l.pattern()
	case p.Exp != nil && same(p.Exp.Word, child):
		l.expansion(p)
	case same(p.NestedParam, child):
	default: // zsh's flags and modifiers
		l.refuse("a replacement string cannot stand here in a parameter expansion")
	}
}

// paramName is for what the parser takes for a part of a variable's name.
func (l *locator) paramName(p *syntax.ParamExp) {
	switch {
	case p.Short && l.start > int(p.Param.Pos().Offset()):
		// $HOME{}: the value comes after the variable, and ends its name.
	case l.c.dialect == Bash && p.Excl && p.Names == 0 && p.Index == nil && p.Exp == nil &&
		p.Repl == nil && p.Slice == nil && l.isWhole(p.Param):
		l.place.style, l.styled = inIndirect, true
		l.class(Identifier)
	default:
		l.refuse("a replacement string cannot be a variable's name")
	}
}

// isWhole reports whether the token is all there is of n.
func (l *locator) isWhole(n syntax.Node) bool {
	return int(n.Pos().Offset()) == l.start && int(n.End().Offset()) == l.end
}

func (l *locator) expansion(p *syntax.ParamExp) {
	switch p.Exp.Op {
	case syntax.AssignUnset, syntax.AssignUnsetOrNull:
		if p.Param != nil {
			l.need(l.c.need(p.Param.Value))
		}
		fallthrough
	case syntax.AlternateUnset, syntax.AlternateUnsetOrNull, syntax.DefaultUnset, syntax.DefaultUnsetOrNull,
		syntax.ErrorUnset, syntax.ErrorUnsetOrNull:
		l.inParam = true
	case syntax.OtherParamOps:
		l.refuse("a replacement string cannot be an operator of an expansion")
	default:
		l.pattern()
	}
}

// pattern makes a token in a pattern literal. Quotes do so even within double quotes.
func (l *locator) pattern() {
	l.literal = true
	if !l.styled {
		l.styled = true
	}
}

// need restricts the token to what its variable is used for.
func (l *locator) need(n need) {
	if n.refuse != "" {
		l.refuse(n.refuse)
	} else if n.class != Text {
		l.class(n.class)
	}
}

// extGlob is for the pattern list of an extended glob, which the parser leaves as it is.
func (l *locator) extGlob(g *syntax.ExtGlob) {
	var quote byte
	text := l.c.src.text[g.Pattern.Pos().Offset():l.start]
	for i := 0; i < len(text); i++ {
		switch b := text[i]; {
		case b == '`' && quote != '\'', b == '$' && quote != '\'' && i+1 < len(text) && bytes.IndexByte([]byte("('{"), text[i+1]) >= 0:
			l.refuse("a replacement string cannot stand here in an extended glob")
		case b == '\\' && quote != '\'':
			i++
		case quote == 0 && (b == '\'' || b == '"'):
			quote = b
		case b == quote:
			quote = 0
		}
	}
	switch quote {
	case '\'':
		l.setStyle(inSingle)
	case '"':
		l.setStyle(inDouble)
	default:
		l.setStyle(bare)
	}
}

func (l *locator) redirect(above []syntax.Node, r *syntax.Redirect, child syntax.Node) {
	l.done = true
	switch {
	case same(r.N, child):
		l.refuse("a replacement string cannot be a file descriptor's number")
	case same(r.Hdoc, child):
		if isQuoted(r.Word) {
			l.place.style, l.place.heredoc = inLiteral, r
			l.input(above)
			return
		}
		if l.literal && l.c.dialect == POSIX {
			l.refuse("this shell takes a value in a pattern in a here-document for a pattern: use a variable")
			return
		}
		l.quotes(inHeredoc)
		l.input(above)
	case r.Op == syntax.WordHdoc:
		l.input(above)
	case r.Op == syntax.Hdoc || r.Op == syntax.DashHdoc:
		l.refuse("a replacement string cannot be the end mark of a here-document")
	case r.Op == syntax.DplOut || r.Op == syntax.DplIn:
		// bash expands the word of >& again when it is no number.
		l.class(Integer)
	}
}

// input restricts what a statement may read into variables.
func (l *locator) input(above []syntax.Node) {
	if s, ok := above[len(above)-1].(*syntax.Stmt); ok {
		for _, name := range inputVariables(s) {
			l.need(l.c.need(name))
		}
	}
}

// isQuoted reports whether any part of a here-document's end mark is quoted.
func isQuoted(w *syntax.Word) bool {
	for _, part := range w.Parts {
		lit, ok := part.(*syntax.Lit)
		if !ok || bytes.IndexByte([]byte(lit.Value), '\\') >= 0 {
			return true
		}
	}
	return false
}
