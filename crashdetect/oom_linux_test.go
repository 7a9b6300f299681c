package crashdetect

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

const (
	mountUnified = "30 22 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n"
	mountHybrid  = "31 22 0:27 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"
	mountMemory  = "32 22 0:28 / /sys/fs/cgroup/memory rw shared:9 - cgroup cgroup rw,memory\n"
	mountCPU     = "33 22 0:29 / /sys/fs/cgroup/cpu rw shared:9 - cgroup cgroup rw,cpu,cpuacct\n"
)

// system is a directory that looks like the root directory of a system, as far as an OOMWatch cares.
type system struct {
	t    *testing.T
	root string
}

func newSystem(t *testing.T, cgroup, mountinfo string) system {
	t.Helper()
	s := system{t, t.TempDir()}
	s.write("proc/self/cgroup", cgroup)
	s.write("proc/self/mountinfo", mountinfo)
	return s
}

func (s system) write(name, text string) {
	s.t.Helper()
	file := filepath.Join(s.root, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		s.t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

// events writes the counters of the cgroup in dir, version 2.
func (s system) events(dir string, limits, kills int) {
	s.t.Helper()
	s.write(dir+"/memory.events", fmt.Sprintf("low 0\nhigh 3\nmax 7\noom %d\noom_kill %d\noom_group_kill 5\n", limits, kills))
}

func (s system) local(dir string, limits int) {
	s.t.Helper()
	s.write(dir+"/memory.events.local", fmt.Sprintf("low 0\noom %d\noom_kill 0\n", limits))
}

// withLog gives the system a kernel's log with a kill in it that is no news, and this process a pid namespace.
func (s system) withLog(namespace string) {
	s.t.Helper()
	s.write("dev/kmsg", "3,1,1,-;Out of memory: Killed process 100 (old)\n")
	if err := os.MkdirAll(filepath.Join(s.root, "proc/self/ns"), 0o700); err != nil {
		s.t.Fatal(err)
	}
	if err := os.Symlink(namespace, filepath.Join(s.root, "proc/self/ns/pid")); err != nil {
		s.t.Fatal(err)
	}
}

// log appends a record.
func (s system) log(text string) {
	s.t.Helper()
	f, err := os.OpenFile(filepath.Join(s.root, "dev/kmsg"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		s.t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteString(text + "\n"); err != nil {
		s.t.Fatal(err)
	}
}

func (s system) watch() *OOMWatch {
	w := watchOOM(s.root)
	s.t.Cleanup(w.Close)
	return w
}

// asked holds what the watch says of a child; want "" is for no evidence.
func asked(t *testing.T, w *OOMWatch, pid int, since time.Time, want string) {
	t.Helper()
	if got, ok := w.Killed(pid, since); got != want || ok != (want != "") {
		t.Errorf("of %d: %q, %t; want %q", pid, got, ok, want)
	}
}

const (
	byLimit  = "cgroup memory limit"
	byKernel = "kernel OOM killer"
)

func TestOOMCounters(t *testing.T) {
	const dir = "sys/fs/cgroup/a"
	begin := func(t *testing.T) (system, *OOMWatch) {
		s := newSystem(t, "0::/a\n", mountUnified)
		s.events(dir, 2, 5)
		s.local(dir, 2)
		s.local("sys/fs/cgroup", 1)
		return s, s.watch()
	}
	started := time.Now()
	t.Run("what was before is no evidence", func(t *testing.T) {
		_, w := begin(t)
		asked(t, w, 7, started, "")
	})
	t.Run("one kill, one claim", func(t *testing.T) {
		s, w := begin(t)
		s.events(dir, 2, 6)
		asked(t, w, 7, started, byKernel)
		asked(t, w, 8, started, "")
		asked(t, w, 7, started, byKernel)
		asked(t, w, 7, time.Now().Add(time.Hour), "") // a later child with its pid
	})
	t.Run("a whole cgroup at once", func(t *testing.T) {
		s, w := begin(t)
		s.events(dir, 3, 8)
		s.local(dir, 3)
		for pid := 7; pid < 10; pid++ {
			asked(t, w, pid, started, byLimit)
		}
		asked(t, w, 10, started, "")
	})
	t.Run("the limit of an ancestor", func(t *testing.T) {
		s, w := begin(t)
		s.events(dir, 2, 6)
		s.local("sys/fs/cgroup", 2)
		asked(t, w, 7, started, byLimit)
	})
	t.Run("a limit that killed nobody", func(t *testing.T) {
		s, w := begin(t)
		s.events(dir, 9, 5)
		s.local(dir, 9)
		asked(t, w, 7, started, "")
	})
	t.Run("the cgroup goes away", func(t *testing.T) {
		s, w := begin(t)
		if err := os.RemoveAll(filepath.Join(s.root, dir)); err != nil {
			t.Fatal(err)
		}
		asked(t, w, 7, started, "")
		s.events(dir, 0, 0)
		asked(t, w, 7, started, "")
		s.events(dir, 0, 1)
		asked(t, w, 7, started, byKernel)
	})
	t.Run("version 1", func(t *testing.T) {
		s := newSystem(t, "3:memory:/a\n", mountMemory)
		control := func(kills int) {
			s.write("sys/fs/cgroup/memory/a/memory.oom_control", fmt.Sprintf("oom_kill_disable 0\nunder_oom 0\noom_kill %d\n", kills))
		}
		control(1)
		w := s.watch()
		asked(t, w, 7, started, "")
		control(2)
		asked(t, w, 7, started, byKernel)
		asked(t, w, 8, started, "")
	})
}

// TestOOMTimes holds that a kill nobody asked about is not evidence for an attempt that began after it was seen, and that
// one limit hit explains what dies of it for a moment only.
func TestOOMTimes(t *testing.T) {
	const dir = "sys/fs/cgroup/a"
	synctest.Test(t, func(t *testing.T) {
		s := newSystem(t, "0::/a\n", mountUnified)
		s.events(dir, 0, 0)
		s.local(dir, 0)
		w := s.watch()
		first := time.Now()

		s.events(dir, 0, 1) // a grandchild, say
		w.Look()            // too soon after the last to do anything
		if len(w.unnamed) != 0 {
			t.Error("looked twice within no time")
		}
		time.Sleep(lookEvery)
		w.Look()
		time.Sleep(time.Second)
		second := time.Now()
		asked(t, w, 7, second, "")
		asked(t, w, 8, first, byKernel)

		s.events(dir, 1, 2)
		s.local(dir, 1)
		asked(t, w, 9, second, byLimit)
		time.Sleep(oneEvent / 2)
		s.events(dir, 1, 3)
		asked(t, w, 10, second, byLimit)
		time.Sleep(oneEvent)
		s.events(dir, 1, 4)
		asked(t, w, 11, second, byKernel)
	})
}

// ownCgroup is where the watch of watchLog finds itself.
const ownCgroup = "sys/fs/cgroup/a"

// foreignPidNamespace is another than the one whose pids the kernel logs.
const foreignPidNamespace = "pid:[4026532198]"

// What the kernel writes to its log about a kill, with the pid to be filled in.
const (
	killReport  = "3,10,999,-;Out of memory: Killed process %d (python3) total-vm:1kB"
	limitReport = "3,10,999,-;Memory cgroup out of memory: Killed process %d (python3) total-vm:1kB"
	killPlan    = "6,9,998,-;oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/a,task_memcg=/a,task=x,pid=%d,uid=0"
)

// watchLog watches a system of that namespace with a log and no kill counted yet.
func watchLog(t *testing.T, namespace string) (system, *OOMWatch) {
	s := newSystem(t, "0::/a\n", mountUnified)
	s.events(ownCgroup, 0, 0)
	s.withLog(namespace)
	return s, s.watch()
}

func TestOOMLog(t *testing.T) {
	started := time.Now()
	t.Run("the named one", func(t *testing.T) {
		s, w := watchLog(t, initialPidNamespace)
		s.log(fmt.Sprintf(killReport, 7))
		asked(t, w, 8, started, "")
		asked(t, w, 7, started, byKernel)
		asked(t, w, 100, started, "") // in the log, but from before
	})
	t.Run("named after it was seen", func(t *testing.T) {
		s, w := watchLog(t, initialPidNamespace)
		asked(t, w, 7, started, "")
		s.log(fmt.Sprintf(killReport, 7))
		asked(t, w, 7, started, byKernel)
		asked(t, w, 8, time.Now().Add(time.Hour), "")
	})
	t.Run("named before the attempt began", func(t *testing.T) {
		s, w := watchLog(t, initialPidNamespace)
		s.log(fmt.Sprintf(killReport, 7))
		asked(t, w, 7, time.Now().Add(time.Hour), "")
	})
	t.Run("pids of another namespace", func(t *testing.T) {
		s, w := watchLog(t, foreignPidNamespace)
		s.log(fmt.Sprintf(killReport, 7))
		asked(t, w, 7, started, "")
		s.events(ownCgroup, 0, 1)
		asked(t, w, 8, started, byKernel)
	})
	t.Run("closed", func(t *testing.T) {
		s, w := watchLog(t, initialPidNamespace)
		w.Close()
		w.Close()
		s.log(fmt.Sprintf(killReport, 7))
		asked(t, w, 7, started, "")
	})
}

func TestOOMLogAndCounters(t *testing.T) {
	started := time.Now()
	t.Run("planned and reported, counted once", func(t *testing.T) {
		s, w := watchLog(t, initialPidNamespace)
		s.events(ownCgroup, 1, 1)
		s.log(fmt.Sprintf(killPlan, 7))
		asked(t, w, 7, started, byLimit)
		s.log(fmt.Sprintf(limitReport, 7))
		asked(t, w, 7, started, byLimit)
		asked(t, w, 8, started, "")
	})
	t.Run("another was killed, and this one by hand", func(t *testing.T) {
		s, w := watchLog(t, initialPidNamespace)
		s.events(ownCgroup, 0, 1)
		s.log(fmt.Sprintf(killReport, 70))
		asked(t, w, 7, started, "")
		asked(t, w, 70, started, byKernel)
	})
	t.Run("counted before it is named", func(t *testing.T) {
		s, w := watchLog(t, initialPidNamespace)
		s.events(ownCgroup, 0, 2)
		asked(t, w, 7, started, byKernel)
		s.log(fmt.Sprintf(killReport, 7))
		asked(t, w, 7, started, byKernel)
		asked(t, w, 8, started, byKernel) // the second, which no line names
		asked(t, w, 9, started, "")
	})
}

func TestOOMLogOfShells(t *testing.T) {
	started := time.Now()
	t.Run("the command of a shell", func(t *testing.T) {
		s, w := watchLog(t, initialPidNamespace)
		s.log(fmt.Sprintf(killReport, 71)) // a stranger, as nothing was counted
		asked(t, w, 0, started, "")
		s.events(ownCgroup, 0, 1)
		s.log(fmt.Sprintf(limitReport, 72))
		asked(t, w, 7, started, "")
		asked(t, w, 0, time.Now().Add(time.Hour), "")
		asked(t, w, 0, started, byLimit)
		asked(t, w, 0, started, "")
		s.events(ownCgroup, 0, 2)
		s.log(fmt.Sprintf(killReport, 7))
		asked(t, w, 7, started, byKernel)
		asked(t, w, 0, started, "") // that one is told
	})
	t.Run("the command of a shell, without a name", func(t *testing.T) {
		s, w := watchLog(t, foreignPidNamespace)
		asked(t, w, 0, started, "")
		s.events(ownCgroup, 0, 1)
		asked(t, w, 0, started, byKernel)
		asked(t, w, 0, started, "")
		asked(t, w, 7, started, "")
	})
}

// TestOOMWatchWithout holds that a watch without sources is as good as none, and that neither forgets its bounds.
func TestOOMWatchWithout(t *testing.T) {
	none := watchOOM(t.TempDir())
	for _, w := range []*OOMWatch{nil, {}, none} {
		w.Look()
		asked(t, w, 7, time.Time{}, "")
		w.Close()
	}
	var numbers []int
	for i := range 10 {
		numbers = appendLast(numbers, i, 3)
	}
	if fmt.Sprint(numbers) != "[7 8 9]" {
		t.Errorf("kept %v", numbers)
	}
}

// TestOOMWatchHere watches the real system, whatever it lets this process read, and has no evidence against a child that
// was killed by hand.
func TestOOMWatchHere(t *testing.T) {
	w := WatchOOM()
	defer w.Close()
	t.Logf("counters %+v, log %t", w.cgroup, w.log != nil)
	started := time.Now()
	tr := stage(t, 1, nil, "hang")
	if status := tr.end(); status.Signal() != syscall.SIGKILL {
		t.Fatalf("ended with %v", status)
	}
	asked(t, w, tr.pid(), started, "")
}
