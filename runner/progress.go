package runner

import (
	"cmp"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/mattn/go-isatty"
	"golang.org/x/term"

	"xpool/pool"
	"xpool/runner/output"
	"xpool/runner/progress"
	"xpool/runner/value"
)

// outputOptions says how the run prints.
func (r *run) outputOptions() output.Options {
	o := output.Options{
		Stdout:    r.streams.stdout,
		Stderr:    r.streams.stderr,
		Unordered: r.opts.Unordered || r.opts.Ungroup || r.opts.LineBuffer || r.opts.endOrder(),
		TempDir:   r.tempDir(),
		OnePlace:  samePlace(r.streams.stdout, r.streams.stderr),
	}
	mode := progressMode(r.opts.Progress, isTerminal(r.streams.stderr))
	r.standing = newStanding()
	r.progress = progress.New(progress.Options{
		Mode:    mode,
		Name:    r.opts.Name,
		Total:   r.total,
		Longest: r.standing.longest,
		Waiting: r.gates.waiting,
		Width:   func() int { return terminalWidth(r.streams.stderr) },
	})
	if r.shown = mode != progress.None; r.shown {
		o.Status = r.progress
		r.lines = mode == progress.Plain
	}
	return o
}

// tempDir is where output waits that is too much for memory. A TMPDIR that is not
// there would be told of only then, when it is too late to be mended.
func (r *run) tempDir() string {
	if r.opts.TempDir != "" {
		return r.opts.TempDir
	}
	dir := r.streams.env.get("TMPDIR")
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return "/tmp"
	}
	return dir
}

// progressMode is what an asked-for progress comes to: where there is no
// terminal, lines take the place of a bar.
func progressMode(asked value.Progress, terminal bool) progress.Mode {
	switch {
	case asked == value.ProgressNone:
		return progress.None
	case asked == value.ProgressPlain || !terminal:
		return progress.Plain
	default:
		return progress.Bar
	}
}

// total tells how many tasks there will be, if that is known: they were counted, or
// each of the arguments makes one, or the input has ended.
func (r *run) total() (n int64, known bool) {
	switch o := &r.opts; {
	case r.tasks > 0:
		return r.tasks, true
	case o.HasArgs && !o.severalRecords() && !o.Record.resumes(): // a task for each
		return int64(len(o.Operands)), true
	}
	return r.ledger.total()
}

// standing knows the tasks that run. It is a sink.
type standing struct {
	mu    sync.Mutex
	tasks map[int64]standingTask
}

type standingTask struct {
	task  *task
	args  []string // as they were when it began
	since time.Time
}

func newStanding() *standing { return &standing{tasks: map[int64]standingTask{}} }

func (s *standing) began(t *task) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tasks[t.seq] = standingTask{t, t.args, time.Now()}
}

func (s *standing) ended(t *task, _ pool.Result) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.tasks, t.seq)
}

// find returns the task with a number, if it runs, else nil.
func (s *standing) find(seq int64) *task {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tasks[seq].task
}

// standingShown is how many tasks are named: the others hardly tell more.
const standingShown = 3

// longest returns those that have run longest, that one first.
func (s *standing) longest(now time.Time) []progress.Running {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []progress.Running
	for seq, t := range s.tasks {
		all = append(all, progress.Running{Seq: seq, Name: shorten(strings.Join(t.args, " ")), For: now.Sub(t.since)})
		slices.SortFunc(all, func(a, b progress.Running) int { return cmp.Compare(b.For, a.For) })
		all = all[:min(len(all), standingShown)]
	}
	return all
}

// progressSink brings the display up to date with the ledger.
type progressSink struct{ run *run }

func (s progressSink) began(*task)              { s.show() }
func (s progressSink) ended(*task, pool.Result) { s.show() }

func (s progressSink) show() { s.run.count() }

// count brings the progress up to date with the ledger.
func (r *run) count() {
	done, failed, running := r.ledger.counts()
	r.progress.Set(progress.Counts{Done: done, Failed: failed, Running: running})
}

// tellStatus tells on standard error how far the run is, and what has run longest.
func (r *run) tellStatus() {
	r.count()
	r.printer.Say(r.progress.Status(time.Now()))
}

// samePlace tells whether what is written to both gets mixed. Two terminals count
// as one: they mostly are.
func samePlace(a, b *os.File) bool {
	if isTerminal(a) && isTerminal(b) {
		return true
	}
	x, err := a.Stat()
	if err != nil {
		return false
	}
	y, err := b.Stat()
	return err == nil && os.SameFile(x, y)
}

func isTerminal(f *os.File) bool { return isatty.IsTerminal(f.Fd()) }

func terminalWidth(f *os.File) int {
	if w, _, err := term.GetSize(int(f.Fd())); err == nil && w > 0 {
		return w
	}
	return 80
}
