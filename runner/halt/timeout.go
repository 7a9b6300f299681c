package halt

import (
	"slices"
	"time"

	"xpool/runner/value"
)

// window is how many of the last run times count. The median is exact up to there, as it is in GNU parallel.
const window = 999

// A RelativeTimeout is the --timeout of a run: a percentage is one of the median run time of the tasks that were done so
// far. As in GNU parallel 20221122 one such task is enough, and a task may run for ever before there is one; only values
// over 100% make sense. The limit holds for the tasks that run already, too. Beyond 999 tasks the last 999 count, so that
// memory is bounded and the limit follows what the tasks take now.
//
// It belongs to one goroutine. The zero value is no limit.
type RelativeTimeout struct {
	asked  value.Timeout
	recent []time.Duration // in the order in which they came, a ring once full
	next   int             // where the next one goes in the full ring: the oldest
	sorted []time.Duration // the same in order of length
}

// NewRelativeTimeout returns the timeout that was asked for, as it is before any task has ended.
func NewRelativeTimeout(t value.Timeout) *RelativeTimeout { return &RelativeTimeout{asked: t} }

// Add counts the run time of a task that was done; those of others must not be added. A negative time counts as none.
func (r *RelativeTimeout) Add(d time.Duration) {
	if !r.asked.Relative() {
		return
	}
	d = max(d, 0)
	if len(r.recent) < window {
		r.recent = append(r.recent, d)
	} else {
		i, _ := slices.BinarySearch(r.sorted, r.recent[r.next])
		r.sorted = slices.Delete(r.sorted, i, i+1)
		r.recent[r.next] = d
		r.next = (r.next + 1) % window
	}
	i, _ := slices.BinarySearch(r.sorted, d)
	r.sorted = slices.Insert(r.sorted, i, d)
}

// Limit returns how long a task may run as things stand; ok is false if there is no limit, or none yet. Of an even
// number of run times the shorter one in the middle counts.
func (r *RelativeTimeout) Limit() (d time.Duration, ok bool) {
	if !r.asked.Relative() {
		return r.asked.Of(0)
	}
	if len(r.sorted) == 0 {
		return 0, false
	}
	return r.asked.Of(r.sorted[(len(r.sorted)-1)/2])
}
