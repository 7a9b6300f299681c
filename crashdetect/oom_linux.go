package crashdetect

import (
	"slices"
	"time"
)

const (
	lookEvery = 100 * time.Millisecond // OOMWatch.Look does nothing more often than this
	oneDeath  = 10 * time.Second       // two lines of the log about one pid within this are about one death
	oneEvent  = time.Second            // a limit that was hit explains the kills that are seen within this
	keepRises = 64                     // how many unexplained rises are remembered, for attempts that began long ago
	keepNames = 256                    // how many deaths are: some kill whole cgroups at once
)

// OOMWatch knows of the kernel's out-of-memory kills since it was made, from two sources:
//
//   - the counter of kills of the memory cgroup that this process is in (memory.events, or memory.oom_control in
//     version 1), which children share unless they are moved elsewhere. Version 2 counts the cgroups below it too. It
//     is the counter of those who were killed, whoever's want of memory it was. Those of the ancestors are none of our
//     business, as they count the kills of strangers; but whether an ancestor's limit was hit tells the cause.
//   - the kernel's log (/dev/kmsg), which names the pids of the killed, in the initial pid namespace: it is read only by
//     those who are in that one, and who may.
//
// Where neither can be read there is never any evidence. Its methods do not wait for anything; they must not be called
// from several goroutines at once. A nil and the zero OOMWatch are of use too: they never have evidence.
type OOMWatch struct {
	cgroup memoryCgroup
	log    *kernelLog // nil without one
	kills  int64      // the counter when it was last read
	limits int64      // the sum of the counters of limits hit when they were last read

	unnamed  []rise    // kills that were counted and that no death explains yet; oldest first
	deaths   []death   // those that the log named, and the children to which a counted kill was given; oldest first
	limitAt  time.Time // when a limit was last seen to have been hit
	lookedAt time.Time
}

// rise is how much the counter of kills rose between two looks at it.
type rise struct {
	seen  time.Time // of the second look
	kills int64     // those left to claim, above 0
	limit bool      // a cgroup's limit was the cause
}

// death is one kill of which the pid is known.
type death struct {
	pid     int // 0 if a child without a pid was given it
	seen    time.Time
	limit   bool // as in rise
	counted bool // the counter of this process's cgroup has it: it was no stranger
	claimed bool // somebody asked and was told
}

// WatchOOM notes how things stand now; only what happens later is evidence. It never fails: what cannot be read is no
// source. The caller must Close it.
func WatchOOM() *OOMWatch { return watchOOM("") }

// watchOOM is WatchOOM with another directory in the place of the root directory.
func watchOOM(root string) *OOMWatch {
	w := &OOMWatch{cgroup: findMemoryCgroup(root), log: openKernelLog(root), lookedAt: time.Now()}
	w.kills, w.limits = w.cgroup.countKills(), w.cgroup.countLimits()
	return w
}

// Close gives back what the watch holds open. After it there is no evidence from the kernel's log any more. It may be
// called more than once.
func (w *OOMWatch) Close() {
	if w != nil {
		w.log.close()
		w.log = nil
	}
}

// Look takes note of what happened since the last look, so that it can be told from what will have happened when Killed
// is asked. It is meant to be called now and then while attempts run, when one begins, say: that keeps a kill which
// nobody asked about (of a grandchild whose parent lived on) from being taken for the cause of a much later death.
// More often than ten times a second it costs a look at the clock.
func (w *OOMWatch) Look() {
	if w == nil {
		return
	}
	if now := time.Now(); now.Sub(w.lookedAt) >= lookEvery {
		w.look(now)
	}
}

// Killed tells whether the kernel killed the child pid for want of memory, and by what that is known, in words for
// End.OOM: "cgroup memory limit" or "kernel OOM killer". It is meant to be asked about a child that died of SIGKILL which
// the caller did not send. A pid of 0 is for a process whose pid the caller does not know: the command of a shell that
// reported 128+9, say. Since is when the attempt began: what was seen before it is no evidence.
//
// A kill is evidence for one child only. Where the log names the killed, their pids must match; one that the counter has
// and the log does not name goes to the first child that is asked about, as do, for a pid of 0, those that both have.
// Asked again about a pid, Killed says the same.
//
// The counter never lags behind a child's end, as the kernel raises it before it sends the signal. The log can lag by a
// moment where the kernel leaves out the line that it writes before the signal, as it does when kills come thick: where
// there is no counter, a caller that need not tell its verdict at once may ask again, some 50 ms after a false.
func (w *OOMWatch) Killed(pid int, since time.Time) (evidence string, ok bool) {
	if w == nil {
		return "", false
	}
	now := time.Now()
	w.look(now)
	for i := range w.deaths {
		d := &w.deaths[i]
		its := d.pid == pid
		if pid == 0 {
			its = d.counted && !d.claimed
		}
		if its && !d.seen.Before(since) {
			d.claimed = true
			return evidenceOf(d.limit), true
		}
	}
	i := slices.IndexFunc(w.unnamed, func(r rise) bool { return !r.seen.Before(since) })
	if i < 0 {
		return "", false
	}
	limit := w.unnamed[i].limit
	w.take(i)
	w.deaths = appendLast(w.deaths, death{pid: pid, seen: now, limit: limit, counted: true, claimed: true}, keepNames)
	return evidenceOf(limit), true
}

func evidenceOf(limit bool) string {
	if limit {
		return "cgroup memory limit"
	}
	return "kernel OOM killer"
}

// look reads the sources. The log comes first: a kill that is counted and not named yet can be named later, while one
// that was named before it was counted would count twice.
func (w *OOMWatch) look(now time.Time) {
	w.lookedAt = now
	named := 0
	w.log.drain(func(record []byte) {
		if pid, limit, ok := parseVictim(record); ok && w.name(pid, limit, now) {
			named++
		}
	})
	w.count(now)
	for i := len(w.deaths) - 1; i >= 0 && named > 0 && len(w.unnamed) > 0; i, named = i-1, named-1 {
		w.deaths[i].counted = true
		w.take(len(w.unnamed) - 1)
	}
}

// name notes a death that the log tells of, and tells whether it is one that was not known.
func (w *OOMWatch) name(pid int, limit bool, now time.Time) bool {
	for i := range w.deaths {
		if d := &w.deaths[i]; d.pid == pid && now.Sub(d.seen) < oneDeath {
			d.limit = d.limit || limit
			return false
		}
	}
	w.deaths = appendLast(w.deaths, death{pid: pid, seen: now, limit: limit}, keepNames)
	return true
}

// count reads the counters. Those of the limits are looked at only when there were kills to explain, and after these: the
// kernel counts the limit that was hit first.
func (w *OOMWatch) count(now time.Time) {
	kills := w.cgroup.countKills()
	risen := kills - w.kills
	w.kills = kills
	if risen <= 0 { // below 0: the cgroup's directory was removed
		return
	}
	limits := w.cgroup.countLimits()
	if limits > w.limits {
		w.limitAt = now
	}
	w.limits = limits
	limit := !w.limitAt.IsZero() && now.Sub(w.limitAt) < oneEvent
	w.unnamed = appendLast(w.unnamed, rise{seen: now, kills: risen, limit: limit}, keepRises)
}

// take uses one kill of the i-th rise up.
func (w *OOMWatch) take(i int) {
	if w.unnamed[i].kills--; w.unnamed[i].kills == 0 {
		w.unnamed = slices.Delete(w.unnamed, i, i+1)
	}
}

// appendLast appends e to s and drops the oldest of more than limit elements.
func appendLast[E any](s []E, e E, limit int) []E {
	if len(s) >= limit {
		s = slices.Delete(s, 0, len(s)-limit+1)
	}
	return append(s, e)
}
