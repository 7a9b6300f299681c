package script

import (
	"bytes"
	"unicode/utf8"

	"mvdan.cc/sh/v3/syntax"
)

// modernize rewrites command substitutions in backquotes that hold marks as $( ), where
// what is put in needs no further backslashes. Others stay as they are.
func (s *source) modernize(file *syntax.File, d Dialect) (*syntax.File, error) {
	for {
		cs, quoted := s.findBackquotes(file)
		if cs == nil {
			return file, nil
		}
		left, right := int(cs.Left.Offset()), int(cs.Right.Offset())
		if s.text[left] != '`' || s.text[right] != '`' {
			return nil, s.errorAt(left, "a replacement string cannot stand in these backquotes: write $( )")
		}
		s.convert(left, right, quoted)
		var err error
		if file, err = s.parse(d); err != nil {
			return nil, err
		}
	}
}

// findBackquotes returns the first outermost command substitution in backquotes that holds
// a mark, and whether it stands in double quotes.
func (s *source) findBackquotes(file *syntax.File) (found *syntax.CmdSubst, quoted bool) {
	var path []syntax.Node
	syntax.Walk(file, func(n syntax.Node) bool {
		if n == nil {
			path = path[:len(path)-1]
			return false
		}
		cs, ok := n.(*syntax.CmdSubst)
		if found == nil && ok && cs.Backquotes && s.hasMark(int(cs.Left.Offset()), int(cs.Right.Offset())) {
			_, quoted = path[len(path)-1].(*syntax.DblQuoted)
			found = cs
		}
		path = append(path, n)
		return true
	})
	return found, quoted
}

// convert replaces the backquotes at left and right, and takes away the backslashes that
// they made necessary: before $, ` and \, and in double quotes before ".
func (s *source) convert(left, right int, quoted bool) {
	var text []byte
	var from []int32
	add := func(i int, bs ...byte) {
		for _, b := range bs {
			text, from = append(text, b), append(from, s.from[i])
		}
	}
	add(left, '$', '(')
	if s.text[left+1] == '(' {
		add(left, ' ') // $(( would be arithmetic
	}
	for i := left + 1; i < right; i++ {
		if s.text[i] == '\\' && i+1 < right {
			if next := s.text[i+1]; next == '$' || next == '`' || next == '\\' || quoted && next == '"' {
				i++
			}
		}
		add(i, s.text[i])
	}
	// A comment or a here-document must not take the parenthesis with it.
	if bytes.ContainsAny(text, "#<") {
		add(right, '\n')
	}
	add(right, ')')
	s.text = append(append(append([]byte(nil), s.text[:left]...), text...), s.text[right+1:]...)
	s.from = append(append(append([]int32(nil), s.from[:left]...), from...), s.from[right+1:]...)
}

// decodeRune is utf8.DecodeRune with -1 for what is no UTF-8.
func decodeRune(b []byte) (rune, int) {
	r, n := utf8.DecodeRune(b)
	if r == utf8.RuneError && n <= 1 {
		return -1, n
	}
	return r, n
}
