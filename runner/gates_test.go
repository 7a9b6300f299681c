package runner

import (
	"testing"
	"time"

	"xpool/pool"
	"xpool/runner/pace"
	"xpool/runner/value"
)

var (
	_ pool.Gate        = (*gates)(nil)
	_ pool.EndedGate   = (*gates)(nil)
	_ pool.KillingGate = (*gates)(nil)
	_ pool.FailingGate = (*gates)(nil)
)

// TestGatesWaiting holds that what tasks wait for is told when they do for a while, and
// not when none of them asks any more.
func TestGatesWaiting(t *testing.T) {
	var g gates
	if g.gate() != nil || g.waiting(time.Now()) != "" {
		t.Error("there is a gate without an option")
	}
	var err error
	if g.Gates, err = pace.Open(pace.Config{Delay: value.Delay{First: 10 * time.Second}}); err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	gate, start := g.gate(), time.Now()
	const told = "a delay of 10s"
	for _, step := range []struct {
		at    time.Duration
		ask   bool // the pool has a task that could begin
		begin bool
		want  string
	}{
		{at: 0, ask: true, begin: true, want: ""},
		{at: 5 * time.Second, want: ""}, // nobody has asked
		{at: 6 * time.Second, ask: true, want: ""},
		{at: 6500 * time.Millisecond, ask: true, want: ""}, // not for long enough
		{at: 7 * time.Second, want: told},
		{at: 9 * time.Second, ask: true, want: told},
		{at: 10 * time.Second, ask: true, want: ""},
		{at: 10 * time.Second, begin: true, want: ""},
		{at: 11 * time.Second, ask: true, want: ""},
		{at: 19 * time.Second, want: told},
		{at: 22 * time.Second, want: ""}, // nobody has come back
	} {
		now := start.Add(step.at)
		if step.ask {
			gate.Wait(now)
		}
		if step.begin {
			gate.Began(now)
		}
		if got := g.waiting(now); got != step.want {
			t.Errorf("at %v: waiting for %q, want %q", step.at, got, step.want)
		}
	}
}
