package pool

import (
	"syscall"
	"time"

	"xpool/crashdetect"
)

// again prepares another attempt if the task failed and may be tried again.
func (a *attempt) again(v crashdetect.Verdict) bool {
	down := tookDown(v)
	if down {
		a.crashes++
	}
	switch {
	case v.OK(), v.Kind == crashdetect.Stopped, v.Kind == crashdetect.NotStarted:
		return false
	case down && a.crashes < a.task.CrashLimit:
	case a.number < a.task.Tries:
	default:
		return false
	}
	a.renew()
	a.number++
	return true
}

// renew makes the attempt one that has not begun.
func (a *attempt) renew() {
	a.dropOutput()
	a.starts, a.watched = 0, nil
}

// dropOutput drops what the attempt has printed, if that can be taken back.
func (a *attempt) dropOutput() {
	if r, ok := a.task.Output.(Resetter); ok {
		r.Reset()
	}
}

// dropUnbegun drops what an attempt has for its output when its worker ends with a pool
// that broke down, and had not begun with it: then it is the worker's own, of which the
// pool's error tells.
func (p *Pool) dropUnbegun(a *attempt, unbegun bool) {
	if unbegun && p.broken != nil {
		a.dropOutput()
	}
}

// tookDown tells whether a verdict is that of a task whose worker, or process, died
// in the middle of it and by no decision of the pool's.
func tookDown(v crashdetect.Verdict) bool {
	switch v.Kind {
	case crashdetect.Killed, crashdetect.OutOfMemory, crashdetect.Protocol, crashdetect.Lost:
		return true
	}
	return v.Left
}

// lastingAfter is from when on a run counts as one that lasts, and gets what a
// short one can do without.
const lastingAfter = 20 * time.Millisecond

// lasts is called when an attempt begins.
func (p *Pool) lasts() {
	switch {
	case p.oom != nil:
		p.oom.Look()
	case p.lasting == nil && p.reactor != nil:
		p.lasting = p.timers.after(lastingAfter, func() { p.oom = crashdetect.WatchOOM() })
	}
}

// findEvidence finds out whether the attempt was killed for want of memory.
func (s *slot) findEvidence(e *ended, a *attempt) {
	how := &e.how
	pid := e.pid
	switch {
	case how.HasStatus && how.Status.Signaled() && how.Status.Signal() == syscall.SIGKILL:
	case how.ShellStatus && how.Replied && how.ReplyCode == 128+int(syscall.SIGKILL):
		pid = 0 // the shell knows it, and does not tell
	default:
		return
	}
	how.OOM, _ = s.pool.oom.Killed(pid, a.start)
	how.Peak = e.usage.MaxRSS
}
