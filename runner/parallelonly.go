package runner

import (
	"errors"
	"strconv"

	"github.com/spf13/pflag"

	"xpool/pool/cpucount"
)

// parallelOnlyOptions are what only GNU parallel can be asked for.
type parallelOnlyOptions struct {
	profiles  []string
	plain     bool
	quote     int  // --shellquote: commands are shown, quoted so often, instead of run
	skipFirst bool // --skip-first-line
	tty       bool // --tty

	answered bool // nothing is run, and answer is printed
	answer   string
	tooOld   bool // and the version that is asked for is a later one
}

// parallelVersion is the version of GNU parallel whose manual is kept.
const parallelVersion = 20221122

// parallelOnly adds the options that only GNU parallel has, or with another meaning
// than xargs gives them.
func parallelOnly(f *pflag.FlagSet, o *Options) {
	p := &o.parallel
	for _, name := range ignoredFlags() {
		f.Bool(name, false, "")
	}
	for _, name := range []string{"compress-program", "decompress-program"} {
		f.StringArray(name, nil, "")
	}
	for _, name := range []string{"tmpdir", "tempdir"} {
		f.StringVar(&o.TempDir, name, "", "")
	}
	f.StringArrayVarP(&p.profiles, "profile", "J", nil, "")
	f.BoolVar(&p.plain, "plain", false, "")
	boolFlag(f, switchFlag(func() { o.Show = true }), "", "v")
	boolFlag(f, switchFlag(func() { p.quote++ }), "shellquote", "")
	boolFlag(f, switchFlag(func() { p.tty = true }), "tty", "")
	f.BoolVar(&p.skipFirst, "skip-first-line", false, "")
	boolFlag(f, switchFlag(func() { o.KeepOrder = false }), "no-keep-order", "")
	boolFlag(f, switchFlag(func() {}), "", "M") // there is one connection to a host in any case
	loginFlags(f, o)
	f.Lookup("max-args").Value = orNone{f.Lookup("max-args").Value, &o.Rows}
	for _, name := range []string{"jl", "res", "result"} {
		f.Var(f.Lookup(longName(name)).Value, name, "")
	}
	boolFlag(f, f.Lookup("link").Value, "xapply", "")
	answers(f, p)
}

// longName is the option that an alias of GNU parallel's stands for.
func longName(alias string) string {
	if alias == "jl" {
		return "joblog"
	}
	return "results"
}

// ignoredFlags are options of GNU parallel that ask for nothing that is not so
// already.
func ignoredFlags() []string {
	return []string{
		"will-cite", "nn", "citation", "bibtex", "no-notice", "gnu", "compress", "group", "silent", "ctrl-c",
		"controlmaster", "filter-hosts", "use-cores-instead-of-threads", "use-cpus-instead-of-cores", "use-sockets-instead-of-threads",
	}
}

// answers adds the options that ask for a line instead of a run.
func answers(f *pflag.FlagSet, p *parallelOnlyOptions) {
	answer := func(name string, text func() string) {
		boolFlag(f, switchFlag(func() { p.answered, p.answer = true, text() }), name, "")
	}
	// All of them are what this process may use, of which the pool makes slots.
	for _, name := range []string{"number-of-cpus", "number-of-cores", "number-of-threads"} {
		answer(name, func() string { return strconv.Itoa(cpucount.Available()) + "\n" })
	}
	answer("number-of-sockets", func() string { return "1\n" })
	answer("max-line-length-allowed", func() string { return strconv.Itoa(maxCommandLine) + "\n" })
	answer("record-env", func() string { return "" }) // tasks have the whole environment
	f.Var(parseFlag(func(s string) error {
		asked, err := strconv.Atoi(s)
		if err != nil {
			return errors.New("want the date of a version, as in 20221122")
		}
		p.answered, p.answer, p.tooOld = true, strconv.Itoa(parallelVersion)+"\n", asked > parallelVersion
		return nil
	}), "minversion", "")
}

// maxCommandLine is the longest text that Linux takes as one argument, which bounds
// what GNU parallel can give to a shell.
const maxCommandLine = 131071

// orNone is a number of arguments that may also be 0, for tasks without any.
type orNone struct {
	pflag.Value
	rows *rowOptions
}

func (o orNone) Set(s string) error {
	if n, err := strconv.Atoi(s); err == nil && n == 0 {
		o.rows.NoArgs, o.rows.asked = true, true
		return nil
	}
	o.rows.NoArgs = false
	return o.Value.Set(s)
}
