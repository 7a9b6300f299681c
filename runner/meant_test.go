package runner

import "testing"

func TestFindLooseValue(t *testing.T) {
	for _, tt := range []struct {
		args []string
		want string // the advice
	}{
		{[]string{"--progress", "plain", "x"}, "; to give it to --progress, write --progress=plain"},
		{[]string{"-j2", "--failures", "3"}, "; to give it to --failures, write --failures=3"},
		{[]string{"-0", "-i", "a b"}, "; to give it to -i, write --replace='a b'"},
		{[]string{"--reuse", "name", "x"}, "; to give it to --reuse, write --reuse=name"},
		{[]string{"--progress", "fast"}, ""},
		{[]string{"--progress", "--", "plain"}, ""},
		{[]string{"--progress", "--shell", "plain"}, ""},
		{[]string{"--progress=bar", "plain"}, ""},
		{[]string{"--tagstring", "--progress", "plain"}, ""},
		{[]string{"--tag", "true"}, ""},
		{[]string{"--jobs", "3", "plain"}, ""},
		{[]string{"plain"}, ""},
		{[]string{"--progress"}, ""},
		{nil, ""},
	} {
		o := defaultOptions()
		f := newFlags(&o)
		if err := f.Parse(tt.args); err != nil {
			t.Fatal(err)
		}
		if got := findLooseValue(f, tt.args).advice(); got != tt.want {
			t.Errorf("%q: %q, want %q", tt.args, got, tt.want)
		}
	}
}
