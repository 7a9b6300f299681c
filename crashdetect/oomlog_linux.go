package crashdetect

import (
	"bytes"
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

const (
	// initialPidNamespace is what /proc/self/ns/pid links to in the pid namespace that the system was started with: the
	// kernel gives it this fixed number (PROC_PID_INIT_INO).
	initialPidNamespace = "pid:[4026531836]"

	// maxRecord is more than the kernel puts into one record of its log, in bytes; a read into less would fail.
	maxRecord = 16 << 10

	// maxRecords bounds one drain of a log that is written faster than it can be read.
	maxRecords = 1 << 16
)

// kernelLog reads the records that the kernel's log gets after it was opened. A nil one has none.
type kernelLog struct {
	fd  int
	buf []byte
}

// openKernelLog returns the log, or nil if it cannot be read or would name pids that are not those of this process's
// namespace. The namespace's own number is asked for, and not NSpid in /proc/PID/status, which shows nothing of the
// namespaces above the one that /proc was mounted in.
func openKernelLog(root string) *kernelLog {
	if ns, err := os.Readlink(root + "/proc/self/ns/pid"); err != nil || ns != initialPidNamespace {
		return nil
	}
	fd, err := retry(func() (int, error) {
		return unix.Open(root+"/dev/kmsg", unix.O_RDONLY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	})
	if err != nil {
		return nil
	}
	if _, err := unix.Seek(fd, 0, unix.SEEK_END); err != nil {
		_ = unix.Close(fd)
		return nil
	}
	return &kernelLog{fd: fd, buf: make([]byte, maxRecord)}
}

func (l *kernelLog) close() {
	if l != nil {
		_ = unix.Close(l.fd)
	}
}

// drain calls visit with each line of each new record, without waiting for more. The lines are valid during the call.
func (l *kernelLog) drain(visit func(line []byte)) {
	if l == nil {
		return
	}
	for range maxRecords {
		n, err := unix.Read(l.fd, l.buf)
		switch {
		case errors.Is(err, unix.EINTR), errors.Is(err, unix.EPIPE): // EPIPE: records were lost, the next read has the oldest left
			continue
		case err != nil || n <= 0:
			return
		}
		for line := range bytes.Lines(l.buf[:n]) {
			visit(line)
		}
	}
}

// parseVictim returns the pid of the process that a line of the kernel's log calls killed for want of memory, and
// whether a cgroup's limit was the cause. Two kinds of lines do, with "PRIORITY,SEQUENCE,TIME,FLAGS;" before them
// (see Documentation/ABI/testing/dev-kmsg in the kernel's source):
//
//	oom-kill:constraint=CONSTRAINT_MEMCG,...,task=python3,pid=4711,uid=0
//	Memory cgroup out of memory: Killed process 4711 (python3) total-vm:...
//
// The first is written before the signal is sent, and left out when there are many; the second comes after it. Old
// kernels begin it with "Killed process". Records that programs wrote do not count, so that nobody can make one up.
func parseVictim(line []byte) (pid int, limit, ok bool) {
	header, text, found := bytes.Cut(line, []byte(";"))
	priority, _, _ := bytes.Cut(header, []byte(","))
	// The facility is in the bits above the lowest three, and 0 is the kernel's, which no program can use.
	if n, isNumber := parseCount(priority, found); !isNumber || n > 7 {
		return 0, false, false
	}
	if rest, isPlan := bytes.CutPrefix(text, []byte("oom-kill:constraint=")); isPlan {
		// The last one: the name of the program before it can look like anything.
		at := bytes.LastIndex(rest, []byte(",pid="))
		if at < 0 {
			return 0, false, false
		}
		pid, ok = leadingPid(rest[at+len(",pid="):])
		return pid, ok && bytes.HasPrefix(rest, []byte("CONSTRAINT_MEMCG")), ok
	}
	cause, rest, isReport := bytes.Cut(text, []byte("Killed process "))
	limit = bytes.HasPrefix(cause, []byte("Memory cgroup out of memory"))
	if !isReport || len(cause) > 0 && !limit && !bytes.HasPrefix(cause, []byte("Out of memory")) {
		return 0, false, false
	}
	pid, ok = leadingPid(rest)
	return pid, ok && limit, ok
}

// leadingPid returns the pid that b starts with; something else must follow, or the line was cut.
func leadingPid(b []byte) (int, bool) {
	end := bytes.IndexFunc(b, func(r rune) bool { return r < '0' || r > '9' })
	n, ok := parseCount(b[:max(end, 0)], end > 0)
	if !ok || n < 1 || n > 1<<22 { // the kernel's bound on pids (PID_MAX_LIMIT)
		return 0, false
	}
	return int(n), true
}
