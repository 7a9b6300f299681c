package runner

import (
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

// TestUnknownOption looks at what stands behind the words that pflag has for it.
func TestUnknownOption(t *testing.T) {
	for _, tt := range []struct {
		args []string
		want string
	}{
		{[]string{"-X5"}, "shorthand flag: '5' in -X5"},
		{[]string{"-Xq5"}, "shorthand flag: '5' in -Xq5"},
		{[]string{"-5"}, "shorthand flag: '5' in -5"},
		{[]string{"-i=X5", "-kX5"}, "shorthand flag: '5' in -kX5"},
		{[]string{"-iX5", "-j5", "-I", "-X5", "-k5"}, "shorthand flag: '5' in -k5"},
		{[]string{"-X5=2"}, "shorthand flag: '5' in -X5=2"},
		{[]string{"-é"}, "shorthand flag: 'é' in -é"},
		{[]string{"-y"}, "shorthand flag: 'y' in -y"},
		{[]string{"-S", "big"}, "shorthand flag: 'S' in -S: use --on ssh:HOST, or xpool --as parallel"},
		{[]string{"-J", "x"}, "shorthand flag: 'J' in -J: xpool --as parallel has it"},
		{[]string{"-v"}, "shorthand flag: 'v' in -v: use -t, or xpool --as parallel"},
		{[]string{"-M"}, "shorthand flag: 'M' in -M: it is not needed: leave it out"},
		{[]string{"-l"}, "shorthand flag: 'l' in -l: use --max-lines, or xpool --as xargs"},
		{[]string{"-eEND"}, "shorthand flag: 'e' in -eEND: use --eof, or xpool --as xargs"},
		{[]string{"--tmpdir=x"}, "flag: --tmpdir: set TMPDIR, or xpool --as parallel"},
		{[]string{"--jl", "x"}, "flag: --jl: use --joblog, or xpool --as parallel"},
		{[]string{"--result", "x"}, "flag: --result: use --results, or xpool --as parallel"},
		{[]string{"--no-notice"}, "flag: --no-notice: it is not needed: leave it out"},
		{[]string{"--sockets"}, "flag: --sockets"},
		{[]string{"--minvers=3"}, "flag: --minvers: xpool --as parallel has it"},
		{[]string{"--keep"}, "flag: --keep: did you mean --keep-order?"},
		{[]string{"--explian"}, "flag: --explian: did you mean --explain?"},
		{[]string{"--onall"}, "flag: --onall"},
		{[]string{"--v"}, "flag: --v"},
	} {
		if _, err := parseOptions(tt.args); err == nil || err.Error() != "unknown "+tt.want {
			t.Errorf("%q: %v, want %q", tt.args, err, "unknown "+tt.want)
		}
	}
}

// TestForeignAdvice holds that there is advice for each option that only the others have,
// and that it names options that there are.
func TestForeignAdvice(t *testing.T) {
	var o, theirs Options
	own := newFlags(&o)
	check := func(name string, short bool) {
		advice := foreignAdvice(own, name, short)
		if advice == "" {
			t.Errorf("%s: no advice", name)
		}
		for word := range strings.FieldsSeq(advice) {
			option, long := strings.CutPrefix(strings.TrimRight(word, ",?"), "--")
			if long && own.Lookup(option) == nil {
				t.Errorf("%s: %s: there is no --%s", name, advice, option)
			}
		}
	}
	parallelFlags(&theirs).VisitAll(func(f *pflag.Flag) {
		if own.Lookup(f.Name) != nil {
			return
		}
		if !f.Hidden {
			check(f.Name, false)
		}
		if f.Shorthand != "" {
			check(f.Shorthand, true)
		}
	})
	for _, option := range xargsTable() {
		if option.Long != "" && own.Lookup(option.Long) == nil {
			t.Errorf("--%s of xargs is no option here, and there is no advice for it", option.Long)
		}
		if letter := string([]byte{option.Short}); option.Short != 0 && own.ShorthandLookup(letter) == nil {
			check(letter, true)
		}
	}
}
