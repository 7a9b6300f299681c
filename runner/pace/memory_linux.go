package pace

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path"
	"strconv"
	"strings"
)

// freeMemory returns how many bytes this process and its children can have without swapping.
func freeMemory() (int64, error) { return freeMemoryIn(os.DirFS("/")) }

// freeMemoryIn is freeMemory with the files below root.
func freeMemoryIn(root fs.FS) (int64, error) {
	text, err := fs.ReadFile(root, "proc/meminfo")
	if err != nil {
		return 0, err
	}
	free, err := parseMeminfo(text)
	if err != nil {
		return 0, err
	}
	if left, ok := cgroupFree(root); ok {
		free = min(free, left)
	}
	return free, nil
}

// parseMeminfo returns MemAvailable, or what stood for it before Linux 3.14, in bytes.
func parseMeminfo(text []byte) (int64, error) {
	var sum int64
	found := false
	for line := range bytes.Lines(text) {
		name, number, _ := strings.Cut(strings.TrimSpace(string(line)), ":")
		kib, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(number), " kB"), 10, 53)
		if err != nil || kib < 0 {
			continue
		}
		switch name {
		case "MemAvailable":
			return kib << 10, nil
		case "MemFree", "Buffers", "Cached", "SwapCached":
			sum += kib << 10
			found = true
		}
	}
	if !found {
		return 0, errors.New("/proc/meminfo does not tell how much memory is free")
	}
	return sum, nil
}

// cgroupFree returns what is left in the tightest of this process's cgroups, of the unified hierarchy (v2) in its usual
// place; false if none has a limit, or none can be seen.
func cgroupFree(root fs.FS) (free int64, ok bool) {
	text, err := fs.ReadFile(root, "proc/self/cgroup")
	if err != nil {
		return 0, false
	}
	for line := range strings.Lines(string(text)) {
		group, is := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "0::/")
		if !is {
			continue
		}
		// Cleaned as an absolute path, so that "/../x", as a namespace may show it, does not lead out.
		for dir := path.Clean("/" + group); ; dir = path.Dir(dir) {
			if left, limited := groupFree(root, path.Join("sys/fs/cgroup", dir)); limited && (!ok || left < free) {
				free, ok = left, true
			}
			if dir == "/" {
				return free, ok
			}
		}
	}
	return 0, false
}

// groupFree returns what is left in one cgroup: its page cache that is not in use can be had, too.
func groupFree(root fs.FS, dir string) (int64, bool) {
	limit, ok := readNumber(root, path.Join(dir, "memory.max")) // "max" where there is none
	if !ok {
		return 0, false
	}
	used, ok := readNumber(root, path.Join(dir, "memory.current"))
	if !ok {
		return 0, false
	}
	stat, _ := fs.ReadFile(root, path.Join(dir, "memory.stat"))
	for line := range strings.Lines(string(stat)) {
		if number, is := strings.CutPrefix(strings.TrimSpace(line), "inactive_file "); is {
			if cache, err := strconv.ParseInt(number, 10, 64); err == nil && cache >= 0 {
				used -= min(cache, used)
			}
		}
	}
	return max(limit-used, 0), true
}

// readNumber reads a file that holds one number, not negative.
func readNumber(root fs.FS, name string) (int64, bool) {
	text, err := fs.ReadFile(root, name)
	if err != nil {
		return 0, false
	}
	n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	return n, err == nil && n >= 0
}
