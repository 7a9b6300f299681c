package pace

import (
	"fmt"
	"time"

	"xpool/runner/value"
)

// Adaptive delays grow and shrink by these factors, which are GNU parallel's.
const (
	delayGrows   = 1.3
	delayShrinks = 0.9
	maxDelay     = 365 * 24 * time.Hour // so that growing never overflows
)

// delayGate keeps a distance between beginnings.
type delayGate struct {
	delay time.Duration
	auto  bool
	last  time.Time // of the last beginning; zero before the first
}

func newDelay(d value.Delay) *delayGate { return &delayGate{delay: d.First, auto: d.Auto} }

func (g *delayGate) Wait(now time.Time) time.Duration {
	if g.last.IsZero() {
		return 0
	}
	return max(g.delay-now.Sub(g.last), 0)
}

// Name implements Namer.
func (g *delayGate) Name() string {
	return fmt.Sprintf("a delay of %v", g.delay.Round(time.Millisecond))
}

func (g *delayGate) Began(now time.Time) { g.last = now }

// Ended adapts the delay. One that is nothing stays so.
func (g *delayGate) Ended(ok bool) {
	switch {
	case !g.auto:
	case ok:
		g.delay = time.Duration(float64(g.delay) * delayShrinks)
	case g.delay < maxDelay:
		g.delay = time.Duration(float64(g.delay) * delayGrows)
	}
}
