package runner

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/spf13/pflag"

	"xpool/crashdetect/spelling"
)

// explainUnknown says more of an error of parsing args with f, if it is an option that
// there is none of: the word that was typed, and what to write instead.
func (o *Options) explainUnknown(f *pflag.FlagSet, args []string, err error) error {
	unknown, ok := errors.AsType[*pflag.NotExistError](err)
	if !ok {
		return err
	}
	name, rest := unknown.GetSpecifiedName(), unknown.GetSpecifiedShortnames()
	if rest != "" {
		name = rest[:1]
		err = unknownShort(f, args, rest)
	}
	advice := ""
	if o.As == asXpool {
		advice = foreignAdvice(f, name, rest != "")
	}
	if advice == "" && rest == "" {
		if near := spelling.Nearest(name, visibleNames(f)); near != "" {
			advice = "did you mean --" + near + "?"
		}
	}
	if advice == "" {
		return err
	}
	return fmt.Errorf("%w: %s", err, advice)
}

// unknownShort is the error of an unknown short option with which rest begins, which ends
// a word of args: pflag leaves out of the word what it has read already.
func unknownShort(f *pflag.FlagSet, args []string, rest string) error {
	typed := "-" + rest
	for _, word := range shortWords(f, args) {
		if strings.HasSuffix(word, rest) && unknownAt(f, word) == len(word)-len(rest) {
			typed = word
			break
		}
	}
	letter, _ := utf8.DecodeRuneInString(rest)
	return fmt.Errorf("unknown shorthand flag: %q in %s", letter, typed)
}

// unknownAt is where the first short option stands in word that f has none of, -1 if
// there is none before a value.
func unknownAt(f *pflag.FlagSet, word string) int {
	for i := 1; i < len(word); i++ {
		flag := f.ShorthandLookup(word[i : i+1])
		switch {
		case flag == nil:
			return i
		case flag.NoOptDefVal == "", flag.Value.Type() != "bool", strings.HasPrefix(word[i+1:], "="):
			return -1
		}
	}
	return -1
}

// visibleNames yields the long names of the options of f.
func visibleNames(f *pflag.FlagSet) iter.Seq[string] {
	return func(yield func(string) bool) {
		more := true
		f.VisitAll(func(flag *pflag.Flag) {
			if more && !flag.Hidden {
				more = yield(flag.Name)
			}
		})
	}
}

// foreignAdvice says what to write for an option that GNU parallel or GNU xargs has, by
// its long name, which may be shortened as theirs, or its letter. It is "" for one that
// they have not either.
func foreignAdvice(own *pflag.FlagSet, name string, short bool) string {
	var o Options
	parallel := parallelFlags(&o)
	var flag *pflag.Flag
	if short {
		flag = parallel.ShorthandLookup(name)
	} else if flag = parallel.Lookup(name); flag != nil && flag.Hidden { // of one letter
		flag = nil
	}
	switch {
	case flag == nil && short:
		return xargsAdvice(own, name[0])
	case flag == nil:
		return ""
	case own.Lookup(flag.Name) != nil:
		return "did you mean --" + flag.Name + "?"
	}
	if flag.Name == "M" || slices.Contains(ignoredFlags(), flag.Name) {
		return "it is not needed: leave it out"
	}
	return orAs(parallelEquivalent(flag.Name), "parallel")
}

// xargsAdvice is foreignAdvice for a short option of GNU xargs, whose long ones are all
// in own.
func xargsAdvice(own *pflag.FlagSet, letter byte) string {
	for _, option := range xargsTable() {
		if option.Short != letter {
			continue
		}
		if option.Long != "" && own.Lookup(option.Long) != nil {
			return orAs("use --"+option.Long, "xargs")
		}
		return orAs("", "xargs")
	}
	return ""
}

// orAs offers another program's place besides what may be written instead.
func orAs(instead, program string) string {
	if instead == "" {
		return "xpool --as " + program + " has it"
	}
	return instead + ", or xpool --as " + program
}

// parallelEquivalent is what to write instead of an option that only GNU parallel has, ""
// if there is nothing for it.
func parallelEquivalent(name string) string {
	switch name {
	case "sshlogin", "sshloginfile", "slf":
		return "use --on ssh:HOST"
	case "tmpdir", "tempdir":
		return "set TMPDIR"
	case "jl", "res", "result":
		return "use --" + longName(name)
	case "xapply":
		return "use --link"
	case "no-keep-order":
		return "use --unordered"
	case "v":
		return "use -t"
	}
	return ""
}
