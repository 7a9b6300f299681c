package script

import (
	"mvdan.cc/sh/v3/syntax"
)

// Checker looks at many command lines in turn. It keeps its parser between them, and so
// must not be used by several goroutines at a time.
type Checker struct {
	dialect  Dialect
	parser   *syntax.Parser
	analysis analysis
}

// NewChecker returns a Checker for shells of the dialect d. functions is as in
// Options.
func NewChecker(d Dialect, functions func(name string) bool) *Checker {
	return &Checker{
		dialect:  d,
		parser:   syntax.NewParser(syntax.Variant(d.variant()), syntax.KeepComments(true)),
		analysis: newAnalysis(d, functions),
	}
}

// Check parses a command line without replacement strings and reports whether it is
// harmless in the sense of [Script]. An error is a *SyntaxError. A command line of blanks
// and comments only is harmless.
func (c *Checker) Check(src string) (harmless bool, err error) {
	if !isPlain(src) {
		return CheckCommand(src, c.dialect, c.analysis.functions)
	}
	file, err := parseShallow(c.parser, src)
	if err != nil {
		return CheckCommand(src, c.dialect, c.analysis.functions) // for the message
	}
	return c.analysis.harmless(file), nil
}

// isPlain reports whether the parser can read src as it is.
func isPlain(src string) bool {
	for i := range len(src) {
		if b := src[i]; b >= 0x80 || b == '\r' || b == 0 {
			return false
		}
	}
	return trailingBackslashes(src)%2 == 0
}

// CheckCommand is Checker.Check for a single command line.
func CheckCommand(src string, d Dialect, functions func(name string) bool) (harmless bool, err error) {
	s := &source{src: src}
	s.appendText(0, len(src))
	file, err := s.parse(d)
	if err != nil {
		return false, err
	}
	return newAnalysis(d, functions).harmless(file), nil
}
