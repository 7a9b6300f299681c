// Package getopt reads command lines as getopt_long(3) of the GNU C library does with a "+" in front of its short options
// (or with POSIXLY_CORRECT set): the options end at the first word that is none. It is for the commands whose habits must be
// kept to the letter, abbreviations and texts of errors included; it knows nothing of what an option means.
package getopt

import (
	"fmt"
	"strings"
)

// ArgKind says whether an option takes an argument.
type ArgKind int

const (
	// None: the option takes no argument. It is the zero value.
	None ArgKind = iota

	// Required: the argument is the rest of the word (-n1, --max-args=1), or else the whole next word (-n 1), whatever that
	// looks like.
	Required

	// Optional: the argument is the rest of the word, and never the next.
	Optional
)

// Option is an entry of the table. Two entries for one option, such as a short one that takes an argument and a long one
// that need not, may share an ID.
type Option struct {
	Long  string  // without the dashes; empty means that there is no long form
	Short byte    // zero means that there is no short form
	Arg   ArgKind // for both forms
	ID    int     // what Parse calls the option; it is the caller's
	Whole bool    // the long form cannot be shortened, so that it is in the way of no other
}

// Found is an option on the command line.
type Found struct {
	ID       int
	Value    string // the argument
	HasValue bool   // whether there is one; it may be empty
}

// Parse returns the options at the start of args, in their order, and the words after them. args does not include
// the name of the program.
//
// A word with one dash holds short options, all glued together until one takes the rest as its argument. A word with two
// holds a long one, whole or shortened as long as only one entry of the table can be meant; entries that have the same Arg
// and ID mean the same, and one that is Whole is not shortened. The word -- ends the options and is dropped; the word - is no option.
//
// The error, an *Error, is about the first word that is wrong; found holds what came before it then, so that the
// caller can do as a program that takes its options one by one, and rest is nil.
func Parse(args []string, table []Option) (found []Found, rest []string, err error) {
	p := parser{table: table, args: args}
	for len(p.args) > 0 {
		word := p.args[0]
		if len(word) < 2 || word[0] != '-' {
			break
		}
		p.args = p.args[1:]
		if word == "--" {
			break
		}
		if long, ok := strings.CutPrefix(word, "--"); ok {
			err = p.long(long)
		} else {
			err = p.short(word[1:])
		}
		if err != nil {
			return p.found, nil, err
		}
	}
	return p.found, p.args, nil
}

// parser is one run of Parse.
type parser struct {
	table []Option
	args  []string // the words still to be read
	found []Found
}

// short reads the letters of a word of short options.
func (p *parser) short(letters string) error {
	for len(letters) > 0 {
		letter := letters[0]
		letters = letters[1:]
		opt, ok := p.lookUp(letter)
		if !ok {
			return &Error{Kind: Invalid, Short: letter}
		}
		if opt.Arg == None || opt.Arg == Optional && letters == "" {
			p.add(opt, "", false)
			continue
		}
		if letters == "" && !p.next(&letters) {
			return &Error{Kind: NoArgument, Short: letter}
		}
		p.add(opt, letters, true)
		return nil
	}
	return nil
}

// lookUp returns the entry with that short form.
func (p *parser) lookUp(letter byte) (Option, bool) {
	for _, o := range p.table {
		if o.Short == letter && letter != 0 {
			return o, true
		}
	}
	return Option{}, false
}

// long reads a word of one long option, its dashes taken off.
func (p *parser) long(word string) error {
	name, value, hasValue := strings.Cut(word, "=")
	opt, err := p.complete(name, word)
	switch {
	case err != nil:
		return err
	case hasValue && opt.Arg == None:
		return &Error{Kind: NotAllowed, Long: opt.Long}
	case !hasValue && opt.Arg == Required:
		if !p.next(&value) {
			return &Error{Kind: NoArgument, Long: opt.Long}
		}
		hasValue = true
	}
	p.add(opt, value, hasValue)
	return nil
}

// complete returns the entry that name is, or is short for. The errors name the word.
func (p *parser) complete(name, word string) (Option, error) {
	var first Option
	var possible []string
	ambiguous := false
	for _, o := range p.table {
		if o.Long == "" || !strings.HasPrefix(o.Long, name) {
			continue
		}
		if o.Long == name {
			return o, nil
		}
		if o.Whole {
			continue
		}
		if len(possible) == 0 {
			first = o
		} else if o.Arg != first.Arg || o.ID != first.ID {
			ambiguous = true
		}
		possible = append(possible, o.Long)
	}
	switch {
	case ambiguous:
		return Option{}, &Error{Kind: Ambiguous, Long: word, Possible: possible}
	case len(possible) == 0:
		return Option{}, &Error{Kind: Unrecognized, Long: word}
	}
	return first, nil
}

// next takes the next word as an argument; it returns false if there is none.
func (p *parser) next(value *string) bool {
	if len(p.args) == 0 {
		return false
	}
	*value = p.args[0]
	p.args = p.args[1:]
	return true
}

func (p *parser) add(o Option, value string, hasValue bool) {
	p.found = append(p.found, Found{ID: o.ID, Value: value, HasValue: hasValue})
}

// Kind says what is wrong with an option.
type Kind int

const (
	Unrecognized Kind = iota // no long option is called so
	Ambiguous                // more than one long option may be meant
	Invalid                  // no short option is called so
	NoArgument               // the argument that the option requires is missing
	NotAllowed               // a long option that takes no argument has one
)

// Error says which option is wrong, and how.
type Error struct {
	Kind     Kind
	Long     string   // the long option without its dashes: as typed if it is not known, else in full; empty for a short one
	Short    byte     // the short option, if Long is empty
	Possible []string // for Ambiguous: the long options in the order of the table, without their dashes
}

// Error is the text of the GNU C library, without the name of the program.
func (e *Error) Error() string {
	switch e.Kind {
	case Unrecognized:
		return fmt.Sprintf("unrecognized option '--%s'", e.Long)
	case Ambiguous:
		var b strings.Builder
		fmt.Fprintf(&b, "option '--%s' is ambiguous; possibilities:", e.Long)
		for _, p := range e.Possible {
			fmt.Fprintf(&b, " '--%s'", p)
		}
		return b.String()
	case Invalid:
		// The letter is a byte of who knows what encoding: it comes out as it went in.
		return "invalid option -- '" + string([]byte{e.Short}) + "'"
	case NotAllowed:
		return fmt.Sprintf("option '--%s' doesn't allow an argument", e.Long)
	}
	if e.Long == "" {
		return "option requires an argument -- '" + string([]byte{e.Short}) + "'"
	}
	return fmt.Sprintf("option '--%s' requires an argument", e.Long)
}
