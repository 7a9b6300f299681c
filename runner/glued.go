package runner

import (
	"slices"
	"strings"

	"github.com/spf13/pflag"
)

// glued returns args with a = before a value that is glued to a short option which can
// be without one, as in -i{}: pflag takes that for more short options. What follows the
// options is left alone.
func glued(f *pflag.FlagSet, args []string) []string {
	for i := 0; i < len(args); i++ {
		word := args[i]
		if len(word) < 2 || word[0] != '-' || word == "--" {
			return args
		}
		if long, ok := strings.CutPrefix(word, "--"); ok {
			if flag := f.Lookup(long); flag != nil && flag.NoOptDefVal == "" {
				i++ // the next word is its value
			}
			continue
		}
		end, alone := valueAt(f, word)
		switch {
		case end == len(word) && alone:
			i++
		case end < len(word) && !alone:
			args = slices.Clone(args)
			args[i] = word[:end] + "=" + word[end:]
		}
	}
	return args
}

// valueAt looks for the first short option in word that takes a value, and returns where
// that begins, and whether it has to have one. Without such an option it is the end of
// word, and false.
func valueAt(f *pflag.FlagSet, word string) (at int, needed bool) {
	for i := 1; i < len(word); i++ {
		flag := f.ShorthandLookup(word[i : i+1])
		switch {
		case flag == nil: // pflag says so
			return len(word), false
		case flag.NoOptDefVal == "":
			return i + 1, true
		case flag.Value.Type() != "bool" && !strings.HasPrefix(word[i+1:], "="):
			return i + 1, false
		}
	}
	return len(word), false
}
