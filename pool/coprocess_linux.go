package pool

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// openApart opens the reading end of a pipe anew, so that it can be read without
// waiting, which it would be a mistake to make of the worker's own. ok is false
// where /proc is not to be had.
func openApart(fd int) (apart int, ok bool) {
	apart, err := unix.Open("/proc/self/fd/"+strconv.Itoa(fd), unix.O_RDONLY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	return apart, err == nil
}

// waitsForInput tells whether a process is blocked in a read of its standard input,
// which is the pipe that fd is an end of, and can do nothing else: it has one thread
// and no child. It is false where /proc does not say so.
func waitsForInput(pid, fd int) bool {
	dir := fmt.Sprintf("/proc/%d", pid)
	ours, err := os.Readlink(fmt.Sprintf("/proc/self/fd/%d", fd))
	if theirs, theirErr := os.Readlink(dir + "/fd/0"); err != nil || theirErr != nil || theirs != ours {
		return false
	}
	call, err := os.ReadFile(dir + "/syscall")
	if err != nil || !strings.HasPrefix(string(call), fmt.Sprintf("%d 0x0 ", unix.SYS_READ)) {
		return false
	}
	threads, err := os.ReadDir(dir + "/task")
	if err != nil || len(threads) != 1 {
		return false
	}
	children, err := os.ReadFile(fmt.Sprintf("%s/task/%d/children", dir, pid))
	return err == nil && len(children) == 0
}
