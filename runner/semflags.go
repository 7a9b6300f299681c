package runner

import (
	"errors"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"xpool/runner/value"
)

// semOptions say that the command is run once, when a semaphore has room for it, in
// the words of GNU parallel's sem. The zero value is that of a run with records.
type semOptions struct {
	On         bool
	ID         string // the name of the semaphore
	HasID      bool   // else it is that of the terminal
	Foreground bool
	Background bool // the default, for those who write it
	Wait       bool // no command: until nobody holds the semaphore

	// Patience is how long to wait for room, for ever with 0. After a positive time
	// the command runs all the same, after a negative one it does not.
	Patience time.Duration

	shell string // that runs the command, once it is known
}

// semFlags are the options of a semaphore, of which each one asks for it.
func semFlags(f *pflag.FlagSet, o *Options) {
	s := &o.Sem
	boolFlag(f, switchFlag(func() { s.On = true }), "semaphore", "")
	id := textFlag(func(id string) { s.On, s.ID, s.HasID = true, id, true })
	for _, name := range []string{"id", "semaphorename", "semaphore-name"} {
		f.Var(id, name, "")
	}
	boolFlag(f, switchFlag(func() { s.On, s.Foreground = true, true }), "fg", "")
	boolFlag(f, switchFlag(func() { s.On, s.Background = true, true }), "bg", "")
	boolFlag(f, switchFlag(func() { s.On, s.Wait = true, true }), "wait", "")
	for _, name := range []string{"st", "semaphoretimeout", "semaphore-timeout"} {
		f.Var(patienceFlag{s}, name, "")
	}
}

// patienceFlag takes a duration that may be negative.
type patienceFlag struct{ to *semOptions }

func (patienceFlag) String() string { return "" }
func (patienceFlag) Type() string   { return "duration" }

func (p patienceFlag) Set(s string) error {
	length, negative := strings.CutPrefix(s, "-")
	d, err := value.ParseDuration(length)
	if err != nil {
		return err
	}
	if negative {
		d = -d
	}
	p.to.On, p.to.Patience = true, d
	return nil
}

// validateSem says what is wrong with the options of a semaphore.
func (o *Options) validateSem() error {
	s := &o.Sem
	switch {
	case s.Wait && len(o.Command) > 0:
		return errors.New("--wait has no command: it waits until no other one holds the semaphore")
	case s.Wait && (s.Foreground || s.Background):
		return errors.New("--wait has no command that --fg or --bg could be about")
	case !s.Wait && len(o.Command) == 0:
		return errors.New("--semaphore needs a command")
	case s.Foreground && s.Background:
		return errors.New("--fg and --bg exclude each other")
	case o.hasSources():
		return errors.New("--semaphore runs its command once, without records: ::: and -a have no meaning")
	case o.Exec || o.Lang != "" || o.Call != "" || o.Worker || o.NoFork || o.Init != "":
		return errors.New("with --semaphore a shell runs the command: --exec, --lang, --worker, --no-fork and --init have no meaning")
	case o.Pipe.Part || o.Pipe.Tee || o.Pipe.Cat || o.Pipe.Fifo || o.Pipe.RoundRobin:
		return errors.New("with --semaphore the command has the standard input as it is")
	case o.Record.resumes():
		return errors.New("--semaphore runs its command in any case: --resume has no meaning")
	case o.Reuse != (reuseOptions{}):
		return errors.New("with --semaphore a shell of its own runs the command: --reuse has no meaning")
	case o.Interactive && !s.Foreground:
		return errors.New("--interactive needs --fg: nobody can ask about a command in the background")
	}
	return o.validateOutput()
}
