package runner

import (
	"sync"

	"xpool/crashdetect"
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

func newTimeLimit(r *run) *timeLimit {
	return &timeLimit{run: r, times: halt.NewRelativeTimeout(r.opts.Timeout)}
}

func (l *timeLimit) began(*task) {}

func (l *timeLimit) ended(_ *task, res pool.Result) {
	if res.Verdict.Kind != crashdetect.Exit || !res.Verdict.OK() {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.times.Add(res.End.Sub(res.Start))
	if d, ok := l.times.Limit(); ok {
		l.run.pool.SetTimeout(d)
	}
}
