package timeline

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"syscall"
	"testing"
	"time"

	"xpool/crashdetect"
)

func verdict(kind crashdetect.Kind) crashdetect.Verdict { return crashdetect.Verdict{Kind: kind} }

// attempts are those of a small run: a task that crashes and is tried again, one
// that fails, one that never begins, and one that is stopped.
func attempts() []Attempt {
	crash := crashdetect.Verdict{Kind: crashdetect.Killed, Signal: syscall.SIGSEGV}
	return []Attempt{
		{Seq: 1, Number: 1, Slot: 1, Pid: 10, Stays: true, Start: 0, End: time.Second, Command: "echo 'a <b>'"},
		{Seq: 2, Number: 1, Slot: 2, Pid: 20, Stays: true, Start: 0, End: time.Millisecond, Verdict: crash, Again: true, Command: "x\xff</script>"},
		{Seq: 2, Number: 2, Slot: 2, Pid: 21, Stays: true, Start: 2 * time.Millisecond, End: 4 * time.Millisecond, MaxRSS: 1 << 20},
		{Seq: 3, Number: 1, Slot: 2, Pid: 21, Stays: true, Host: "far", Start: time.Second, End: 3 * time.Second, Verdict: crashdetect.Verdict{Kind: crashdetect.Exit, Code: 3}},
		{Seq: 4, Verdict: verdict(crashdetect.NotStarted)},
		{Seq: 5, Number: 1, Slot: 1, Pid: 10, Stays: true, Start: time.Second, End: 3 * time.Second, Verdict: verdict(crashdetect.Stopped)},
	}
}

func TestTrace(t *testing.T) {
	var b bytes.Buffer
	trace := NewTrace(&b, "xpool")
	for _, a := range attempts() {
		if err := trace.Add(&a); err != nil {
			t.Fatal(err)
		}
	}
	if err := trace.Load(time.Second, 2, -1); err != nil {
		t.Fatal(err)
	}
	if err := trace.Close(); err != nil {
		t.Fatal(err)
	}
	var events []traceEvent
	if err := json.Unmarshal(b.Bytes(), &events); err != nil {
		t.Fatalf("%v\n%s", err, b.String())
	}
	seen := map[string]int{}
	for _, e := range events {
		seen[fmt.Sprintf("%s %s %d", e.Phase, e.Name, e.Tid)]++
	}
	for _, want := range []string{
		"M process_name 0", "M thread_name 1", "M thread_name 2", "M thread_name 0",
		"X task 1 1", "X task 2 2", "X task 2 2", "X task 3 2", "X task 4 0", "X task 5 1",
		"i SIGSEGV 2", "i new worker 21 2", "C running 0",
	} {
		if seen[want]--; seen[want] < 0 {
			t.Errorf("no %q", want)
		}
	}
	for _, e := range events {
		if e.Phase == "X" && e.Name == "task 3" && (e.Ts != 1e6 || *e.Dur != 2e6 || e.Args["verdict"] != "exit 3" || e.Args["host"] != "far") {
			t.Errorf("task 3 is %+v", e)
		}
	}
}

type brokenWriter struct{ left int }

var errFull = errors.New("full")

func (w *brokenWriter) Write(b []byte) (int, error) {
	if w.left -= len(b); w.left < 0 {
		return 0, errFull
	}
	return len(b), nil
}

func TestTraceTellsErrors(t *testing.T) {
	trace := NewTrace(&brokenWriter{left: 100_000}, "xpool")
	a := attempts()[0]
	var err error
	for range 10_000 {
		if err = trace.Add(&a); err != nil {
			break
		}
	}
	if !errors.Is(err, errFull) || !errors.Is(trace.Close(), errFull) {
		t.Errorf("got %v, and %v at the end", err, trace.Close())
	}
}

// written is the data in the page of a report.
func written(t *testing.T, r *Report, end End) (data pageData, html string) {
	t.Helper()
	var b bytes.Buffer
	if err := r.Write(&b, end); err != nil {
		t.Fatal(err)
	}
	html = b.String()
	head, tail, _ := strings.Cut(page, dataMark)
	text := strings.TrimSuffix(strings.TrimPrefix(html, head), tail)
	if err := json.Unmarshal([]byte(text), &data); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return data, html
}

func TestReport(t *testing.T) {
	r := NewReport(Info{Program: "xpool 1", Command: "xpool '</script>' \xff", Jobs: 2})
	for _, a := range attempts() {
		r.Add(&a)
	}
	r.Load(time.Second, 5<<20)
	data, html := written(t, r, End{At: 3 * time.Second, Status: 125, Summary: "1 failed"})
	if strings.Count(html, "</script>") != strings.Count(page, "</script>") {
		t.Error("what a task is called ends the script")
	}
	if data.Tasks != 5 || data.Tries != 6 || data.Failed != 2 || data.Slots != 2 || data.Replaced != 1 || !data.Stays || data.Status != 125 {
		t.Errorf("got %+v", data)
	}
	if len(data.Bars.Seq) != 5 || len(data.Failures) != 3 || len(data.Slowest) != 6 {
		t.Errorf("%d bars, %d failures, %d slowest", len(data.Bars.Seq), len(data.Failures), len(data.Slowest))
	}
	if data.Slowest[0].Time != 2000 || data.Slowest[5].Time != 0 {
		t.Errorf("the slowest are %+v", data.Slowest)
	}
	if got := data.Counts["exit 3"]; got != 1 || data.Counts["SIGSEGV"] != 0 || data.Counts["ok"] != 2 {
		t.Errorf("counts are %v", data.Counts)
	}
	if got := data.Bars.Mark; fmt.Sprint(got) != "[0 2 0 1 3]" {
		t.Errorf("marks are %v", got)
	}
}

// TestReportIsBounded holds that a long run does not take memory without end.
func TestReportIsBounded(t *testing.T) {
	r := NewReport(Info{})
	a := attempts()[3]
	for i := range int64(barsMost + 1000) {
		a.Seq, a.Command, a.End = i, strings.Repeat("x", 300), a.Start+time.Millisecond
		r.Add(&a)
	}
	data, _ := written(t, r, End{})
	if len(data.Bars.Seq) != barsMost || len(data.Failures) != failuresMost || len(data.Slowest) != slowestMost {
		t.Errorf("%d bars, %d failures, %d slowest", len(data.Bars.Seq), len(data.Failures), len(data.Slowest))
	}
	if data.Failed != barsMost+1000 || r.commands > commandsMost+commandMost {
		t.Errorf("%d failed, %d bytes of commands", data.Failed, r.commands)
	}
}

// TestSeries compares a sum with one that is worked out in one go.
func TestSeries(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	s, total := newSum(), 0.0
	for range 2000 {
		from := time.Duration(rnd.Int64N(int64(time.Hour)))
		to := from + time.Duration(rnd.Int64N(int64(time.Minute)))
		s.spread(from, to)
		total += (to - from).Seconds()
	}
	got := 0.0
	for _, v := range s.Values {
		got += v
		if v < 0 {
			t.Fatalf("there is a %v", v)
		}
	}
	if len(s.Values) > seriesMost || math.Abs(got-total) > 1e-6*total {
		t.Errorf("%d values of %v, in all %v, want %v", len(s.Values), s.Step, got, total)
	}
	p := newPeak()
	p.mark(time.Second, 7)
	p.mark(0, 3)
	p.mark(100*time.Hour, 1)
	if p.Values[0] != 7 || len(p.Values) > seriesMost {
		t.Errorf("the peak is %v", p.Values[0])
	}
}

// A process for each task is no worker that was replaced.
func TestProgramsAreNotReplaced(t *testing.T) {
	r := NewReport(Info{})
	for pid := range 3 {
		r.Add(&Attempt{Seq: int64(pid + 1), Number: 1, Slot: 1, Pid: pid + 1})
	}
	if r.replaced != 0 || r.stays {
		t.Errorf("%d replaced, stays %v", r.replaced, r.stays)
	}
}
