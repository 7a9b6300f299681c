package script

import (
	"strings"
	"testing"
)

func TestAsCode(t *testing.T) {
	for src, want := range map[string]bool{
		`sh -c "echo {}"`: true,
		`sh -c 'echo {}'`: true,
		`sh -c {}`:        true,
		`/bin/bash --norc -eo pipefail -c "ls {}"`: true,
		`cd /; env A=b timeout 9 dash -ec "{}"`:    true,
		`x=$(zsh -c "{}")`:                         true,
		`eval echo {}`:                             true,
		`command eval "echo {}"`:                   true,
		`ssh host ls {}`:                           true,
		`nice ssh -4p 22 -o A=b u@host -T "ls {}"`: true,
		`sh -c 'exec "$@"' _ ssh host {}`:          true,
		`ssh {} uptime`:                            false,
		`ssh -p {} host uptime`:                    false,
		`ssh -i {} host`:                           false,
		`rsync -e ssh here {}`:                     false,
		`sh -c "echo"`:                             false, // the record is its $0
		`sh -c 'echo "$1"' _ {}`:                   false,
		`bash {}`:                                  false,
		`bash -x {}`:                               false,
		`echo eval {}`:                             false,
		`grep -c {} file`:                          false,
		`echo {}`:                                  false,
	} {
		s, err := Compile(src, Options{Dialect: Bash})
		if err != nil {
			t.Errorf("%s: %v", src, err)
		} else if s.AsCode != want {
			t.Errorf("%s: %v, want %v", src, s.AsCode, want)
		}
	}
}

func TestAsCodeOfProgram(t *testing.T) {
	word := func(s string) Word {
		lead, _, found := strings.Cut(s, "{}")
		return Word{Lead: lead, Replaced: found}
	}
	for _, tt := range []struct {
		words []string
		want  bool
	}{
		{[]string{"sh", "-c", "echo {}"}, true},
		{[]string{"sudo", "/bin/bash", "-lc", "{}"}, true},
		{[]string{"ssh", "-p", "22", "host", "ls", "{}"}, true},
		{[]string{"sh", "-c", `echo "$1"`, "_", "{}"}, false},
		{[]string{"ssh", "{}", "uptime"}, false},
		{[]string{"{}", "-c", "{}"}, false},
		{[]string{"gzip", "{}"}, false},
		{nil, false},
	} {
		var words []Word
		for _, w := range tt.words {
			words = append(words, word(w))
		}
		if got := AsCode(words); got != tt.want {
			t.Errorf("%q: %v, want %v", tt.words, got, tt.want)
		}
	}
}
