package cpucount

import (
	"os"
	"runtime"

	"golang.org/x/sys/unix"
)

func explain() Count {
	root := os.DirFS("/")
	return decide(affinity(), onlineCPUs(root), findQuota(root))
}

// affinity returns how many CPUs the process may be scheduled on now.
func affinity() int {
	var set unix.CPUSet
	// The process's own number, not 0: that would be the calling thread, which may have been pinned. The set is too small
	// for machines with over 1024 CPUs; the runtime's number is from a larger one, but as old as the process.
	if err := unix.SchedGetaffinity(os.Getpid(), &set); err == nil && set.Count() > 0 {
		return set.Count()
	}
	return runtime.NumCPU()
}
