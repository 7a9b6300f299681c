package crashdetect

import (
	"bytes"
	"errors"
	"math"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// RSS returns the resident memory of one process in bytes, pages that it shares with others included; false if there is
// no such process. One that has ended and was not waited for yet has none left: 0, true. It costs three system calls,
// and no memory to speak of. Since Linux 6.2 the kernel's own figure may be behind by some pages for each CPU, which on
// a machine with a hundred of them can be 100 MiB.
func RSS(pid int) (bytes int64, ok bool) {
	if pid <= 0 {
		return 0, false
	}
	var name [32]byte
	path := strconv.AppendInt(append(name[:0], "/proc/"...), int64(pid), 10)
	var text [128]byte // seven numbers
	n, err := readOnce(string(append(path, "/statm"...)), text[:])
	if err != nil {
		return 0, false
	}
	pages, ok := parseStatm(text[:n])
	if pageSize := int64(os.Getpagesize()); ok && pages <= math.MaxInt64/pageSize {
		return pages * pageSize, true
	}
	return 0, false
}

// TreeRSS returns the resident memory of the roots and all their living descendants, in bytes, each process counted once
// whichever of the trees it is in; false if none of them could be read. What left its tree is reached by naming it as a
// root too: a worker's pid and what FindAdopted returned for it, say.
//
// It is made to be asked a few times a second. That is why it adds up RSS, which counts a page that two processes share
// twice: the figure that does not, PSS, makes the kernel walk all page tables of each process, some 10 ms for each GiB,
// while the process cannot map anything. As no tree has more PSS than RSS, a limit that TreeRSS is under is kept; before
// anything is killed for a limit that it is over, TreePSS should agree, or a parent of 1 GiB that forked eight helpers
// would be taken for 9 GiB.
func TreeRSS(roots ...int) (bytes int64, ok bool) { return treeMemory(roots, RSS) }

// TreePSS is TreeRSS with each shared page divided among the processes that have it, those outside of the trees included.
// It is exact, and slow: see there. A process whose share cannot be read, as it belongs to another user or the kernel is
// older than 4.14, is counted with its RSS.
func TreePSS(roots ...int) (bytes int64, ok bool) {
	return treeMemory(roots, func(pid int) (int64, bool) {
		text, err := slurp("/proc/" + strconv.Itoa(pid) + "/smaps_rollup")
		if err != nil {
			return RSS(pid)
		}
		return parsePSS(text)
	})
}

// treeMemory adds up what measure says of each process in the trees.
func treeMemory(roots []int, measure func(pid int) (int64, bool)) (total int64, ok bool) {
	seen := make(map[int]bool)
	add := func(pid int) {
		if seen[pid] {
			return
		}
		seen[pid] = true
		if n, there := measure(pid); there {
			total, ok = total+n, true
		}
	}
	for _, root := range roots {
		if root <= 0 {
			continue
		}
		add(root)
		for _, p := range tree(root, nil) {
			add(p.pid)
		}
	}
	return total, ok
}

// parseStatm returns the number of resident pages in the text of /proc/PID/statm, its second field (proc_pid_statm(5)).
func parseStatm(b []byte) (pages int64, ok bool) {
	_, rest, found := bytes.Cut(b, []byte(" "))
	field, _, _ := bytes.Cut(rest, []byte(" "))
	return parseCount(field, found)
}

// parsePSS returns the bytes in the "Pss:" line of /proc/PID/smaps_rollup, which has them in kB (proc_pid_smaps(5)).
func parsePSS(b []byte) (total int64, ok bool) {
	for line := range bytes.Lines(b) {
		if rest, found := bytes.CutPrefix(line, []byte("Pss:")); found {
			kib, found := bytes.CutSuffix(bytes.TrimSpace(rest), []byte(" kB"))
			n, ok := parseCount(kib, found && len(kib) < 16) // so that bytes cannot overflow
			return n << 10, ok
		}
	}
	return 0, false
}

// parseCount returns the decimal number that is all of b, if ok was true before; never a negative one.
func parseCount(b []byte, ok bool) (int64, bool) {
	if !ok || len(b) == 0 || len(b) > 19 {
		return 0, false
	}
	var n int64
	for _, c := range b {
		if c < '0' || c > '9' || n > (math.MaxInt64-9)/10 {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	return n, true
}

// readOnce fills buf with the start of the file, by one read, and returns how much that was.
func readOnce(path string, buf []byte) (int, error) {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	for errors.Is(err, unix.EINTR) {
		fd, err = unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	}
	if err != nil {
		return 0, err
	}
	defer unix.Close(fd)
	n, err := unix.Read(fd, buf)
	for errors.Is(err, unix.EINTR) {
		n, err = unix.Read(fd, buf)
	}
	return max(n, 0), err
}
