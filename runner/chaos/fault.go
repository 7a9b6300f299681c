package chaos

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"syscall"
	"time"
)

// faultKind is a sort of thing that goes wrong while a run lasts.
type faultKind string

const (
	killWorker     faultKind = "kill-worker"     // a child of xpool
	killDescendant faultKind = "kill-descendant" // a child of one of those, or below
	killAll        faultKind = "kill-all"        // all children of xpool at once
	stopWorker     faultKind = "stop-worker"     // SIGSTOP, and SIGCONT later
	stopXpool      faultKind = "stop-xpool"      // the same
	suspend        faultKind = "suspend"         // SIGTSTP, and SIGCONT later
	killGuard      faultKind = "kill-guard"      // the process that outlives xpool
	garbage        faultKind = "garbage"         // where a worker's replies are read
	grow           faultKind = "grow"            // SIGUSR1
	shrink         faultKind = "shrink"          // SIGUSR2
	jobsChange     faultKind = "jobs-change"     // of the file of -j
	fewFiles       faultKind = "few-files"       // EMFILE, for a while
	fewProcesses   faultKind = "few-processes"   // EAGAIN at fork, for a while
	interrupt      faultKind = "interrupt"       // a signal that ends the run
	killXpool      faultKind = "kill-xpool"      // SIGKILL
)

// fault is one of them.
type fault struct {
	kind faultKind
	at   time.Duration  // after the run has begun its first process
	last time.Duration  // how long it lasts
	sig  syscall.Signal // where it has one
	pick int            // whom it hits, of those that it could
}

func (f fault) String() string {
	s := fmt.Sprintf("%s at %v", f.kind, f.at)
	if f.sig != 0 {
		s += fmt.Sprintf(", signal %d", int(f.sig))
	}
	if f.last != 0 {
		s += fmt.Sprintf(", for %v", f.last)
	}
	return s
}

// hit is a fault that has been played.
type hit struct {
	fault fault
	pids  []int // whom it has hit
}

// span is how long after the beginning of a run faults may come.
const span = 400 * time.Millisecond

// newFaults plans what goes wrong. One run in eight has nothing but its own tasks to
// go wrong, and at most one fault of a run ends it.
func newFaults(rnd *rand.Rand, p *Plan) []fault {
	if one(rnd, 8) {
		return nil
	}
	kinds := []faultKind{
		killWorker, killWorker, killWorker, killWorker, killDescendant, killDescendant, killAll, stopWorker, stopWorker,
		stopXpool, suspend, killGuard, grow, shrink, fewFiles,
	}
	if p.kind.replies > 0 {
		kinds = append(kinds, garbage, garbage)
	}
	if p.jobsFile {
		kinds = append(kinds, jobsChange, jobsChange, jobsChange)
	}
	var faults []fault
	if p.kind.name == "program" && one(rnd, 3) {
		p.makePlain()
		faults = append(faults, newFault(rnd, fewProcesses))
	}
	for range 1 + rnd.IntN(8) {
		faults = append(faults, newFault(rnd, kinds[rnd.IntN(len(kinds))]))
	}
	switch rnd.IntN(6) {
	case 0:
		faults = append(faults, newFault(rnd, interrupt))
		if one(rnd, 3) {
			faults = append(faults, newFault(rnd, interrupt))
		}
	case 1: // what a guard would have done is left undone without it
		faults = slices.DeleteFunc(faults, func(f fault) bool { return f.kind == killGuard })
		faults = append(faults, newFault(rnd, killXpool))
	}
	slices.SortFunc(faults, func(a, b fault) int { return cmp.Compare(a.at, b.at) })
	return faults
}

// makePlain has no task need a process beside its own, and the input take its time.
func (p *Plan) makePlain() {
	for i := range p.tasks {
		t := &p.tasks[i]
		if t.pause = 0; t.act == actStray || t.act == actHang || t.act == actCrash {
			t.act, t.arg = actOK, ""
		}
	}
	p.source, p.gap, p.fullLog = fromPipe, span/gaps, false // nobody else could write to that log
}

func newFault(rnd *rand.Rand, k faultKind) fault {
	f := fault{kind: k, at: time.Duration(rnd.Int64N(int64(span))), pick: rnd.IntN(1 << 20)}
	switch k {
	case killWorker, killDescendant, killAll:
		f.sig = []syscall.Signal{
			syscall.SIGKILL, syscall.SIGKILL, syscall.SIGSEGV, syscall.SIGTERM, syscall.SIGABRT, syscall.SIGHUP, syscall.SIGBUS,
		}[rnd.IntN(7)]
	case interrupt:
		f.sig = []syscall.Signal{syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP, syscall.SIGQUIT}[rnd.IntN(4)]
	case stopWorker, stopXpool, suspend, fewFiles, fewProcesses:
		f.last = time.Duration(5+rnd.IntN(150)) * time.Millisecond
		if one(rnd, 10) {
			f.last *= 10
		}
	}
	return f
}
