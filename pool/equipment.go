package pool

import (
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"xpool/crashdetect"
	"xpool/pool/child"
	"xpool/pool/reactor"
)

// readSize is how much is read of a task's output at a time: what a pipe holds.
const readSize = 64 << 10

// equip gets what the pool's goroutine needs before it starts.
func (p *Pool) equip() error {
	r, err := reactor.New()
	if err != nil {
		return err
	}
	null, err := unix.Open(os.DevNull, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		r.Close()
		return &os.PathError{Op: "open", Path: os.DevNull, Err: err}
	}
	if p.opts.Subreaper {
		// Where there is no such thing, orphans are out of reach, which the
		// documentation of crashdetect says; the run can do without.
		_ = crashdetect.BecomeSubreaper()
	}
	env := p.opts.Env
	if env == nil {
		env = os.Environ()
	}
	runID := crashdetect.NewRunID()
	p.equipment = equipment{
		reactor: r,
		watcher: child.NewWatcher(r),
		null:    null,
		runID:   runID,
		env:     append(withoutOurs(env), "XPOOL_RUN="+runID),
		buf:     make([]byte, readSize),
		pids:    map[int]bool{},
		slotEnv: p.opts.SlotEnv,
	}
	return nil
}

// withoutOurs is env without the variables that the pool sets, which a pool
// inside another one's task finds there.
func withoutOurs(env []string) []string {
	kept := make([]string, 0, len(env)+4)
	for _, v := range env {
		switch name, _, _ := strings.Cut(v, "="); name {
		case "XPOOL_RUN", "XPOOL_SEQ", "XPOOL_SLOT", "XPOOL_ATTEMPT":
		default:
			kept = append(kept, v)
		}
	}
	return kept
}

// taskEnv is the environment of a process of slot s for task seq.
func (e *equipment) taskEnv(s *slot, seq int64, attempt int) []string {
	env := e.env[:len(e.env):len(e.env)]
	if e.slotEnv != nil {
		env = append(env, e.slotEnv(s.shown())...)
	}
	return append(env,
		"XPOOL_SLOT="+strconv.Itoa(s.shown()),
		"XPOOL_SEQ="+strconv.FormatInt(seq, 10),
		"XPOOL_ATTEMPT="+strconv.Itoa(attempt))
}

// tidy is the end of the pool's goroutine: everything of the pool's is given
// back.
func (p *Pool) tidy() {
	p.giveTokensBack()
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	if p.reactor == nil { // a test's
		return
	}
	p.endGuard()
	p.oom.Close()
	p.watcher.Close()
	p.reactor.Close()
	unix.Close(p.null)
}

// ours tells whether pid is a process that the pool itself started and reaps, or
// one that it is to spare.
func (p *Pool) ours(pid int) bool {
	return p.pids[pid] || p.guard != nil && p.guard.pid() == pid || p.opts.Spare != nil && p.opts.Spare(pid)
}

// guardAfter is how long a run lasts before it gets a guard, which is a process
// of its own: one short task does without. Until then only direct children die
// with a pool that is killed.
const guardAfter = 20 * time.Millisecond

// guardian is the pool's side of the guard.
type guardian struct {
	timer *timer
	guard *crashdetect.Guard // nil before it runs, or if it cannot be had
}

func (g *guardian) pid() int {
	if g.guard == nil {
		return 0
	}
	return g.guard.Pid()
}

// publish makes the group of the slot's worker known to the guard, and has one
// started if this is the first.
func (p *Pool) publish(s *slot) {
	if p.opts.Guard == "" {
		return
	}
	if p.guard == nil {
		p.guard = &guardian{}
		p.guard.timer = p.timers.after(guardAfter, p.startGuard)
	}
	if p.guard.guard != nil && s.worker.pid() != 0 {
		p.guard.guard.Groups().Set(s.number, s.worker.pid())
	}
}

// publishGone takes the slot's group back, before its number can be another's.
func (p *Pool) publishGone(s *slot) {
	if p.guard != nil && p.guard.guard != nil {
		p.guard.guard.Groups().Set(s.number, 0)
	}
}

// insure has the guard started at once, if there is something on loan: a token that
// is taken before is lost if this process is killed.
func (p *Pool) insure() {
	if p.opts.Loan == nil || p.opts.Guard == "" || p.insured {
		return
	}
	p.insured = true
	if p.guard == nil {
		p.guard = &guardian{}
	}
	if p.guard.guard == nil {
		p.timers.stop(p.guard.timer)
		p.startGuard()
	}
}

func (p *Pool) startGuard() {
	g, err := crashdetect.StartGuard(p.opts.Guard, p.runID, p.opts.Loan, p.opts.Scratch)
	if err != nil {
		return // the run is none the worse for it while it lives
	}
	p.guard.guard = g
	p.forEachWorker(p.publish)
}

func (p *Pool) endGuard() {
	if p.guard != nil && p.guard.guard != nil {
		_ = p.guard.guard.Close()
	}
}

// usage is what the system counted for an ended child.
func usage(r *syscall.Rusage) Usage {
	return Usage{
		User:   time.Duration(r.Utime.Nano()),
		System: time.Duration(r.Stime.Nano()),
		MaxRSS: r.Maxrss * maxRSSUnit,
	}
}
