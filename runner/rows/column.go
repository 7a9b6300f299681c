package rows

import (
	"fmt"
	"strings"
)

// space is what Perl's \s matches among bytes.
const space = " \t\n\v\f\r"

// Trim says at which ends of a column white space is dropped.
type Trim uint8

const (
	TrimNone  Trim = iota
	TrimLeft       // at its start
	TrimRight      // at its end
	TrimBoth
)

// TrimError is a value of --trim that has no meaning.
type TrimError struct{ Value string }

// Error names the values that have one.
func (e *TrimError) Error() string {
	return fmt.Sprintf("%q is not one of n, l, r, lr and rl", e.Value)
}

// ParseTrim reads the value of --trim: n, l, r, lr or rl. The error is a *TrimError.
func ParseTrim(value string) (Trim, error) {
	switch value {
	case "n":
		return TrimNone, nil
	case "l":
		return TrimLeft, nil
	case "r":
		return TrimRight, nil
	case "lr", "rl":
		return TrimBoth, nil
	}
	return TrimNone, &TrimError{Value: value}
}

func (t Trim) trim(s string) string {
	if t == TrimLeft || t == TrimBoth {
		s = strings.TrimLeft(s, space)
	}
	if t == TrimRight || t == TrimBoth {
		s = strings.TrimRight(s, space)
	}
	return s
}

// CSVError says why a record is not CSV.
type CSVError struct {
	Column int // counted from 1
	Kind   CSVKind
}

// CSVKind is what can be wrong with a column.
type CSVKind uint8

const (
	CSVOpen  CSVKind = iota // its quote is not closed
	CSVBare                 // it has a quote and does not begin with one
	CSVAfter                // something follows its closing quote
)

// Error says what is wrong where.
func (e *CSVError) Error() string {
	what := "the quote is not closed"
	switch e.Kind {
	case CSVBare:
		what = "a quote stands in a column that does not begin with one"
	case CSVAfter:
		what = "something stands between the closing quote and the next column"
	}
	return fmt.Sprintf("bad CSV in column %d: %s", e.Column, what)
}

// csvColumns splits one record of CSV, as RFC 4180 has it: a column that begins with a quote ends with the next one, and
// two quotes within it are one of its bytes. An empty record is one empty column.
func csvColumns(text, sep string) ([]string, error) {
	var cols []string
	for more := true; more; {
		var col string
		var err *CSVError
		if strings.HasPrefix(text, `"`) {
			col, text, more, err = quotedColumn(text[1:], sep)
		} else {
			col, text, more = strings.Cut(text, sep)
			if strings.Contains(col, `"`) {
				err = &CSVError{Kind: CSVBare}
			}
		}
		if err != nil {
			err.Column = len(cols) + 1
			return nil, err
		}
		cols = append(cols, col)
	}
	return cols, nil
}

// quotedColumn returns the column that text begins with, after its quote, and the text after its separator; more says
// whether there was one.
func quotedColumn(text, sep string) (col, rest string, more bool, err *CSVError) {
	var b strings.Builder
	for {
		piece, after, closed := strings.Cut(text, `"`)
		if !closed {
			return "", "", false, &CSVError{Kind: CSVOpen}
		}
		b.WriteString(piece)
		if !strings.HasPrefix(after, `"`) {
			rest, more = strings.CutPrefix(after, sep)
			if after != "" && !more {
				err = &CSVError{Kind: CSVAfter}
			}
			return b.String(), rest, more, err
		}
		b.WriteByte('"')
		text = after[1:]
	}
}

// opensQuote tells whether a quoted column is open after piece, where open says whether one was before it.
func opensQuote(piece, sep string, open bool) bool {
	for {
		if !open && !strings.HasPrefix(piece, `"`) {
			_, after, more := strings.Cut(piece, sep)
			if !more {
				return false
			}
			piece = after
			continue
		}
		if !open {
			piece = piece[1:]
		}
		_, after, closed := strings.Cut(piece, `"`)
		if !closed {
			return true
		}
		// Of two quotes the second one opens the column again.
		piece, open = strings.CutPrefix(after, `"`)
	}
}
