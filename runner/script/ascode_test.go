package script

import "testing"

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
