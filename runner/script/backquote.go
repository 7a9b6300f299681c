package script

import (
	"bytes"
	"slices"
	"unicode/utf8"

	"mvdan.cc/sh/v3/syntax"
)

// modernize rewrites command substitutions in backquotes that hold marks as $( ), where
// what is put in needs no further backslashes. Others stay as they are.
func (s *source) modernize(file *syntax.File, d Dialect) (*syntax.File, error) {
	for {
		found := s.findBackquotes(file)
		if len(found) == 0 {
			return file, nil
		}
		for _, b := range slices.Backward(found) { // so that the earlier positions hold
			if s.text[b.left] != '`' || s.text[b.right] != '`' {
				return nil, s.errorAt(b.left, "a replacement string cannot stand in these backquotes: write $( )")
			}
			s.convert(b)
		}
		var err error
		if file, err = s.parse(d); err != nil {
			return nil, err
		}
	}
}

// backquotes is a command substitution, by the positions of its backquotes; quoted says that
// it stands in double quotes.
type backquotes struct {
	left, right int
	quoted      bool
}

// findBackquotes returns the outermost command substitutions in backquotes that hold marks.
func (s *source) findBackquotes(file *syntax.File) []backquotes {
	var found []backquotes
	end := 0
	walkPaths(file, func(path []syntax.Node) {
		cs, ok := path[len(path)-1].(*syntax.CmdSubst)
		if !ok || !cs.Backquotes {
			return
		}
		b := backquotes{left: int(cs.Left.Offset()), right: int(cs.Right.Offset())}
		if b.left >= end && s.hasMark(b.left, b.right) {
			_, b.quoted = path[len(path)-2].(*syntax.DblQuoted)
			found = append(found, b)
			end = b.right
		}
	})
	slices.SortFunc(found, func(a, b backquotes) int { return a.left - b.left })
	return found
}

// convert replaces a pair of backquotes, and takes away the backslashes that it made
// necessary: before $, ` and \, and in double quotes before ".
func (s *source) convert(b backquotes) {
	left, right := b.left, b.right
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
			if next := s.text[i+1]; next == '$' || next == '`' || next == '\\' || b.quoted && next == '"' {
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
