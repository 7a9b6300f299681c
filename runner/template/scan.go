package template

import "strings"

// Token is a replacement string found in a text: text[Start:End] stands for Rep.
type Token struct {
	Start, End int
	Rep        Replacement

	// Err says why nothing can stand there; Rep is meaningless then. It is an
	// *ExpressionError: for a Perl expression between {= and =}, and for an argument, as
	// in {%(}, that is no regular expression. It is nil for all other tokens.
	Err error
}

// Scan returns the replacement strings in text, from left to right and without overlap.
// Where several begin, the longest definition wins, as in GNU parallel, and one that is
// the user's own; the name of a column goes before all of them.
//
// What is left alone is a string in braces right after a $, such as ${1} and ${#}, which
// are a shell's own parameters; GNU parallel replaces them. {} is none, so ${} has a
// token, and so has \${1}. Neither has {2} one if rows have one column.
func (s Set) Scan(text string) []Token {
	var tokens []Token
	t := s.rulesOf()
	for i := 0; i < len(text); {
		token, ok := t.at(text, i, s.columns)
		if c := token.Rep.Column; !ok || s.single && token.Err == nil && (c > 1 || c < -1) {
			i++
			continue
		}
		tokens = append(tokens, token)
		i = token.End
	}
	return tokens
}

// at returns the token that begins at text[i].
func (t *table) at(text string, i int, columns []string) (Token, bool) {
	if text[i] == '{' && AfterDollar(text[:i]) {
		token, ok := t.find(text, i)
		return token, ok && token.Err == nil && token.Rep == Replacement{}
	}
	if token, ok := t.perl(text, i); ok {
		return token, true
	}
	if text[i] == '{' {
		for c, name := range columns {
			if token, ok := t.column(text, i, name, c+1); ok {
				return token, true
			}
		}
	}
	return t.find(text, i)
}

// AfterDollar reports whether before ends in a dollar sign that is neither escaped by a
// backslash nor the second of $$. To a shell, what comes next is a parameter.
func AfterDollar(before string) bool {
	text := strings.TrimRight(before, "$")
	dollars := len(before) - len(text)
	if dollars > 0 && (len(text)-len(strings.TrimRight(text, `\`)))%2 == 1 {
		dollars--
	}
	return dollars%2 == 1
}

// perl finds a Perl expression in its parentheses, the innermost if they nest.
func (t *table) perl(text string, i int) (Token, bool) {
	inside, ok := strings.CutPrefix(text[i:], t.left)
	if !ok {
		return Token{}, false
	}
	n := strings.Index(inside, t.right)
	if n < 0 || t.left != t.right && strings.Contains(inside[:n+len(t.right)], t.left) {
		return Token{}, false
	}
	end := i + len(t.left) + n + len(t.right)
	return Token{Start: i, End: end, Err: refusal(text[i:end], inside[:n])}, true
}

// column finds a replacement string with the name of the column n.
func (t *table) column(text string, i int, name string, n int) (Token, bool) {
	rest, ok := strings.CutPrefix(text[i+1:], name)
	if name == "" || !ok {
		return Token{}, false
	}
	for r := range t.named {
		if token, ok := t.token(text, i, len(text)-len(rest), &t.named[r], n); ok {
			return token, true
		}
	}
	return Token{}, false
}

// find finds any other replacement string.
func (t *table) find(text string, i int) (Token, bool) {
	column, rest := columnNumber(text, i)
	for r := range t.rules {
		r := &t.rules[r]
		if token, ok := t.token(text, i, i, r, 0); ok {
			return token, true
		}
		if rest > 0 && r.numbered() {
			if token, ok := t.token(text, i, rest, r, column); ok {
				return token, true
			}
		}
	}
	return Token{}, false
}

// columnNumber reads a brace, a column's number and blanks, and returns the number and where
// they end; that is 0 if they are not there.
func columnNumber(text string, i int) (column, end int) {
	if text[i] != '{' {
		return 0, 0
	}
	end = i + 1
	if strings.HasPrefix(text[end:], "-") {
		end++
	}
	digits := text[end : len(text)-len(strings.TrimLeft(text[end:], "0123456789"))]
	if digits == "" {
		return 0, 0
	}
	column = count(digits)
	if text[i+1] == '-' {
		column = -column
	}
	end += len(digits)
	return column, len(text) - len(strings.TrimLeft(text[end:], " \t\n\v\f\r"))
}

// token makes one of the rule r if it matches: at text[start:] itself, or, with a brace
// and a column's name or number before it, at text[rest:] without its brace.
func (t *table) token(text string, start, rest int, r *rule, column int) (Token, bool) {
	prefix := r.prefix
	if rest > start {
		prefix = prefix[1:]
	}
	n, groups := r.match(text[rest:], prefix)
	if n == 0 {
		return Token{}, false
	}
	token := Token{Start: start, End: rest + n, Rep: r.rep}
	if r.rest != nil {
		e, err := t.compile(r, groups)
		if err != nil {
			token.Err = &ExpressionError{Text: text[start:token.End], Problem: problem(err)}
			return token, true
		}
		token.Rep = Replacement{Op: OpExpression, Column: e.column, expression: e}
	}
	if rest > start {
		token.Rep.Column = column
	}
	return token, true
}
