package reuse

import (
	"bytes"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// platform adds the CPUs, the cgroup and the namespaces: a server is where it was started, and stays there.
func (d digest) platform() {
	var cpus unix.CPUSet
	if unix.SchedGetaffinity(0, &cpus) == nil {
		d.add("cpus", fmt.Sprint(cpus))
	}
	cgroup, _ := os.ReadFile("/proc/self/cgroup")
	d.add("cgroup", string(cgroup))
	for _, space := range []string{"cgroup", "ipc", "mnt", "net", "pid_for_children", "user", "uts"} {
		to, _ := os.Readlink("/proc/self/ns/" + space)
		d.add("namespace", space, to)
	}
	root, _ := os.Readlink("/proc/self/root")
	d.add("root", root)
}

// umask returns the umask of this process, as the kernel shows it.
func umask() string {
	status, _ := os.ReadFile("/proc/self/status")
	_, rest, _ := bytes.Cut(status, []byte("\nUmask:"))
	line, _, _ := bytes.Cut(rest, []byte("\n"))
	return string(bytes.TrimSpace(line))
}
