package reuse

import (
	"fmt"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// surroundings adds what a process inherits, beside the environment and the working directory.
func (d digest) surroundings() {
	d.add("ids", fmt.Sprint(os.Getuid(), os.Geteuid(), os.Getgid(), os.Getegid()))
	groups, _ := os.Getgroups() // none, where they cannot be had
	d.add("groups", fmt.Sprint(groups))
	for resource := range resourceLimits {
		// The one on files was changed by Go's runtime, which sees to it that children have it as it was: see soft.
		var l unix.Rlimit
		if unix.Getrlimit(resource, &l) == nil {
			d.add("limit", fmt.Sprint(resource, soft(resource, uint64(l.Cur)), l.Max))
		}
	}
	priority, _ := unix.Getpriority(unix.PRIO_PROCESS, 0)
	d.add("priority", fmt.Sprint(priority))
	d.add("umask", fmt.Sprint(umask()))
	d.platform()
}

// resourceLimits is how many kinds of limit there may be; those that a system has not are left out.
const resourceLimits = 16

// soft is a soft limit. That on open files is the same for all: Go's runtime raises it for the process itself and gives it
// back to children, but tells nobody.
func soft(resource int, limit uint64) uint64 {
	if resource == syscall.RLIMIT_NOFILE {
		return 0
	}
	return limit
}
