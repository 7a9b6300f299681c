package cpucount

import (
	"io/fs"
	"os"
	"runtime"
	"slices"

	"golang.org/x/sys/unix"
)

func available() int { return decide(affinity(), 0, findQuota(system{})).CPUs }

func explain() Count { return decide(affinity(), onlineCPUs(system{}), findQuota(system{})) }

// system is the machine's root directory, whose files can only be read. They are small,
// and read without what an os.File brings along, which at the start of a short run would
// take longer than all of this.
type system struct{}

func (system) Open(name string) (fs.File, error) { return os.Open("/" + name) }

func (system) ReadFile(name string) ([]byte, error) {
	fd, err := unix.Open("/"+name, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	defer unix.Close(fd)
	b := make([]byte, 0, 2048)
	for {
		n, err := unix.Read(fd, b[len(b):cap(b)])
		switch {
		case err == unix.EINTR:
		case err != nil:
			return nil, err
		case n == 0:
			return b, nil
		default:
			b = slices.Grow(b[:len(b)+n], 1)
		}
	}
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
