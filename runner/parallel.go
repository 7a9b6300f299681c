package runner

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/pflag"
	"mvdan.cc/sh/v3/shell"
)

// parallelOptions are the options of GNU parallel, called by a name, which may be sem,
// before the command line has been read.
func parallelOptions(name string) Options {
	o := defaultOptions()
	o.As, o.Name, o.Sem.On = asParallel, name, name == "sem"
	return o
}

// parseParallel reads the command line after the program's name as GNU parallel
// does: options may be shortened, and more of them are in PARALLEL and in the
// user's file. The options are good for what was read even if there is an error.
func parseParallel(name string, args []string, env environment) (Options, error) {
	o := parallelOptions(name)
	f := newFlags(&o)
	parallelOnly(f, &o)
	f.SetNormalizeFunc(abbreviations(f))
	more, err := env.parallelWords()
	if err != nil {
		return o, err
	}
	if err := f.Parse(more); err != nil {
		return o, err
	}
	if err := f.Parse(args); err != nil {
		return o, err
	}
	if o.Help || o.Version {
		return o, nil
	}
	o.Shell = !o.Exec && o.Lang == "" && o.Call == "" && !o.Worker
	if err := o.setWords(f.Args()); err != nil {
		return o, err
	}
	o.Unordered, o.LineBuffer = !o.KeepOrder, o.LineBuffer && !o.KeepOrder
	return o, o.Validate()
}

// parallelOnly adds the options that only GNU parallel has, or with another meaning
// than xargs gives them.
func parallelOnly(f *pflag.FlagSet, o *Options) {
	for _, name := range ignoredFlags() {
		f.Bool(name, false, "")
	}
	for _, name := range []string{"tmpdir", "tempdir", "compress-program", "decompress-program", "profile"} {
		f.String(name, "", "")
	}
	boolFlag(f, switchFlag(func() { o.Show = true }), "", "v")
}

// ignoredFlags are options of GNU parallel that ask for nothing that is not so
// already.
func ignoredFlags() []string {
	return []string{
		"will-cite", "citation", "bibtex", "no-notice", "gnu", "compress", "plain",
		"use-cores-instead-of-threads", "use-cpus-instead-of-cores", "use-sockets-instead-of-threads", "group",
	}
}

// abbreviations lets the options of f be shortened to where they are unique, as
// long as they are no names themselves.
func abbreviations(f *pflag.FlagSet) func(*pflag.FlagSet, string) pflag.NormalizedName {
	full := map[string]bool{}
	f.VisitAll(func(flag *pflag.Flag) { full[flag.Name] = true })
	return func(_ *pflag.FlagSet, name string) pflag.NormalizedName {
		if full[name] || len(name) < 2 {
			return pflag.NormalizedName(name)
		}
		found := ""
		for candidate := range full {
			if strings.HasPrefix(candidate, name) {
				if found != "" {
					return pflag.NormalizedName(name) // of several, none
				}
				found = candidate
			}
		}
		if found == "" {
			found = name
		}
		return pflag.NormalizedName(found)
	}
}

// parallelWords are the options in the user's file and in PARALLEL.
func (e environment) parallelWords() ([]string, error) {
	home := e.get("PARALLEL_HOME")
	if home == "" {
		home = filepath.Join(e.get("HOME"), ".parallel")
	}
	var words []string
	path := filepath.Join(home, "config")
	text, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); !strings.HasPrefix(line, "#") {
			fields, err := splitWords(line)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", path, err)
			}
			words = append(words, fields...)
		}
	}
	fields, err := splitWords(e.get("PARALLEL"))
	if err != nil {
		return nil, fmt.Errorf("PARALLEL: %w", err)
	}
	return append(words, fields...), nil
}

// splitWords splits a text into words as a shell does, without expanding anything.
func splitWords(text string) ([]string, error) {
	return shell.Fields(text, func(name string) string { return "$" + name })
}

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
		switch filepath.Base(s) {
		case "bash", "zsh", "dash", "sh", "ksh", "mksh", "ksh93", "ash":
			return s
		}
	}
	return "/bin/sh"
}
