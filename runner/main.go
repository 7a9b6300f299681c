// Package runner is one run of xpool: input to tasks to pool to ordered results
// to exit status.
package runner

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"xpool/crashdetect"
	"xpool/runner/completion"
	"xpool/runner/reuse"
)

// Main runs xpool with the given arguments, the program's name first, and
// returns how it ended. It does not end the process, nor raise signals.
func Main(args []string, stdin, stdout, stderr *os.File, env []string) Status {
	if len(args) > 0 && filepath.Base(args[0]) == crashdetect.GuardName {
		return Status{Code: crashdetect.RunGuard()}
	}
	s := streams{stdin, stdout, stderr, env}
	if isAgent(args) {
		return s.agent()
	}
	if len(args) > 0 && filepath.Base(args[0]) == reuse.ServerName {
		return s.serveCalls(args)
	}
	o, err := parseCommandLine(args, env)
	o.Invoked = args
	for _, w := range o.Packing.warnings {
		o.say(stderr, w)
	}
	switch {
	case err != nil:
		o.say(stderr, err.Error()+o.hint(err))
		return o.usageStatus()
	case o.Help:
		return s.show(o.help())
	case o.Version:
		return s.show(o.version())
	case o.Completion != "":
		return s.complete(o)
	case o.parallel.answered:
		return s.answer(&o.parallel)
	}
	switch {
	case o.Explain:
		return s.explain(o)
	case o.Reuse.List:
		return s.listServers(o)
	case o.Reuse.Stop:
		return s.stopServers(o)
	case o.Sem.On:
		return s.runSemaphore(o, args)
	}
	o.warn(s.stderr, o.nothingToReuse())
	return s.run(o)
}

// warn tells the user something before the run; "" is nothing to tell.
func (o *Options) warn(w *os.File, line string) {
	if line != "" && !o.Quiet {
		o.say(w, line)
	}
}

// run runs xpool with options that are complete.
func (s streams) run(o Options) Status {
	signals := listen()
	defer signals.stop()
	var r *run
	var err error
	slots := 0
	// To get ready may take as long as the input does. No task has begun by then, so
	// that there is nothing to be ended but this process.
	sig, ready := signals.during(func() { r, err = newRun(o, s) }, handlers{
		more: func(n int) { slots += n },
	})
	switch {
	case !ready:
		return endedBy(sig)
	case err == nil:
		return r.do(signals, slots)
	}
	o.say(s.stderr, err.Error()+advice(err))
	if o.As == asParallel {
		return Status{Code: parallelError}
	}
	return errorStatus(err)
}

// parseCommandLine reads the command line as the program does that xpool is
// called as. The options say how to talk to the user even if there is an error.
func parseCommandLine(args []string, env environment) (Options, error) {
	var name string
	if len(args) > 0 {
		name, args = args[0], args[1:]
	}
	switch filepath.Base(name) {
	case "xargs":
		o, err := parseXargs(args, env)
		o.Name = name
		return o, err
	case "parallel", "sem":
		return parseParallel(filepath.Base(name), args, env)
	}
	if persona, rest, ok := cutPersona(args); ok {
		switch persona {
		case "xargs":
			return parseXargs(rest, env)
		case "parallel":
			return parseParallel("parallel", rest, env)
		}
		return defaultOptions(), fmt.Errorf("--as %s: want xargs or parallel", quoteWord(persona))
	}
	return parseOptions(args)
}

// cutPersona cuts the option --as from the head of a command line.
func cutPersona(args []string) (persona string, rest []string, ok bool) {
	if len(args) == 0 {
		return "", args, false
	}
	if persona, ok = strings.CutPrefix(args[0], "--as="); ok {
		return persona, args[1:], true
	}
	if args[0] == "--as" && len(args) > 1 {
		return args[1], args[2:], true
	}
	return "", args, false
}

// usageStatus is the status of a call that was not understood.
func (o *Options) usageStatus() Status {
	if o.As == asParallel {
		return Status{Code: parallelError}
	}
	return Status{Code: 1}
}

// hint tells where to find help after an error of usage.
func (o *Options) hint(err error) string {
	if o.As != asXargs {
		return " (see " + o.Name + " --help)"
	}
	if _, ok := errors.AsType[usageError](err); ok {
		return fmt.Sprintf("\nTry '%s --help' for more information.", o.Name)
	}
	return ""
}

func (o *Options) help() string {
	switch o.As {
	case asXargs:
		return xargsHelpText(o.Name)
	case asParallel:
		return parallelHelpText(o.Name)
	}
	return helpText
}

func (o *Options) version() string {
	switch o.As {
	case asXargs:
		return "xargs (" + strings.TrimSpace(versionText()) + "), compatible with xargs (GNU findutils) 4.9.0\n"
	case asParallel:
		return fmt.Sprintf("parallel (%s), compatible with GNU parallel %d\n", strings.TrimSpace(versionText()), parallelVersion)
	}
	return versionText()
}

// answer prints what was asked for instead of a run.
func (s streams) answer(p *parallelOnlyOptions) Status {
	if status := s.show(p.answer); status.Code != 0 || !p.tooOld {
		return status
	}
	return Status{Code: parallelError}
}

// complete shows what makes a shell complete the options.
func (s streams) complete(o Options) Status {
	text, err := completion.Script(o.Completion, completion.Options(helpText))
	if err != nil {
		o.say(s.stderr, "--completion: "+err.Error())
		return o.usageStatus()
	}
	return s.show(text)
}

// show prints a text that was asked for.
func (s streams) show(text string) Status {
	if _, err := io.WriteString(s.stdout, text); err != nil {
		fmt.Fprintf(s.stderr, "xpool: cannot write standard output: %v\n", err)
		return Status{Code: 1}
	}
	return Status{}
}
