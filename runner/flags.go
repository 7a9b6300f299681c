package runner

import (
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"

	"github.com/spf13/pflag"

	"xpool/runner/jobserver"
	"xpool/runner/value"
)

// newFlags returns the flags that fill o. Below this package nobody knows them.
func newFlags(o *Options) *pflag.FlagSet {
	f := pflag.NewFlagSet("xpool", pflag.ContinueOnError)
	f.SetOutput(io.Discard)
	f.SetInterspersed(false)
	f.SortFlags = false
	f.Usage = func() {}
	inputFlags(f, o)
	rowFlags(f, o)
	templateFlags(f, o)
	commandFlags(f, o)
	workerFlags(f, o)
	reuseFlags(f, o)
	failureFlags(f, o)
	paceFlags(f, o)
	recordFlags(f, o)
	pipeFlags(f, o)
	semFlags(f, o)
	onFlags(f, o)
	outputFlags(f, o)

	f.String("as", "", "") // cutPersona takes it where it counts
	f.BoolVar(&o.Explain, "explain", false, "")
	f.StringVar(&o.Completion, "completion", "", "")
	f.BoolVarP(&o.Help, "help", "h", false, "")
	f.BoolVarP(&o.Version, "version", "V", false, "")
	return f
}

// inputFlags are about records, and how many of them a task gets.
func inputFlags(f *pflag.FlagSet, o *Options) {
	f.StringArrayVarP(&o.Files, "arg-file", "a", nil, "")
	f.BoolVarP(&o.Null, "null", "0", false, "")
	f.VarP(&o.Delim, "delimiter", "d", "")
	f.BoolVarP(&o.NoRun, "no-run-if-empty", "r", false, "")
	f.Var(endFlag{o}, "eof", "")
	f.Lookup("eof").NoOptDefVal = noEnd
	shortOnly(f, endFlag{o}, "E")

	f.VarP(numberFlag(o.Packing.setArgs), "max-args", "n", "")
	f.Var(numberFlag(func(n int) { o.Packing.setLines(n, "--max-lines") }), "max-lines", "")
	f.Lookup("max-lines").NoOptDefVal = "1"
	shortOnly(f, numberFlag(func(n int) { o.Packing.setLines(n, "-L") }), "L")
	f.VarP(textFlag(o.Packing.setReplace), "replace", "i", "")
	f.Lookup("replace").NoOptDefVal = "{}"
	shortOnly(f, textFlag(o.Packing.setReplace), "I")
	f.VarP(numberFlag(o.Packing.setChars), "max-chars", "s", "")
	f.BoolVarP(&o.Packing.limits.Exit, "exit", "x", false, "")
	f.BoolVar(&o.ShowLimits, "show-limits", false, "")
}

// commandFlags are about what runs.
func commandFlags(f *pflag.FlagSet, o *Options) {
	f.BoolVar(&o.Shell, "shell", false, "")
	f.BoolVar(&o.Exec, "exec", false, "")
	f.BoolVar(&o.NoFork, "no-fork", false, "")
	f.Var(wordFlag{&o.Lang, "interpreter"}, "lang", "")
	f.Var(wordFlag{&o.Call, "function"}, "call", "")
	f.BoolVar(&o.Worker, "worker", false, "")
	f.Var(protocolFlag{&o.Protocol}, "protocol", "")
	f.Var(numberFlag(func(n int) { o.Prefetch = n }), "prefetch", "")
	f.Var(numberFlag(func(n int) { o.Multiplex = n }), "multiplex", "")
	f.Lookup("multiplex").NoOptDefVal = strconv.Itoa(manyJobs)
	f.BoolVar(&o.Cancel, "cancel", false, "")
	f.Var(initFlag{o}, "init", "")
	f.Var(initFileFlag{o}, "init-file", "")
	f.BoolVar(&o.DryRun, "dry-run", false, "")
}

// workerFlags are about the workers and where they run.
func workerFlags(f *pflag.FlagSet, o *Options) {
	f.VarP(&o.Jobs, "jobs", "j", "")
	f.VarP(&o.Jobs, "max-procs", "P", "")
	f.Var(&o.Jobserver, "jobserver", "")
	f.Lookup("jobserver").NoOptDefVal = jobserver.On.String()
	f.Var(&o.IdleTimeout, "idle-timeout", "")
	f.Var(&o.InitTimeout, "init-timeout", "")
	f.Var(numberFlag(func(n int) { o.RecycleTasks = n }), "recycle-tasks", "")
	f.Var(recycleFlag{&o.RecycleRSS}, "recycle-rss", "")
	f.Var(threadsFlag{o}, "threads", "")
	f.IntVar(&o.Nice, "nice", 0, "")
	for _, name := range []string{"wd", "workdir"} {
		f.StringVar(&o.Dir, name, "", "")
	}
	f.StringVar(&o.SlotVar, "process-slot-var", "", "")
	f.BoolVarP(&o.OpenTTY, "open-tty", "o", false, "")
}

// failureFlags are about tasks that fail or take too much.
func failureFlags(f *pflag.FlagSet, o *Options) {
	f.Var(&o.Timeout, "timeout", "")
	f.Var(&o.StallTimeout, "stall-timeout", "")
	f.Var(&o.MemLimit, "mem-limit", "")
	f.Var(numberFlag(func(n int) { o.CrashLimit = n }), "crash-limit", "")
	f.Var(retriesFlag{&o.Retries}, "retries", "")
	f.Var(&o.RetryDelay, "retry-delay", "")
	f.Var(&o.KillAfter, "kill-after", "")
}

// outputFlags are about what is printed.
func outputFlags(f *pflag.FlagSet, o *Options) {
	f.BoolVarP(&o.KeepOrder, "keep-order", "k", false, "")
	f.BoolVar(&o.Unordered, "unordered", false, "")
	f.BoolVarP(&o.Ungroup, "ungroup", "u", false, "")
	f.BoolVar(&o.LineBuffer, "line-buffer", false, "")
	f.BoolVar(&o.LineBuffer, "lb", false, "")
	f.BoolVar(&o.Tag, "tag", false, "")
	f.Var(textFlag(func(s string) { o.Tag, o.TagString = true, s }), "tagstring", "")
	f.BoolVarP(&o.Verbose, "verbose", "t", false, "")
	f.BoolVarP(&o.Interactive, "interactive", "p", false, "")
	f.BoolVar(&o.Quiet, "quiet", false, "")
	f.Var(&o.Progress, "progress", "")
	f.Lookup("progress").NoOptDefVal = value.ProgressAuto.String()
}

// parseOptions reads the command line after the program's name.
func parseOptions(args []string) (Options, error) {
	o := defaultOptions()
	f := newFlags(&o)
	args = glued(f, args)
	if err := f.Parse(args); err != nil {
		return o, o.explainUnknown(f, args, err)
	}
	o.loose = findLooseValue(f, args)
	if err := o.setWords(f.Args()); err != nil {
		return o, err
	}
	o.LineBuffer = o.LineBuffer && !o.KeepOrder // in order, only the first one's lines can come at once
	if o.Null {
		o.Delim = 0
	}
	o.settleReuse(f)
	if f.Changed("as") {
		return o, errors.New("--as must be the first option")
	}
	if o.Help || o.Version || o.Completion != "" {
		return o, nil
	}
	return o, o.Validate()
}

// shortOnly adds an option that has a short form only, as xargs has some.
func shortOnly(f *pflag.FlagSet, v pflag.Value, short string) {
	f.VarP(v, short, short, "")
	f.Lookup(short).Hidden = true
}

// numberFlag takes a number over 0.
type numberFlag func(n int)

func (numberFlag) String() string { return "" }
func (numberFlag) Type() string   { return "number" }

func (set numberFlag) Set(s string) error {
	n, err := strconv.Atoi(s)
	if err != nil && !errors.Is(err, strconv.ErrRange) { // of that one, Atoi gives the nearest number
		return fmt.Errorf("%q is no number", s)
	}
	if n < 1 {
		return errors.New("must be at least 1")
	}
	set(n)
	return nil
}

// retriesFlag takes how often a task is tried; 0 is for ever, as for GNU parallel.
type retriesFlag struct{ to *int }

func (retriesFlag) String() string { return "" }
func (retriesFlag) Type() string   { return "number" }

func (r retriesFlag) Set(s string) error {
	if s == "0" {
		*r.to = math.MaxInt
		return nil
	}
	return numberFlag(func(n int) { *r.to = n }).Set(s)
}

// textFlag takes any text.
type textFlag func(s string)

func (textFlag) String() string { return "" }
func (textFlag) Type() string   { return "text" }

func (set textFlag) Set(s string) error { set(s); return nil }

// endFlag takes the record that ends the input.
type endFlag struct{ o *Options }

// noEnd is what -e without a value sets: it cannot be typed.
const noEnd = "\x00"

func (endFlag) String() string { return "" }
func (endFlag) Type() string   { return "text" }

func (e endFlag) Set(s string) error {
	e.o.End, e.o.HasEnd = s, s != noEnd && s != ""
	return nil
}
