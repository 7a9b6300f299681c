package pool

import (
	"math"
	"sync/atomic"
	"time"

	"xpool/crashdetect"
)

// watchedOutput takes what an attempt prints on its way to the task's Output, and
// so knows how long the attempt has been silent.
type watchedOutput struct {
	out     Output
	last    time.Time   // when something came; owned by the pool's goroutine
	blocked atomic.Bool // the Output wants no more for now, so that silence means nothing
	resumed atomic.Bool // it wants more again, since the silence was last looked at
}

func (w *watchedOutput) Write(s Stream, b []byte, resume func()) (more bool) {
	w.last = time.Now()
	w.blocked.Store(true)
	more = w.out.Write(s, b, func() {
		w.resumed.Store(true)
		w.blocked.Store(false)
		resume()
	})
	if more {
		w.blocked.Store(false)
	}
	return more
}

// output is where the attempt's output goes.
func (a *attempt) output() Output {
	if a.task.StallTimeout <= 0 || a.task.Output == nil {
		return a.task.Output
	}
	a.watched = &watchedOutput{out: a.task.Output}
	return a.watched
}

// watchSilence ends the slot's attempt when it has been silent for too long.
func (s *slot) watchSilence(a *attempt) {
	limit := a.task.StallTimeout
	if limit <= 0 || a.watched == nil {
		return
	}
	a.watched.last = time.Now()
	var look func()
	look = func() {
		left := limit - time.Since(a.watched.last)
		switch {
		case a.watched.blocked.Load(), a.watched.resumed.Swap(false): // what came meanwhile may not be read yet
			left = limit
		case left <= 0:
			s.end(stalled, s.pool.killAfter)
			return
		}
		s.silence = s.pool.timers.after(left, look)
	}
	s.silence = s.pool.timers.after(limit, look)
}

// memoryEvery is how often the memory of the attempts that have a limit is looked
// at. What is allocated faster than that is for the kernel to refuse.
const memoryEvery = 100 * time.Millisecond

// watchMemory ends attempts that use too much memory.
func (p *Pool) watchMemory() {
	if p.memory != nil {
		return
	}
	p.memory = p.timers.after(memoryEvery, func() {
		p.memory = nil
		limited := false
		for _, s := range p.slots {
			limited = s.checkMemory() || limited
		}
		if limited {
			p.watchMemory()
		}
	})
}

// checkMemory ends the slot's attempt if its tree uses too much memory, and tells
// whether there is one that has a limit.
func (s *slot) checkMemory() bool {
	if s.state != busy || s.attempt.task.MemLimit <= 0 || s.remote() {
		return false
	}
	pid, limit := s.worker.pid(), s.attempt.task.MemLimit
	if pid == 0 || s.why != noReason {
		return true
	}
	// Pages that processes share count in each of them, so that the sum may be far
	// too high; what counts them once takes long.
	if used, ok := crashdetect.TreeRSS(pid); !ok || used <= limit {
		return true
	}
	if used, ok := crashdetect.TreePSS(pid); ok && used > limit {
		s.used = used
		s.end(overMemory, s.pool.killAfter)
	}
	return true
}

// recycleGrowth is how much more resident memory than after its first task a
// worker may have with RecycleAuto, and recycleEvery is how often that is looked
// at; both are loky's.
const (
	recycleGrowth = 300_000_000
	recycleEvery  = time.Second
)

// RecycleAuto as Options.RecycleRSS lets a worker grow by 300 MB over what it had
// after its first task, as loky does.
const RecycleAuto int64 = -1

// tasksLeft is how many tasks the slot's worker may still do, with the one that it
// does now: what was sent ahead may have begun before it is known that the one
// before is over.
func (s *slot) tasksLeft() int {
	if most := s.pool.opts.RecycleTasks; most > 0 && !s.remote() {
		return most - s.tasks
	}
	return math.MaxInt
}

// wear is what counts for the recycling of a process.
type wear struct {
	tasks  int       // that it has done
	level  int64     // its resident memory after its first task
	looked time.Time // when that was last looked at
}

// recycle decides, after a task, whether the slot's worker is to be replaced.
func (s *slot) recycle() {
	if !s.worker.resident() || s.leaveNext || s.remote() {
		return
	}
	if w, ok := s.worker.(*coSeat); ok {
		w.host.recycle()
		return
	}
	s.leaveNext = s.worn(&s.pool.opts, s.worker.pid())
}

// worn tells, after a task, whether the process is to be replaced.
func (w *wear) worn(o *Options, pid int) bool {
	if o.RecycleTasks > 0 && w.tasks >= o.RecycleTasks {
		return true
	}
	if o.RecycleRSS == 0 || w.tasks > 1 && time.Since(w.looked) < recycleEvery {
		return false
	}
	rss, ok := crashdetect.RSS(pid)
	if !ok {
		return false
	}
	w.looked = time.Now()
	if w.tasks == 1 {
		w.level = rss
	}
	limit := o.RecycleRSS
	if limit == RecycleAuto {
		limit = w.level + recycleGrowth
	}
	return rss > limit
}
