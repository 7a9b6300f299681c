// Package completion writes what the shells need to complete a command line of
// xpool. The options are read from the text of --help, so that there is no second
// list of them.
package completion

import (
	"fmt"
	"regexp"
	"strings"
)

// Option is an option as the text of --help lists it.
type Option struct {
	Names    []string // "-j" and "--jobs"; one at least
	Value    string   // what it takes, such as "FILE"; "" for nothing
	Optional bool     // the value may be left out, and otherwise comes behind =
	Text     string   // the first clause of what is said of it, in one line
}

// Options reads the text of --help. An entry is indented by two blanks, or by six
// where there is no short name, and has two blanks at least between its names and
// its explanation, which goes on in lines that are indented further. The first clause of
// that, up to a semicolon, a colon or a parenthesis, has to make sense alone, and to fit
// in a line of a terminal with the names: nothing is cut.
func Options(help string) []Option {
	entry := regexp.MustCompile(`^ {2,6}(-.*?)(?: {2,}(.*))?$`)
	var options []Option
	inside := false
	for line := range strings.Lines(help) {
		line = strings.TrimSuffix(line, "\n")
		switch m := entry.FindStringSubmatch(line); {
		case m != nil:
			options = append(options, newOption(m[1], m[2]))
			inside = true
		case inside && strings.HasPrefix(line, strings.Repeat(" ", 20)):
			o := &options[len(options)-1]
			o.Text = strings.TrimSpace(o.Text + " " + strings.TrimSpace(line))
		default:
			inside = false
		}
	}
	for i := range options {
		options[i].Text = brief(options[i].Text)
	}
	return options
}

// newOption reads an entry such as "-a, --arg-file FILE" or "--eof[=STR]".
func newOption(names, text string) Option {
	o := Option{Text: text}
	for form := range strings.SplitSeq(names, ", ") {
		name, value, optional := strings.Cut(form, "[=")
		if optional {
			o.Value, o.Optional = strings.TrimSuffix(value, "]"), true
		} else if name, value, _ = strings.Cut(form, " "); value != "" {
			o.Value = value
		}
		o.Names = append(o.Names, name)
	}
	return o
}

// brief is the first clause of an explanation.
func brief(text string) string {
	for _, end := range []string{"; ", ": ", " ("} {
		text, _, _ = strings.Cut(text, end)
	}
	return text
}

// long tells whether a name has two dashes.
func long(name string) bool { return strings.HasPrefix(name, "--") }

// sort says how the value of an option is completed.
type sort uint8

const (
	nothing sort = iota // there is none, or it is nobody's guess
	files
	directories
	commands
	words  // one of a list
	places // where tasks run, which begins with one of ways
)

// completes tells how the value of an option is completed, and by which words.
func (o Option) completes() (sort, []string) {
	for _, name := range o.Names {
		if list := choices(name); list != nil {
			return words, list
		}
	}
	switch o.Value {
	case "PLACE":
		return places, ways()
	case "FILE":
		return files, nil
	case "DIR":
		return directories, nil
	case "CMD":
		return commands, nil
	}
	return nothing, nil
}

// ways are what a PLACE begins with. It goes on without a blank; behind the first of them
// with the names of hosts, which are set apart by commas, with N* before each perhaps.
func ways() []string { return []string{"ssh:", "slurm:", "cmd:", "local:"} }

// choices are the values that an option has, or those that are used most.
func choices(name string) []string {
	switch name {
	case "--annotate":
		return []string{"github"}
	case "--as":
		return []string{"xargs", "parallel"}
	case "--completion":
		return Shells()
	case "--lang":
		return []string{"python3", "perl", "node"}
	case "--protocol":
		return []string{"lines", "nul", "json"}
	case "--progress":
		return []string{"auto", "bar", "plain", "none"}
	case "--jobserver":
		return []string{"auto", "off", "on", "pipe", "fifo"}
	case "--halt":
		return []string{"never", "now,fail=1", "soon,fail=1", "now,success=1", "soon,fail=10%"}
	case "--trim":
		return []string{"n", "l", "r", "lr"}
	case "--header":
		return []string{":", "0"}
	case "--threads", "--recycle-rss":
		return []string{"auto"}
	}
	return nil
}

// Shells are the names that Script takes.
func Shells() []string { return []string{"bash", "zsh", "fish"} }

// ShellError names a shell for which there is no completion.
type ShellError struct{ Shell string }

func (e *ShellError) Error() string {
	return fmt.Sprintf("there is no completion for %q: want %s", e.Shell, strings.Join(Shells(), ", "))
}

// Script returns the script that makes the shell of that name complete command
// lines of xpool with these options, for the shell to read at its start. The error
// is a *ShellError.
func Script(shell string, options []Option) (string, error) {
	switch shell {
	case "bash":
		return bash(options), nil
	case "zsh":
		return zsh(options), nil
	case "fish":
		return fish(options), nil
	}
	return "", &ShellError{shell}
}

// quote puts text in single quotes as bash and zsh take them.
func quote(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }
