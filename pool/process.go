package pool

import (
	"slices"
	"strconv"
	"syscall"
	"time"

	"xpool/crashdetect"
	"xpool/pool/child"
)

// process is a worker's child process and the tree below it. It belongs to one
// slot for its life.
type process struct {
	slot   *slot
	child  *child.Process
	onExit func(status syscall.WaitStatus, u Usage, pid int) // after the reaping

	stopped  time.Time // when the tree was last stopped, which it still is; else zero
	unsticks *timer    // set while a part of the tree may have missed a SIGCONT

	since   time.Time // start of what it does now: the process's own, or the attempt's
	working bool      // it runs an attempt that it does not end with
	ending  bool      // the tree has been told to end
	killed  bool      // and has been killed
	exited  bool      // the child is a zombie, kept so that its group's number stays taken
}

// startProcess starts a child in s and has onExit called when it has ended, and
// when nothing of a tree that had to be ended is left.
func startProcess(s *slot, spec *child.Spec, onExit func(status syscall.WaitStatus, u Usage, pid int)) (*process, error) {
	if spec.Dir == "" {
		spec.Dir = s.pool.opts.Dir
	}
	c, err := child.Start(spec)
	if err != nil {
		return nil, err
	}
	if n := s.pool.opts.Nice; n != 0 {
		c.AddNice(n) // one that cannot be had is as good as none
	}
	p := &process{slot: s, child: c, onExit: onExit, since: c.Started}
	if err := s.pool.watcher.Add(c, p.exit); err != nil {
		crashdetect.KillTree(c.Pid)
		c.Reap()
		return nil, err
	}
	s.pool.pids[c.Pid] = true
	return p, nil
}

// pid is 0 when the process is no more.
func (p *process) pid() int {
	if p == nil || p.child == nil {
		return 0
	}
	return p.child.Pid
}

func (p *process) signal(sig syscall.Signal) {
	pid := p.pid()
	if pid == 0 {
		return
	}
	crashdetect.SignalTree(pid, sig)
	switch sig {
	case syscall.SIGSTOP:
		p.stopped = time.Now()
	case syscall.SIGCONT:
		if time.Since(p.stopped) < forkMost {
			p.unstick(time.Millisecond)
		}
		p.stopped = time.Time{}
	}
}

// forkMost is how long a fork may take, on a machine that has much else to do.
const forkMost = 4 * time.Second

// unstick looks after a while, and then again and again, for processes that were born
// stopped when the tree had been told to go on; see crashdetect.ContinueStopped.
func (p *process) unstick(after time.Duration) {
	t := &p.slot.pool.timers
	t.stop(p.unsticks)
	p.unsticks = t.after(after, func() {
		if p.pid() == 0 || !p.stopped.IsZero() {
			return
		}
		crashdetect.ContinueStopped(p.pid())
		if after < forkMost {
			p.unstick(2 * after)
		}
	})
}

func (p *process) terminate() {
	if p.pid() == 0 {
		return
	}
	p.ending = true
	p.signal(p.slot.firstSignal())
	p.signal(syscall.SIGCONT) // a stopped process hears nothing before it
}

func (p *process) kill() {
	if p.pid() == 0 {
		return
	}
	p.ending, p.killed = true, true
	p.killTree()
	if p.exited {
		p.reap()
	}
}

// killTree ends the child's tree, and what its attempt or its slot has let slip
// out of that.
func (p *process) killTree() {
	crashdetect.KillTree(p.child.Pid)
	for _, pid := range p.strays() {
		crashdetect.KillTree(pid)
	}
}

// exit is called when the child has become a zombie. What a crash leaves behind
// has nobody else to end it; what a process leaves behind that exits by itself
// is left to the end of the run, as it may be meant to serve other tasks.
func (p *process) exit() {
	p.exited = true
	if !p.stopped.IsZero() { // it ended before that, and nobody else lets go on what it leaves behind
		p.signal(syscall.SIGCONT)
	}
	switch {
	case p.ending && !p.killed:
		p.awaitTree()
		return
	case !p.ending && (p.child.Signaled() || p.working):
		p.killTree()
	}
	p.reap()
}

// survivorsEvery is how often the rest of a tree is looked at whose root has
// followed SIGTERM. Nothing tells of the end of a process that is not a child.
const survivorsEvery = 10 * time.Millisecond

// awaitTree lets the rest of a tree that was told to end do so: a shell dies of
// SIGTERM at once, while what it runs may be cleaning up. The slot's own timer
// calls kill when that takes too long.
func (p *process) awaitTree() {
	if p.pid() == 0 {
		return
	}
	if len(p.strays()) == 0 {
		p.reap()
		return
	}
	p.slot.pool.timers.after(survivorsEvery, p.awaitTree)
}

func (p *process) reap() {
	if p.child == nil {
		return
	}
	c := p.child
	p.child = nil
	p.slot.pool.timers.stop(p.unsticks)
	delete(p.slot.pool.pids, c.Pid)
	status, rusage := c.Reap()
	p.onExit(status, usage(&rusage), c.Pid)
}

// strays are the orphans that slipped out of the tree below the child: they have
// its group, or the variable that they inherited from it. Without a subreaper
// they cannot be found.
func (p *process) strays() []int {
	if !p.slot.pool.opts.Subreaper {
		return nil
	}
	group := p.pid()
	mark := "XPOOL_SLOT=" + strconv.Itoa(p.slot.shown())
	since := p.since.Add(-10 * time.Millisecond) // start times are rounded down to that
	return crashdetect.FindAdopted(p.slot.pool.ours, func(a crashdetect.Adoptee) bool {
		return !a.StartedAt.Before(since) && (a.Group == group || slices.Contains(a.Env, mark))
	})
}
