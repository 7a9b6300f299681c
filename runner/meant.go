package runner

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/pflag"

	"xpool/crashdetect"
)

// looseValue is a word that the option before it would have taken behind a =, and that
// begins the command as it is. The zero value is none.
type looseValue struct{ word, option, name string }

// findLooseValue looks for one in what f has parsed.
func findLooseValue(f *pflag.FlagSet, args []string) (none looseValue) {
	words := f.Args()
	if len(words) == 0 || len(words) == len(args) {
		return none
	}
	option := args[len(args)-len(words)-1]
	var flag *pflag.Flag
	if name, long := strings.CutPrefix(option, "--"); long {
		flag = f.Lookup(name)
	} else if len(option) == 2 && option[0] == '-' {
		flag = f.ShorthandLookup(option[1:])
	}
	// One that was not given is itself the value of another.
	if flag == nil || flag.NoOptDefVal == "" || flag.Value.Type() == "bool" || !flag.Changed {
		return none
	}
	other := defaultOptions()
	if newFlags(&other).Lookup(flag.Name).Value.Set(words[0]) != nil {
		return none
	}
	return looseValue{words[0], option, flag.Name}
}

// adviceOn is advice if err is that there is no such program.
func (l looseValue) adviceOn(err error) string {
	if start, ok := errors.AsType[*crashdetect.StartError](err); !ok || start.Code() != 127 || start.Program != l.word {
		return ""
	}
	return l.advice()
}

// advice says how to give the word to the option, behind another message; "" for none.
func (l looseValue) advice() string {
	if l.option == "" {
		return ""
	}
	return fmt.Sprintf("; to give it to %s, write %s", l.option, "--"+l.name+"="+quoteWord(l.word))
}
