package runner

import (
	"slices"
	"testing"
)

func TestDeeper(t *testing.T) {
	tests := []struct {
		env  environment
		want string // of XPOOL_DEPTH; empty if it is refused
	}{
		{nil, "1"},
		{environment{"XPOOL_DEPTH=1"}, "2"},
		{environment{"XPOOL_DEPTH=9"}, "10"},
		{environment{"XPOOL_DEPTH=10"}, ""},
		{environment{"XPOOL_DEPTH=99999999999999999999"}, ""},
		{environment{"XPOOL_DEPTH=1", "XPOOL_DEPTH=10"}, ""},
		{environment{"XPOOL_DEPTH="}, "1"},
		{environment{"XPOOL_DEPTH=-3"}, "1"},
		{environment{"XPOOL_DEPTH=x"}, "1"},
		{environment{"XPOOL_DEPTH=10", "XPOOL_MAX_DEPTH="}, ""},
		{environment{"XPOOL_DEPTH=10", "XPOOL_MAX_DEPTH=-1"}, ""},
		{environment{"XPOOL_DEPTH=10", "XPOOL_MAX_DEPTH=11"}, "11"},
		{environment{"XPOOL_DEPTH=3", "XPOOL_MAX_DEPTH=3"}, ""},
		{environment{"XPOOL_MAX_DEPTH=0"}, ""},
		{environment{"XPOOL_DEPTH=3", "XPOOL_MAX_DEPTH=99999999999999999999"}, "4"},
	}
	for _, tt := range tests {
		before := slices.Clone(tt.env)
		got, err := tt.env.deeper()
		if (err != nil) != (tt.want == "") || got.get(depthVariable) != tt.want {
			t.Errorf("%q: %q, %v; want %q", tt.env, got, err, tt.want)
		}
		if !slices.Equal(tt.env, before) {
			t.Errorf("%q was changed", before)
		}
	}
}
