package script

import (
	"mvdan.cc/sh/v3/syntax"
)

// arithmetic is for what stands in an arithmetic expression. The shells evaluate a value
// there as an expression of its own, down to commands in array indices.
func (l *locator) arithmetic(parent, child syntax.Node) {
	switch p := parent.(type) {
	case *syntax.BinaryArithm:
		if isAssignment(p.Op) && same(p.X, child) {
			l.assignedTo()
			return
		}
		l.operand(child)
		return
	case *syntax.UnaryArithm:
		if p.Op == syntax.Inc || p.Op == syntax.Dec {
			l.assignedTo()
			return
		}
		l.operand(child)
		return
	case *syntax.FlagsArithm:
		l.refuse("a replacement string cannot stand in zsh's subscript flags")
		return
	case *syntax.LetClause:
		l.letOperand(child)
		return
	}
	l.setStyle(inArith)
	l.class(Integer)
}

// assignedTo is for the variable that an expression assigns to; its old value counts too.
func (l *locator) assignedTo() {
	l.place.class = Integer
	l.refuse("a replacement string cannot be a variable's name")
}

// operand notes that the token is an operand by itself, so that its sign must not meet the
// operator before it.
func (l *locator) operand(child syntax.Node) {
	if _, ok := child.(*syntax.Word); ok && !l.inParam && !l.literal {
		l.place.paren = l.atBoundaries(child)
	}
}

// letOperand is for the arguments of let, which are words with an expression inside.
func (l *locator) letOperand(child syntax.Node) {
	l.operandWord(child)
	l.setStyle(bare)
	l.class(Integer)
}

// operandWord is operand for a word that holds an expression, or only a number.
func (l *locator) operandWord(child syntax.Node) {
	if _, ok := child.(*syntax.Word); ok && !l.isWhole(child) && !l.inParam && !l.literal {
		l.place.paren = l.atBoundaries(child)
	}
}

// atBoundaries reports whether nothing that could belong to the same operand, such as a
// digit, touches the token within the word.
func (l *locator) atBoundaries(word syntax.Node) bool {
	text := l.c.src.text
	if l.start > int(word.Pos().Offset()) && touches(text[l.start-1]) {
		return false
	}
	return l.end >= int(word.End().Offset()) || !touches(text[l.end])
}

func touches(b byte) bool {
	switch b {
	case '#', '$', '_', '@', '.', '`', '\\', '{', '}', '[':
		return true
	}
	return b >= '0' && b <= '9' || b|0x20 >= 'a' && b|0x20 <= 'z' || b >= 0x80
}

// index is for a subscript of the array of the given name; assigned says that it stands in
// an assignment.
func (l *locator) index(name string, assigned bool) {
	if l.c.maps[name] || assigned && l.c.dialect == Zsh {
		l.place.paren = false // it would be a part of the key, or end the word
	}
	l.place.index = true
	l.setStyle(inArith)
	l.class(Integer)
}

func isAssignment(op syntax.BinAritOperator) bool {
	switch op {
	case syntax.Assgn, syntax.AddAssgn, syntax.SubAssgn, syntax.MulAssgn, syntax.QuoAssgn, syntax.RemAssgn,
		syntax.AndAssgn, syntax.OrAssgn, syntax.XorAssgn, syntax.ShlAssgn, syntax.ShrAssgn,
		syntax.AndBoolAssgn, syntax.OrBoolAssgn, syntax.XorBoolAssgn, syntax.PowAssgn:
		return true
	}
	return false
}

func (l *locator) binaryTest(t *syntax.BinaryTest, child syntax.Node) {
	switch t.Op {
	case syntax.TsEql, syntax.TsNeq, syntax.TsLeq, syntax.TsGeq, syntax.TsLss, syntax.TsGtr:
		l.operandWord(child)
		l.class(Integer)
	case syntax.TsReMatch:
		if l.c.dialect == Zsh && same(t.Y, child) {
			l.refuse("zsh takes a value after =~ for a regular expression: use == or a variable")
		}
	}
	l.done = true
}

func (l *locator) unaryTest(t *syntax.UnaryTest) {
	switch t.Op {
	case syntax.TsVarSet, syntax.TsRefVar:
		l.class(l.nameClass(t.X))
	case syntax.TsFdTerm:
		l.class(Integer)
	}
	l.done = true
}

// nameClass is the class of a token in a word that a builtin takes for a variable's name:
// the name itself, or a subscript.
func (l *locator) nameClass(word syntax.Node) Class {
	for i := int(word.Pos().Offset()); i < l.start; i++ {
		if l.c.src.text[i] == '[' {
			return Integer
		}
	}
	return Identifier
}
