package runner

import (
	"fmt"
	"sort"
	"strings"
	"sync"
	"syscall"

	"xpool/crashdetect"
	"xpool/pool"
)

// ledger counts how tasks ended. It may be used from any goroutine.
type ledger struct {
	mu      sync.Mutex
	started int64 // tasks that were made of records
	all     bool  // there will be no more
	unbegun bool  // one that was made did not begin because the run ended
	running int64
	over    int64
	failed  int64
	stopped int64            // of those that are over: because the run did
	unknown int64            // of those that failed: with what shells exit with if they find no command
	labels  map[string]int64 // failures of each sort
	first   int64            // lowest number of a failed task
	worst   int              // highest exit status of a task
}

func newLedger() *ledger { return &ledger{labels: map[string]int64{}} }

// enter counts a new task.
func (l *ledger) enter() {
	l.mu.Lock()
	l.started++
	l.mu.Unlock()
}

func (l *ledger) began(*task) {
	l.mu.Lock()
	l.running++
	l.mu.Unlock()
}

// complete says that there are no more records.
func (l *ledger) complete() {
	l.mu.Lock()
	l.all = true
	l.mu.Unlock()
}

// total returns how many tasks there are, once all records have been read.
func (l *ledger) total() (n int64, known bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.started, l.all
}

func (l *ledger) ended(t *task, r pool.Result) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if t.begun {
		l.running--
	} else if r.Verdict.Kind == crashdetect.Stopped {
		l.unbegun = true
		return // as if it had not been read
	}
	l.over++
	switch {
	case r.Verdict.OK():
		return
	case r.Verdict.Kind == crashdetect.Stopped:
		l.stopped++
		return
	}
	l.failed++
	if r.Verdict.Kind == crashdetect.Exit && r.Verdict.Code == commandNotFound {
		l.unknown++
	}
	l.labels[r.Verdict.Label()]++
	if l.first == 0 || r.Seq < l.first {
		l.first = r.Seq
	}
	l.worst = max(l.worst, r.Verdict.ExitStatus())
}

// commandNotFound is the status of a shell that does not find a command, from POSIX.
const commandNotFound = 127

// noneFound tells whether there was a task, and each failed as if there were no such
// command. One that the run stopped does not count.
func (l *ledger) noneFound() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.unknown > 0 && l.unknown == l.over-l.stopped
}

// counts returns how many tasks are done, failed and under way.
func (l *ledger) counts() (done, failed, running int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.over, l.failed, l.running
}

// unfinished tells, of a run that is over, whether there was more to do: tasks that did
// not begin or were stopped, or input that was not read to its end.
func (l *ledger) unfinished() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return !l.all || l.unbegun || l.stopped > 0
}

// status is the exit status that the tasks have earned.
func (l *ledger) status() Status {
	l.mu.Lock()
	defer l.mu.Unlock()
	return Status{Code: l.worst}
}

// summary is the line about failures at the end of a run, "" if there were none.
func (l *ledger) summary() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.failed == 0 {
		return ""
	}
	labels := make([]string, 0, len(l.labels))
	for label := range l.labels {
		labels = append(labels, label)
	}
	sort.Slice(labels, func(i, j int) bool {
		a, b := labels[i], labels[j]
		if l.labels[a] != l.labels[b] {
			return l.labels[a] > l.labels[b]
		}
		return a < b
	})
	for i, label := range labels {
		labels[i] = fmt.Sprintf("%d %s", l.labels[label], label)
	}
	return fmt.Sprintf("%d of %s failed: %s; first: task %d",
		l.failed, tasks(l.over), strings.Join(labels, ", "), l.first)
}

func tasks(n int64) string {
	if n == 1 {
		return "1 task"
	}
	return fmt.Sprintf("%d tasks", n)
}

// progress says how far the run has come, for one that ends early.
func (l *ledger) progress() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := tasks(l.over-l.stopped) + " done"
	if l.failed > 0 {
		s += fmt.Sprintf(", of them %d failed", l.failed)
	}
	if l.stopped > 0 {
		s += fmt.Sprintf(", %d stopped", l.stopped)
	}
	return s
}

// farewell is what is said of a run that a signal ended.
func (l *ledger) farewell(sig syscall.Signal) string {
	return fmt.Sprintf("ended by %s: %s", crashdetect.SignalName(sig), l.progress())
}

// anyDone tells whether a task has come to its own end.
func (l *ledger) anyDone() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.over > l.stopped
}

// ending is progress for a run that has ended and whose summary, which may be "", comes
// next: what that tells is left out, which is all if no task was stopped.
func (l *ledger) ending(summary string) string {
	if summary == "" {
		return l.progress()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.stopped == 0 {
		return ""
	}
	return fmt.Sprintf("%s done, %d stopped", tasks(l.over-l.stopped), l.stopped)
}
