package runner

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"xpool/crashdetect"
	"xpool/pool"
	"xpool/pool/cpucount"
	"xpool/runner/block"
	"xpool/runner/input"
	"xpool/runner/jobserver"
	"xpool/runner/output"
	"xpool/runner/progress"
	"xpool/runner/rows"
	"xpool/runner/template"
	"xpool/runner/value"
)

// interruptGrace is how long tasks may take to end when the run is interrupted,
// before they are killed: an interrupted xpool is to be gone within a second.
const interruptGrace = 500 * time.Millisecond

// streams are the standard streams of a run, and its environment.
type streams struct {
	stdin, stdout, stderr *os.File
	env                   environment
}

// run is one run: records become tasks, the pool runs them, the printer prints
// what they print, the ledger counts how they ended.
//
//	source --> batches --> feed (goroutine) --> pool (goroutine) --> done --> ledger
//	                                              |                   |
//	                                              +---- output ----> printer (goroutine)
type run struct {
	opts      Options
	streams   streams
	found     environment // as the run has found it; that of streams is for tasks
	command   command
	persona   persona
	source    input.Source
	batches   batcher
	pool      *pool.Pool
	printer   *output.Printer
	ledger    *ledger
	progress  *progress.Progress
	shown     bool            // the progress is, by itself
	standing  *standing       // the tasks that run
	lines     bool            // the progress is lines for a log, of which the last one tells how it ended
	said      bool            // say has said something
	ctx       context.Context // done when no more tasks are to be begun
	cancel    context.CancelFunc
	asked     value.Jobs      // what the number of slots at the start was taken from
	jobs      atomic.Int64    // slots
	inherit   bool            // tasks write to the run's own streams
	terminal  terminal        // what tasks get of the run's own
	asker     *asker          // nil if there is nothing to ask
	rows      *rows.Reader    // nil unless records are rows
	splitter  *block.Splitter // nil unless tasks get blocks of the input
	scratch   string          // directory of files of which tasks get the names, "" if there are none
	closers   []io.Closer     // what tasks may need until the last one is over
	columns   []string        // the names of their columns, from a header
	tasks     int64           // how many there are; 0 unless that matters to what they run
	timeout   time.Duration   // of each task, if that is the same for all
	gates     gates
	jobserver *jobserver.Jobserver // nil without one
	halting   *halting
	journal   *journal                      // nil without a joblog
	reports   *reports                      // nil if none are wanted
	keeping   *keeping                      // nil if tasks print what they print
	server    *serverCall                   // nil unless the workers are those of a server
	transfers *transfers                    // nil if no files go with tasks
	sinks     []sink                        // are told of each task
	tag       func(template.Context) []byte // what a line of a task begins with, nil for nothing
	broken    chan struct{}                 // closed when a signal ends the run

	mu      sync.Mutex
	reading map[*inputFile]bool // what is open to be read
	signal  syscall.Signal      // that ends the run; set before broken is closed
	err     error               // that ends the run
	broke   error               // why the pool broke down, if it did after that
	unsaid  error               // the first of standard error
}

// guardProgram is this program's own file, by a name that stays true if it is
// replaced while it runs.
func guardProgram() string {
	if runtime.GOOS == "linux" {
		return "/proc/self/exe"
	}
	path, _ := os.Executable()
	return path
}

func (r *run) askedJobs() (int, error) {
	jobs := r.opts.Jobs
	if s := r.streams.env.get("XPOOL_JOBS"); s != "" && jobs.String() == "" {
		if err := jobs.Set(s); err != nil {
			return 0, fmt.Errorf("XPOOL_JOBS: %w", err)
		}
	}
	r.asked = jobs
	n, unlimited := jobs.Resolve(cpucount.Available)
	if unlimited {
		return manyJobs, nil
	}
	return n, nil
}

// manyJobs stands for as many slots as there are tasks.
const manyJobs = 1 << 20

func (r *run) newPersona() (p persona) {
	switch r.opts.As {
	case asXargs:
		return &xargsPersona{run: r}
	case asParallel:
		p = &parallelPersona{run: r}
	default:
		p = &native{run: r, ledger: r.ledger, quiet: r.opts.Quiet}
	}
	if r.opts.Sem.On {
		p = &semPersona{persona: p}
	}
	return p
}

// resize adds to the slots, or takes away. The signals' goroutine calls it.
func (r *run) resize(more int) {
	r.setJobs(min(max(int(r.jobs.Load())+more, 1), manyJobs))
}

func (r *run) setJobs(jobs int) {
	r.jobs.Store(int64(jobs))
	r.pool.Resize(jobs)
	r.jobserver.Resize(jobs)
}

// do runs the run to its end, with so many slots more than it was to have. It leaves
// the signals to be stopped.
func (r *run) do(signals *interrupts, slots int) Status {
	if slots != 0 {
		r.resize(slots)
	}
	signals.serve(handlers{end: r.interrupt, suspend: r.pool.Suspend, resume: r.pool.Continue, more: r.resize, status: r.tellStatus})
	file := r.watchJobs()
	defer file.stop()
	var feeder, watcher sync.WaitGroup
	feeder.Go(r.feed)
	over := make(chan struct{})
	watcher.Go(func() { r.watchOutput(over) })

	r.reports.begin()

	r.brokeDown(r.server.explain(r.pool.Wait()))
	feeder.Wait()
	r.closeInput()
	r.removeScratch()
	r.asker.close()
	r.server.close()
	status := r.finish()
	if err := r.reports.close(status, r.summary()); err != nil {
		r.say(err.Error())
		status = cmp.Or(status, Status{Code: 1})
	}
	close(over)
	watcher.Wait()
	r.gates.Close()
	r.closeJobserver()
	return status
}

// feed makes tasks of the records. It is the one goroutine that does, and ends
// with the input or when the run is to begin no more tasks.
func (r *run) feed() {
	defer r.pool.Close()
	defer r.source.Close()
	if r.opts.Pipe.RoundRobin {
		r.deal()
		return
	}
	seq := int64(1)
	for r.ctx.Err() == nil {
		b, err := r.batches.next()
		if err != nil {
			r.inputEnded(err)
			return
		}
		if b.seq > 0 {
			seq = b.seq
		}
		if r.skips(seq, b) {
			if b.input != nil {
				b.input.close()
			}
			seq++
			continue
		}
		if r.asker != nil && b.bad == nil {
			if yes, err := r.asker.ask(seq, b); err != nil {
				r.halt(err)
				return
			} else if !yes && r.ctx.Err() != nil {
				return // nobody said no
			} else if !yes {
				continue
			}
		}
		if !r.begin(seq, b) {
			return
		}
		seq++
	}
	r.lookFurther(seq)
}

// inputEnded takes note of why there are no more records. What was read is done in any case.
func (r *run) inputEnded(err error) {
	switch {
	case err == io.EOF:
		r.ledger.complete()
	case !errors.Is(err, input.ErrInterrupted):
		r.halt(err)
	}
}

// begin makes a task of a batch and has it run. It is false if none is to begin any more.
func (r *run) begin(seq int64, b batch) bool {
	r.ledger.enter()
	t := r.newTask(seq, b)
	if b.bad != nil {
		t.outlet() // what keeps output has to tell of this task, too
		t.end(pool.Result{Seq: t.seq, Verdict: crashdetect.Classify(crashdetect.End{StartErr: b.bad}), Err: b.bad})
		return true
	}
	if r.opts.DryRun {
		t.show()
		return true
	}
	if err := r.pool.Submit(r.ctx, t.submission()); err != nil {
		t.end(pool.Result{Seq: t.seq, Verdict: stoppedVerdict()})
		return false
	}
	return true
}

// stoppedVerdict is that of a task which did not begin because the run ends.
func stoppedVerdict() crashdetect.Verdict { return crashdetect.Verdict{Kind: crashdetect.Stopped} }

// watchOutput ends the run when its output cannot be written. It ends with over.
func (r *run) watchOutput(over <-chan struct{}) {
	select {
	case <-r.printer.Failed():
	case <-over:
		return
	}
	r.outputFailed(r.printer.Err())
}

func (r *run) outputFailed(err error) {
	if errors.Is(err, syscall.EPIPE) {
		r.interrupt(syscall.SIGPIPE)
		return
	}
	r.fail(err)
}

// interrupt ends the run because of a signal; a second one ends it at once.
func (r *run) interrupt(sig syscall.Signal) {
	r.mu.Lock()
	again := r.signal != 0
	if !again {
		r.signal = sig
		close(r.broken)
	}
	r.mu.Unlock()
	r.cancelInput()
	if again {
		r.pool.Stop(0)
	} else {
		r.pool.Stop(interruptGrace)
	}
}

// fail ends the run because of an error of its own; the first counts.
func (r *run) fail(err error) {
	r.halt(err)
	r.pool.Stop(interruptGrace)
}

// halt keeps the run from beginning more tasks, because of err if there is one.
func (r *run) halt(err error) {
	r.mu.Lock()
	if r.err == nil {
		r.err = err
	}
	r.mu.Unlock()
	r.cancelInput()
}

// brokeDown is halt for the end of the pool, which is told in any case: it is why
// tasks that were read have not run.
func (r *run) brokeDown(err error) {
	r.mu.Lock()
	if r.err != nil {
		r.broke = err
	}
	r.mu.Unlock()
	r.halt(err)
}

func (r *run) cancelInput() {
	r.cancel()
	r.mu.Lock()
	defer r.mu.Unlock()
	for f := range r.reading {
		f.Interrupt()
	}
}

// finish prints what is left to print and returns the status of the run.
func (r *run) finish() Status {
	printed := make(chan error, 1)
	go func() { printed <- r.printer.Close() }() // ends with the printer
	var err error
	select {
	case err = <-printed:
	case <-r.broken:
		_ = r.printer.Abort()
	}
	if errors.Is(err, syscall.EPIPE) {
		return r.interrupted(syscall.SIGPIPE)
	}
	r.halt(err)
	r.lose(r.printer.Lost())
	r.halt(r.closeRecords())
	for _, c := range r.closers {
		r.halt(c.Close())
	}

	r.mu.Lock()
	sig, err := r.signal, r.err
	r.mu.Unlock()
	if sig != 0 {
		return r.interrupted(sig)
	}
	r.tellEnd(err)
	status := r.persona.status()
	if err != nil {
		status = r.sayError(err)
	}
	if r.broke != nil {
		r.sayError(r.broke)
	}
	if lost := r.unwritten(); lost != nil { // of which a report can tell
		status = r.sayError(lost)
	}
	return status
}

// tellEnd tells how the run has ended, but for err, which may have ended it before its
// input did.
func (r *run) tellEnd(err error) {
	r.tell(r.reports.describe())
	if by := r.cutShort(); by != "" {
		r.tell(r.reports.fault("ended early by " + by + ": " + r.ledger.progress()))
	}
	summary := r.persona.summary()
	if r.lines && (err == nil || r.ledger.anyDone()) { // else err tells all
		r.say(r.ledger.ending(summary))
	}
	r.say(summary)
	r.say(r.commandAdvice())
}

// summary is the line about failures, as the ledger has it, and what they have led to.
func (r *run) summary() string {
	summary := r.ledger.summary()
	if by := r.cutShort(); by != "" {
		summary += "; ended early by " + by
	}
	return summary
}

func (r *run) interrupted(sig syscall.Signal) Status {
	if sig != syscall.SIGPIPE {
		r.tell(r.reports.describe())
		r.say(r.persona.farewell(sig))
		r.tell(r.reports.fault(r.ledger.farewell(sig)))
	}
	return endedBy(sig)
}

func (o *Options) say(f *os.File, line string) {
	fmt.Fprintf(f, "%s: %s\n", shownOn(f, o.Name), shownOn(f, line))
}
