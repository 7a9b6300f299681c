package crashdetect

import (
	"fmt"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Orphan is a process whose parent ended and that became a child of this process. Its pid stays its own until it is
// waited for, which only this process can do.
type Orphan struct {
	Pid        int
	Zombie     bool   // it has ended and waits to be reaped
	StartTicks uint64 // when it started, in ticks since the system did; with Pid, unique
}

// BecomeSubreaper makes this process adopt the orphans among its descendants, which otherwise go to init and out of
// reach. From then on it has children that it never started: it must reap them (ReapAdopted), and must not wait for just
// any child, which would take the exit status of one that it did start.
func BecomeSubreaper() error {
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("becoming the reaper of orphans: %w", err)
	}
	return nil
}

// Adopted returns the children of this process that known does not claim. Known must claim every child that this process
// started and has not waited for yet, a Guard included; a child that is just being started by another goroutine would
// be taken for an orphan, so starts and calls of this and the following functions must not overlap.
func Adopted(known func(pid int) bool) []Orphan {
	// Most often there is no child at all, which one call tells instead of three a thread.
	if err := unix.Waitid(unix.P_ALL, 0, nil, unix.WEXITED|unix.WNOHANG|unix.WNOWAIT|unix.WALL, nil); err == unix.ECHILD {
		return nil
	}
	var orphans []Orphan
	for _, pid := range children(unix.Getpid()) {
		if known(pid) {
			continue
		}
		if p, ok := readProcess(pid); ok && p.ppid == unix.Getpid() {
			orphans = append(orphans, Orphan{Pid: pid, Zombie: p.dead(), StartTicks: p.start})
		}
	}
	return orphans
}

// ReapAdopted waits for the adopted orphans that have ended, one by one and without blocking, and returns how many they
// were. Known is as for Adopted.
func ReapAdopted(known func(pid int) bool) int {
	reaped := 0
	for _, o := range Adopted(known) {
		if o.Zombie && reap(o.Pid) {
			reaped++
		}
	}
	return reaped
}

// KillAdopted kills, with their trees, the adopted orphans that match, and returns how many they were. Match is given the
// environment with which the orphan was started, nil if that cannot be read, and the time when it was, rounded down to
// 10 ms. Known is as for Adopted. The killed are left to ReapAdopted, their children, if they had any, to the next call.
func KillAdopted(known func(pid int) bool, match func(env []string, startedAt time.Time) bool) int {
	killed := 0
	for _, o := range Adopted(known) {
		if !o.Zombie && match(entries(environment(o.Pid)), startTime(o.StartTicks)) {
			KillTree(o.Pid)
			killed++
		}
	}
	return killed
}

// entries splits an environment block.
func entries(block []byte) []string {
	if len(block) == 0 {
		return nil
	}
	return strings.Split(strings.TrimSuffix(string(block), "\x00"), "\x00")
}

const (
	killPatience = 2 * time.Second       // how long EndFamily waits for what it killed
	lookAgain    = 50 * time.Millisecond // how long it waits for a death before it looks for new orphans
	watchAtOnce  = 64                    // how many it waits for at a time
)

// EndFamily ends all adopted orphans at the end of a run: it sends them and their trees SIGTERM, waits up to grace (none
// at all if it is not positive) for them to go, then kills and reaps until none is left. It returns the pids of those
// that are alive two seconds after they were first killed: they hang in the kernel, or belong to another user. When
// there are no orphans it costs no more than Adopted. Known is as for Adopted.
func EndFamily(known func(pid int) bool, grace time.Duration) (left []int) {
	asked := make(map[Orphan]bool)
	for end := time.Now().Add(grace); ; {
		orphans := settle(known)
		if len(orphans) == 0 {
			return nil
		}
		remaining := time.Until(end)
		if remaining <= 0 {
			break
		}
		for _, o := range orphans {
			if !asked[o] { // also those that lost their parent only now
				asked[o] = true
				SignalTree(o.Pid, unix.SIGTERM)
			}
		}
		awaitDeath(orphans, min(remaining, lookAgain))
	}
	for end := time.Now().Add(killPatience); ; {
		orphans := settle(known)
		if len(orphans) == 0 {
			return nil
		}
		if time.Now().After(end) {
			for _, o := range orphans {
				left = append(left, o.Pid)
			}
			return left
		}
		for _, o := range orphans {
			KillTree(o.Pid)
		}
		awaitDeath(orphans, lookAgain)
	}
}

// settle reaps the adopted orphans that have ended and returns the living. After it has reaped one it looks again: the
// orphans of that one may have come too late for the list on which it was.
func settle(known func(pid int) bool) []Orphan {
	for {
		orphans := Adopted(known)
		var living []Orphan
		reaped := false
		for _, o := range orphans {
			if !o.Zombie {
				living = append(living, o)
			} else if reap(o.Pid) {
				reaped = true
			}
		}
		if !reaped {
			return living
		}
	}
}

// reap waits for one ended child without blocking and tells whether it was there.
func reap(pid int) bool {
	got, err := retry(func() (int, error) { return unix.Wait4(pid, nil, unix.WNOHANG, nil) })
	return err == nil && got == pid
}

// awaitDeath returns when one of the orphans has ended, at the latest after limit. Where pidfds cannot be had it takes
// the whole limit.
func awaitDeath(orphans []Orphan, limit time.Duration) {
	var watched []unix.PollFd
	for _, o := range orphans[:min(len(orphans), watchAtOnce)] {
		if fd, err := unix.PidfdOpen(o.Pid, 0); err == nil {
			watched = append(watched, unix.PollFd{Fd: int32(fd), Events: unix.POLLIN})
		}
	}
	_, _ = unix.Poll(watched, int(limit/time.Millisecond)+1) // an interruption only makes the caller look earlier
	for _, w := range watched {
		_ = unix.Close(int(w.Fd))
	}
}
