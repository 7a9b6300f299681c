package crashdetect

import (
	"bytes"
	"path"
	"slices"
	"strconv"
	"strings"
)

// memoryCgroup is where the cgroup is seen that the memory of this process, and of children that stay in it, counts for.
type memoryCgroup struct {
	kills  string   // the file with its counter "oom_kill"; "" if there is none
	limits []string // the files with the counters "oom" of limits hit: its own and its ancestors'
}

// countKills returns how many processes of the cgroup were killed for want of memory, 0 if that cannot be told.
func (g memoryCgroup) countKills() int64 {
	n, _ := readCounter(g.kills, "oom_kill")
	return n
}

// countLimits returns how often a limit of the cgroup or an ancestor left an allocation without memory.
func (g memoryCgroup) countLimits() int64 {
	var sum int64
	for _, file := range g.limits {
		n, _ := readCounter(file, "oom")
		sum += n
	}
	return sum
}

// findMemoryCgroup looks below the directory root for the cgroup. The memory controller is in one hierarchy only: on a
// hybrid system /proc/self/cgroup names it where that is one of version 1.
func findMemoryCgroup(root string) memoryCgroup {
	own, err := slurp(root + "/proc/self/cgroup")
	if err != nil {
		return memoryCgroup{}
	}
	mountinfo, err := slurp(root + "/proc/self/mountinfo")
	if err != nil {
		return memoryCgroup{}
	}
	v1, v2 := parseOwnCgroups(own)
	group, legacy := v2, v1 != ""
	if legacy {
		group = v1
	}
	for _, m := range parseMemoryMounts(mountinfo, legacy) {
		// A mount that does not show this process's cgroup has the counters of others.
		below, ok := relative(m.root, group)
		if !ok {
			continue
		}
		find := findEvents
		if legacy {
			find = findOOMControl
		}
		if g := find(root+m.point, below); g.kills != "" {
			return g
		}
	}
	return memoryCgroup{}
}

// findOOMControl finds the cgroup in version 1, where each counts its own processes only, and nothing tells of limits.
func findOOMControl(mountPoint string, below []string) memoryCgroup {
	file := path.Join(mountPoint, path.Join(below...), "memory.oom_control")
	if _, ok := readCounter(file, "oom_kill"); !ok {
		return memoryCgroup{}
	}
	return memoryCgroup{kills: file}
}

// findEvents finds the cgroup in version 2. A cgroup for which the memory controller is not enabled has no counters: what
// is in it counts for the next one above that has. Of the ancestors only memory.events.local is of use, as their
// memory.events have the limits of strangers in it too; kernels before 5.2 have nothing but memory.events.
func findEvents(mountPoint string, below []string) memoryCgroup {
	var g memoryCgroup
	for n := len(below); n >= 0; n-- {
		dir := path.Join(mountPoint, path.Join(below[:n]...))
		if g.kills == "" {
			if _, ok := readCounter(dir+"/memory.events", "oom_kill"); !ok {
				continue
			}
			g.kills = dir + "/memory.events"
		}
		if _, ok := readCounter(dir+"/memory.events.local", "oom"); ok {
			g.limits = append(g.limits, dir+"/memory.events.local")
		}
	}
	if len(g.limits) == 0 && g.kills != "" {
		g.limits = []string{g.kills}
	}
	return g
}

// relative returns the names that lead from one cgroup down to another, and false if the other is not below it. A path
// that leads out of the cgroup namespace ("/..") leads to a place whose name is not known.
func relative(from, to string) ([]string, bool) {
	isSlash := func(r rune) bool { return r == '/' }
	fromNames, toNames := strings.FieldsFunc(from, isSlash), strings.FieldsFunc(to, isSlash)
	if len(fromNames) > len(toNames) || !slices.Equal(fromNames, toNames[:len(fromNames)]) || slices.Contains(toNames, "..") {
		return nil, false
	}
	return toNames[len(fromNames):], true
}

// parseOwnCgroups returns the paths in /proc/self/cgroup, lines of "ID:CONTROLLERS:PATH" (cgroups(7)): that in the
// hierarchy of version 1 with the memory controller, and that in the hierarchy of version 2, which has the number 0 and
// names no controllers. "" is for what is not there.
func parseOwnCgroups(b []byte) (v1, v2 string) {
	for line := range bytes.Lines(b) {
		id, rest, _ := strings.Cut(strings.TrimSuffix(string(line), "\n"), ":")
		controllers, group, _ := strings.Cut(rest, ":")
		switch {
		case !strings.HasPrefix(group, "/"):
		case id == "0" && controllers == "":
			v2 = group
		case hasWord(controllers, "memory"):
			v1 = group
		}
	}
	return v1, v2
}

// cgroupMount is a place where a part of a cgroup hierarchy can be seen.
type cgroupMount struct {
	root  string // the cgroup that is at point
	point string
}

// parseMemoryMounts returns the mounts in /proc/self/mountinfo of the hierarchy of version 1 with the memory controller,
// or of version 2. Lines are "ID PARENT MAJOR:MINOR ROOT POINT OPTIONS OPTIONAL... - TYPE SOURCE SUPEROPTIONS"
// (proc_pid_mountinfo(5)).
func parseMemoryMounts(b []byte, legacy bool) []cgroupMount {
	var mounts []cgroupMount
	for line := range bytes.Lines(b) {
		mount, system, found := strings.Cut(string(line), " - ")
		left, right := strings.Fields(mount), strings.Fields(system)
		if !found || len(left) < 6 || len(right) < 3 {
			continue
		}
		wanted := right[0] == "cgroup2"
		if legacy {
			wanted = right[0] == "cgroup" && hasWord(right[2], "memory")
		}
		m := cgroupMount{root: unescape(left[3]), point: unescape(left[4])}
		if wanted && path.IsAbs(m.root) && path.IsAbs(m.point) {
			mounts = append(mounts, m)
		}
	}
	return mounts
}

// hasWord tells whether word is in a list with commas.
func hasWord(list, word string) bool {
	return slices.Contains(strings.Split(list, ","), word)
}

// unescape replaces \NNN, three octal digits, by the byte: the kernel writes blanks, newlines and backslashes so.
func unescape(s string) string {
	var b strings.Builder
	for {
		before, after, found := strings.Cut(s, `\`)
		b.WriteString(before)
		if !found {
			return b.String()
		}
		if len(after) >= 3 {
			if c, err := strconv.ParseUint(after[:3], 8, 8); err == nil {
				b.WriteByte(byte(c))
				s = after[3:]
				continue
			}
		}
		b.WriteByte('\\')
		s = after
	}
}

// readCounter returns a counter from a file of lines "NAME NUMBER"; false if it is not there.
func readCounter(file, name string) (int64, bool) {
	if file == "" {
		return 0, false
	}
	b, err := slurp(file)
	if err != nil {
		return 0, false
	}
	return parseCounter(b, name)
}

// parseCounter is readCounter for the text of the file.
func parseCounter(b []byte, name string) (int64, bool) {
	for line := range bytes.Lines(b) {
		key, value, found := bytes.Cut(bytes.TrimSuffix(line, []byte("\n")), []byte(" "))
		if found && string(key) == name {
			return parseCount(value, true)
		}
	}
	return 0, false
}
