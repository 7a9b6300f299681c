// Package script compiles a user's shell script, with replacement strings in it, into a
// function body for shell workers that are used for many tasks. A record is always data to
// it and never becomes a part of the program's text: each replacement string turns into the
// expansion of a shell variable that the worker sets before each task, quoted as it must be
// where it stands.
//
// The script is parsed with an identifier in the place of each replacement string; the
// tree tells where each of them stands, and the text is changed there and nowhere else, so
// that the shell gets the user's script as it was written.
//
// A task of several records has them joined by a blank, but with Options.Many a {} that is
// an item in a list of words becomes "$@", a word for each record.
//
// Quoting is not all. Shells evaluate some values a second time: arithmetic expressions,
// names given to builtins, a few options and variables. A value that comes to stand in such
// a place has a class, an integer or an identifier, and a task whose record is none fails.
// Variables are followed: after n={}, what the script does with $n counts as well. What is
// not followed is output that a script reads back, and code that it runs on purpose, with
// eval, trap, source or another shell.
package script

import (
	"fmt"
	"strconv"
	"strings"

	"xpool/runner/template"
)

// Script is a compiled script. It is read-only.
type Script struct {
	// Body is the text of the script, ending in a newline: a list of commands that can
	// stand between "name() {\n" and "}\n". It never contains a record.
	Body string

	// Values are the variables that must be set, and not exported, for each task.
	Values []Value

	// Positional says that the script uses positional parameters outside of functions, or
	// was given them with Options.Many: the task's records are to be its arguments.
	Positional bool

	// Args has no name and stands for nothing: its Class is what each of the positional
	// arguments must be, for its Render to tell. It is Text unless the shell would evaluate
	// them, as in echo $(($1 + 1)). All places share it: next to unset {}, an echo {} with
	// Options.Many gets names only, too.
	Args Value

	// Appended says that the script had no replacement string, and that {} was made the
	// last argument of its last command: the last of Values, or with Options.Many, where
	// the script allows it, the positional parameters.
	Appended bool

	// Lists says that more is needed for a task of several records than the positional
	// parameters: the script compiled with Options.Records of their number.
	Lists bool

	// AsCode says that a replacement string stands in what eval, ssh or the -c of another
	// shell runs, as far as the script's text shows. There a value is code.
	AsCode bool

	// Harmless says that the body has the same effect in the worker's shell itself as
	// in a subshell: it neither leaves a trace in the shell nor ends it. This is proven
	// from the text alone, for a shell without set -e, set -u, aliases and the like.
	Harmless bool

	// Brief says that the body runs nothing but a few builtins, and is over as soon as
	// the shell has gone through them: it starts no program, waits for nothing and reads
	// nothing. It may change the shell's variables, and end it.
	Brief bool

	source   string    // as the user wrote it
	ownArgs  bool      // it uses positional parameters itself
	segments []segment // the text for Line; nil if values cannot be written into it
}

// Class is what a value may be.
type Class uint8

const (
	Text       Class = iota // any bytes but NUL
	Integer                 // a decimal number, with or without a sign
	Identifier              // a name of letters, digits and underscores
)

// String returns what a message calls a value of this class.
func (c Class) String() string {
	switch c {
	case Integer:
		return "an integer"
	case Identifier:
		return "a variable's name"
	}
	return "text"
}

// Value is a shell variable that a script expects to be set for each task.
type Value struct {
	Name  string               // the variable's name
	Rep   template.Replacement // what is to be its value
	Class Class                // what the value must be
	Line  int                  // where the script first uses it, from 1
	Col   int
}

const varPrefix = "_xpool"

// VarName returns the name of the i-th value's variable, counted from 1.
func VarName(i int) string { return varPrefix + strconv.Itoa(i) }

// ValueError says that a record cannot be a value of a script.
type ValueError struct {
	Value     string
	Class     Class
	Line, Col int // where the script uses it
}

func (e *ValueError) Error() string {
	where := "arithmetic context"
	if e.Class == Identifier {
		where = "the shell evaluates names"
	}
	return fmt.Sprintf("'%s' is not %s (%s, line %d, column %d)", printable(e.Value), e.Class, where, e.Line, e.Col)
}

// printable shortens s for a message and escapes what would disturb it.
func printable(s string) string {
	const most = 60
	dots := ""
	if len(s) > most {
		s, dots = s[:most], "..."
	}
	quoted := strconv.Quote(s)
	return strings.ReplaceAll(quoted[1:len(quoted)-1], `\"`, `"`) + dots
}

// Render returns what the variable must be set to for the value s: s itself, but for an
// integer its canonical form, since shells read a leading zero as octal. The error is a
// *ValueError.
func (v Value) Render(s string) (string, error) {
	ok := true
	switch v.Class {
	case Integer:
		s, ok = canonical(s)
	case Identifier:
		ok = isIdentifier(s)
	}
	if !ok {
		return "", &ValueError{Value: s, Class: v.Class, Line: v.Line, Col: v.Col}
	}
	return s, nil
}

// Check reports the error that Render would return.
func (v Value) Check(s string) error {
	_, err := v.Render(s)
	return err
}

// canonical returns the number s without a plus sign and leading zeros; s itself and false
// if it is no number.
func canonical(s string) (string, bool) {
	digits, negative := strings.CutPrefix(s, "-")
	if !negative {
		digits = strings.TrimPrefix(digits, "+")
	}
	if digits == "" || strings.Trim(digits, "0123456789") != "" {
		return s, false
	}
	digits = strings.TrimLeft(digits, "0")
	switch {
	case digits == "":
		return "0", true
	case negative:
		return "-" + digits, true
	}
	return digits, true
}

func isIdentifier(s string) bool {
	for i := range len(s) {
		if !isNameByte(s[i]) {
			return false
		}
	}
	return s != "" && (s[0] < '0' || s[0] > '9')
}
