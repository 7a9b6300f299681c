package runner

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"xpool/crashdetect"
	"xpool/pool"
	"xpool/runner/failures"
	"xpool/runner/junit"
	"xpool/runner/timeline"
)

// reportOptions say what is told of a run when it is over.
type reportOptions struct {
	Trace    string // file
	Page     string // file of the report
	JUnit    string // file
	Failures int    // how many failed tasks are described at the end
	GitHub   bool   // and annotated
}

// seeEnds tells whether the ends of what a task prints are wanted.
func (o *reportOptions) seeEnds() bool { return o.JUnit != "" || o.describe() > 0 }

// drawn tells whether the course of the run is wanted.
func (o *reportOptions) drawn() bool { return o.Trace != "" || o.Page != "" }

// annotations are shown by GitHub up to this number for each step.
const annotations = 10

// describe is how many failures are kept to be described.
func (o *reportOptions) describe() int {
	if o.GitHub {
		return max(o.Failures, annotations)
	}
	return o.Failures
}

// reports are what is told of a run when it is over: a sink that collects it.
type reports struct {
	run     *run
	started time.Time
	stays   bool // what runs the tasks is workers that stay

	mu     sync.Mutex
	files  []*os.File
	trace  *timeline.Trace
	page   *timeline.Report
	pageTo *os.File
	junit  *junit.Writer
	failed failures.List
	err    error // the first of a file

	watch   chan struct{} // closed to end the one who watches the load; nil if nobody does
	watched sync.WaitGroup
}

// openReports returns what was asked for, or nil. It is to be closed.
func openReports(r *run) (*reports, error) {
	o := &r.opts.Reports
	if !o.drawn() && !o.seeEnds() {
		return nil, nil
	}
	_, program := r.command.kind(terminal{}).(*pool.Program)
	p := &reports{run: r, started: time.Now(), stays: !program}
	p.failed.Most = o.describe()
	for _, f := range []struct {
		flag, name string
		begin      func(*os.File)
	}{
		{"--trace", o.Trace, func(f *os.File) { p.trace = timeline.NewTrace(f, r.opts.Name) }},
		{"--report", o.Page, func(f *os.File) { p.page, p.pageTo = timeline.NewReport(p.info()), f }},
		{"--junit", o.JUnit, func(f *os.File) { p.junit = junit.NewWriter(f, r.opts.Name, p.started) }},
	} {
		if f.name == "" {
			continue
		}
		file, err := createOutput(f.name)
		if err != nil {
			p.closeFiles()
			return nil, fmt.Errorf("%s: %w", f.flag, err)
		}
		p.files = append(p.files, file)
		f.begin(file)
	}
	return p, nil
}

// createOutput is os.Create for a file that is only written to. A fifo is not to have this process for a reader: when the
// last other one has gone, that would be a hang, and not an error.
func createOutput(name string) (*os.File, error) {
	return os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o666)
}

func (p *reports) info() timeline.Info {
	o := &p.run.opts
	return timeline.Info{
		Program: strings.TrimSpace(versionText()), Command: shellWords(o.Invoked), Started: p.started, Jobs: int(p.run.jobs.Load()),
	}
}

// watchEvery is how often the memory of what runs is looked at for a picture.
const watchEvery = 200 * time.Millisecond

// begin is called when tasks begin. The goroutine that it starts ends with close.
func (p *reports) begin() {
	if p == nil || p.trace == nil && p.page == nil {
		return
	}
	p.watch = make(chan struct{})
	p.watched.Go(func() {
		tick := time.NewTicker(watchEvery)
		defer tick.Stop()
		for {
			select {
			case <-p.watch:
				return
			case <-tick.C:
				p.look()
			}
		}
	})
}

// look notes how much runs now, and its memory.
func (p *reports) look() {
	memory := int64(-1)
	if all, ok := crashdetect.TreeRSS(os.Getpid()); ok {
		own, _ := crashdetect.RSS(os.Getpid())
		memory = max(all-own, 0)
	}
	_, _, running := p.run.ledger.counts()
	p.mu.Lock()
	defer p.mu.Unlock()
	at := time.Since(p.started)
	if p.trace != nil {
		p.note("--trace", p.trace.Load(at, running, memory))
	}
	if p.page != nil && memory >= 0 {
		p.page.Load(at, memory)
	}
}

func (p *reports) began(*task) {}

// retried is told of each attempt that is followed by another.
func (p *reports) retried(t *task, res pool.Result) {
	if p.trace == nil && p.page == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.draw(t, res, true)
}

func (p *reports) ended(t *task, res pool.Result) {
	if !t.begun && res.Verdict.Kind == crashdetect.Stopped {
		return // as if it had not been read
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.draw(t, res, false)
	failed := !res.Verdict.OK() && res.Verdict.Kind != crashdetect.Stopped
	if p.junit != nil {
		c := junit.Case{Seq: t.seq, Command: t.commandLine(res), Verdict: res.Verdict, Host: elsewhere(res), Time: res.End.Sub(res.Start)}
		if failed {
			c.Stdout, c.Stderr = t.tails[pool.Stdout].Last(), t.tails[pool.Stderr].Last()
		}
		p.note("--junit", p.junit.Add(c))
	}
	if failed && p.failed.Most > 0 {
		p.failed.Add(p.failure(t, res))
	}
}

// failure describes a failed task, if it is going to be kept.
func (p *reports) failure(t *task, res pool.Result) failures.Failure {
	f := failures.Failure{Seq: t.seq}
	if !p.failed.Wants(t.seq) {
		return f
	}
	f.Attempt, f.Slot, f.Pid, f.Verdict, f.Words = res.Attempt, res.Slot, res.Pid, res.Verdict, res.Words
	f.Command, f.Time, f.Host = t.commandLine(res), res.End.Sub(res.Start), elsewhere(res)
	f.Stdout, f.Stderr = t.tails[pool.Stdout].Last(), t.tails[pool.Stderr].Last()
	return f
}

func (p *reports) draw(t *task, res pool.Result, again bool) {
	if p.trace == nil && p.page == nil {
		return
	}
	a := timeline.Attempt{
		Seq: t.seq, Number: res.Attempt, Slot: res.Slot, Pid: res.Pid, Stays: p.stays, Verdict: res.Verdict, Again: again,
		Host: elsewhere(res), MaxRSS: res.Usage.MaxRSS, Command: t.commandLine(res),
	}
	if !res.Start.IsZero() {
		a.Start, a.End = res.Start.Sub(p.started), res.End.Sub(p.started)
	}
	if p.trace != nil {
		p.note("--trace", p.trace.Add(&a))
	}
	if p.page != nil {
		p.page.Add(&a)
	}
}

// commandLine is the task's command as it can be given to a shell.
func (t *task) commandLine(res pool.Result) string { return t.run.command.line(t.context(res.Slot)) }

// note keeps the first error of a file, by the option that asked for it. It ends the
// run as that of a joblog does.
func (p *reports) note(flag string, err error) {
	if err != nil && p.err == nil {
		p.err = fmt.Errorf("%s: %w", flag, err)
		p.run.fail(p.err)
	}
}

// describe returns what is said of the tasks that failed, "" for nothing: it comes
// before the last line.
func (p *reports) describe() (text string) {
	if p == nil {
		return ""
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	kept, more := p.failed.All()
	o := &p.run.opts.Reports
	for i := range kept[:min(len(kept), o.Failures)] {
		text += p.run.opts.Name + ": " + kept[i].Block()
	}
	if more += int64(max(len(kept)-o.Failures, 0)); o.Failures > 0 && more > 0 {
		text += fmt.Sprintf("%s: and %d more failed\n", p.run.opts.Name, more)
	}
	for i := range kept {
		if o.GitHub && i < annotations {
			text += kept[i].GitHub()
		}
	}
	return text
}

// fault is told what ended the run before its input did, "" for nothing, and returns
// what is said of it besides that: no task has failed of it.
func (p *reports) fault(line string) string {
	if p == nil || line == "" {
		return ""
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.junit != nil {
		p.junit.Fault(line)
	}
	if !p.run.opts.Reports.GitHub {
		return ""
	}
	return failures.Annotation(p.run.opts.Name+" did not come to its end", line)
}

// close completes the files, when the run has ended so.
func (p *reports) close(status Status, summary string) error {
	if p == nil {
		return nil
	}
	if p.watch != nil {
		close(p.watch)
		p.watched.Wait()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	took := time.Since(p.started)
	var errs []error
	wrote := func(flag string, err error) {
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", flag, err))
		}
	}
	if p.trace != nil {
		wrote("--trace", p.trace.Close())
	}
	if p.page != nil {
		wrote("--report", p.page.Write(p.pageTo, timeline.End{At: took, Status: status.Code, Summary: summary}))
	}
	if p.junit != nil {
		wrote("--junit", p.junit.Close(took))
	}
	errs = append(errs, p.closeFiles())
	if p.err != nil { // it was told when it came up
		return nil
	}
	return errors.Join(errs...)
}

func (p *reports) closeFiles() error {
	var errs []error
	for _, f := range p.files {
		errs = append(errs, f.Close())
	}
	p.files = nil
	return errors.Join(errs...)
}

// tailing is an output of which the ends are kept.
type tailing struct {
	out  pool.Output
	task *task
}

func (g *tailing) Write(s pool.Stream, b []byte, resume func()) bool {
	if g.task.tails[s] == nil {
		g.task.tails[s] = &failures.Tail{}
	}
	g.task.tails[s].Write(b)
	return g.out.Write(s, b, resume)
}

func (g *tailing) Reset() {
	for _, tail := range g.task.tails {
		if tail != nil {
			tail.Reset()
		}
	}
	if r, ok := g.out.(pool.Resetter); ok {
		r.Reset()
	}
}
