package runner

import (
	"slices"
	"testing"
)

func TestGlued(t *testing.T) {
	o := defaultOptions()
	f := newFlags(&o)
	for _, tt := range []struct{ args, want []string }{
		{[]string{"-i{}", "echo"}, []string{"-i={}", "echo"}},
		{[]string{"-kiXX", "-j2", "-iY"}, []string{"-ki=XX", "-j2", "-i=Y"}},
		{[]string{"-i", "{}"}, []string{"-i", "{}"}},
		{[]string{"-i=X", "-i", "-k"}, []string{"-i=X", "-i", "-k"}},
		{[]string{"-I", "-iX", "-iY"}, []string{"-I", "-iX", "-i=Y"}},
		{[]string{"-jiX", "--jobs", "-iX", "--jobs=2", "-iX"}, []string{"-jiX", "--jobs", "-iX", "--jobs=2", "-i=X"}},
		{[]string{"--keep-order", "-iX"}, []string{"--keep-order", "-i=X"}},
		{[]string{"sed", "-i.bak"}, []string{"sed", "-i.bak"}},
		{[]string{"--", "-iX"}, []string{"--", "-iX"}},
		{[]string{"-k", "-", "-iX"}, []string{"-k", "-", "-iX"}},
		{[]string{"-kZiX"}, []string{"-kZiX"}},
		{[]string{"-é", ""}, []string{"-é", ""}},
		{nil, nil},
	} {
		args := slices.Clone(tt.args)
		if got := glued(f, args); !slices.Equal(got, tt.want) {
			t.Errorf("%q: %q, want %q", tt.args, got, tt.want)
		}
		if !slices.Equal(args, tt.args) {
			t.Errorf("%q was changed", tt.args)
		}
	}
}
