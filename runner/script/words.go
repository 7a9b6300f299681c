package script

import (
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// arg is what can be known of a command's argument before it runs.
type arg struct {
	word    *syntax.Word
	lead    string // its text up to the first token or expansion
	static  bool   // lead is all of it
	token   bool   // a token comes right after lead
	literal bool   // static, and without any quotes
}

// is reports whether a is exactly the text s.
func (a arg) is(s string) bool { return a.static && a.lead == s }

// isOption reports whether a is certainly an option or a group of them.
func (a arg) isOption() bool { return len(a.lead) > 1 && a.lead[0] == '-' }

// hasFlag reports whether a is a group of options with the letter c.
func (a arg) hasFlag(c byte) bool {
	return a.isOption() && a.lead[1] != '-' && strings.IndexByte(a.lead[1:], c) >= 0
}

// argsOf takes the words of a command apart. An empty prefix finds no tokens.
func argsOf(words []*syntax.Word, prefix string) []arg {
	args := make([]arg, len(words))
	for i, w := range words {
		args[i] = argOf(w, prefix)
	}
	return args
}

func argOf(w *syntax.Word, prefix string) arg {
	a := arg{word: w, static: true, literal: true}
	for _, part := range w.Parts {
		if !a.add(part) {
			a.static, a.literal = false, false
			break
		}
	}
	if prefix == "" {
		return a
	}
	if i := strings.Index(a.lead, prefix); i >= 0 {
		a.lead, a.static, a.literal, a.token = a.lead[:i], false, false, true
	} else if !a.static {
		a.token = a.nextIsToken(prefix)
	}
	return a
}

// add appends the text of a part to lead, with its quotes removed; false if it has none.
func (a *arg) add(part syntax.WordPart) bool {
	switch p := part.(type) {
	case *syntax.Lit:
		if strings.IndexByte(p.Value, '\\') < 0 {
			a.lead += p.Value
			return true
		}
		a.literal = false
		a.lead += unescape(p.Value)
	case *syntax.SglQuoted:
		a.literal = false
		a.lead += p.Value
		return !p.Dollar || strings.IndexByte(p.Value, '\\') < 0
	case *syntax.DblQuoted:
		a.literal = false
		for _, inner := range p.Parts {
			lit, ok := inner.(*syntax.Lit)
			if !ok {
				return false
			}
			a.lead += lit.Value
		}
	default:
		return false
	}
	return true
}

// nextIsToken reports whether what makes the word dynamic is an expansion that holds a
// token, such as ${x:-{}}, so that the token's value may begin what follows lead.
func (a *arg) nextIsToken(prefix string) bool {
	found := false
	for n := range syntax.Preorder(a.word) {
		switch n := n.(type) {
		case *syntax.Lit:
			found = found || strings.Contains(n.Value, prefix)
		case *syntax.SglQuoted:
			found = found || strings.Contains(n.Value, prefix)
		}
	}
	return found
}

// unescape removes the backslashes of unquoted text.
func unescape(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			i++
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// command returns the name of the command that args really run, and its operands. The
// name is empty when it is only known at run time.
func command(args []arg) (name string, operands []arg) {
	i := commandAt(args)
	if i == len(args) || !args[i].static {
		return "", nil
	}
	return args[i].lead, args[i+1:]
}

// commandAt returns the index of the word in args that names the command that they really
// run. It is len(args) if there is none, as in command -v x, which only looks x up.
func commandAt(args []arg) int {
	for i := 0; i < len(args); i++ {
		if !args[i].static {
			return i
		}
		switch args[i].lead {
		case "command", "builtin", "exec", "noglob", "nocorrect", "-":
			for i+1 < len(args) && args[i+1].isOption() {
				if args[i+1].hasFlag('v') || args[i+1].hasFlag('V') {
					return len(args)
				}
				i++
			}
		default:
			return i
		}
	}
	return len(args)
}
