package cpucount

import (
	"io/fs"
	"path"
	"strconv"
	"strings"
)

// The functions in this file are pure ones over a root directory ("/" of the machine, or a map in a test). They
// take what they cannot read or understand for "no limit".

// version tells the two cgroup hierarchies that can limit CPU time apart. On a hybrid system there are both.
type version int

const (
	v1 version = 1 // the v1 hierarchy with the controller "cpu"
	v2 version = 2 // the unified hierarchy
)

// mount is a place where a cgroup hierarchy can be seen.
type mount struct {
	version version
	root    string // the cgroup that is at point, as /proc/self/cgroup would name it
	point   string // absolute path of the directory
}

// findQuota returns the tightest limit that a cgroup of this process sets.
func findQuota(root fs.FS) quota {
	own := parseCgroups(readText(root, "/proc/self/cgroup"))
	if len(own) == 0 {
		return quota{}
	}
	mounts := parseMounts(readText(root, "/proc/self/mountinfo"))
	var best quota
	for _, v := range []version{v1, v2} {
		group, ok := own[v]
		if !ok {
			continue
		}
		for _, p := range places(mounts, v, group) {
			if q := tightest(root, p); q.tighter(best) {
				best = q
			}
		}
	}
	return best
}

// place is where the cgroup of a process is seen below a mount.
type place struct {
	mount mount
	below []string // the names of the directories from the mount point down to the cgroup
}

// places returns where a group can be seen. A mount that shows another part of the hierarchy does not count, as the
// limits there are those of others, unless there is no better one: then its mount point is the best guess. A container
// that was entered from outside, or one without a cgroup namespace, has its limit there.
func places(mounts []mount, v version, group string) []place {
	var inside, outside []place
	for _, m := range mounts {
		if m.version != v {
			continue
		}
		if below, ok := relative(m.root, group); ok {
			inside = append(inside, place{m, below})
		} else {
			outside = append(outside, place{mount: m})
		}
	}
	if len(inside) > 0 {
		return inside
	}
	return outside
}

// relative returns the names that lead from one cgroup down to another, and false if the other is not below it. Both may
// start with ".." where they lie outside of the cgroup namespace: "/.." is an ancestor of "/", but the name of "/" in it
// is not known; then nothing but the ancestor itself can be seen.
func relative(from, to string) ([]string, bool) {
	fromNames, toNames := names(from), names(to)
	for len(fromNames) > 0 && len(toNames) > 0 && fromNames[0] == toNames[0] {
		fromNames, toNames = fromNames[1:], toNames[1:]
	}
	switch {
	case len(fromNames) == 0:
		return toNames, !startsWithParent(toNames)
	case startsWithParent(fromNames) && fromNames[len(fromNames)-1] == "..":
		return nil, true
	}
	return nil, false
}

// names splits a path into its names, without changing its meaning.
func names(p string) []string {
	return strings.FieldsFunc(p, func(r rune) bool { return r == '/' })
}

func startsWithParent(names []string) bool { return len(names) > 0 && names[0] == ".." }

// tightest returns the lowest limit of the cgroup at p and its ancestors up to the mount point. A directory that is
// not there (anymore) has no limit; its parents do.
func tightest(root fs.FS, p place) quota {
	var best quota
	for n := len(p.below); n >= 0; n-- {
		dir := path.Join(p.mount.point, path.Join(p.below[:n]...))
		if q := readQuota(root, p.mount.version, dir); q.tighter(best) {
			best = q
		}
	}
	return best
}

// readQuota returns the limit of the cgroup in dir.
func readQuota(root fs.FS, v version, dir string) quota {
	var micros, period int64
	if v == v2 {
		micros, period = parseMax(readText(root, dir+"/cpu.max"))
	} else {
		micros = parseMicros(readText(root, dir+"/cpu.cfs_quota_us"))
		period = parseMicros(readText(root, dir+"/cpu.cfs_period_us"))
	}
	if micros <= 0 || period <= 0 {
		return quota{}
	}
	return quota{micros: micros, period: period, dir: dir}
}

// readText returns the contents of the file with the absolute path name, and nothing if it cannot be read.
func readText(root fs.FS, name string) string {
	data, err := fs.ReadFile(root, strings.TrimPrefix(path.Clean(name), "/"))
	if err != nil {
		return ""
	}
	return string(data)
}

// parseCgroups reads /proc/self/cgroup: lines of "ID:CONTROLLERS:PATH", where the unified hierarchy has the ID 0 and no
// controllers (cgroups(7)). It returns the paths in the two hierarchies that matter.
func parseCgroups(text string) map[version]string {
	own := make(map[version]string, 2)
	for line := range strings.Lines(text) {
		id, rest, ok := strings.Cut(strings.TrimSuffix(line, "\n"), ":")
		controllers, group, ok2 := strings.Cut(rest, ":")
		switch {
		case !ok || !ok2 || !strings.HasPrefix(group, "/"):
		case id == "0" && controllers == "":
			own[v2] = group
		case hasWord(controllers, "cpu"):
			own[v1] = group
		}
	}
	return own
}

// parseMounts reads /proc/self/mountinfo: lines of "ID PARENT MAJOR:MINOR ROOT POINT OPTIONS OPTIONAL... - TYPE SOURCE
// SUPEROPTIONS" (proc_pid_mountinfo(5)). It returns the mounts of the two hierarchies that matter.
func parseMounts(text string) []mount {
	var mounts []mount
	for line := range strings.Lines(text) {
		before, after, ok := strings.Cut(line, " - cgroup")
		if !ok {
			continue // by far most lines: no need to look closer
		}
		left, right := strings.Fields(before), strings.Fields("cgroup"+after)
		if len(left) < 6 || len(right) < 3 {
			continue
		}
		m := mount{root: unescape(left[3]), point: unescape(left[4])}
		switch {
		case right[0] == "cgroup2":
			m.version = v2
		case right[0] == "cgroup" && hasWord(right[2], "cpu"):
			m.version = v1
		default:
			continue
		}
		if path.IsAbs(m.root) && path.IsAbs(m.point) {
			mounts = append(mounts, m)
		}
	}
	return mounts
}

// hasWord reports whether word is in a list with commas.
func hasWord(list, word string) bool {
	for w := range strings.SplitSeq(list, ",") {
		if w == word {
			return true
		}
	}
	return false
}

// unescape replaces \NNN, three octal digits, by the byte: the kernel writes blanks, newlines and backslashes so.
func unescape(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for len(s) > 0 {
		if s[0] == '\\' && len(s) >= 4 {
			if c, err := strconv.ParseUint(s[1:4], 8, 8); err == nil {
				b.WriteByte(byte(c))
				s = s[4:]
				continue
			}
		}
		b.WriteByte(s[0])
		s = s[1:]
	}
	return b.String()
}

// parseMax reads cpu.max: "MICROS PERIOD", or "max PERIOD" for no limit, which gives zeros.
func parseMax(text string) (micros, period int64) {
	fields := strings.Fields(text)
	if len(fields) != 2 || fields[0] == "max" {
		return 0, 0
	}
	return parseMicros(fields[0]), parseMicros(fields[1])
}

// parseMicros reads a number of microseconds; zero if there is none. No limit is -1 in cgroup v1.
func parseMicros(text string) int64 {
	n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// onlineCPUs returns how many CPUs the machine has, zero if that cannot be read.
func onlineCPUs(root fs.FS) int {
	return parseCPUList(readText(root, "/sys/devices/system/cpu/online"))
}

// parseCPUList counts the CPUs in a list like "0-3,8,10-11"; zero if it is not one.
func parseCPUList(text string) int {
	total := 0
	for part := range strings.SplitSeq(strings.TrimSpace(text), ",") {
		first, last, ok := strings.Cut(part, "-")
		if !ok {
			last = first
		}
		// 16 bits are enough for any kernel, and the total cannot overflow.
		from, err := strconv.ParseUint(first, 10, 16)
		if err != nil {
			return 0
		}
		to, err := strconv.ParseUint(last, 10, 16)
		if err != nil || to < from {
			return 0
		}
		total += int(to-from) + 1
	}
	return total
}
