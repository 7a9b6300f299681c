package runner

import (
	"iter"
	"slices"
	"strings"

	"github.com/spf13/pflag"
)

// glued returns args with a = before a value that is glued to a short option which can
// be without one, as in -i{}: pflag takes that for more short options. What follows the
// options is left alone.
func glued(f *pflag.FlagSet, args []string) []string {
	changed := false
	for i, word := range shortWords(f, args) {
		if end, alone := valueAt(f, word); end < len(word) && !alone {
			if !changed {
				args, changed = slices.Clone(args), true
			}
			args[i] = word[:end] + "=" + word[end:]
		}
	}
	return args
}

// shortWords yields the words of short options in args, with their places. It ends where
// the options do.
func shortWords(f *pflag.FlagSet, args []string) iter.Seq2[int, string] {
	return func(yield func(int, string) bool) {
		for i := 0; i < len(args); i++ {
			word := args[i]
			if len(word) < 2 || word[0] != '-' || word == "--" {
				return
			}
			if long, ok := strings.CutPrefix(word, "--"); ok {
				if flag := f.Lookup(long); flag != nil && flag.NoOptDefVal == "" {
					i++ // the next word is its value
				}
				continue
			}
			if !yield(i, word) {
				return
			}
			if end, alone := valueAt(f, word); end == len(word) && alone {
				i++
			}
		}
	}
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
