package script

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"mvdan.cc/sh/v3/syntax"

	"xpool/runner/template"
)

// SyntaxError says what is wrong with a script, and where in the text that the user
// wrote. Line and Col count from 1, Col in bytes.
type SyntaxError struct {
	Line, Col int
	Msg       string
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("line %d, column %d: %s", e.Line, e.Col, e.Msg)
}

// source is a script in which each replacement string is an identifier, its mark, so that
// the text parses wherever a word, a name or a number may stand. The marks begin with a
// prefix that the script does not contain, and cannot be told from it by accident: the
// prefix has no proper prefix that is also its suffix, so it cannot arise where a mark
// meets the text before it.
type source struct {
	src    string
	text   []byte
	from   []int32 // text[i] stands for src[from[i]]
	prefix string
	tokens []template.Token // the meaning of the marks, by number
}

// maxSource bounds a script far above the kernel's limit for one argument, and below
// what the parser's positions can tell.
const maxSource = 1 << 26

// newSource puts the marks in. The error is a *SyntaxError.
func newSource(src string, set template.Set) (*source, error) {
	s := &source{src: src, prefix: unusedPrefix(src)}
	end := 0
	for _, t := range set.Scan(src) {
		if t.Start < end || template.AfterDollar(src[:t.Start]) {
			continue
		}
		if t.Err != nil {
			line, col := lineAndColumn(src, t.Start)
			return nil, &SyntaxError{line, col, t.Err.Error()}
		}
		s.appendText(end, t.Start)
		s.appendMark(t)
		end = t.End
	}
	s.appendText(end, len(src))
	// A shell takes a backslash at the end of the script for itself; with more text after
	// it, which is where a body goes, it would join the lines.
	if trailingBackslashes(s.text)%2 == 1 {
		s.text = append(s.text, '\\')
		s.from = append(s.from, int32(len(src)))
	}
	return s, nil
}

// unusedPrefix returns an identifier that does not occur in src.
func unusedPrefix(src string) string {
	for i := 0; ; i++ {
		if p := "xp" + strconv.Itoa(i) + "n"; !strings.Contains(src, p) {
			return p
		}
	}
}

func (s *source) appendText(start, end int) {
	for i := start; i < end; i++ {
		s.text = append(s.text, s.src[i])
		s.from = append(s.from, int32(i))
	}
}

func (s *source) appendMark(t template.Token) {
	for _, b := range []byte(s.mark(len(s.tokens))) {
		s.text = append(s.text, b)
		s.from = append(s.from, int32(t.Start))
	}
	s.tokens = append(s.tokens, t)
}

func (s *source) mark(token int) string { return s.prefix + strconv.Itoa(token) + "z" }

func trailingBackslashes[T string | []byte](text T) int {
	n := 0
	for n < len(text) && text[len(text)-1-n] == '\\' {
		n++
	}
	return n
}

// markAt is a mark found in the text.
type markAt struct {
	token      int
	start, end int
}

// marks returns the marks in text[start:end], with offsets into the text.
func (s *source) marks(start, end int) []markAt {
	var found []markAt
	for start < end {
		i := bytes.Index(s.text[start:end], []byte(s.prefix))
		if i < 0 {
			break
		}
		m := markAt{start: start + i}
		j := m.start + len(s.prefix)
		for ; s.text[j] != 'z'; j++ {
			m.token = m.token*10 + int(s.text[j]-'0')
		}
		m.end = j + 1
		found = append(found, m)
		start = m.end
	}
	return found
}

// hasMark reports whether text[start:end] has any mark.
func (s *source) hasMark(start, end int) bool {
	return start < end && bytes.Contains(s.text[start:end], []byte(s.prefix))
}

// splice replaces text[start:end]; the new bytes stand for what stood at start.
func (s *source) splice(start, end int, text string) {
	at := int32(len(s.src))
	if start < len(s.from) {
		at = s.from[start]
	}
	from := make([]int32, len(text))
	for i := range from {
		from[i] = at
	}
	s.text = append(s.text[:start:start], append([]byte(text), s.text[end:]...)...)
	s.from = append(s.from[:start:start], append(from, s.from[end:]...)...)
}

// parse parses the text. Bytes that the parser would refuse or swallow, though a shell
// takes them like any other, are hidden from it one for one.
func (s *source) parse(d Dialect) (*syntax.File, error) {
	if len(s.src) > maxSource {
		return nil, &SyntaxError{1, 1, "the script is too long"}
	}
	if i := strings.IndexByte(s.src, 0); i >= 0 {
		return nil, s.errorAt(s.offset(i), "a script cannot contain a NUL byte")
	}
	p := syntax.NewParser(syntax.Variant(d.variant()), syntax.KeepComments(true))
	visible := string(hideBytes(s.text))
	file, err := parseShallow(p, visible)
	if err == nil {
		return file, nil
	}
	pos, msg := explain(err)
	if d != Bash {
		p := syntax.NewParser(syntax.Variant(syntax.LangBash))
		if _, bashErr := parseShallow(p, visible); bashErr == nil {
			msg += " (bash syntax; set XPOOL_SHELL=bash)"
		}
	}
	return nil, s.errorAt(int(pos.Offset()), s.unmark(msg))
}

// hideBytes replaces carriage returns, which the parser drops before a newline, and
// bytes that are no UTF-8 by a byte that is never part of a name.
func hideBytes(text []byte) []byte {
	const hidden = 0x7f
	out := make([]byte, 0, len(text))
	for len(text) > 0 {
		r, n := decodeRune(text)
		if r == '\r' || r < 0 {
			out = append(out, hidden)
		} else {
			out = append(out, text[:n]...)
		}
		text = text[n:]
	}
	return out
}

// explain takes a parser's error apart.
func explain(err error) (syntax.Pos, string) {
	var lang syntax.LangError
	var parse syntax.ParseError
	switch {
	case errors.As(err, &lang):
		return lang.Pos, "this shell does not have " + lang.Feature
	case errors.As(err, &parse):
		return parse.Pos, parse.Text
	}
	return syntax.Pos{}, err.Error()
}

// unmark puts the replacement strings back into a message.
func (s *source) unmark(msg string) string {
	for i, t := range s.tokens {
		if t.Start < t.End {
			msg = strings.ReplaceAll(msg, s.mark(i), s.src[t.Start:t.End])
		}
	}
	return msg
}

// offset returns the first offset in the text that stands for src[i].
func (s *source) offset(i int) int {
	for j, from := range s.from {
		if int(from) >= i {
			return j
		}
	}
	return len(s.text)
}

// position returns the line and the column in the user's text of an offset in the text.
func (s *source) position(offset int) (line, col int) {
	at := len(s.src)
	if offset < len(s.from) {
		at = min(at, int(s.from[offset]))
	}
	return lineAndColumn(s.src, at)
}

// lineAndColumn counts both from 1.
func lineAndColumn(text string, at int) (line, col int) {
	before := text[:at]
	return strings.Count(before, "\n") + 1, at - strings.LastIndexByte(before, '\n')
}

func (s *source) errorAt(offset int, msg string) *SyntaxError {
	line, col := s.position(offset)
	return &SyntaxError{Line: line, Col: col, Msg: msg}
}
