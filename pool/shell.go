package pool

import (
	"path/filepath"
	"slices"
	"strings"
)

// Shell is the kind of pool whose workers are shells that stay: a function is
// defined in each once, and a task sends only its arguments.
//
// The worker reads commands on its standard input; all of them are written by
// this package, and every value in them stands in single quotes. It answers with
// a line on its standard output, which no task ever sees: a task's own streams
// are opened, by path, for it alone. A task runs in a subshell, unless its
// Payload says InWorker, with /dev/null as its standard input.
//
// The exit status that a shell gives for a task is the task's. If a task ends
// the worker itself by exiting, as it can when it runs in the worker, that
// status is the task's too.
//
// A Shell belongs to one pool. Path and Body have to be set.
type Shell struct {
	// Path is the shell's file, searched for in PATH if it has no slash. It must
	// understand the POSIX shell language.
	Path string

	// Body is what a task runs: the body of a shell function, whose positional
	// parameters are the task's Payload.Args.
	Body string

	// Names are the variables in which the body finds the task's Payload.Values,
	// in the same order.
	Names []string

	// Stdin says that tasks have a Payload.Stdin.
	Stdin bool

	// Brief says of Body that it is over as soon as the shell has gone through it: it
	// runs nothing but builtins, that neither read nor wait. Its tasks write to pipes
	// that the shell has open all the time, with numbers from 3 to 8, and are sent
	// ahead of need without a way back: one that is not brief all the same holds the
	// next ones up, and what it starts finds those descriptors. It is ignored together
	// with Init or Stdin, for a bash that reads a file first, which may give other
	// meanings to all that, and where this process may have too few descriptors for
	// such pipes in each slot.
	Brief bool

	// Init is run once in each worker before its first task, outside of any
	// function, with /dev/null as standard input and what it prints going to the
	// worker's own standard error. A worker whose Init fails does not come up, and
	// breaks the pool. Whatever it says, set -e is off afterwards: a task that
	// fails must not end its worker.
	Init string

	path string // what Path was found to be
}

func (k *Shell) hopeless(error) bool { return false }

func (k *Shell) start(s *slot) (worker, error) {
	if k.Brief && k.Init == "" && !k.Stdin && !k.ReadsFile(s.pool.env) && hasBriefRoom(s.pool.jobs) {
		return startResident(s, k.Path, &k.path, newBriefShell(s, k))
	}
	return startResident(s, k.Path, &k.path, &shellWorker{kind: k, speaker: newSpeaker(s)})
}

// ReadsFile tells whether the shell, in an environment, reads a file of the user's before
// its commands, which may define anything: bash does, by whatever name but sh.
func (k *Shell) ReadsFile(env []string) bool {
	switch filepath.Base(k.Path) {
	case "sh", "dash":
		return false
	}
	return !k.isZsh() && slices.ContainsFunc(env, func(v string) bool {
		file, ok := strings.CutPrefix(v, "BASH_ENV=")
		return ok && file != ""
	})
}

// isZsh tells whether the shell is zsh, by any name that begins with that.
func (k *Shell) isZsh() bool { return strings.HasPrefix(filepath.Base(k.Path), "zsh") }

// argv starts the shell without the files that belong to an interactive one.
func (k *Shell) argv() []string {
	name := filepath.Base(k.path)
	if k.isZsh() {
		return []string{name, "-f", "-s"}
	}
	return []string{name, "-s"}
}
