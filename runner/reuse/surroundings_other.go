//go:build !linux

package reuse

import (
	"strconv"

	"golang.org/x/sys/unix"
)

// platform adds nothing: here there is nothing else that could be asked for.
func (d digest) platform() {}

// umask returns the umask of this process. There is no way to read it but to change it for a moment, so that no file
// should be made at the same time: it is asked for before the run begins.
func umask() string {
	mask := unix.Umask(0o077)
	unix.Umask(mask)
	return strconv.FormatInt(int64(mask), 8)
}
