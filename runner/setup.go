package runner

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"time"

	"xpool/pool"
	"xpool/pool/cpucount"
	"xpool/runner/block"
	"xpool/runner/halt"
	"xpool/runner/output"
	"xpool/runner/template"
	"xpool/runner/value"
)

// newRun gets everything ready; no task is begun. The error is one of usage or
// of the system.
func newRun(o Options, s streams) (*run, error) {
	r := &run{opts: o, streams: s, found: s.env, ledger: newLedger(), broken: make(chan struct{}), reading: map[*inputFile]bool{}}
	r.opts.note, r.opts.log = r.note, r.log
	r.ctx, r.cancel = context.WithCancel(context.Background())
	// What has an effect that stays, such as a log that is begun, comes after what
	// can be wrong with the options; the pool is the last.
	for _, step := range []func() error{
		r.setUpEnvironment, r.setUpJobs, r.checkFiles, r.openJobserver, r.openSource, r.setUpCommand, r.countTasks, r.openGates, r.openDirectory, r.openRecords, r.openServer, r.openScratch, r.setUpPool,
	} {
		if err := step(); err != nil {
			r.abandon()
			return nil, err
		}
	}
	return r, nil
}

// abandon gives back what the steps of newRun have opened before one of them failed.
func (r *run) abandon() {
	r.cancel()
	if r.source != nil {
		_ = r.source.Close() // nothing of it was used
	}
	r.closeInput()
	r.asker.close()
	r.gates.Close()
	_ = r.jobserver.Close()
	r.server.close()
	_ = r.closeRecords() // nothing was written
	r.removeScratch()
	_ = r.reports.close(Status{}, "")
}

func (r *run) setUpEnvironment() (err error) {
	r.streams.env, err = r.streams.env.deeper()
	return err
}

func (r *run) setUpJobs() error {
	jobs, err := r.askedJobs()
	if r.opts.On.away() {
		jobs = manyJobs // each machine has its own number
	}
	r.jobs.Store(int64(jobs))
	return err
}

// setUpCommand makes the command, when it is known what the columns are called.
func (r *run) setUpCommand() (err error) {
	o := &r.opts
	if err := r.checkColumns(); err != nil {
		return err
	}
	if r.command, err = newCommand(o, r.streams.env); err != nil {
		return err
	}
	if r.rows != nil && o.As == asXpool && o.Rows.MaxRows == 0 {
		r.rows.Require(o.highestColumn())
	}
	r.inherit = r.command.inherits() && !o.On.away() && (o.Ungroup || r.jobs.Load() == 1 && !o.Unordered) && !o.seesOutput()
	if r.tag, err = o.newTag(); err != nil {
		return err
	}
	if r.transfers, err = newTransfers(o); err != nil {
		return err
	}
	if r.keeping, err = newKeeping(r); err != nil {
		return err
	}
	if err := r.openTerminal(); err != nil {
		return err
	}
	if o.Interactive {
		r.asker, err = newAsker(r)
	}
	return err
}

// openDirectory sees to the directory of the tasks, which is made if it is not there,
// as GNU parallel does.
func (r *run) openDirectory() error {
	if r.opts.Dir == "" || r.opts.DryRun || r.opts.On.away() {
		return nil
	}
	if err := os.MkdirAll(r.opts.Dir, 0o777); err != nil {
		return fmt.Errorf("--wd: %w", err)
	}
	return nil
}

// openScratch makes the directory for the files of which tasks get the names: so that
// the guard can remove them, should this process be killed.
func (r *run) openScratch() error {
	if !r.opts.Pipe.Cat && !r.opts.Pipe.Fifo {
		return nil
	}
	dir, err := filepath.Abs(r.tempDir())
	if err == nil {
		r.scratch, err = os.MkdirTemp(dir, "xpool-files-*") // mode 0700
	}
	if err != nil {
		return &block.SpillError{Dir: dir, Err: err}
	}
	return nil
}

// removeScratch removes that directory, of which a task may have taken what was in it.
func (r *run) removeScratch() {
	if r.scratch != "" {
		_ = os.RemoveAll(r.scratch)
	}
}

// fileDir is where the data of tasks waits that is too much for memory, or is to have
// a name.
func (r *run) fileDir() string { return cmp.Or(r.scratch, r.tempDir()) }

// seesOutput tells whether what tasks print has to go through this process.
func (o *Options) seesOutput() bool {
	return o.StallTimeout > 0 || o.triesAgain() || o.Tag || o.LineBuffer || o.Show || o.DryRun ||
		o.Reports.seeEnds() || o.Record.Joblog != "" || o.Record.keeps()
}

// replacements are the replacement strings in the command.
func (o *Options) replacements() (found []template.Token) {
	if o.kind() == scriptKind {
		return o.set().Scan(o.source())
	}
	for _, word := range o.Command {
		found = append(found, o.set().Scan(word)...)
	}
	return found
}

// highestColumn is the highest number of a column that the command names.
func (o *Options) highestColumn() (highest int) {
	for _, t := range o.replacements() {
		if c := t.Rep.Column; c != math.MinInt {
			highest = max(highest, c, -c)
		}
	}
	return highest
}

// countTasks finds out how many tasks there are, if that matters before the last one
// begins: the user says it, or all of the input is read.
func (r *run) countTasks() error {
	o := &r.opts
	if o.Record.Total > 0 {
		r.tasks = int64(o.Record.Total)
		return nil
	}
	needed := o.Halt.NeedsTotal()
	tokens := append(o.replacements(), o.set().Scan(o.TagString)...)
	for _, t := range append(tokens, o.set().Scan(o.Record.Results)...) {
		needed = needed || t.Err == nil && t.Rep.NeedsTotal()
	}
	// GNU parallel shows from the start how much there is to do. Blocks are not to be
	// kept.
	if o.Pipe.on() || !needed && (o.As != asParallel || o.Progress == value.ProgressNone) {
		return nil
	}
	c := countBatches(r.batches)
	r.batches, r.tasks = c, int64(len(c.batches))
	return nil
}

// strictlyInTurn tells whether a task is to be tried again before the next one begins,
// as whoever asks for one job at a time expects.
func (r *run) strictlyInTurn() bool { return r.jobs.Load() == 1 && r.opts.Retries > 1 }

// setUpPool starts the pool and the printer.
func (r *run) setUpPool() (err error) {
	o := &r.opts
	po := pool.Options{
		Jobs:        int(r.jobs.Load()),
		IdleTimeout: time.Duration(o.IdleTimeout),
		KillAfter:   time.Duration(o.KillAfter),
		InitTimeout: time.Duration(o.InitTimeout),

		RecycleTasks: o.RecycleTasks,
		RecycleRSS:   o.RecycleRSS,

		TermSeq: o.termSteps(),
		Gate:    r.gates.gate(),
		Tokens:  r.tokens(),
		Loan:    r.jobserver.Loan(),
		NoAhead: o.Halt.When() != halt.Never || r.strictlyInTurn(),
		Spare:   r.gates.shell.Owns,

		Dir:       o.Dir,
		Nice:      o.Nice,
		Env:       r.taskEnv(),
		SlotEnv:   o.slotEnv(),
		Stopped:   r.stoppedTeller(),
		Subreaper: true,
		Guard:     guardProgram(),
		Scratch:   r.scratch,
	}
	kind := r.command.kind(r.terminal)
	switch {
	case r.server != nil: // nothing runs here, and a server that was started is to stay
		kind, po.Subreaper, po.Guard = r.server.remote(r), false, ""
	case o.On.away():
		if kind, err = r.remote(kind); err != nil {
			return err
		}
		po.Dir, po.Env = "", nil // of what leads there
	}
	if r.pool, err = pool.New(kind, po); err != nil {
		return err
	}
	r.gates.pool.Store(r.pool)
	r.printer = output.New(r.outputOptions())
	r.persona = r.newPersona()
	r.halting = newHalting(r)
	r.openSinks()
	return nil
}

// taskEnv is the environment of all workers.
func (r *run) taskEnv() []string {
	o := &r.opts
	env := r.streams.env.without(o.SlotVar)
	if o.As == asParallel {
		env = env.withParallel()
	}
	return r.jobserver.Env(env.withThreads(o.Threads, int(r.jobs.Load()), cpucount.Available))
}

// openSinks says who is told of each task.
func (r *run) openSinks() {
	o := &r.opts
	r.sinks = append(r.sinks, r.ledger, r.persona, r.halting)
	if r.journal != nil {
		r.sinks = append(r.sinks, r.journal)
	}
	if r.reports != nil {
		r.sinks = append(r.sinks, r.reports)
	}
	if o.Timeout.Relative() {
		r.sinks = append(r.sinks, newTimeLimit(r))
	} else {
		r.timeout, _ = o.Timeout.Of(0)
	}
	switch {
	case r.asker != nil:
		r.sinks = append(r.sinks, r.asker)
	case o.Verbose:
		r.sinks = append(r.sinks, verboseSink{r})
	}
	r.sinks = append(r.sinks, r.standing)
	if r.shown {
		r.sinks = append(r.sinks, progressSink{r})
	}
}
