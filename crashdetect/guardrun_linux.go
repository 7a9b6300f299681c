package crashdetect

import (
	"bufio"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// greeting is the first line in a guard's pipe: what it must know of its owner.
type greeting struct {
	pid, session, group int
	start               uint64 // of the owner, in ticks: no process of the run is older
	loan                int    // bytes of the memory of its Loan, 0 without one
	runID               string
}

// errGreeting is what parseGreeting returns for a line that no owner writes.
var errGreeting = errors.New("malformed greeting")

const (
	greetingFormat = GuardName + " 1 %d %d %d %d %d %s\n"
	maxGreeting    = 512 // bytes; it must fit into a pipe at once
)

// ourGreeting returns the greeting of this process.
func ourGreeting(runID string, loan int) (greeting, error) {
	self, ok := readProcess(unix.Getpid())
	if !ok {
		return greeting{}, errors.New("/proc does not show this process")
	}
	g := greeting{self.pid, self.session, self.group, self.start, loan, runID}
	if back, err := parseGreeting(g.String()); err != nil || back != g {
		return greeting{}, fmt.Errorf("unusable run id %q", runID)
	}
	return g, nil
}

func (g greeting) String() string {
	return fmt.Sprintf(greetingFormat, g.pid, g.session, g.group, g.start, g.loan, g.runID)
}

// parseGreeting parses what String writes, and nothing else.
func parseGreeting(line string) (greeting, error) {
	var g greeting
	_, err := fmt.Sscanf(line, greetingFormat, &g.pid, &g.session, &g.group, &g.start, &g.loan, &g.runID)
	if err != nil || len(line) > maxGreeting || g.String() != line ||
		g.pid <= 0 || g.session < 0 || g.group < 0 || g.loan < 0 || strings.Contains(g.runID, "\x00") {
		return greeting{}, errGreeting
	}
	return g, nil
}

// RunGuard is the whole of a guard's process, as StartGuard starts it, and returns its exit status: 0 when there was
// nothing to do or all is done, 1 when it was not started as a guard or could not end everything. It waits until the
// owner's end of the pipe closes, and ignores the signals by which a user ends a program.
func RunGuard() int {
	signal.Ignore(unix.SIGINT, unix.SIGTERM, unix.SIGHUP, unix.SIGQUIT, unix.SIGPIPE, unix.SIGALRM,
		unix.SIGUSR1, unix.SIGUSR2, unix.SIGTSTP, unix.SIGTTIN, unix.SIGTTOU)
	table := os.NewFile(tableFD, "table of groups")
	if table == nil {
		return 1
	}
	memory, err := mapMemory(table, tableBytes, unix.PROT_READ)
	if err != nil {
		return 1
	}
	family := make(chan map[int]uint64, 1)
	over := make(chan struct{})
	owner, left, err := awaitOwner(os.Stdin, func(pid int) {
		go func() { family <- rememberFamily(pid, over) }() // ends with over
	})
	switch {
	case err != nil:
		return 1
	case left:
		return 0
	}
	close(over)
	shared := GroupTable{cells: cellsOf(memory)}
	ended := sweep(owner, shared.groups(), <-family)
	if errors.Join(putBack(owner.loan), removeScratch(os.Args[1:])) != nil || !ended {
		return 1
	}
	return 0
}

// removeScratch removes the directory that is the guard's only argument, if it has one.
func removeScratch(args []string) error {
	if len(args) != 1 {
		return nil
	}
	return os.RemoveAll(args[0])
}

// awaitOwner reads a guard's pipe to its end, and tells greeted the owner's pid when it knows it. Left tells that the
// owner took its leave and nothing is to be done.
func awaitOwner(pipe io.Reader, greeted func(pid int)) (owner greeting, left bool, err error) {
	in := bufio.NewReaderSize(pipe, maxGreeting)
	line, err := in.ReadSlice('\n')
	if err != nil {
		return owner, false, err
	}
	if owner, err = parseGreeting(string(line)); err != nil {
		return owner, false, err
	}
	greeted(owner.pid)
	rest, err := io.ReadAll(io.LimitReader(in, 1)) // one byte or the end
	return owner, bytes.Equal(rest, []byte{bye}), err
}

// rememberEvery is how often a guard looks who the owner's descendants are: what has nothing to know it by, neither the
// marker nor a group nor a session, is found if it was there at the last look.
const rememberEvery = 250 * time.Millisecond

// rememberFamily keeps looking until over is closed, and returns the pids and starts of the descendants that the owner
// had at the last look.
func rememberFamily(owner int, over <-chan struct{}) map[int]uint64 {
	ticker := time.NewTicker(rememberEvery)
	defer ticker.Stop()
	known := make(map[int]uint64)
	for {
		descendants := tree(owner, nil)
		if _, alive := readProcess(owner); alive && len(descendants) > 0 {
			clear(known)
			for _, p := range descendants {
				known[p.pid] = p.start
			}
		}
		select {
		case <-over:
			return known
		case <-ticker.C:
		}
	}
}

const (
	sweepLimit = 10 * time.Second // how long a guard tries
	sweepPause = time.Millisecond // between its first passes; doubled up to
	sweepRest  = 100 * time.Millisecond
	quietNeed  = 2 // passes without a find: one alone may miss a process that is being forked
)

// sweep kills everything that is left of the owner's run, again and again until nothing is found, and tells whether it
// came so far.
func sweep(owner greeting, groups map[int]bool, known map[int]uint64) bool {
	pause, quiet := sweepPause, 0
	for end := time.Now().Add(sweepLimit); time.Now().Before(end); {
		found := freezeRun(owner, groups, known)
		// Children first, and none is older than its parent: see KillTree.
		slices.SortFunc(found, func(a, b process) int {
			return cmp.Or(cmp.Compare(b.start, a.start), cmp.Compare(b.pid, a.pid))
		})
		for _, p := range found {
			p.signal(unix.SIGKILL)
		}
		if quiet++; len(found) > 0 {
			quiet = 0
		}
		if quiet == quietNeed {
			return true
		}
		time.Sleep(pause)
		pause = min(2*pause, sweepRest)
	}
	return false
}

// freezeRun stops every process that is left of the run, so that none can fork on, and returns them.
func freezeRun(owner greeting, groups map[int]bool, known map[int]uint64) []process {
	stopped := make(map[process]bool)
	for range freezeRounds {
		victims := remains(processes(), owner, groups, unix.Getpid(), inspect(owner.runID, known))
		fresh := false
		for _, p := range victims {
			if id := (process{pid: p.pid, start: p.start}); !stopped[id] {
				stopped[id], fresh = true, true
				p.signal(syscall.SIGSTOP)
			}
		}
		if !fresh {
			return victims
		}
	}
	return remains(processes(), owner, groups, unix.Getpid(), inspect(owner.runID, known))
}

// role is what a process is to a run, by itself.
type role uint8

const (
	stranger role = iota // nothing shows, but its relations may
	marked               // it carries the run's marker, or is known to descend from the owner
	guardian             // it is some run's guard, which ends by itself after its owner
)

// inspect returns a function that looks up the role of a process in the run with this id, of which the known processes
// are too: pids, with the starts that tell them from others.
func inspect(runID string, known map[int]uint64) func(pid int) role {
	marker := RunVariable + "=" + runID
	return func(pid int) role {
		switch {
		case hasEntry(environment(pid), marker):
			return marked
		case calledGuard(pid):
			return guardian
		}
		if start, there := known[pid]; there {
			if p, ok := readProcess(pid); ok && p.start == start {
				return marked
			}
		}
		return stranger
	}
}

// hasEntry tells whether an environment block has exactly this entry.
func hasEntry(block []byte, entry string) bool {
	for line := range bytes.SplitSeq(block, []byte{0}) {
		if string(line) == entry {
			return true
		}
	}
	return false
}

// calledGuard tells whether pid was started by the name of a guard.
func calledGuard(pid int) bool {
	b, err := slurp(fmt.Sprintf("/proc/%d/cmdline", pid))
	return err == nil && bytes.HasPrefix(b, []byte(GuardName+"\x00"))
}

// remains returns the processes among all that are left of the owner's run: those in one of its groups, those that
// are marked, and, as often as it finds more, their children and the members of their groups and sessions. It is a pure
// function but for look, which tells the role of a process.
//
// Never among them are the owner, self, guards, and what is older than the owner. The owner's own session and group, in
// which are the user's shell and the neighbours in the pipeline, prove no relation, nor does a session or group led by
// an older process. A group in the table counts if it is in the owner's session or is a session of its own, as a
// worker's must be.
func remains(all []process, owner greeting, groups map[int]bool, self int, look func(pid int) role) []process {
	byPid := make(map[int]process, len(all))
	var pool []process // those that are neither found nor ruled out
	for _, p := range all {
		byPid[p.pid] = p
		if p.start >= owner.start && p.pid != owner.pid && p.pid != self && !p.dead() {
			pool = append(pool, p)
		}
	}
	ours := func(leader int) bool { // 0 is one outside of our namespace
		p, there := byPid[leader]
		return leader > 1 && (!there || p.start >= owner.start)
	}
	var found []process
	pids, sessions, teams := map[int]bool{}, map[int]bool{}, map[int]bool{}
	take := func(p process) {
		found = append(found, p)
		pids[p.pid] = true
		sessions[p.session] = sessions[p.session] || p.session != owner.session && ours(p.session)
		teams[p.group] = teams[p.group] || p.group != owner.group && ours(p.group)
	}
	rest := pool[:0]
	for _, p := range pool {
		switch kind := look(p.pid); {
		case kind == guardian:
		case kind == marked, groups[p.group] && (p.session == owner.session || p.session == p.group):
			take(p)
		default:
			rest = append(rest, p)
		}
	}
	for before := -1; before != len(found); {
		before = len(found)
		rest = slices.DeleteFunc(rest, func(p process) bool {
			related := pids[p.ppid] || sessions[p.session] || teams[p.group]
			if related {
				take(p)
			}
			return related
		})
	}
	return found
}
