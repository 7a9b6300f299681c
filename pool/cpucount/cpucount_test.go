package cpucount

import (
	"math"
	"testing"
)

func TestDecide(t *testing.T) {
	tests := []struct {
		name             string
		affinity, online int
		quota            quota
		want             string
	}{
		{"no limit", 8, 8, quota{}, "8: all 8 CPUs"},
		{"one", 1, 1, quota{}, "1: the only CPU"},
		{"online unknown", 4, 0, quota{}, "4: all 4 CPUs"},
		{"affinity", 2, 8, quota{}, "2: affinity 2 of 8 CPUs"},
		{"affinity of one", 1, 8, quota{}, "1: affinity 1 of 8 CPUs"},
		{"quota rounded up", 8, 8, quota{250000, 100000, "/x"}, "3: cgroup quota 2.5 at /x"},
		{"whole quota", 8, 8, quota{200000, 100000, "/x"}, "2: cgroup quota 2 at /x"},
		{"just over", 8, 8, quota{200001, 100000, "/x"}, "3: cgroup quota 2 at /x"},
		{"below one", 8, 8, quota{1000, 100000, "/x"}, "1: cgroup quota 0.01 at /x"},
		{"quota above affinity", 2, 8, quota{400000, 100000, "/x"}, "2: affinity 2 of 8 CPUs"},
		{"quota rounds to affinity", 3, 8, quota{250000, 100000, "/x"}, "3: affinity 3 of 8 CPUs"},
		{"huge quota", 4, 4, quota{math.MaxInt64, 1, "/x"}, "4: all 4 CPUs"},
		{"huge period", 4, 4, quota{1, math.MaxInt64, "/x"}, "1: cgroup quota 1.08e-19 at /x"},
		{"affinity unknown", 0, 0, quota{}, "1: the only CPU"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := decide(tt.affinity, tt.online, tt.quota).String(); got != tt.want {
				t.Errorf("decide = %q, want %q", got, tt.want)
			}
		})
	}
}

func TestExplainHere(t *testing.T) {
	c := Explain()
	if c.CPUs < 1 || c.Why == "" {
		t.Errorf("Explain() = %+v, want at least one CPU and a reason", c)
	}
	if n := Available(); n < 1 {
		t.Errorf("Available() = %d, want at least 1", n)
	}
	t.Log(c)
}

func BenchmarkAvailable(b *testing.B) {
	for b.Loop() {
		Available()
	}
}
