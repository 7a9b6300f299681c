package runner

import (
	"io"

	"github.com/spf13/pflag"

	"xpool/runner/value"
)

// newFlags returns the flags that fill o. Below this package nobody knows them.
func newFlags(o *Options) *pflag.FlagSet {
	f := pflag.NewFlagSet("xpool", pflag.ContinueOnError)
	f.SetOutput(io.Discard)
	f.SetInterspersed(false)
	f.SortFlags = false
	f.Usage = func() {}

	f.StringArrayVarP(&o.Files, "arg-file", "a", nil, "")
	f.BoolVarP(&o.Null, "null", "0", false, "")
	f.VarP(&o.Delim, "delimiter", "d", "")
	f.BoolVarP(&o.NoRun, "no-run-if-empty", "r", false, "")

	f.BoolVar(&o.Shell, "shell", false, "")
	f.BoolVar(&o.Exec, "exec", false, "")
	f.BoolVar(&o.NoFork, "no-fork", false, "")

	f.VarP(&o.Jobs, "jobs", "j", "")
	f.VarP(&o.Jobs, "max-procs", "P", "")
	f.Var(&o.IdleTimeout, "idle-timeout", "")

	f.Var(&o.Timeout, "timeout", "")
	f.Var(&o.KillAfter, "kill-after", "")

	f.BoolVarP(&o.KeepOrder, "keep-order", "k", false, "")
	f.BoolVar(&o.Unordered, "unordered", false, "")
	f.BoolVarP(&o.Ungroup, "ungroup", "u", false, "")
	f.BoolVar(&o.Quiet, "quiet", false, "")
	f.Var(&o.Progress, "progress", "")
	f.Lookup("progress").NoOptDefVal = value.ProgressAuto.String()

	f.BoolVarP(&o.Help, "help", "h", false, "")
	f.BoolVarP(&o.Version, "version", "V", false, "")
	return f
}

// parseOptions reads the command line after the program's name.
func parseOptions(args []string) (Options, error) {
	o := defaultOptions()
	f := newFlags(&o)
	if err := f.Parse(args); err != nil {
		return o, err
	}
	o.setOperands(f.Args())
	if o.Null {
		o.Delim = 0
	}
	if o.Help || o.Version {
		return o, nil
	}
	return o, o.Validate()
}
