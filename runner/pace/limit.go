package pace

import (
	"context"
	"fmt"
	"strings"
	"time"

	"xpool/runner/value"
)

// limitKind tells the forms of a Limit apart.
type limitKind uint8

const (
	limitNone limitKind = iota
	limitCommand
	limitIO
	limitLoad
	limitMemory
)

// Limit is what --limit asks for: a shell command, or "io N", "load N" or "mem SIZE". It is a plain value and a
// pflag.Value; the zero value is no limit.
type Limit struct {
	kind limitKind
	text string
	n    float64 // of io and load
	size int64   // of mem
}

// ParseLimit reads a limit. As in GNU parallel, the first word decides: io, load and mem are never commands; but there a
// word more or less goes by unnoticed.
func ParseLimit(s string) (Limit, error) {
	words := strings.Fields(s)
	if len(words) == 0 {
		return Limit{}, limitError("empty")
	}
	l := Limit{kind: limitCommand, text: s}
	switch words[0] {
	case "io":
		l.kind = limitIO
	case "load":
		l.kind = limitLoad
	case "mem":
		l.kind = limitMemory
	default:
		return l, nil
	}
	if len(words) != 2 {
		return Limit{}, limitError(words[0] + " takes one number")
	}
	size, err := value.ParseSize(words[1])
	if err != nil {
		return Limit{}, err
	}
	l.n, l.size = float64(size), size
	return l, nil
}

func limitError(reason string) error {
	return fmt.Errorf("%s: want a shell command, or io N, load N or mem SIZE", reason)
}

// Command returns the shell command, or "" if there is none to run.
func (l Limit) Command() string {
	if l.kind != limitCommand {
		return ""
	}
	return l.text
}

// Set parses s as ParseLimit does.
func (l *Limit) Set(s string) error {
	v, err := ParseLimit(s)
	if err == nil {
		*l = v
	}
	return err
}

// String returns what was given to Set.
func (l Limit) String() string { return l.text }

// Type names the value in usage texts.
func (l Limit) Type() string { return "command" }

// Statuses of a --limit command. All others mean to wait, too, but for those with which a shell says that it could not
// run the command.
const (
	limitBegin = 0
	limitKill  = 2
	cannotRun  = 126
	notFound   = 127
)

// CommandError is that a --limit command could not be run, or was killed: it said nothing on whether to begin.
type CommandError struct {
	Status int // as a shell has it: 126, 127, or 128+N for signal N
}

// Error says what became of the command.
func (e *CommandError) Error() string {
	switch e.Status {
	case cannotRun:
		return "the command of --limit cannot be run"
	case notFound:
		return "the command of --limit was not found"
	}
	return fmt.Sprintf("the command of --limit ended with status %d", e.Status)
}

// commandTempo is for a command, which is run once for each beginning, and once a second for the youngest task.
func commandTempo() tempo {
	return tempo{fresh: time.Second, first: 20 * time.Millisecond, most: time.Second}.killing(time.Second)
}

// newCommand returns the gate of a --limit command.
func newCommand(command string, run Runner, wake func()) *killerGate {
	return newKillerGate(func(ctx context.Context) (reading, error) {
		status, err := run(ctx, command)
		switch {
		case err != nil:
			return reading{}, err
		case status >= cannotRun:
			return reading{}, &CommandError{Status: status}
		case status == limitBegin:
			return reading{room: 1}, nil
		}
		return reading{kill: status == limitKill}, nil
	}, commandTempo(), wake)
}
