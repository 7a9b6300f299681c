package runner

import (
	"errors"
	"fmt"
	"io"
	"sync"
	"syscall"

	"xpool/crashdetect"
	"xpool/pool"
	"xpool/runner/input"
	"xpool/runner/joblog"
	"xpool/runner/jsonlog"
	"xpool/runner/template"
)

// recordOptions say what is written down of tasks.
type recordOptions struct {
	Joblog       string
	Resume       bool // skip the tasks that are in the joblog
	ResumeFailed bool // skip those of them that succeeded
	RetryFailed  bool // run those that did not, and take no other records
	Results      string
	Files        bool
	JSON         bool
	Total        int // how many tasks there will be, as the user says; 0 if he does not
}

func (o *recordOptions) resumes() bool { return o.Resume || o.ResumeFailed || o.RetryFailed }

// keeps tells whether output is kept, or described, instead of printed.
func (o *recordOptions) keeps() bool { return o.Results != "" || o.Files || o.JSON }

// journal is the joblog of a run: a sink that writes a row for each task that is
// over, and knows which were before.
type journal struct {
	run *run

	mu  sync.Mutex
	log *joblog.Writer
	old *joblog.Set // of earlier runs that this one continues, or nil
}

// openJournal returns the joblog that was asked for, or nil. It is to be closed.
func openJournal(r *run) (*journal, error) {
	o := &r.opts.Record
	if o.Joblog == "" {
		return nil, nil
	}
	name, mode := joblog.ParseName(o.Joblog)
	if o.resumes() {
		mode = joblog.Resume
	}
	log, err := joblog.Open(name, mode)
	if err != nil {
		return nil, err
	}
	j := &journal{run: r, log: log}
	if o.Resume || o.ResumeFailed {
		if j.old, err = joblog.Load(name); err != nil {
			log.Close()
			return nil, err
		}
		if n, first := j.old.Foreign(); n > 0 {
			r.note(fmt.Sprintf("%s: %d lines are no rows of a joblog, the first is line %d", name, n, first))
		}
	}
	return j, nil
}

// skips tells whether the task with a number is not to be run again.
func (j *journal) skips(seq int64) bool {
	switch {
	case j == nil || j.old == nil:
		return false
	case j.run.opts.Record.ResumeFailed:
		return j.old.Succeeded(seq)
	default:
		return j.old.Done(seq)
	}
}

func (j *journal) began(*task) {}

func (j *journal) ended(t *task, res pool.Result) {
	if res.Verdict.Kind == crashdetect.Stopped {
		return
	}
	row := t.row(res)
	j.mu.Lock()
	err := j.log.Write(row)
	j.mu.Unlock()
	if err != nil {
		j.run.fail(err)
	}
}

func (j *journal) close() error {
	if j == nil {
		return nil
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.log.Close()
}

// row is what a joblog says of the task.
func (t *task) row(res pool.Result) joblog.Row {
	exit, sig := logStatus(res.Verdict)
	start := res.Start
	if start.IsZero() {
		start = t.made
	}
	row := joblog.Row{
		Seq: t.seq, Host: res.Host, Start: start, Send: t.sent, Receive: t.received,
		Exit: exit, Signal: sig, Command: t.run.command.line(t.context(res.Slot)),
	}
	if !res.Start.IsZero() {
		row.Runtime = res.End.Sub(res.Start)
	}
	return row
}

// logStatus is the exit status and the signal by which GNU parallel tells of a
// verdict.
func logStatus(v crashdetect.Verdict) (exit, sig int) {
	switch v.Kind {
	case crashdetect.OK:
		return 0, 0
	case crashdetect.TimedOut, crashdetect.Stalled, crashdetect.OverMemory:
		return -1, int(syscall.SIGTERM)
	case crashdetect.Exit, crashdetect.NotStarted:
		return max(v.Code, 1), 0
	}
	if v.Signal != 0 {
		return 0, int(v.Signal)
	}
	if v.Exited && v.Code != 0 {
		return v.Code, 0
	}
	return 255, 0
}

// jsonResult is what a line of JSON says of the task.
func (t *task) jsonResult(res pool.Result) *jsonlog.Result {
	return &jsonlog.Result{
		Row: t.row(res), V: t.args, Slot: res.Slot, Attempt: res.Attempt, Pid: res.Pid, Verdict: res.Verdict,
		User: res.Usage.User, System: res.Usage.System, MaxRSS: res.Usage.MaxRSS,
	}
}

// openRecords opens what is written down of the tasks.
func (r *run) openRecords() (err error) {
	if r.opts.DryRun {
		return nil
	}
	// First what costs nobody the log of an earlier run.
	if err = r.keeping.makeDirectory(); err != nil {
		return err
	}
	if r.journal, err = openJournal(r); err != nil {
		return err
	}
	if r.reports, err = openReports(r); err != nil {
		return err
	}
	return r.keeping.open()
}

// closeRecords closes what is written down of the tasks.
func (r *run) closeRecords() error { return errors.Join(r.journal.close(), r.keeping.close()) }

// openFailures has the tasks of an earlier run that failed run again.
func (r *run) openFailures() error {
	name, _ := joblog.ParseName(r.opts.Record.Joblog)
	failures, err := joblog.OpenFailures(name)
	if err != nil {
		return err
	}
	r.source = failureCloser{failures}
	r.batches = failureBatcher{failures}
	return nil
}

// failureCloser is a source of which only the end is of interest.
type failureCloser struct{ *joblog.Failures }

func (failureCloser) Next() (input.Record, error) { return input.Record{}, io.EOF }

// failureBatcher makes a batch of each task that failed: its command.
type failureBatcher struct{ failures *joblog.Failures }

func (f failureBatcher) next() (batch, error) {
	row, err := f.failures.Next()
	return batch{args: []string{row.Command}, seq: row.Seq}, err
}

// skips tells whether a task is not to run: an earlier run has done it, or it is not
// wanted with these columns.
func (r *run) skips(seq int64, b batch) bool {
	if r.journal.skips(seq) {
		return true
	}
	t := &task{run: r, seq: seq, args: b.args}
	if s, ok := r.command.(skipper); ok && b.bad == nil && s.skips(t.context(1)) {
		return true
	}
	if o := &r.opts.Record; r.keeping != nil && r.journal == nil && o.Results != "" && o.Resume {
		place, err := r.keeping.place(t)
		return err == nil && place.Finished()
	}
	return false
}

// skipper is a command that does not want some tasks to run.
type skipper interface {
	skips(c template.Context) bool
}
