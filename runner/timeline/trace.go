package timeline

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"time"
)

// Trace writes a run in Chrome's trace event format, the form that is an array of
// JSON. What has been written of a run that was killed can be opened too: the end
// of the array may be missing.
//
// The format is written down in the "Trace Event Format" of the Chromium project.
type Trace struct {
	w     *bufio.Writer
	lanes map[int]int // the pid of the last attempt of each slot that has one
	first bool
	err   error
}

// The processes of a trace, which are how Perfetto groups lanes.
const (
	tracePid = 1
	// The lane of attempts that never came to a slot.
	nowhere = 0
)

// traceEvent is an event, with the members that each of its kinds has.
type traceEvent struct {
	Name  string         `json:"name"`
	Cat   string         `json:"cat,omitempty"`
	Phase string         `json:"ph"`
	Scope string         `json:"s,omitempty"`
	Ts    float64        `json:"ts"` // microseconds
	Dur   *float64       `json:"dur,omitempty"`
	Pid   int            `json:"pid"`
	Tid   int            `json:"tid"`
	Color string         `json:"cname,omitempty"`
	Args  map[string]any `json:"args,omitempty"`
}

// NewTrace begins a trace. The name is that of the program. Errors of w are told by
// the methods, the first of them each time.
func NewTrace(w io.Writer, name string) *Trace {
	t := &Trace{w: bufio.NewWriterSize(w, 64<<10), lanes: map[int]int{}, first: true}
	t.event(traceEvent{Name: "process_name", Phase: "M", Pid: tracePid, Args: map[string]any{"name": name}})
	return t
}

// Add writes an attempt.
func (t *Trace) Add(a *Attempt) error {
	last, known := t.lanes[a.Slot]
	if !known {
		name := fmt.Sprintf("slot %d", a.Slot)
		if a.Slot == nowhere {
			name = "not begun"
		}
		t.event(traceEvent{Name: "thread_name", Phase: "M", Pid: tracePid, Tid: a.Slot, Args: map[string]any{"name": name}})
		t.event(traceEvent{Name: "thread_sort_index", Phase: "M", Pid: tracePid, Tid: a.Slot, Args: map[string]any{"sort_index": a.Slot}})
	}
	t.lanes[a.Slot] = a.Pid
	if a.replaces(last) {
		t.event(traceEvent{
			Name: fmt.Sprintf("new worker %d", a.Pid), Cat: "worker", Phase: "i", Scope: "t",
			Ts: microseconds(a.Start), Pid: tracePid, Tid: a.Slot,
		})
	}
	duration := microseconds(a.End - a.Start)
	e := traceEvent{
		Name: fmt.Sprintf("task %d", a.Seq), Cat: a.Verdict.Kind.String(), Phase: "X",
		Ts: microseconds(a.Start), Dur: &duration, Pid: tracePid, Tid: a.Slot, Color: color(a),
		Args: map[string]any{
			"command": shorten(a.Command, commandMost), "verdict": a.Verdict.String(), "attempt": a.Number, "pid": a.Pid,
		},
	}
	if a.Host != "" {
		e.Args["host"] = a.Host
	}
	if a.MaxRSS > 0 {
		e.Args["max_rss"] = a.MaxRSS
	}
	t.event(e)
	if a.failed() && a.Verdict.Told() {
		t.event(traceEvent{
			Name: a.Verdict.Label(), Cat: "crash", Phase: "i", Scope: "t",
			Ts: microseconds(a.End), Pid: tracePid, Tid: a.Slot,
		})
	}
	return t.err
}

// Load writes how many tasks run, and what memory they have at a moment, in bytes;
// less than 0 for what is not known.
func (t *Trace) Load(at time.Duration, running int64, memory int64) error {
	t.event(traceEvent{Name: "running", Phase: "C", Ts: microseconds(at), Pid: tracePid, Args: map[string]any{"tasks": running}})
	if memory >= 0 {
		t.event(traceEvent{Name: "memory", Phase: "C", Ts: microseconds(at), Pid: tracePid, Args: map[string]any{"bytes": memory}})
	}
	return t.err
}

// Close ends the trace. It does not close what it is written to.
func (t *Trace) Close() error {
	t.text("\n]\n")
	if t.err == nil {
		t.err = t.w.Flush()
	}
	return t.err
}

func (t *Trace) event(e traceEvent) {
	b, err := json.Marshal(e)
	if err != nil && t.err == nil {
		t.err = err
	}
	lead := ",\n"
	if t.first {
		lead, t.first = "[\n", false
	}
	t.text(lead)
	t.text(string(b))
}

func (t *Trace) text(s string) {
	if t.err == nil {
		_, t.err = t.w.WriteString(s)
	}
}

// color is one of the names that Chrome has for the colours of bars.
func color(a *Attempt) string {
	switch {
	case a.failed() && a.Verdict.Told():
		return "terrible"
	case a.failed():
		return "bad"
	case !a.Verdict.OK():
		return "grey"
	}
	return "good"
}

func microseconds(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1e3 }
