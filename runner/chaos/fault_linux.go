package chaos

import (
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// wreak plays the faults of the plan, each at its time, until the run is over. Times
// count from when xpool has started a first process: before that, signals would do
// what they do to any program that starts.
func (s *stage) wreak() {
	if s.resumes {
		return
	}
	pid := s.cmd.Process.Pid
	for len(children(pid)) == 0 {
		if !s.wait(time.Millisecond) {
			return
		}
	}
	began := time.Now()
	for _, f := range s.plan.faults {
		if !s.wait(time.Until(began.Add(f.at))) {
			return
		}
		s.most = max(s.most, descriptors(pid))
		s.hit(f)
	}
}

// hit plays a fault, and takes note of it if it had something to hit.
func (s *stage) hit(f fault) {
	pid := s.cmd.Process.Pid
	var list []process
	switch f.kind {
	case killWorker, stopWorker, garbage:
		list = chosen(workers(pid), f.pick)
	case killDescendant:
		list = chosen(descendants(pid), f.pick)
	case killAll:
		list = workers(pid)
	case killGuard:
		for _, p := range children(pid) {
			if p.guard() && !p.dead() {
				list = append(list, p)
			}
		}
	default:
		if p, ok := look(pid); ok && !p.dead() {
			list = []process{p}
		}
	}
	h := hit{fault: f}
	for _, p := range list {
		if s.strike(f, p) {
			h.pids = append(h.pids, p.pid)
		}
	}
	if len(h.pids) > 0 {
		s.hits = append(s.hits, h)
	}
}

// chosen is one of a list, or nothing if that is empty.
func chosen(list []process, pick int) []process {
	if len(list) == 0 {
		return nil
	}
	return list[pick%len(list):][:1]
}

// strike does to a process what the fault is, and tells whether it has worked.
func (s *stage) strike(f fault, p process) bool {
	switch f.kind {
	case killWorker, killDescendant, killAll, interrupt:
		return shoot(p, f.sig)
	case killXpool:
		s.guarded = slices.ContainsFunc(children(p.pid), process.guard)
		return shoot(p, unix.SIGKILL)
	case killGuard:
		return shoot(p, unix.SIGKILL)
	case grow:
		return shoot(p, unix.SIGUSR1)
	case shrink:
		return shoot(p, unix.SIGUSR2)
	case stopWorker:
		return s.forAWhile(f, shoot(p, unix.SIGSTOP), func() { shoot(p, unix.SIGCONT) })
	case stopXpool:
		return s.rest(f, p, unix.SIGSTOP)
	case suspend:
		return s.rest(f, p, unix.SIGTSTP)
	case garbage:
		return inject(p, s.plan.kind.replies)
	case jobsChange:
		return s.changeJobs(f.pick)
	case fewFiles:
		return s.limit(f, p, unix.RLIMIT_NOFILE, uint64(descriptors(p.pid)))
	case fewProcesses:
		return s.limitProcesses(f, p)
	}
	return false
}

// forAWhile has undo called when the fault is over, if it is done.
func (s *stage) forAWhile(f fault, done bool, undo func()) bool {
	if done {
		s.work.Go(func() {
			s.wait(f.last)
			undo()
		})
	}
	return done
}

// rest stops xpool for a while. It may take its time to stop on SIGTSTP; watch is who
// has it go on.
func (s *stage) rest(f fault, p process, sig unix.Signal) bool {
	s.resting.Add(1)
	done := shoot(p, sig)
	if !s.forAWhile(f, done, func() { s.resting.Add(-1) }) {
		s.resting.Add(-1)
	}
	return done
}

// watchEvery is how often it is looked whether xpool is to go on.
const watchEvery = 10 * time.Millisecond

// watch has xpool go on when it is stopped and no fault wants that any more, as
// somebody at a terminal would.
func (s *stage) watch() {
	for s.wait(watchEvery) {
		if p, ok := look(s.cmd.Process.Pid); ok && p.state == 'T' && s.resting.Load() == 0 {
			shoot(p, unix.SIGCONT)
		}
	}
}

// limit bounds what a process may have, for a while. The end of one bound is that of
// all others of the process, too.
func (s *stage) limit(f fault, p process, resource int, most uint64) bool {
	var old unix.Rlimit
	if unix.Prlimit(p.pid, resource, nil, &old) != nil || most == 0 {
		return false
	}
	tight := unix.Rlimit{Cur: min(most, old.Max), Max: old.Max}
	return s.forAWhile(f, unix.Prlimit(p.pid, resource, &tight, nil) == nil, func() {
		_ = unix.Prlimit(p.pid, resource, &unix.Rlimit{Cur: old.Max, Max: old.Max}, nil)
	})
}

// limitProcesses does so for the processes of the run's user, which is not that of
// this process.
func (s *stage) limitProcesses(f fault, p process) bool {
	set := func(most string) bool {
		words := append(asUser(s.user()), "prlimit", "--pid", strconv.Itoa(p.pid), "--nproc="+most+":")
		return exec.Command(words[0], words[1:]...).Run() == nil
	}
	return s.forAWhile(f, set("1"), func() { set("50000") })
}

// inject writes to where a worker writes its replies, if that is there already. What
// has /dev/null for its input is a task, and its output is no reply.
func inject(p process, fd int) bool {
	isPipe := func(fd int) bool {
		target, err := os.Readlink(fmt.Sprintf("/proc/%d/fd/%d", p.pid, fd))
		return err == nil && strings.HasPrefix(target, "pipe:")
	}
	if !isPipe(fd) || fd == 1 && !isPipe(0) {
		return false
	}
	path := fmt.Sprintf("/proc/%d/fd/%d", p.pid, fd)
	w, err := unix.Open(path, unix.O_WRONLY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return false
	}
	defer unix.Close(w)
	_, err = unix.Write(w, []byte("\x00 what is no reply\n"))
	return err == nil
}

// changeJobs changes the file of -j: to a number, to nothing of use, or to nothing.
func (s *stage) changeJobs(pick int) bool {
	texts := []string{"1\n", "2\n", "8\n", "", "many\n", "0\n", "50%\n", "-3\n", "99999999999999999999\n"}
	if pick%10 == 0 {
		return os.Remove(s.path("jobs")) == nil
	}
	return os.WriteFile(s.path("jobs"), []byte(texts[pick%len(texts)]), 0o644) == nil
}
