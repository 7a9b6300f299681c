package chaos

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// model is what a plan and the faults that took effect allow of a run.
type model struct {
	plan     *Plan
	seen     *observation
	known    map[int]verdict
	kills    []*kill
	problems []string
}

// kill is a process that a fault has killed.
type kill struct {
	pid  int
	sig  syscall.Signal
	used bool // it is the cause of a task's failure
}

// check returns what is wrong with a run; nothing if it is as the plan allows.
func check(p *Plan, o *observation) []string {
	m := &model{plan: p, seen: o}
	m.known, m.problems = o.verdicts()
	for _, h := range o.hits {
		switch h.fault.kind {
		case killWorker, killDescendant, killAll:
			for _, pid := range h.pids {
				m.kills = append(m.kills, &kill{pid: pid, sig: h.fault.sig})
			}
		}
	}
	m.checkEnd()
	m.checkLeft()
	m.checkStatus()
	if !m.early() {
		m.checkComplete()
	}
	m.checkOutput()
	m.checkVerdicts()
	m.checkAttempts()
	return m.problems
}

func (m *model) fault(format string, args ...any) {
	m.problems = append(m.problems, fmt.Sprintf(format, args...))
}

// wasHit tells whether a fault of one of these kinds was played.
func (m *model) wasHit(kinds ...faultKind) bool {
	return slices.ContainsFunc(m.seen.hits, func(h hit) bool { return slices.Contains(kinds, h.fault.kind) })
}

// descriptorsMost bounds the descriptors that a run has open at a time: it is far more
// than so few slots need, and less than a leak for each task makes.
func (m *model) descriptorsMost() int { return 60 + 8*32 }

func (m *model) checkEnd() {
	o := m.seen
	if o.hangs {
		m.fault("it hangs")
	}
	if o.torn && !m.wasHit(killXpool) && !m.plan.fullLog {
		m.fault("the joblog ends in the middle of a row")
	}
	if o.descriptors > m.descriptorsMost() {
		m.fault("%d descriptors were open", o.descriptors)
	}
}

func (m *model) checkLeft() {
	o := m.seen
	if o.held {
		m.fault("its output is still held open")
	}
	killed := m.wasHit(killXpool)
	for _, p := range o.left {
		if !killed || o.guarded {
			m.fault("process %v is left", p)
		}
	}
	for _, p := range o.atEnd {
		if !killed && !p.guard() {
			m.fault("process %v outlives xpool", p)
		}
	}
	if len(o.zombies) > 1 && !killed {
		m.fault("%d processes are left dead: %v", len(o.zombies), o.zombies)
	}
	if len(o.files) > 0 {
		m.fault("files are left: %v", o.files)
	}
}

// broken tells that the run ended with an error of its own.
func (m *model) broken() bool { return m.seen.status.Exited() && m.seen.status.ExitStatus() == 1 }

// failsInput tells that the input ends with an error, which is read at its end: all
// that came before it is run.
func (m *model) failsInput() bool { return m.plan.source.fails() }

// early tells that the run did not come to the end of its input, and had a reason.
func (m *model) early() bool {
	st := m.seen.status
	return st.Signaled() || m.halted() || m.interrupted(st) || m.broken() && !m.failsInput() ||
		m.broken() && (m.breakable() || m.full()) || m.threadless()
}

// halted tells that --halt has ended the run.
func (m *model) halted() bool {
	if m.plan.halt == "" {
		return false
	}
	if len(m.known) == 0 {
		return true // nothing tells
	}
	_, count, _ := strings.Cut(m.plan.halt, ",")
	what, number, _ := strings.Cut(count, "=")
	most, err := strconv.Atoi(number)
	n := 0
	for seq, v := range m.known {
		if !m.seen.before[seq] && (what == "done" || v.ok() == (what == "success")) {
			n++
		}
	}
	return err == nil && n >= most
}

// cut tells that who reads the output has not read it to its end.
func (m *model) cut() bool { return m.plan.reader == closes && !m.seen.resumed }

// interrupted tells that the status is that of a signal which was sent.
func (m *model) interrupted(st syscall.WaitStatus) bool {
	for _, h := range m.seen.hits {
		switch sig := h.fault.sig; h.fault.kind {
		case killXpool:
			if st.Signaled() && st.Signal() == syscall.SIGKILL {
				return true
			}
		case interrupt:
			if st.Signaled() && st.Signal() == sig || st.Exited() && st.ExitStatus() == 128+int(sig) {
				return true
			}
		}
	}
	return false
}

// threadless tells that Go's runtime could not start a thread, which is beyond the
// program's control.
func (m *model) threadless() bool {
	return m.wasHit(fewProcesses) && strings.Contains(m.seen.stderr, "failed to create new OS thread")
}

// full tells that there may be no room for what is written.
func (m *model) full() bool {
	return m.plan.reader == fullDisk || m.plan.reader == fileLimit || m.plan.fullLog
}

// breakable tells that the run may end with status 1, and says why it did.
func (m *model) breakable() bool {
	says := func(texts ...string) bool {
		return slices.ContainsFunc(texts, func(t string) bool { return strings.Contains(m.seen.stderr, t) })
	}
	useless := says("die before they are ready", "before they have finished a single task", "before it was ready")
	return m.wasHit(fewFiles) && says("too many open files") ||
		m.wasHit(fewProcesses) && says("resource temporarily unavailable") ||
		m.full() && says("no space left on device", "file too large") ||
		useless && (m.lostWorkers() >= 3 || m.wasHit(fewFiles, fewProcesses))
}

// lostWorkers is how many workers may have ended before they were of use.
func (m *model) lostWorkers() (n int) {
	logged := map[int]bool{}
	for _, list := range m.seen.begins {
		for _, b := range list {
			logged[b.pid] = true
		}
	}
	coprocess := m.plan.kind.has(oneLine) || m.plan.kind.has(objects)
	for _, k := range m.kills {
		if !logged[k.pid] || coprocess {
			n++
		}
	}
	for _, h := range m.seen.hits {
		if h.fault.kind == garbage {
			n++
		}
	}
	if coprocess {
		for _, t := range m.plan.tasks {
			if t.alwaysFails(1) || t.act == actLeave {
				n += m.plan.attempts()
			}
		}
	}
	return n
}

func (m *model) checkStatus() {
	st := m.seen.status
	if m.interrupted(st) || m.threadless() {
		return
	}
	if m.plan.reader == closes && !m.seen.resumed && st.Signaled() && st.Signal() == syscall.SIGPIPE {
		return
	}
	if st.Signaled() {
		m.fault("it was killed by signal %d", int(st.Signal()))
		return
	}
	code := st.ExitStatus()
	switch {
	case m.failsInput() && !m.halted():
		if code != 1 {
			m.fault("it exited with %d after an error of reading", code)
		}
	case code == 1 && (m.breakable() || m.failsInput()):
	case !m.recorded():
		if code < m.worst() || code != 0 && (code < 123 || code > 127) {
			m.fault("it exited with %d", code)
		}
	default:
		if want := m.worst(); code != want {
			m.fault("it exited with %d, want %d by the verdicts", code, want)
		}
	}
}

// recorded tells that each task leaves its verdict somewhere.
func (m *model) recorded() bool { return m.plan.joblog || m.plan.json() && !m.seen.resumed && !m.cut() }

// worst is the exit status of the verdicts that this run has found.
func (m *model) worst() (worst int) {
	for seq, v := range m.known {
		if !m.seen.before[seq] {
			worst = max(worst, v.status())
		}
	}
	return worst
}

// status is the exit status that a verdict makes.
func (v verdict) status() int {
	left := strings.HasPrefix(v.text, "worker exited") || strings.HasPrefix(v.text, "worker broke") ||
		strings.HasPrefix(v.text, "lost connection")
	switch {
	case v.ok():
		return 0
	case v.sig != 0, v.exit == -1, left, v.kind == "broke the protocol":
		return 125
	case v.kind == "could not start" || v.text != "" && !strings.HasPrefix(v.text, "exit "):
		if v.exit == 127 {
			return 127
		}
		return 126
	case v.exit == 255:
		return 124
	}
	return 123
}

// checkComplete holds that every task has its verdict, where that is recorded.
func (m *model) checkComplete() {
	for _, t := range m.plan.tasks {
		if _, done := m.known[t.seq]; !done && m.recorded() {
			m.fault("task %d has no verdict", t.seq)
		}
	}
	for seq := range m.known {
		if seq < 1 || seq > len(m.plan.tasks) {
			m.fault("there is a verdict for task %d", seq)
		}
	}
}
