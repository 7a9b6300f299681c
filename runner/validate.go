package runner

import (
	"errors"
	"fmt"
	"runtime"
	"strings"

	"xpool/pool"
)

// Validate says what is wrong with the options taken together, in one line.
func (o *Options) Validate() error {
	if o.Sem.On {
		return o.validateSem()
	}
	for _, check := range []func() error{o.validateReuse, o.validateCommand, o.validateWorkers, o.validateRecords, o.validatePipe, o.validateOutput, o.validateOn} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

func (o *Options) validateCommand() error {
	kinds := 0
	for _, given := range []bool{o.Shell, o.Exec, o.Lang != "" || o.Call != "", o.Worker} {
		if given {
			kinds++
		}
	}
	switch {
	case o.Shell && o.Exec:
		return errors.New("--shell and --exec exclude each other")
	case kinds > 1:
		return errors.New("only one of --shell, --exec, --lang and --worker says what the command is")
	case o.Exec && len(o.Command) == 0:
		return errors.New("--exec needs a program")
	case o.Worker && len(o.Command) == 0:
		return errors.New("--worker needs a program")
	case o.Call != "" && len(o.Command) > 0:
		return fmt.Errorf("--call has no code besides: what is %s?", quoteWord(o.Command[0]))
	case o.Call != "" && !validCall(o.Call):
		return fmt.Errorf("--call %s: want module:function", quoteWord(o.Call))
	case o.Call != "" && pool.LanguageOf(o.language()) != pool.Python:
		return errors.New("--call is for Python")
	case o.Lang != "" && pool.LanguageOf(o.Lang) == pool.NoLanguage:
		return fmt.Errorf("--lang %s: want python3, perl or node, or the path of one", quoteWord(o.Lang))
	case o.Lang != "" && o.Call == "" && len(o.Command) != 1:
		return errors.New("--lang needs the code, as one word")
	case o.NoFork && o.kind() != scriptKind && o.kind() != linesKind:
		return errors.New("--no-fork is for shell scripts")
	}
	for _, w := range o.Command {
		if strings.Contains(w, "\x00") {
			return fmt.Errorf("the command has a NUL byte in %q", w)
		}
	}
	return nil
}

func validCall(s string) bool {
	module, function, ok := strings.Cut(s, ":")
	return ok && module != "" && function != "" && !strings.Contains(function, ":")
}

func (o *Options) validateWorkers() error {
	switch {
	case o.Protocol != pool.Lines && !o.Worker:
		return errors.New("--protocol is for --worker")
	case o.Prefetch > 0 && !o.Worker:
		return errors.New("--prefetch is for --worker")
	case (o.Multiplex > 0 || o.Cancel) && (!o.Worker || o.Protocol != pool.JSON):
		return errors.New("--multiplex and --cancel are for --worker with --protocol json: no other one has a place for them")
	case o.Init != "" && o.Worker:
		return errors.New("--init is for shells and --lang: a co-process sets itself up before it reads (--worker sh -c 'SET-UP; exec PROGRAM')")
	case o.Init != "" && o.kind() == programKind:
		return errors.New("--init is for shells and --lang: a program has no place for it")
	case o.OpenTTY && (o.kind() == codeKind || o.kind() == workerKind):
		return errors.New("--open-tty is for programs and shell scripts: the tasks of a worker share its standard input")
	case runtime.GOOS != "linux" && (o.MemLimit > 0 || o.RecycleRSS != 0):
		return errors.New("--mem-limit and --recycle-rss are for Linux: this system has no cheap way to tell how much memory a process uses")
	case o.Dir == "..." && !o.On.away() || len(o.set().Scan(o.Dir)) > 0:
		return errors.New("--wd is one directory for all tasks: for one of each task's own, let it change there (cd {})")
	case strings.Contains(o.SlotVar, "="):
		return fmt.Errorf("--process-slot-var: a variable's name has no '=' as %q has", o.SlotVar)
	}
	return nil
}

func (o *Options) validateRecords() error {
	switch {
	case o.As == asXpool && o.usesRows() && o.kind() == linesKind && !o.Record.RetryFailed:
		return errors.New("several sources or columns need a command: without one each record is a command")
	case o.As == asXpool && o.severalRecords() && o.kind() == linesKind && !o.Record.RetryFailed:
		return errors.New("-n, -L and -s need a command: without one each record is a command")
	case o.Packing.replaces && len(o.Command) == 0:
		return errors.New("-I needs a command in which the string is replaced")
	case o.Packing.replaces && (o.kind() == codeKind || o.kind() == workerKind):
		return errors.New("-I is for programs and shell scripts: code gets its record as arg, a worker as it is")
	case o.Packing.replaces && o.Packing.limits.MaxChars > 0:
		return errors.New("-s and -I exclude each other")
	case o.Packing.replaces && o.Packing.limits.Replace == "":
		return errors.New("-I needs a string to replace")
	case o.Record.resumes() && o.Record.Joblog == "" && (o.Record.Results == "" || !o.Record.Resume):
		return o.Record.needsLog()
	case o.Record.JSON && (o.Record.Results != "" || o.Record.Files):
		return errors.New("only one of --json, --results and --files says what becomes of the output")
	}
	return nil
}

// needsLog is the error of the option that resumes without a log of what was done.
func (o *recordOptions) needsLog() error {
	switch {
	case o.RetryFailed:
		return errors.New("--retry-failed needs a --joblog")
	case o.ResumeFailed:
		return errors.New("--resume-failed needs a --joblog")
	default:
		return errors.New("--resume needs a --joblog or --results")
	}
}

func (o *Options) validateOutput() error {
	switch {
	case o.Unordered && o.KeepOrder:
		return errors.New("--unordered and --keep-order exclude each other")
	case o.Ungroup && o.KeepOrder && o.As != asParallel:
		return errors.New("--ungroup and --keep-order exclude each other")
	}
	return nil
}
