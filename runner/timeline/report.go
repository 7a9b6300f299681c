package timeline

import (
	"bufio"
	"cmp"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

//go:embed report.html
var page string // with dataMark where the data goes

// dataMark stands in the page for what it shows.
const dataMark = "/*DATA*/null"

// What a report keeps of a long run. All is counted; what is over these bounds is
// not drawn, or not listed.
const (
	barsMost     = 200_000 // attempts that have a bar
	commandsMost = 8 << 20 // bytes of their commands
	failuresMost = 1_000
	slowestMost  = 50
)

// Report collects what happens in a run, and writes it as a page. It takes a few
// dozen bytes for an attempt, and no more after the first 200,000.
type Report struct {
	info     Info
	bars     bars
	commands int // bytes of those in bars
	failures []listed
	slowest  []listed // shortest first, once there are slowestMost
	counts   map[string]int64
	tasks    int64 // that are over
	tries    int64
	failed   int64
	busy     series // seconds of slots in each step
	memory   series // bytes, the largest in each step
	slots    int    // the highest one
	workers  map[int]int
	stays    bool  // there are workers that stay
	replaced int64 // how often a slot got another one of them
}

// Info is what a report says of the run as a whole.
type Info struct {
	Program string // and its version
	Command string // the command line, as a shell would take it
	Started time.Time
	Jobs    int
}

// End is how a run ended.
type End struct {
	At      time.Duration
	Status  int
	Summary string // the line about failures, or ""
}

// bars are the attempts that are drawn, an array for each of their members: that is
// half the size of an array of objects.
type bars struct {
	Seq     []int64   `json:"seq"`
	Slot    []int     `json:"slot"`
	Start   []float64 `json:"start"` // milliseconds
	Time    []float64 `json:"time"`  // milliseconds
	Mark    []int     `json:"mark"`  // see marks
	Pid     []int     `json:"pid"`
	Label   []string  `json:"label"` // how it ended, "" if well
	Command []string  `json:"command"`
}

// The marks of a bar.
const (
	markOK = iota
	markFailed
	markCrashed // it ended in another way than with a status
	markStopped
)

// listed is an attempt in a table.
type listed struct {
	Seq     int64   `json:"seq"`
	Number  int     `json:"attempt"`
	Slot    int     `json:"slot"`
	Start   float64 `json:"start"`
	Time    float64 `json:"time"`
	MaxRSS  int64   `json:"maxRSS"`
	Verdict string  `json:"verdict"`
	Again   bool    `json:"again"`
	Command string  `json:"command"`
}

// NewReport begins the report of a run.
func NewReport(info Info) *Report {
	return &Report{info: info, counts: map[string]int64{}, busy: newSum(), memory: newPeak(), workers: map[int]int{}}
}

// Add takes an attempt. The report keeps nothing of it that a belongs to.
func (r *Report) Add(a *Attempt) {
	r.tries++
	if !a.Again {
		r.tasks++
		if a.failed() {
			r.failed++
		}
		r.counts[a.Verdict.Label()]++
	}
	if a.Slot > 0 {
		r.slots = max(r.slots, a.Slot)
		r.busy.spread(a.Start, a.End)
		if a.replaces(r.workers[a.Slot]) {
			r.replaced++
		}
		r.stays = r.stays || a.Stays
		r.workers[a.Slot] = a.Pid
	}
	if a.failed() && len(r.failures) < failuresMost {
		r.failures = append(r.failures, a.listed())
	}
	r.rank(a)
	r.draw(a)
}

// Load takes the memory of all that runs at a moment, in bytes.
func (r *Report) Load(at time.Duration, memory int64) { r.memory.mark(at, float64(memory)) }

// rank keeps the attempt if it is one of those that took longest.
func (r *Report) rank(a *Attempt) {
	if len(r.slowest) == slowestMost && milliseconds(a.End-a.Start) <= r.slowest[0].Time {
		return
	}
	l := a.listed()
	i, _ := slices.BinarySearchFunc(r.slowest, l, func(x, y listed) int { return cmp.Compare(x.Time, y.Time) })
	r.slowest = slices.Insert(r.slowest, i, l)
	if len(r.slowest) > slowestMost {
		r.slowest = slices.Delete(r.slowest, 0, 1)
	}
}

func (r *Report) draw(a *Attempt) {
	b := &r.bars
	if a.Slot == 0 || len(b.Seq) == barsMost {
		return
	}
	label, command := "", ""
	if !a.Verdict.OK() {
		label = a.Verdict.Label()
	}
	if r.commands < commandsMost {
		command = shorten(a.Command, commandMost)
		r.commands += len(command)
	}
	b.Seq = append(b.Seq, a.Seq)
	b.Slot = append(b.Slot, a.Slot)
	b.Start = append(b.Start, milliseconds(a.Start))
	b.Time = append(b.Time, milliseconds(a.End-a.Start))
	b.Mark = append(b.Mark, a.mark())
	b.Pid = append(b.Pid, a.Pid)
	b.Label = append(b.Label, label)
	b.Command = append(b.Command, command)
}

func (a *Attempt) mark() int {
	switch {
	case a.Verdict.OK():
		return markOK
	case !a.failed():
		return markStopped
	case a.Verdict.Told():
		return markCrashed
	}
	return markFailed
}

func (a *Attempt) listed() listed {
	return listed{
		Seq: a.Seq, Number: a.Number, Slot: a.Slot, Start: milliseconds(a.Start), Time: milliseconds(a.End - a.Start),
		MaxRSS: a.MaxRSS, Verdict: a.Verdict.String(), Again: a.Again, Command: shorten(a.Command, commandMost),
	}
}

// pageData is what the page is given.
type pageData struct {
	Program  string           `json:"program"`
	Command  string           `json:"command"`
	Started  string           `json:"started"`
	Jobs     int              `json:"jobs"`
	Slots    int              `json:"slots"`
	Wall     float64          `json:"wall"` // milliseconds
	Status   int              `json:"status"`
	Summary  string           `json:"summary"`
	Tasks    int64            `json:"tasks"`
	Tries    int64            `json:"tries"`
	Failed   int64            `json:"failed"`
	Stays    bool             `json:"stays"`
	Replaced int64            `json:"replaced"`
	Counts   map[string]int64 `json:"counts"`
	Bars     *bars            `json:"bars"`
	Failures []listed         `json:"failures"`
	Slowest  []listed         `json:"slowest"` // longest first
	Busy     pageSeries       `json:"busy"`    // seconds
	Memory   pageSeries       `json:"memory"`  // bytes
}

type pageSeries struct {
	Step   float64   `json:"step"` // milliseconds
	Values []float64 `json:"values"`
}

// Write writes the page. The report can take more afterwards.
func (r *Report) Write(w io.Writer, end End) error {
	slowest := slices.Clone(r.slowest)
	slices.Reverse(slowest)
	data, err := json.Marshal(pageData{
		Program: r.info.Program, Command: strings.ToValidUTF8(r.info.Command, "\uFFFD"),
		Started: r.info.Started.Format(time.RFC3339), Jobs: r.info.Jobs, Slots: r.slots,
		Wall: milliseconds(end.At), Status: end.Status, Summary: end.Summary,
		Tasks: r.tasks, Tries: r.tries, Failed: r.failed, Stays: r.stays, Replaced: r.replaced, Counts: r.counts,
		Bars: &r.bars, Failures: r.failures, Slowest: slowest, Busy: r.busy.page(), Memory: r.memory.page(),
	})
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	// Package json escapes <, > and &, so that no text can end the script.
	head, tail, _ := strings.Cut(page, dataMark)
	b := bufio.NewWriter(w)
	_, _ = b.WriteString(head) // Flush tells
	_, _ = b.Write(data)
	_, _ = b.WriteString(tail)
	return b.Flush()
}

func (s *series) page() pageSeries { return pageSeries{Step: milliseconds(s.Step), Values: s.Values} }

// milliseconds has microseconds as its last digit: more is of no use in a picture.
func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1e3 }
