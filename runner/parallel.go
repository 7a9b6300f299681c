package runner

import (
	"path/filepath"
	"strings"

	"github.com/spf13/pflag"

	"xpool/runner/script"
)

// parallelOptions are the options of GNU parallel, called by a name, which may be sem,
// before the command line has been read.
func parallelOptions(name string) Options {
	o := defaultOptions()
	o.As, o.Name, o.Sem.On = asParallel, name, name == "sem"
	_ = o.TermSeq.Set(parallelTermSeq) // it is a constant
	o.HasTermSeq = true
	return o
}

// parallelTermSeq is how GNU parallel ends its jobs, from the option --termseq in
// its manual.
const parallelTermSeq = "TERM,200,TERM,100,TERM,50,KILL,25"

// parseParallel reads the command line after the program's name as GNU parallel
// does: options may be shortened, and more of them are in PARALLEL and in the
// user's files. The options are good for what was read even if there is an error.
func parseParallel(name string, args []string, env environment) (Options, error) {
	o := parallelOptions(name)
	args, err := shebang(args)
	if err != nil {
		return o, err
	}
	more, err := env.parallelWords(profilesOf(args))
	if err != nil {
		return o, err
	}
	f := parallelFlags(&o)
	for _, words := range [][]string{more, args} {
		if err := f.Parse(glued(f, words)); err != nil {
			return o, o.explainUnknown(f, words, err)
		}
	}
	if o.Help || o.Version || o.Completion != "" || o.parallel.answered {
		return o, nil
	}
	o.settleParallel(f)
	o.settleLogins()
	if err := o.setWords(f.Args()); err != nil {
		return o, err
	}
	return o, o.Validate()
}

// parallelFlags are all options of GNU parallel.
func parallelFlags(o *Options) *pflag.FlagSet {
	f := newFlags(o)
	parallelOnly(f, o)
	f.SetNormalizeFunc(abbreviations(f))
	return f
}

// settleParallel makes of the options together what GNU parallel makes of them.
func (o *Options) settleParallel(f *pflag.FlagSet) {
	o.Shell = !o.Exec && o.Lang == "" && o.Call == "" && !o.Worker
	o.Unordered, o.LineBuffer = !o.KeepOrder, o.LineBuffer && !o.KeepOrder
	if o.Null {
		o.Delim = 0
	}
	if f.Changed("kill-after") && !f.Changed("term-seq") && !f.Changed("termseq") {
		o.HasTermSeq = false
	}
	o.settleReuse(f)
	if o.parallel.quote > 0 {
		o.DryRun = true
	}
	if o.parallel.tty {
		o.OpenTTY = true
		o.Ungroup = o.Ungroup || !f.Changed("group")
		if !f.Changed("jobs") && !f.Changed("max-procs") {
			_ = o.Jobs.Set("1") // it is a number
		}
	}
}

// abbreviations lets the options of f be written without their hyphens, and be
// shortened to where they are unique, as long as they are no names themselves.
func abbreviations(f *pflag.FlagSet) func(*pflag.FlagSet, string) pflag.NormalizedName {
	names, full := map[string]bool{}, map[string]string{} // by themselves, and without hyphens
	f.VisitAll(func(flag *pflag.Flag) { names[flag.Name], full[bare(flag.Name)] = true, flag.Name })
	return func(_ *pflag.FlagSet, name string) pflag.NormalizedName {
		if names[name] || len(name) < 2 {
			return pflag.NormalizedName(name)
		}
		short := bare(name)
		if whole, ok := full[short]; ok {
			return pflag.NormalizedName(whole)
		}
		found := name
		for candidate, whole := range full {
			if strings.HasPrefix(candidate, short) {
				if found != name {
					return pflag.NormalizedName(name) // of several, none
				}
				found = whole
			}
		}
		return pflag.NormalizedName(found)
	}
}

// bare is the name of an option without hyphens.
func bare(name string) string { return strings.ReplaceAll(name, "-", "") }

// parallelShell is the shell of GNU parallel: that in PARALLEL_SHELL, the one that
// has started this program, the user's own, or sh.
func (e environment) parallelShell() string {
	for _, s := range []string{e.get("PARALLEL_SHELL"), e.get("XPOOL_SHELL")} {
		if s != "" {
			return s
		}
	}
	if s := e.shell(); s == "bash" { // it brings functions
		return s
	}
	for _, s := range []string{parentProgram(), e.get("SHELL")} {
		if script.IsShell(filepath.Base(s)) {
			return s
		}
	}
	return "/bin/sh"
}
