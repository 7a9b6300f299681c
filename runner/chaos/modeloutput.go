package chaos

import (
	"fmt"
	"strings"
)

// checkOutput holds what was printed to what the tasks print.
func (m *model) checkOutput() {
	switch {
	case m.plan.json():
		m.checkObjects()
	case m.plan.output == byLine, m.plan.output == ungrouped, m.inherits() && (m.wasHit(grow, jobsChange) || m.plan.attempts() > 1):
		m.checkLines()
	default:
		m.checkPieces()
	}
}

// inherits tells that tasks write to the run's own output, as one job at the start of
// the run has it: what is there is there, and more jobs mix it.
func (m *model) inherits() bool { return m.plan.jobs == 1 && !m.plan.kind.has(resident) }

// whole tells whether all that a task prints has to be there.
func (m *model) whole(seq int) bool {
	v, known := m.known[seq]
	if m.seen.resumed || m.early() || m.cut() || m.broken() && m.breakable() {
		return false
	}
	return known && v.ok()
}

// checkObjects holds what lines of JSON have.
func (m *model) checkObjects() {
	last := 0
	for _, j := range m.seen.objects {
		if j.Seq < 1 || j.Seq > len(m.plan.tasks) {
			m.fault("a line of JSON is of task %d", j.Seq)
			continue
		}
		if m.plan.output == jsonKept && j.Seq <= last {
			m.fault("task %d comes after task %d", j.Seq, last)
		}
		last = j.Seq
		t := m.plan.tasks[j.Seq-1]
		want := m.plan.expected(t)
		if j.Kind == "ok" && j.Stdout != want || !strings.HasPrefix(want, j.Stdout) {
			m.fault("task %d (%s) has printed %s, want %s", t.seq, j.Kind, excerpt(j.Stdout), excerpt(want))
		}
		if j.Kind == "ok" && t.act == actStderr && strings.Count(j.Stderr, "!") != t.lines {
			m.fault("task %d has %q on standard error", t.seq, j.Stderr)
		}
		if j.Attempt > m.plan.attempts() {
			m.fault("task %d had %d attempts", t.seq, j.Attempt)
		}
	}
	if m.early() || m.broken() || m.cut() || m.seen.resumed {
		return
	}
	if n := len(m.seen.objects); n != len(m.plan.tasks) {
		m.fault("%d lines of JSON for %d tasks", n, len(m.plan.tasks))
	}
}

// checkPieces holds output that comes in one piece for each task, in order or not.
func (m *model) checkPieces() {
	list, stray := texts(m.seen.stdout, m.plan)
	if stray != "" {
		m.fault("%s is on standard output, which is of no task", excerpt(stray))
	}
	printed := map[int]bool{}
	last, end := 0, len(list)-1
	if end > 0 {
		if _, whole := m.taskOf(list[end]); !whole {
			end-- // what follows may be of the same task
		}
	}
	for i, text := range list {
		t, ok := m.taskOf(text)
		if !ok {
			if i < end && !m.fragment(text) {
				m.fault("%s is on standard output", excerpt(text))
			}
			continue
		}
		if printed[t.seq] {
			m.fault("task %d is printed twice", t.seq)
		}
		if m.plan.output != unordered && t.seq < last {
			m.fault("task %d comes after task %d", t.seq, last)
		}
		printed[t.seq], last = true, t.seq
		m.checkText(t, text, i == end)
	}
	for _, t := range m.plan.tasks {
		if m.whole(t.seq) && !printed[t.seq] && t.lines > 0 {
			m.fault("task %d is not printed", t.seq)
		}
	}
}

// checkText holds what is printed of a task to what it prints.
func (m *model) checkText(t task, text string, last bool) {
	want := m.plan.expected(t)
	v, known := m.known[t.seq]
	torn := last && (m.early() || m.broken() || m.cut())
	switch {
	case text == want:
	case !strings.HasPrefix(want, text):
		m.fault("task %d has printed %s, want %s", t.seq, excerpt(text), excerpt(want))
	case known && v.ok() && !torn:
		m.fault("task %d is ok, and of its output there is %d bytes of %d", t.seq, len(text), len(want))
	}
}

// texts puts the pieces together that are of one task after each other.
func texts(stdout string, p *Plan) (list []string, stray string) {
	parts, stray := pieces(stdout)
	before := ""
	for _, text := range parts {
		seq, _, whole := strings.Cut(text, ".")
		if whole && seq == before {
			list[len(list)-1] += text
			continue
		}
		if before = seq; !whole {
			before = ""
		}
		list = append(list, text)
	}
	return list, stray
}

// taskOf returns the task of which a text is.
func (m *model) taskOf(text string) (t task, ok bool) {
	var seq, n int
	if _, err := fmt.Sscanf(text, string(mark)+"%d.%d ", &seq, &n); err != nil || seq < 1 || seq > len(m.plan.tasks) {
		return t, false
	}
	return m.plan.tasks[seq-1], true
}

// fragment tells that a text is too short to tell of which task it is, and may be that
// of one that failed.
func (m *model) fragment(text string) bool {
	for _, t := range m.plan.tasks {
		if v, known := m.known[t.seq]; (!known || !v.ok()) && strings.HasPrefix(m.plan.expected(t), text) {
			return true
		}
		if strings.Contains(text, fmt.Sprintf("%d.", t.seq)) && strings.Contains(m.plan.expected(t), text) {
			return true // the beginning of a line, after others
		}
	}
	return false
}

// checkLines holds output that comes by lines, or in whatever pieces, from tasks that
// may be tried again: those before are not taken back.
func (m *model) checkLines() {
	lines := map[string]int{}
	parts, stray := pieces(m.seen.stdout)
	if stray != "" {
		m.fault("%s is on standard output, which is of no task", excerpt(stray))
	}
	for i, line := range parts {
		lines[line]++
		t, ok := m.taskOf(line)
		if !ok {
			if i < len(parts)-1 && !m.fragment(line) {
				m.fault("%s is on standard output", excerpt(line))
			}
			continue
		}
		if !strings.Contains(m.plan.expected(t), strings.TrimSuffix(line, "\n")) {
			m.fault("task %d has printed %s", t.seq, excerpt(line))
		}
	}
	for _, t := range m.plan.tasks {
		for n := range t.lines {
			line := m.plan.kind.end(t.line(n + 1))
			count := lines[line]
			if count == 0 && m.whole(t.seq) {
				m.fault("line %d of task %d is missing", n+1, t.seq)
			}
			if count > max(1, m.plan.attempts()) && !m.plan.kind.has(shared) {
				m.fault("line %d of task %d is there %d times", n+1, t.seq, count)
			}
		}
	}
}

// excerpt is the beginning of a text, for a message.
func excerpt(s string) string {
	if len(s) > 100 {
		return fmt.Sprintf("%.100q... (%d bytes)", s, len(s))
	}
	return fmt.Sprintf("%q", s)
}
