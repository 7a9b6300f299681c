package runner

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"xpool/runner/halt"
	"xpool/runner/rows"
	"xpool/runner/template"
	"xpool/runner/value"
)

// rowOptions say how records become the columns of tasks, in the words of GNU
// parallel.
type rowOptions struct {
	Syntax        rows.Syntax // of the words after the options
	Link          bool
	Separator     *rows.Separator
	SeparatorText string // as it was given
	CSV           bool
	Header        rows.Header
	Trim          rows.Trim
	HasTrim       bool
	Shuffle       bool

	MaxRows  int  // -N
	NoArgs   bool // -N 0
	Fill     bool // as many rows as fit: -m, -X and --xargs
	Spread   bool // those of the last tasks over all slots: -m and -X
	Context  bool // -X: what stands around a replacement string is repeated too
	asked    bool // any of those but Syntax was given
	template templateOptions
}

// templateOptions are the replacement strings, and how words are put together.
type templateOptions struct {
	template.Config
	Quote bool // -q: each word of the command stays one
}

// rowFlags are the options of GNU parallel about where records come from and how
// they become columns.
func rowFlags(f *pflag.FlagSet, o *Options) {
	r := &o.Rows
	f.VarP(parseFlag(func(s string) (err error) {
		r.Separator, err = rows.ParseSeparator(s)
		r.SeparatorText, r.asked = s, true
		return err
	}), "colsep", "C", "")
	f.BoolVar(&r.CSV, "csv", false, "")
	f.Var(parseFlag(func(s string) error {
		r.Header, r.asked = rows.ParseHeader(s), true
		o.Pipe.Header = s
		return nil
	}), "header", "")
	f.Var(parseFlag(func(s string) (err error) {
		r.Trim, err = rows.ParseTrim(s)
		r.HasTrim, r.asked = true, true
		return err
	}), "trim", "")
	f.BoolVar(&r.Link, "link", false, "")
	f.BoolVar(&r.Shuffle, "shuf", false, "")
	f.StringVar(&r.Syntax.ArgSep, "arg-sep", "", "")
	f.StringVar(&r.Syntax.FileSep, "arg-file-sep", "", "")
	f.VarP(rowsFlag{r}, "max-replace-args", "N", "")
	fill := func(spread, context bool) pflag.Value {
		return switchFlag(func() { r.Fill, r.Spread, r.Context, r.asked = true, spread, context, true })
	}
	boolFlag(f, fill(true, false), "", "m")
	boolFlag(f, fill(true, true), "", "X")
	boolFlag(f, fill(false, false), "xargs", "")
}

// paceFlags are about when tasks begin and what ends them.
func paceFlags(f *pflag.FlagSet, o *Options) {
	p := &o.Pace
	f.Var(&p.Delay, "delay", "")
	f.Var(&p.Load, "load", "")
	f.Var(&p.MemFree, "memfree", "")
	f.BoolVar(&p.NoSwap, "noswap", false, "")
	f.Var(&p.Limit, "limit", "")
	f.Var(&o.Halt, "halt", "")
	f.Var(&o.Halt, "halt-on-error", "")
	boolFlag(f, switchFlag(func() { o.Halt, o.FailFast = halt.FailFast(), true }), "fail-fast", "")
	f.Var(termSeqFlag{o}, "term-seq", "")
	f.Var(termSeqFlag{o}, "termseq", "")
}

// recordFlags are about what is written down of tasks.
func recordFlags(f *pflag.FlagSet, o *Options) {
	r := &o.Record
	f.StringVar(&r.Joblog, "joblog", "", "")
	f.BoolVar(&r.Resume, "resume", false, "")
	f.BoolVar(&r.ResumeFailed, "resume-failed", false, "")
	f.BoolVar(&r.RetryFailed, "retry-failed", false, "")
	f.StringVar(&r.Results, "results", "", "")
	f.BoolVar(&r.Files, "files", false, "")
	f.BoolVar(&r.JSON, "json", false, "")
	f.Var(numberFlag(func(n int) { r.Total = n }), "total-jobs", "")
	f.Var(reportFlag{&o.Reports.Trace}, "trace", "")
	f.Var(reportFlag{&o.Reports.Page}, "report", "")
	f.Var(reportFlag{&o.Reports.JUnit}, "junit", "")
	f.Var(numberFlag(func(n int) { o.Reports.Failures = n }), "failures", "")
	f.Lookup("failures").NoOptDefVal = strconv.Itoa(failuresShown)
	f.Var(annotateFlag{&o.Reports}, "annotate", "")
	boolFlag(f, switchFlag(func() { o.Progress = value.ProgressBar }), "bar", "")
	boolFlag(f, switchFlag(func() { o.Progress = value.ProgressAuto }), "eta", "")
}

// templateFlags are about replacement strings.
func templateFlags(f *pflag.FlagSet, o *Options) {
	c := &o.Rows.template
	f.BoolVar(&c.Plus, "plus", false, "")
	f.StringArrayVar(&c.Rules, "rpl", nil, "")
	f.StringVar(&c.Parens, "parens", "", "")
	f.BoolVarP(&c.Quote, "quote", "q", false, "")
	for _, s := range []struct {
		to          *string
		name, alias string
	}{
		{&c.NoExt, "extensionreplace", "er"},
		{&c.Base, "basenamereplace", "bnr"},
		{&c.Dir, "dirnamereplace", "dnr"},
		{&c.BaseNoExt, "basenameextensionreplace", "bner"},
		{&c.Seq, "seqreplace", ""},
		{&c.Slot, "slotreplace", "slot-replacement"},
	} {
		f.StringVar(s.to, s.name, "", "")
		if s.alias != "" {
			f.StringVar(s.to, s.alias, "", "")
		}
	}
	shortOnly(f, textFlag(func(s string) { c.NoExt = s }), "U")
}

// rowsFlag takes the -N of GNU parallel, of which 0 is no mistake.
type rowsFlag struct{ to *rowOptions }

func (rowsFlag) String() string { return "" }
func (rowsFlag) Type() string   { return "number" }

func (r rowsFlag) Set(s string) error {
	if strings.Trim(s, "0") == "" && s != "" {
		r.to.NoArgs, r.to.asked = true, true
		return nil
	}
	return numberFlag(func(n int) { r.to.MaxRows, r.to.NoArgs, r.to.asked = n, false, true }).Set(s)
}

// parseFlag takes what a function takes.
type parseFlag func(s string) error

func (parseFlag) String() string         { return "" }
func (parseFlag) Type() string           { return "text" }
func (set parseFlag) Set(s string) error { return set(s) }

// switchFlag does something when it is given.
type switchFlag func()

func (switchFlag) String() string { return "" }
func (switchFlag) Type() string   { return "bool" }

func (set switchFlag) Set(s string) error {
	if s == "true" {
		set()
	}
	return nil
}

// boolFlag adds an option without a value, by its names, of which one may be empty.
func boolFlag(f *pflag.FlagSet, v pflag.Value, long, short string) {
	if long == "" {
		shortOnly(f, v, short)
		f.Lookup(short).NoOptDefVal = "true"
		return
	}
	f.VarP(v, long, short, "")
	f.Lookup(long).NoOptDefVal = "true"
}

// termSeqFlag takes the signals that end a task.
type termSeqFlag struct{ o *Options }

func (termSeqFlag) String() string { return "" }
func (termSeqFlag) Type() string   { return "signals" }

func (t termSeqFlag) Set(s string) error {
	t.o.HasTermSeq = true
	return t.o.TermSeq.Set(s)
}

// failuresShown is how many failed tasks are described if nothing else is said.
const failuresShown = 10

// annotateFlag takes the name of a system that shows annotations.
type annotateFlag struct{ o *reportOptions }

func (annotateFlag) String() string { return "" }
func (annotateFlag) Type() string   { return "name" }

func (a annotateFlag) Set(s string) error {
	if s != "github" {
		return fmt.Errorf("%s is not known: want github", quoteWord(s))
	}
	a.o.GitHub = true
	return nil
}

// reportFlag takes the name of a file that a report is written to. None is given where a
// variable is empty, and standard output has what the tasks print, so that neither is
// taken for a file.
type reportFlag struct{ to *string }

func (reportFlag) String() string { return "" }
func (reportFlag) Type() string   { return "file" }

func (r reportFlag) Set(s string) error {
	switch s {
	case "":
		return errors.New("want the name of a file")
	case "-":
		return errors.New("standard output is for what tasks print: want the name of a file (./- is one)")
	}
	*r.to = s
	return nil
}
