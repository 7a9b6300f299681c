package chaos

import (
	"strconv"
	"strings"
	"syscall"
)

// checkVerdicts holds that each task that failed had a cause, and that none is ok
// which cannot be.
func (m *model) checkVerdicts() {
	for _, t := range m.plan.tasks {
		v, known := m.known[t.seq]
		switch {
		case !known:
		case v.kind == "out of memory":
			m.fault("task %d was never out of memory: %v", t.seq, v)
		case v.ok() && t.alwaysFails(m.plan.attempts()):
			m.fault("task %d (%s %s) is ok", t.seq, t.act, t.arg)
		case v.ok() && (m.seen.ends[t.seq] == 0 || len(m.seen.begins[t.seq]) == 0):
			m.fault("task %d is ok, and has not been done", t.seq)
		case !v.ok() && !m.explains(t, v):
			m.fault("task %d (%s %s) failed without a cause: %v", t.seq, t.act, t.arg, v)
		}
	}
}

// explains finds the cause of a failure, and takes note where it was a kill.
func (m *model) explains(t task, v verdict) bool {
	return m.byItself(t, v) || m.byLimit(v) || m.byKill(v) || m.byWant(v) || m.byGarbage(v)
}

// byItself tells that a failure is what the task does.
func (m *model) byItself(t task, v verdict) bool {
	if m.plan.kind.has(shared) && m.anyCrash() {
		return true
	}
	switch t.act {
	case actExit:
		return strconv.Itoa(v.exit) == t.arg
	case actCrash, actHalf:
		return v.sig == number(t.arg) || v.sig == 0 && v.exit == 128+number(t.arg) || v.exit == hangExit
	case actFlaky:
		return v.exit == flakyExit
	case actHang:
		return v.exit == hangExit
	case actGarbage:
		return v.sig == 0 || v.sig == int(syscall.SIGKILL) // by which its worker is ended
	}
	return false
}

// anyCrash tells that a crash may have cost tasks that did nothing for it.
func (m *model) anyCrash() bool {
	for _, t := range m.plan.tasks {
		switch t.act {
		case actCrash, actHalf, actGarbage, actLeave, actHang:
			return true
		}
	}
	return len(m.kills) > 0
}

// number is that of a signal among those of tasks.
func number(name string) int {
	switch name {
	case "KILL":
		return int(syscall.SIGKILL)
	case "SEGV":
		return int(syscall.SIGSEGV)
	case "TERM":
		return int(syscall.SIGTERM)
	case "ABRT":
		return int(syscall.SIGABRT)
	}
	return 0
}

// byLimit tells that a task took longer than it may. Silence cannot be longer than
// the task.
func (m *model) byLimit(v verdict) bool {
	if v.exit != -1 {
		return false
	}
	const rounding = 0.002
	p := m.plan
	return p.timeout > 0 && v.runtime+rounding >= p.timeout.Seconds() || p.stall > 0 && v.runtime+rounding >= p.stall.Seconds()
}

// byKill finds the kill that a failure comes from, and uses it up: it costs one task,
// unless the worker had several.
func (m *model) byKill(v verdict) bool {
	for _, k := range m.kills {
		same := v.sig == int(k.sig) || v.sig == 0 && v.exit == 128+int(k.sig) && m.plan.kind.has(forks)
		if !same || k.used && !m.plan.kind.has(shared) {
			continue
		}
		if v.pid != 0 && v.pid != k.pid && !m.plan.kind.has(forks) && m.plan.tries == 1 && m.plan.crashLimit == 1 {
			continue
		}
		k.used = true
		return true
	}
	return false
}

// byWant tells that a task could not begin, or was short of something, while there was
// a shortage.
func (m *model) byWant(v verdict) bool {
	if !m.wasHit(fewFiles, fewProcesses) {
		return false
	}
	return v.kind == "could not start" || strings.Contains(v.text, "too many open files") ||
		strings.Contains(v.text, "resource temporarily unavailable") || v.kind == "" && v.exit > 0
}

// byGarbage tells that a failure comes from what was written where replies are read.
func (m *model) byGarbage(v verdict) bool {
	if !m.wasHit(garbage) {
		return false
	}
	return v.kind == "broke the protocol" || strings.Contains(v.text, "protocol") ||
		v.kind == "" && v.text == "" && (v.exit == 255 || v.sig == int(syscall.SIGKILL))
}

// checkAttempts holds that no task began more often than it may, and none again
// without a cause.
func (m *model) checkAttempts() {
	again := 0
	for _, t := range m.plan.tasks {
		n := len(m.seen.begins[t.seq])
		if n > m.mostBegins() {
			m.fault("task %d began %d times", t.seq, n)
		}
		if m.seen.ends[t.seq] > 1 && !t.alwaysFails(1) && !m.retriesWhole() {
			m.fault("task %d was done %d times", t.seq, m.seen.ends[t.seq])
		}
		if v, known := m.known[t.seq]; known && n > 1 && !t.alwaysFails(1) && (v.ok() || v.exit != -1) {
			again += n - 1
		}
	}
	if limit := len(m.kills) + m.timesGarbled(); again > limit && !m.retriesWhole() && m.plan.timeout+m.plan.stall == 0 {
		m.fault("%d attempts were made again, for %d kills", again, limit)
	}
}

// mostBegins is how often a task may begin. A run that goes on from another one may
// begin anew what that had begun; a worker that has several tasks at a time loses all
// of them for one, of which the others count for nothing.
func (m *model) mostBegins() int {
	most := m.plan.attempts() + m.timesGarbled() // a worker may run on until it is heard that it broke the protocol
	if m.seen.resumed {
		most *= 2
	}
	if m.plan.kind.has(shared) && m.plan.timeout+m.plan.stall > 0 {
		most += 100
	}
	return most
}

// retriesWhole tells that a task may be done to its end and then again: its worker may
// be lost after that with other tasks, or before the reply.
func (m *model) retriesWhole() bool {
	return m.seen.resumed || m.plan.kind.has(shared) || len(m.kills) > 0 || m.timesGarbled() > 0 || m.plan.timeout+m.plan.stall > 0 ||
		m.wasHit(fewFiles, fewProcesses)
}

func (m *model) timesGarbled() (n int) {
	for _, h := range m.seen.hits {
		if h.fault.kind == garbage {
			n++
		}
	}
	return n
}
