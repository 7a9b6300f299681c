package crashdetect

import (
	"bytes"
	"errors"
	"os"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// clockTicks is the unit of the times in /proc, ticks a second: USER_HZ, 100 on every architecture that Go runs on.
const clockTicks = 100

// maxProcFile bounds what is read of one file in /proc, in bytes: more than an environment can have by default.
const maxProcFile = 8 << 20

// errStat is what parseStat returns for a text that no kernel writes.
var errStat = errors.New("malformed process status")

// process is one process as /proc/PID/stat shows it. The pair of pid and start is unique while the system runs, where a
// pid alone may be given to another process as soon as the first was waited for.
type process struct {
	pid, ppid, group, session int
	state                     byte
	threads                   int
	start                     uint64 // ticks since the system started
}

// parseStat parses the text of /proc/PID/stat, see proc_pid_stat(5). The second field is the program's name in
// parentheses, and may itself have blanks and parentheses.
func parseStat(b []byte) (process, error) {
	open, shut := bytes.IndexByte(b, '('), bytes.LastIndexByte(b, ')')
	if open < 0 || shut < open {
		return process{}, errStat
	}
	fields := bytes.Fields(b[shut+1:]) // fields[0] is field 3 of the manual
	if len(fields) < 20 || len(fields[0]) != 1 {
		return process{}, errStat
	}
	p := process{state: fields[0][0]}
	var err error
	number := func(field []byte) int {
		n, e := strconv.Atoi(string(field))
		err = errors.Join(err, e)
		return n
	}
	p.pid = number(bytes.TrimSpace(b[:open]))
	p.ppid, p.group, p.session = number(fields[1]), number(fields[2]), number(fields[3])
	p.threads = number(fields[17])
	if err != nil || p.pid <= 0 {
		return process{}, errStat
	}
	if p.start, err = strconv.ParseUint(string(fields[19]), 10, 64); err != nil {
		return process{}, errStat
	}
	return p, nil
}

// readProcess returns the process pid; false if there is none.
func readProcess(pid int) (process, bool) {
	b, err := slurp("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return process{}, false
	}
	p, err := parseStat(b)
	return p, err == nil && p.pid == pid
}

// dead tells whether nothing of p runs any more: it only waits to be waited for. A process whose first thread has ended
// shows as a zombie too while others of its threads still run.
func (p process) dead() bool {
	return p.state == 'X' || p.state == 'x' || p.state == 'Z' && p.threads <= 1
}

// there tells whether p still exists, and not another process with its pid.
func (p process) there() bool {
	now, ok := readProcess(p.pid)
	return ok && now.start == p.start
}

// signal sends sig to p, and to no other process that may have got its pid. Errors are not told: the process is gone, or
// it belongs to another user, and nothing can be done about either.
func (p process) signal(sig syscall.Signal) {
	fd, err := unix.PidfdOpen(p.pid, 0)
	switch {
	case errors.Is(err, unix.ESRCH):
	case err != nil: // a kernel before 5.3, a filter, or no descriptor left
		if p.there() {
			_ = unix.Kill(p.pid, sig)
		}
	default:
		if p.there() { // the descriptor is its, if it still is there after the descriptor was opened
			_ = unix.PidfdSendSignal(fd, sig, nil, 0)
		}
		_ = unix.Close(fd)
	}
}

// children returns the pids of the children of pid, over all its threads. The kernel may leave some out while others of
// them end; who must have all looks again until nothing is new.
func children(pid int) []int {
	dir := "/proc/" + strconv.Itoa(pid) + "/task"
	var pids []int
	for _, tid := range numericNames(dir) {
		b, err := slurp(dir + "/" + strconv.Itoa(tid) + "/children")
		if errors.Is(err, unix.ENOENT) && !hasChildrenFiles() {
			return childrenByParent(pid)
		}
		pids = appendPids(pids, b)
	}
	return pids
}

// hasChildrenFiles tells whether the kernel lists children by thread (CONFIG_PROC_CHILDREN).
func hasChildrenFiles() bool {
	return unix.Access("/proc/thread-self/children", unix.F_OK) == nil
}

// childrenByParent is children by a look at every process of the system.
func childrenByParent(pid int) []int {
	var pids []int
	for _, p := range processes() {
		if p.ppid == pid {
			pids = append(pids, p.pid)
		}
	}
	return pids
}

// appendPids appends the pids in the text of a children file, which are separated by blanks.
func appendPids(pids []int, b []byte) []int {
	for field := range bytes.FieldsSeq(b) {
		if pid, err := strconv.Atoi(string(field)); err == nil && pid > 0 {
			pids = append(pids, pid)
		}
	}
	return pids
}

// processes returns every process that /proc shows.
func processes() []process {
	var all []process
	for _, pid := range numericNames("/proc") {
		if p, ok := readProcess(pid); ok {
			all = append(all, p)
		}
	}
	return all
}

// numericNames returns the entries of a directory whose names are numbers.
func numericNames(dir string) []int {
	f, err := os.Open(dir)
	if err != nil {
		return nil
	}
	defer f.Close()
	names, _ := f.Readdirnames(-1) // a process that ends meanwhile cuts the list short; what was read counts
	numbers := make([]int, 0, len(names))
	for _, name := range names {
		if n, err := strconv.Atoi(name); err == nil && n > 0 {
			numbers = append(numbers, n)
		}
	}
	return numbers
}

// environment returns the environment with which pid was started, entries ended by NUL; nil if it cannot be read. A
// process can write over it.
func environment(pid int) []byte {
	b, err := slurp("/proc/" + strconv.Itoa(pid) + "/environ")
	if err != nil {
		return nil
	}
	return b
}

// startTime returns when a process that started at ticks did so, rounded down to 10 ms. The wall clock's later changes
// move it along.
func startTime(ticks uint64) time.Time {
	var sinceBoot unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &sinceBoot); err != nil {
		return time.Time{}
	}
	age := time.Duration(sinceBoot.Nano()) - time.Duration(ticks)*(time.Second/clockTicks)
	return time.Now().Add(-age)
}

// slurp returns the content of a file in /proc. It goes around os.File, which would ask the poller about each.
func slurp(path string) ([]byte, error) {
	fd, err := retry(func() (int, error) { return unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0) })
	if err != nil {
		return nil, err
	}
	defer unix.Close(fd)
	buf := make([]byte, 0, 1024)
	for len(buf) < maxProcFile {
		n, err := retry(func() (int, error) { return unix.Read(fd, buf[len(buf):cap(buf)]) })
		if err != nil {
			return nil, err
		}
		if n <= 0 {
			break
		}
		if buf = buf[:len(buf)+n]; len(buf) == cap(buf) {
			buf = append(buf, make([]byte, len(buf))...)[:len(buf)]
		}
	}
	return buf, nil
}

// retry calls f again while a signal interrupts it.
func retry(f func() (int, error)) (int, error) {
	for {
		n, err := f()
		if !errors.Is(err, unix.EINTR) {
			return n, err
		}
	}
}
