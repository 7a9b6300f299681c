package runner

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// advice is what the user can do about an error that ends a run, in parentheses after
// a blank, or "". What the error's own text advises is not said again.
func advice(err error) string {
	switch {
	case errors.Is(err, syscall.EMFILE):
		return " (raise the limit: ulimit -n)"
	case errors.Is(err, syscall.EFBIG):
		return " (raise the limit: ulimit -f)"
	}
	// One that is wrapped has a text of its own.
	file, ok := err.(*fs.PathError)
	if ok && (file.Err == syscall.ENOSPC || file.Err == syscall.EDQUOT) {
		return " (make room there; with a joblog, --resume goes on)"
	}
	return ""
}

// commandAdvice is what is said at the end to whoever has most likely meant another
// kind of command; "" is nothing.
func (r *run) commandAdvice() string {
	o := &r.opts
	if o.As != asXpool || o.Quiet || o.Record.RetryFailed {
		return ""
	}
	switch o.kind() {
	case linesKind:
		return r.forgottenCommand()
	case programKind:
		if _, failed, _ := r.ledger.counts(); failed > 0 && !o.Exec {
			return unquotedScript(o.Name, o.Command)
		}
	}
	return ""
}

// forgottenCommand is for those who named no command, and gave something else than
// commands.
func (r *run) forgottenCommand() string {
	if !r.ledger.noneFound() {
		return ""
	}
	what := "line"
	if r.opts.HasArgs {
		what = "argument"
	}
	return fmt.Sprintf("without a command, each %[1]s is run as one; to give the %[1]ss to a program, name it: %[2]s PROGRAM", what, r.opts.Name)
}

// unquotedScript is for those who quoted the operators of a script, and not the script.
func unquotedScript(name string, words []string) string {
	if len(words) == 0 || takesOperators(words[0]) || !slices.ContainsFunc(words[1:], isOperator) {
		return ""
	}
	parts := make([]string, len(words))
	for i, w := range words {
		// A replacement string needs no quotes in a script.
		if parts[i] = w; !isOperator(w) && strings.IndexFunc(w, needsQuotesInScript) >= 0 {
			parts[i] = quoteWord(w)
		}
	}
	return fmt.Sprintf("several words are a program and its arguments; for a script, quote it as one word: %s %s",
		name, shellWord(strings.Join(parts, " ")))
}

// isOperator tells whether a word is what joins commands in a script, or redirects them.
func isOperator(word string) bool {
	switch word {
	case "|", "||", "&&", ";", ">", ">>", "<", "&":
		return true
	}
	return false
}

// takesOperators tells whether a program has operators of these names itself.
func takesOperators(program string) bool {
	switch filepath.Base(program) {
	case "expr", "find", "test", "[":
		return true
	}
	return false
}

func needsQuotesInScript(r rune) bool { return r != '{' && r != '}' && r != '#' && needsQuotes(r) }
