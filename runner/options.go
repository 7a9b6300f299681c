package runner

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"xpool/runner/template"
	"xpool/runner/value"
)

// Options are what the command line asks for.
type Options struct {
	As   as
	Name string // what messages to the user begin with

	Command  []string // the program and its arguments, a script, or nothing
	Operands []string // the records after ":::"
	HasArgs  bool     // whether there was a ":::"

	Files []string
	Null  bool
	Delim value.Delim
	Words bool // records are blank-separated words, as for xargs; Delim does not count

	End    string // the record that ends the input
	HasEnd bool

	Packing packing

	Shell  bool // the command is a shell script
	Exec   bool // the command is a program
	NoFork bool

	Jobs        value.Jobs
	IdleTimeout value.Duration
	Timeout     value.Duration
	KillAfter   value.Duration

	Unordered bool
	Ungroup   bool
	KeepOrder bool // the default, for those who write it
	NoRun     bool // -r: the default too
	RunEmpty  bool // the command alone is run if there is no record
	Quiet     bool
	Progress  value.Progress

	Verbose     bool // show each command before it runs
	Interactive bool // ask about each command before it runs; shows it as well
	OpenTTY     bool // tasks read the terminal
	SlotVar     string
	ShowLimits  bool

	Help    bool
	Version bool
}

// as is a program whose command line is understood and whose habits are kept.
type as uint8

const (
	asXpool as = iota
	asXargs
)

// defaultOptions are the options before the command line has been read.
func defaultOptions() Options {
	return Options{
		Name:        "xpool",
		Delim:       '\n',
		IdleTimeout: value.Duration(10 * time.Second),
		KillAfter:   value.Duration(2 * time.Second),
		Progress:    value.ProgressNone,
	}
}

// setOperands splits the words after the options at the first ":::".
func (o *Options) setOperands(words []string) {
	o.Command = words
	for i, w := range words {
		if w == ":::" {
			o.Command, o.Operands, o.HasArgs = words[:i:i], words[i+1:], true
			return
		}
	}
}

// Validate says what is wrong with the options taken together, in one line.
func (o *Options) Validate() error {
	switch {
	case o.Shell && o.Exec:
		return errors.New("--shell and --exec exclude each other")
	case o.Exec && len(o.Command) == 0:
		return errors.New("--exec needs a program")
	case o.severalRecords() && o.kind() == linesKind:
		return errors.New("-n, -L and -s need a command: without one each record is a command")
	case o.Packing.replaces && len(o.Command) == 0:
		return errors.New("-I needs a command in which the string is replaced")
	case o.Packing.replaces && o.Packing.limits.MaxChars > 0:
		return errors.New("-s and -I exclude each other")
	case o.Packing.replaces && o.Packing.limits.Replace == "":
		return errors.New("-I needs a string to replace")
	case o.OpenTTY && o.kind() != programKind:
		return errors.New("--open-tty is for programs: a shell's tasks share its standard input")
	case strings.Contains(o.SlotVar, "="):
		return fmt.Errorf("--process-slot-var: a variable's name has no '=' as %q has", o.SlotVar)
	case slices.Contains(o.Operands, ":::"):
		return errors.New("more than one ::: is not supported")
	case slices.ContainsFunc(o.Command, isLaterSource):
		return errors.New("::::, :::+ and ::::+ are not supported: give records after ::: or in files with -a")
	case o.HasArgs && len(o.Files) > 0:
		return errors.New("records come from ::: or from --arg-file, not from both")
	case o.Unordered && o.KeepOrder:
		return errors.New("--unordered and --keep-order exclude each other")
	case o.Ungroup && o.KeepOrder:
		return errors.New("--ungroup and --keep-order exclude each other")
	case o.NoFork && o.kind() == programKind:
		return errors.New("--no-fork is for shell scripts: a program is a process of its own in any case")
	}
	for _, w := range o.Command {
		if strings.Contains(w, "\x00") {
			return fmt.Errorf("the command has a NUL byte in %q", w)
		}
	}
	return nil
}

// isLaterSource tells whether a word is one by which GNU parallel takes records
// and this program does not yet.
func isLaterSource(word string) bool { return word == "::::" || word == ":::+" || word == "::::+" }

// kind says what the command is.
type commandKind int

const (
	programKind commandKind = iota // a program and its arguments
	scriptKind                     // a shell script
	linesKind                      // each record is a shell command line
)

func (o *Options) kind() commandKind {
	switch {
	case len(o.Command) == 0:
		return linesKind
	case o.Shell:
		return scriptKind
	case o.Exec, len(o.Command) > 1, !looksLikeScript(o.Command[0], o.set()):
		return programKind
	default:
		return scriptKind
	}
}

// severalRecords tells whether a task may have more than one record.
func (o *Options) severalRecords() bool { return o.Packing.asked && !o.Packing.replaces }

// set are the replacement strings of the run.
func (o *Options) set() template.Set {
	return template.WithValue(o.Packing.limits.Replace)
}

// looksLikeScript tells whether the only word of a command needs a shell: it has
// blanks, or characters that are special there, outside of replacement strings.
func looksLikeScript(word string, set template.Set) bool {
	const special = " \t\n|&;<>()$`\\\"'*?~{}"
	rest := word
	for _, t := range set.Scan(word) {
		rest = strings.Replace(rest, word[t.Start:t.End], "", 1)
	}
	return strings.ContainsAny(rest, special)
}
