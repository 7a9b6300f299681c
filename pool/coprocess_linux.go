package pool

import (
	"strconv"

	"golang.org/x/sys/unix"
)

// openApart opens the reading end of a pipe anew, so that it can be read without
// waiting, which it would be a mistake to make of the worker's own. ok is false
// where /proc is not to be had.
func openApart(fd int) (apart int, ok bool) {
	apart, err := unix.Open("/proc/self/fd/"+strconv.Itoa(fd), unix.O_RDONLY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	return apart, err == nil
}
