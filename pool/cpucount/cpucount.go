// Package cpucount counts the CPUs that this process may really use, which is what a pool should be as large as.
//
// It is the rule that loky goes by: the smaller one of the CPUs in the scheduler affinity and the CPU time that the
// cgroups leave, rounded up, and at least 1. Other than loky and the Go runtime, which look at one cgroup, it looks at the
// process's own cgroup and at all those above it that can be seen, in both versions of cgroups; and unlike
// GOMAXPROCS, it goes down to 1.
package cpucount

import (
	"fmt"
	"strconv"
)

// Count is a number of CPUs and where it comes from.
type Count struct {
	CPUs int    // at least 1
	Why  string // what sets the number: "affinity 2 of 8 CPUs", "cgroup quota 2.5 at /sys/fs/cgroup/x"
}

// String returns both: "2: affinity 2 of 8 CPUs".
func (c Count) String() string { return strconv.Itoa(c.CPUs) + ": " + c.Why }

// Available returns the number of CPUs that this process may use now, at least 1. It takes well under a millisecond, asks
// the system at each call, and cannot fail: what cannot be read sets no limit.
func Available() int { return available() }

// Explain is Available with the reason.
func Explain() Count { return explain() }

// quota is a limit of CPU time that some cgroup sets.
type quota struct {
	micros int64  // of CPU time in a period
	period int64  // in microseconds; zero means no limit
	dir    string // the directory of the cgroup
}

// cpus returns the limit as a number of CPUs, which may be less than 1.
func (q quota) cpus() float64 { return float64(q.micros) / float64(q.period) }

// ceil returns the limit rounded up to whole CPUs.
func (q quota) ceil() int64 { return (q.micros-1)/q.period + 1 }

// tighter reports whether q is a limit, and lower than other.
func (q quota) tighter(other quota) bool {
	return q.period > 0 && (other.period == 0 || q.cpus() < other.cpus())
}

// decide returns the number of CPUs of a process that may run on affinity out of online CPUs (zero: unknown).
func decide(affinity, online int, q quota) Count {
	affinity = max(affinity, 1)
	switch {
	case q.period > 0 && q.ceil() < int64(affinity):
		why := fmt.Sprintf("cgroup quota %s at %s", strconv.FormatFloat(q.cpus(), 'g', 3, 64), q.dir)
		return Count{CPUs: max(int(q.ceil()), 1), Why: why}
	case affinity < online:
		return Count{CPUs: affinity, Why: fmt.Sprintf("affinity %d of %d CPUs", affinity, online)}
	case affinity == 1:
		return Count{CPUs: 1, Why: "the only CPU"}
	}
	return Count{CPUs: affinity, Why: fmt.Sprintf("all %d CPUs", affinity)}
}
