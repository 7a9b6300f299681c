// Package runner is one run of xpool: input to tasks to pool to ordered results
// to exit status.
package runner

import (
	"fmt"
	"io"
	"os"
	"path/filepath"

	"xpool/crashdetect"
)

// Main runs xpool with the given arguments, the program's name first, and
// returns how it ended. It does not end the process, nor raise signals.
func Main(args []string, stdin, stdout, stderr *os.File, env []string) Status {
	if len(args) > 0 && filepath.Base(args[0]) == crashdetect.GuardName {
		return Status{Code: crashdetect.RunGuard()}
	}
	s := streams{stdin, stdout, stderr, env}
	o, err := parseOptions(args[min(1, len(args)):])
	switch {
	case err != nil:
		say(stderr, err.Error()+" (see xpool --help)")
		return Status{Code: 1}
	case o.Help:
		return s.show(helpText)
	case o.Version:
		return s.show(versionText())
	}
	r, err := newRun(o, s)
	if err != nil {
		say(stderr, err.Error())
		return errorStatus(err)
	}
	return r.do()
}

// show prints a text that was asked for.
func (s streams) show(text string) Status {
	if _, err := io.WriteString(s.stdout, text); err != nil {
		say(s.stderr, fmt.Sprintf("cannot write standard output: %v", err))
		return Status{Code: 1}
	}
	return Status{}
}
