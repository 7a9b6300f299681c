package runner

import (
	"fmt"
	"io"
	"sync"
	"time"

	"xpool/crashdetect"
	"xpool/pool"
	"xpool/runner/halt"
)

// halting ends the run early, as --halt asks for. It is a sink, and may be used
// from any goroutine.
type halting struct {
	run *run

	mu      sync.Mutex
	counter *halt.Counter
}

func newHalting(r *run) *halting {
	h := &halting{run: r, counter: halt.New(r.opts.Halt)}
	if r.tasks > 0 {
		h.counter.SetTotal(int(r.tasks))
	}
	return h
}

func (h *halting) began(*task) {}

func (h *halting) ended(t *task, res pool.Result) {
	result := halt.Result{Status: failureStatus(res.Verdict), Stopped: res.Verdict.Kind == crashdetect.Stopped}
	h.mu.Lock()
	before := h.counter.State()
	now := h.counter.Add(result)
	h.mu.Unlock()
	if before != halt.Now {
		h.tell(t, result, now)
	}
	if now != before {
		h.act(now)
	}
}

// tell says what GNU parallel says of a task that its --halt counts. In native mode
// the failure of a task has been told in another way, or will be.
func (h *halting) tell(t *task, res halt.Result, now halt.When) {
	p := h.run.opts.Halt
	if h.run.opts.As != asParallel || !p.Counts(res) {
		return
	}
	how := "failed"
	switch p.Why() {
	case halt.Success:
		how = "succeeded"
	case halt.Done:
		how = "finished"
	}
	h.run.note(fmt.Sprintf("This job %s:\n%s", how, h.run.command.line(t.context(t.slot))))
	if _, _, running := h.run.ledger.counts(); now == halt.Soon && running > 0 {
		h.run.note(fmt.Sprintf("Starting no more jobs. Waiting for %d jobs to finish.", running))
	}
}

func (h *halting) act(w halt.When) {
	h.run.halt(nil)
	if w == halt.Now {
		h.run.pool.Stop(time.Duration(h.run.opts.KillAfter))
	} else {
		h.run.pool.Halt()
	}
}

// option is the one by which failures have ended the run, "" if they have not. An end
// after so many tasks, or so many that succeeded, is the one that was wanted.
func (h *halting) option() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	o := &h.run.opts
	switch {
	case h.counter.State() == halt.Never || o.Halt.Why() != halt.Fail:
		return ""
	case o.FailFast && o.Halt == halt.FailFast():
		return "--fail-fast"
	}
	return "--halt"
}

// status is the exit status of GNU parallel.
func (h *halting) status() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.counter.Status()
}

// failureStatus is what GNU parallel would exit with for a task alone.
func failureStatus(v crashdetect.Verdict) int {
	switch {
	case v.OK():
		return 0
	case v.Kind == crashdetect.Exit && v.Code > 0 && v.Code < 256:
		return v.Code
	case v.Kind == crashdetect.Killed:
		return 128 + int(v.Signal)
	case v.Kind == crashdetect.NotStarted:
		return v.ExitStatus()
	default:
		return 255
	}
}

// cutShort is the option by which failures have ended the run before all was done, ""
// if none has. It is known when all tasks are over.
func (r *run) cutShort() string {
	r.mu.Lock()
	otherwise := r.signal != 0 || r.err != nil
	r.mu.Unlock()
	if otherwise || !r.ledger.unfinished() {
		return ""
	}
	return r.halting.option()
}

// lookFurther finds out whether the input has ended, where failures have ended the run
// and the number of the next task is seq. It waits for nothing: the input is
// interrupted.
func (r *run) lookFurther(seq int64) {
	for r.halting.option() != "" {
		b, err := r.batches.next()
		if err == io.EOF {
			r.ledger.complete()
		}
		if err != nil {
			return
		}
		if b.input != nil {
			b.input.close()
		}
		if b.seq > 0 {
			seq = b.seq
		}
		if !r.skips(seq, b) {
			return
		}
		seq++
	}
}

// termSteps is how tasks are brought to their end, nil for what is usual.
func (o *Options) termSteps() (steps []pool.TermStep) {
	if !o.HasTermSeq {
		return nil
	}
	for _, s := range o.TermSeq.Steps() {
		steps = append(steps, pool.TermStep{Signal: s.Signal, Wait: s.Wait})
	}
	return steps
}
