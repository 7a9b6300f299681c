package jobserver

import (
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// usual is the style that works with most programs: every make knows pipes.
const usual = Pipe

// reopenPipe opens both ends of a pipe anew, by their descriptors.
func reopenPipe(read, write int) (ends, error) {
	return openEnds(procPath("self", read), procPath("self", write))
}

func procPath(process string, fd int) string { return "/proc/" + process + "/fd/" + strconv.Itoa(fd) }

// newFIFO returns a fifo that others can open by its name. That is a pipe without a file: nothing is left of it when
// this process ends, in whatever way. End gives up what keeps it.
func newFIFO() (path string, end func() error, err error) {
	var p [2]int
	if err := unix.Pipe2(p[:], unix.O_CLOEXEC); err != nil {
		return "", nil, os.NewSyscallError("pipe2", err)
	}
	unix.Close(p[1])
	return procPath(strconv.Itoa(os.Getpid()), p[0]), func() error { return unix.Close(p[0]) }, nil
}
