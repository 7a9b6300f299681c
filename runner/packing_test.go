package runner

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"xpool/runner/pack"
)

// TestPacking gives options one after the other: the last of -n, -L and -I counts,
// and each that is dropped is told by the name of the one that dropped it.
func TestPacking(t *testing.T) {
	tests := []struct {
		options  string
		want     pack.Limits
		replaces bool
		warnings []string // "dropped by"
	}{
		{"", pack.Limits{}, false, nil},
		{"n3", pack.Limits{MaxArgs: 3}, false, nil},
		{"n3 n4", pack.Limits{MaxArgs: 4}, false, nil},
		{"L3", pack.Limits{MaxLines: 3}, false, nil},
		{"I%", pack.Limits{Replace: "%"}, true, nil},
		{"I% I@", pack.Limits{Replace: "@"}, true, nil},
		{"I", pack.Limits{}, true, nil},
		{"s30 n2", pack.Limits{MaxArgs: 2, MaxChars: 30}, false, nil},
		{"s30 I%", pack.Limits{Replace: "%", MaxChars: 30}, true, nil},

		{"n3 L2", pack.Limits{MaxLines: 2}, false, []string{"max-args -L"}},
		{"L2 n3", pack.Limits{MaxArgs: 3}, false, []string{"max-lines --max-args/-n"}},
		{"n3 I%", pack.Limits{Replace: "%"}, true, []string{"max-args --replace/-I/-i"}},
		{"L3 I%", pack.Limits{Replace: "%"}, true, []string{"max-lines --replace/-I/-i"}},
		{"I% n3", pack.Limits{MaxArgs: 3}, false, []string{"replace --max-args/-n"}},
		{"I% L3", pack.Limits{MaxLines: 3}, false, []string{"replace -L"}},
		{"I n3", pack.Limits{MaxArgs: 3}, false, []string{"replace --max-args/-n"}},

		{"I% n1", pack.Limits{Replace: "%"}, true, nil},
		{"n1 I%", pack.Limits{Replace: "%"}, true, []string{"max-args --replace/-I/-i"}},
		{"I% n3 n1", pack.Limits{MaxArgs: 1}, false, []string{"replace --max-args/-n"}},
		{"n3 L2 I% n2 L1", pack.Limits{MaxLines: 1}, false,
			[]string{"max-args -L", "max-lines --replace/-I/-i", "replace --max-args/-n", "max-args -L"}},
	}
	for _, tt := range tests {
		var p packing
		for _, o := range strings.Fields(tt.options) {
			setPacking(t, &p, o)
		}
		var warnings []string
		for _, w := range tt.warnings {
			dropped, by, _ := strings.Cut(w, " ")
			warnings = append(warnings, fmt.Sprintf(
				"warning: options --%s and %s are mutually exclusive, ignoring previous --%s value", dropped, by, dropped))
		}
		if p.limits != tt.want || p.replaces != tt.replaces || p.asked != (tt.options != "") {
			t.Errorf("%q: %+v", tt.options, p)
		}
		if !slices.Equal(p.warnings, warnings) {
			t.Errorf("%q warns\n%q, want\n%q", tt.options, p.warnings, warnings)
		}
	}
}

// setPacking sets an option, which is its letter and its value.
func setPacking(t *testing.T, p *packing, option string) {
	t.Helper()
	n := 0
	if option[0] != 'I' {
		if _, err := fmt.Sscan(option[1:], &n); err != nil {
			t.Fatal(err)
		}
	}
	switch option[0] {
	case 'n':
		p.setArgs(n)
	case 'L':
		p.setLines(n, "-L")
	case 's':
		p.setChars(n)
	case 'I':
		p.setReplace(option[1:])
	default:
		t.Fatalf("no option %q", option)
	}
}

// TestParsePacking holds the flags of native mode to the numbers and names that
// reach the packing.
func TestParsePacking(t *testing.T) {
	tests := []struct {
		args string
		want pack.Limits
		bad  bool
	}{
		{"-n2 echo", pack.Limits{MaxArgs: 2}, false},
		{"--max-args 2 echo", pack.Limits{MaxArgs: 2}, false},
		{"-L 2 echo", pack.Limits{MaxLines: 2}, false},
		{"--max-lines echo", pack.Limits{MaxLines: 1}, false},
		{"--max-lines=3 echo", pack.Limits{MaxLines: 3}, false},
		{"-I% echo %", pack.Limits{Replace: "%"}, false},
		{"-I % echo %", pack.Limits{Replace: "%"}, false},
		{"-i echo {}", pack.Limits{Replace: "{}"}, false},
		{"--replace=R echo R", pack.Limits{Replace: "R"}, false},
		{"-s 100 -x echo", pack.Limits{MaxChars: 100, Exit: true}, false},
		{"-n 99999999999999999999 echo", pack.Limits{MaxArgs: int(^uint(0) >> 1)}, false},
		{"-n 010 echo", pack.Limits{MaxArgs: 10}, false},
		{"-n 0 echo", pack.Limits{}, true},
		{"-n -1 echo", pack.Limits{}, true},
		{"-L 1x echo", pack.Limits{}, true},
		{"-s -99999999999999999999 echo", pack.Limits{}, true},
		{"-n 2", pack.Limits{}, true},
		{"-L 2", pack.Limits{}, true},
		{"-s 2", pack.Limits{}, true},
		{"-I= ::: a", pack.Limits{}, true},
	}
	for _, tt := range tests {
		o, err := parseOptions(strings.Fields(tt.args))
		if (err != nil) != tt.bad {
			t.Errorf("%q: error %v", tt.args, err)
		} else if err == nil && o.Packing.limits != tt.want {
			t.Errorf("%q: %+v, want %+v", tt.args, o.Packing.limits, tt.want)
		}
	}
}
