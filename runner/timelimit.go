package runner

import (
	"sync"
	"time"

	"xpool/pool"
	"xpool/runner/halt"
)

// timeLimit is the sink that knows how long tasks take, for a time limit that is a
// part of that.
type timeLimit struct {
	run *run

	mu    sync.Mutex
	times *halt.RelativeTimeout
}

// limitUnit is what a time limit is rounded up to: what a task takes beyond that is
// an accident of the machine, and nobody wants to read it.
const limitUnit = 10 * time.Millisecond

// leastLimit is what a limit of that kind comes to at least: of a median of
// milliseconds no multiple tells a task that hangs from one that was kept waiting.
const leastLimit = time.Second

func newTimeLimit(r *run) *timeLimit {
	return &timeLimit{run: r, times: halt.NewRelativeTimeout(r.opts.Timeout)}
}

func (l *timeLimit) began(*task) {}

func (l *timeLimit) ended(_ *task, res pool.Result) {
	if !res.Verdict.OK() {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.times.Add(res.End.Sub(res.Start))
	if d, ok := l.times.Limit(); ok {
		l.run.pool.SetTimeout(max((d + limitUnit - 1).Truncate(limitUnit), leastLimit))
	}
}
