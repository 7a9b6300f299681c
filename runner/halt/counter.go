package halt

import (
	"cmp"
	"math/bits"
)

// mostFailures is the largest number of failed tasks that GNU parallel's exit status tells; one more stands for all beyond.
const mostFailures = 100

// A Result is how a task ended for good, after its retries.
type Result struct {
	// Status is 0 if the task was done. For one that failed it is what GNU parallel would exit with for it alone, 1 to
	// 255: its exit status, 128+N for one that signal N killed, 255 for one that was timed out.
	Status int

	// Stopped is true if the run itself ended the task, because a limit was reached or the user interrupted. Such a
	// task is not counted, whatever its Status: it neither failed nor was it done.
	Stopped bool
}

// A Counter applies a Policy to the tasks of one run, in the order in which they end. It belongs to one goroutine. The
// zero value counts for the policy never; New makes others.
type Counter struct {
	policy  Policy
	failed  uint64
	done    uint64 // ended, failed or not
	total   uint64 // valid if known
	known   bool
	reached bool
	last    int // the status of the last task that the policy looks at
	status  int // GNU parallel's exit status; valid once reached
}

// New returns a counter that has seen no task.
func New(p Policy) *Counter { return &Counter{policy: p} }

// Add counts a task that has ended, and returns what the run does now: Never to go on, Soon to begin nothing more, Now to
// kill what runs as well. Once it is not Never it stays what it is.
func (c *Counter) Add(r Result) When {
	if r.Stopped {
		return c.State()
	}
	c.done++
	if r.Status != 0 {
		c.failed++
	}
	if c.policy.why.counts(r) {
		c.last = r.Status
		c.check()
	}
	return c.State()
}

// counts reports whether a policy looks at such a task: a limit is reached by a task of its own kind only.
func (w Why) counts(r Result) bool {
	switch w {
	case Fail:
		return r.Status != 0
	case Success:
		return r.Status == 0
	}
	return true
}

// Counts reports whether a task that ended so brings the end of the run nearer. The policy never looks at none.
func (p Policy) Counts(r Result) bool { return p.when != Never && !r.Stopped && p.why.counts(r) }

// SetTotal tells how many tasks there are in all, as soon as that is known; before, a percentage is not reached. It
// returns what the run does now, as Add does: the tasks that have ended may be enough. A total below what has ended is
// taken for that.
func (c *Counter) SetTotal(tasks int) When {
	c.total, c.known = max(uint64(max(tasks, 0)), c.done), true
	if c.policy.percent && c.counted() > 0 {
		c.check()
	}
	return c.State()
}

// State returns what the run does, as Add did last.
func (c *Counter) State() When {
	if c.reached {
		return c.policy.when
	}
	return Never
}

// Status returns the exit status that GNU parallel would have if the run ended now; the package comment has the table.
// A percentage that was not reached is one of the total if that is known, else of the tasks that have ended.
func (c *Counter) Status() int {
	switch {
	case c.reached:
		return c.status
	case !c.policy.NeedsTotal():
		return failures(c.failed)
	case c.known:
		return percentage(c.failed, c.total)
	}
	return percentage(c.failed, c.done)
}

// counted returns how many tasks of the policy's kind have ended.
func (c *Counter) counted() uint64 {
	switch c.policy.why {
	case Fail:
		return c.failed
	case Success:
		return c.done - c.failed
	}
	return c.done
}

// check looks whether the limit is reached, and keeps the exit status as it is then.
func (c *Counter) check() {
	p := c.policy
	if c.reached || p.when == Never || p.percent && !c.known {
		return
	}
	order := c.compare(c.counted())
	if order < 0 {
		return
	}
	c.reached = true
	switch {
	case p.why == Success:
		c.status = 0
	case c.compare(1) == 0 && c.counted() == 1:
		c.status = c.last
	case p.percent:
		c.status = percentage(c.failed, c.total)
	default:
		c.status = failures(c.failed)
	}
}

// compare returns whether n tasks are fewer than the limit (-1), just the limit (0) or more (1).
func (c *Counter) compare(n uint64) int {
	if !c.policy.percent || c.policy.n == 0 {
		return cmp.Compare(n, max(c.policy.n, 1))
	}
	hi, lo := bits.Mul64(n, 100)
	limitHi, limitLo := bits.Mul64(c.total, c.policy.n)
	return cmp.Or(cmp.Compare(hi, limitHi), cmp.Compare(lo, limitLo))
}

// failures returns the exit status that tells a number of failed tasks.
func failures(n uint64) int { return int(min(n, mostFailures+1)) }

// percentage returns part/whole in hundredths, rounded up, 100 at most.
func percentage(part, whole uint64) int {
	if whole == 0 {
		return 0
	}
	hi, lo := bits.Mul64(min(part, whole), 100)
	q, r := bits.Div64(hi, lo, whole) // hi < whole: Div64 cannot overflow
	if r != 0 {
		q++
	}
	return int(q)
}
