package rows

import (
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"
)

// Separator is what stands between the columns of a record: a regular expression of Perl's, as far as package regexp can
// do the same. It is read-only and safe for concurrent use. Make one with ParseSeparator.
//
// Where GNU parallel looks at single bytes, characters are looked at: no column begins within one. Else there are these
// differences: $ and \Z stand for the end of the record alone, and not for the place before a newline there. \w, \d, \b
// and classes such as [[:alpha:]] know ASCII only, as in GNU parallel. Of alternatives that match nothing and something at
// the same place, as in "|;" and ";*?", the first one counts even if it is the one that matches nothing. \R takes a
// carriage return without the newline after it where only that lets the rest match.
type Separator struct {
	re      *regexp.Regexp
	literal string // the same where it stands for a text; empty otherwise
}

// tab is the Separator of a header.
func tab() *Separator { return &Separator{literal: "\t"} }

// SeparatorError says why a regular expression cannot be used.
type SeparatorError struct {
	Expr   string
	Reason string // what is wrong with it, or the part of it that is not known here
}

// Error names the expression and the reason.
func (e *SeparatorError) Error() string {
	return fmt.Sprintf("bad regular expression %q: %s", e.Expr, e.Reason)
}

// ParseSeparator reads the value of --colsep. The error is a *SeparatorError; what Perl has and package regexp has not is
// told as such: looking ahead and behind, references to groups, and what keeps the matching from going back.
func ParseSeparator(expr string) (*Separator, error) {
	translated, err := translate(expr)
	if err != nil {
		return nil, err
	}
	re, reErr := regexp.Compile(translated)
	if reErr != nil {
		reason := reErr.Error()
		if e, ok := reErr.(*syntax.Error); ok {
			reason = fmt.Sprintf("%s: %q", e.Code, e.Expr)
		}
		return nil, &SeparatorError{Expr: expr, Reason: reason}
	}
	return &Separator{re: re, literal: literal(translated)}, nil
}

// literal returns the text that an expression of package regexp stands for, or nothing if it is more than a text.
func literal(expr string) string {
	parsed, err := syntax.Parse(expr, syntax.Perl)
	if err != nil || parsed.Op != syntax.OpLiteral || parsed.Flags&syntax.FoldCase != 0 {
		return ""
	}
	return string(parsed.Rune)
}

// Split returns the columns of record, as Perl's split does with a limit below zero: empty columns at the end count, a
// match of nothing at the start does not, and what the groups of the expression match are columns too. An empty record
// is one empty column. The caller owns the slice.
func (s *Separator) Split(record string) []string {
	if s.literal != "" {
		return strings.Split(record, s.literal)
	}
	var cols []string
	start := 0
	for _, m := range s.re.FindAllStringSubmatchIndex(record, -1) {
		if m[1] == 0 {
			continue
		}
		cols = append(cols, record[start:m[0]])
		for g := 2; g < len(m); g += 2 {
			if m[g] < 0 {
				cols = append(cols, "")
				continue
			}
			cols = append(cols, record[m[g]:m[g+1]])
		}
		start = m[1]
	}
	return append(cols, record[start:])
}
