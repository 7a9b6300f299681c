package progress

import (
	"math"
	"time"
)

// The pace of lines in a log. CI systems end a job that says nothing for
// minutes, but a log of hours should stay short.
const (
	firstLine = 10 * time.Second
	lastGap   = 60 * time.Second
)

// A pace says when the next line of a log is due: after ten seconds, then at
// gaps that grow by half, up to a minute.
type pace struct {
	next time.Time
	gap  time.Duration
}

func newPace(start time.Time) pace { return pace{next: start.Add(firstLine), gap: firstLine} }

// due reports whether a line is due, and if so takes it as written.
func (p *pace) due(now time.Time) bool {
	if now.Before(p.next) {
		return false
	}
	p.next = now.Add(p.gap)
	p.gap = min(p.gap*3/2, lastGap).Truncate(time.Second)
	return true
}

// A speed looks back for a quarter of the run, and at least so long; what is
// older counts for a third and less. In a long run of slow tasks a shorter
// memory would see either a burst or nothing.
const (
	minMemory   = 15 * time.Second
	memoryShare = 4
)

// A speed is an exponentially weighted mean of tasks in a second. In the
// beginning, where there is no past, it is the plain mean.
type speed struct {
	start  time.Time
	last   time.Time
	done   int64
	rate   float64
	weight float64 // how much of the past there is, from 0 to 1
}

func newSpeed(start time.Time) speed { return speed{start: start, last: start} }

// at returns the speed at a moment when so many tasks are done.
func (s *speed) at(now time.Time, done int64) float64 {
	if dt := now.Sub(s.last).Seconds(); dt > 0 {
		memory := max(minMemory, now.Sub(s.start)/memoryShare)
		keep := math.Exp(-dt / memory.Seconds())
		s.rate = s.rate*keep + float64(done-s.done)/dt*(1-keep)
		s.weight = s.weight*keep + (1 - keep)
		s.last, s.done = now, done
	}
	if s.weight == 0 {
		return 0
	}
	return max(s.rate/s.weight, 0)
}
