package halt

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"xpool/runner/value"
)

func relative(t testing.TB, s string) *RelativeTimeout {
	t.Helper()
	v, err := value.ParseTimeout(s)
	if err != nil {
		t.Fatal(err)
	}
	return NewRelativeTimeout(v)
}

func TestRelativeTimeout(t *testing.T) {
	tests := []struct {
		asked string
		add   []time.Duration
		want  time.Duration // 0: no limit
	}{
		{"0", []time.Duration{5}, 0},
		{"1m", nil, time.Minute},
		{"1m", []time.Duration{5}, time.Minute},
		{"200%", nil, 0},
		{"200%", []time.Duration{5}, 10},
		{"200%", []time.Duration{9, 1}, 2},
		{"200%", []time.Duration{9, 1, 5}, 10},
		{"200%", []time.Duration{9, 9, 1, 1}, 2},
		{"150%", []time.Duration{-4}, 1}, // of the nanosecond that stands for none
		{"0%", []time.Duration{5}, 0},
	}
	for _, tt := range tests {
		r := relative(t, tt.asked)
		for _, d := range tt.add {
			r.Add(d)
		}
		if got, ok := r.Limit(); got != tt.want || ok != (tt.want > 0) {
			t.Errorf("%s after %v: %v, %v; want %v", tt.asked, tt.add, got, ok, tt.want)
		}
	}
}

// The median is that of the last run times, however many there were, and memory stays.
func TestRelativeTimeoutWindow(t *testing.T) {
	r := relative(t, "100%")
	random := rand.New(rand.NewPCG(1, 2))
	var all []time.Duration
	for n := range 5 * window {
		d := time.Duration(1 + random.IntN(1000)) // so that many are equal
		r.Add(d)
		all = append(all, d)
		if n%97 != 0 && n < 4*window {
			continue
		}
		last := slices.Sorted(slices.Values(all[max(0, len(all)-window):]))
		if got, _ := r.Limit(); got != last[(len(last)-1)/2] {
			t.Fatalf("after %d: %v, want %v", n+1, got, last[(len(last)-1)/2])
		}
	}
	if len(r.recent) != window || len(r.sorted) != window || cap(r.sorted) > 4*window {
		t.Errorf("%d and %d run times are kept (room for %d)", len(r.recent), len(r.sorted), cap(r.sorted))
	}
}

func BenchmarkRelativeTimeout(b *testing.B) {
	r := relative(b, "200%")
	random := rand.New(rand.NewPCG(1, 2))
	for b.Loop() {
		r.Add(time.Duration(random.Int64N(1e9)))
		r.Limit()
	}
}
