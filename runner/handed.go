package runner

import (
	"strconv"
	"strings"
	"syscall"
)

// keepToSelf keeps tasks from inheriting the descriptor that a file's name stands
// for, as that of <(command) does in bash: it was handed over for xpool to read.
// Other names, and those of the standard streams, are left alone.
func keepToSelf(name string) {
	for _, dir := range []string{"/dev/fd/", "/proc/self/fd/"} {
		number, ok := strings.CutPrefix(name, dir)
		if fd, err := strconv.Atoi(number); ok && err == nil && fd > syscall.Stderr {
			syscall.CloseOnExec(fd)
		}
	}
}
