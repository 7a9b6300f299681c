package crashdetect

import (
	"fmt"
	"path/filepath"
	"testing"
)

// TestFindMemoryCgroup lays the cgroups of real systems out and lets one kill happen in the file that must count.
func TestFindMemoryCgroup(t *testing.T) {
	const v2 = "low 0\noom 4\noom_kill 3\n"
	const v1 = "oom_kill_disable 0\nunder_oom 0\noom_kill 3\n"
	for _, tt := range []struct {
		name, cgroup, mounts string
		files                map[string]string
		kills                string   // the file expected, without the root
		limits               []string // likewise
	}{
		{"v2", "0::/a/b\n", mountCPU + mountUnified,
			map[string]string{"/sys/fs/cgroup/a/b/memory.events": v2, "/sys/fs/cgroup/a/b/memory.events.local": v2,
				"/sys/fs/cgroup/a/memory.events": v2, "/sys/fs/cgroup/a/memory.events.local": v2},
			"/sys/fs/cgroup/a/b/memory.events",
			[]string{"/sys/fs/cgroup/a/b/memory.events.local", "/sys/fs/cgroup/a/memory.events.local"}},
		{"v2 without local counters", "0::/a/b\n", mountUnified,
			map[string]string{"/sys/fs/cgroup/a/b/memory.events": v2, "/sys/fs/cgroup/a/memory.events": v2},
			"/sys/fs/cgroup/a/b/memory.events", []string{"/sys/fs/cgroup/a/b/memory.events"}},
		{"v2 controller not enabled so far down", "0::/a/b/c\n", mountUnified,
			map[string]string{"/sys/fs/cgroup/a/memory.events": v2, "/sys/fs/cgroup/a/memory.events.local": v2},
			"/sys/fs/cgroup/a/memory.events", []string{"/sys/fs/cgroup/a/memory.events.local"}},
		{"v2 root of the namespace", "0::/\n", mountUnified,
			map[string]string{"/sys/fs/cgroup/memory.events": v2}, "/sys/fs/cgroup/memory.events", []string{"/sys/fs/cgroup/memory.events"}},
		{"v2 root of the system", "0::/\n", mountUnified, map[string]string{"/sys/fs/cgroup/cpu.stat": ""}, "", nil},
		{"v2 container without a namespace", "0::/docker/abc/sub\n", "30 22 0:26 /docker/abc /sys/fs/cgroup ro - cgroup2 cgroup rw\n",
			map[string]string{"/sys/fs/cgroup/sub/memory.events": v2}, "/sys/fs/cgroup/sub/memory.events", []string{"/sys/fs/cgroup/sub/memory.events"}},
		{"v2 outside of the only mount", "0::/docker/abcdef\n", "30 22 0:26 /docker/abc /sys/fs/cgroup ro - cgroup2 cgroup rw\n",
			map[string]string{"/sys/fs/cgroup/memory.events": v2}, "", nil},
		{"v2 outside of the namespace", "0::/../x\n", mountUnified,
			map[string]string{"/sys/fs/cgroup/memory.events": v2, "/sys/fs/x/memory.events": v2}, "", nil},
		{"v2 mounted elsewhere, with blanks", "0::/my job\n", `30 22 0:26 / /mnt/c\040g\134x rw - cgroup2 cgroup rw` + "\n",
			map[string]string{`/mnt/c g\x/my job/memory.events`: v2}, `/mnt/c g\x/my job/memory.events`, []string{`/mnt/c g\x/my job/memory.events`}},
		{"v2 another's mount first", "0::/a\n", "60 22 0:26 /b /run/b rw - cgroup2 cgroup rw\n" + mountUnified,
			map[string]string{"/run/b/memory.events": v2, "/sys/fs/cgroup/a/memory.events": v2},
			"/sys/fs/cgroup/a/memory.events", []string{"/sys/fs/cgroup/a/memory.events"}},
		{"v2 kernel that does not count", "0::/a\n", mountUnified, map[string]string{"/sys/fs/cgroup/a/memory.events": "low 0\noom 1\n"}, "", nil},
		{"v1", "4:cpu,cpuacct:/x\n3:memory:/a\n", mountCPU + mountMemory,
			map[string]string{"/sys/fs/cgroup/memory/a/memory.oom_control": v1, "/sys/fs/cgroup/memory/memory.oom_control": v1},
			"/sys/fs/cgroup/memory/a/memory.oom_control", nil},
		{"v1 directory not there", "3:memory:/a\n", mountMemory,
			map[string]string{"/sys/fs/cgroup/memory/memory.oom_control": v1}, "", nil},
		{"hybrid, memory in v1", "3:memory:/a\n0::/b\n", mountHybrid + mountMemory,
			map[string]string{"/sys/fs/cgroup/memory/a/memory.oom_control": v1, "/sys/fs/cgroup/unified/b/memory.events": v2},
			"/sys/fs/cgroup/memory/a/memory.oom_control", nil},
		{"hybrid, memory in v2", "3:cpu,cpuacct:/a\n0::/b\n", mountCPU + mountHybrid,
			map[string]string{"/sys/fs/cgroup/unified/b/memory.events": v2},
			"/sys/fs/cgroup/unified/b/memory.events", []string{"/sys/fs/cgroup/unified/b/memory.events"}},
		{"colons in the name", "0::/a:b\n", mountUnified,
			map[string]string{"/sys/fs/cgroup/a:b/memory.events": v2}, "/sys/fs/cgroup/a:b/memory.events", []string{"/sys/fs/cgroup/a:b/memory.events"}},
		{"nothing at all", "", "", nil, "", nil},
		{"garbage", "0::\n:::\nx\n", " - cgroup2\n1 2 3 4 5 6 - cgroup2 x rw\n", nil, "", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newSystem(t, tt.cgroup, tt.mounts)
			for name, text := range tt.files {
				s.write(name, text)
			}
			var want memoryCgroup
			if tt.kills != "" {
				want.kills = s.root + tt.kills
			}
			for _, file := range tt.limits {
				want.limits = append(want.limits, s.root+file)
			}
			got := findMemoryCgroup(s.root)
			if fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("found %+v\nwant  %+v", got, want)
			}
			if n := got.countKills(); (n == 3) != (tt.kills != "") {
				t.Errorf("counted %d", n)
			}
		})
	}
}

func TestParseCounter(t *testing.T) {
	const text = "low 0\noom 3\noom_kill 12\noom_group_kill 7\nbad -1\nword x\nnone\nlast 8"
	for name, want := range map[string]int64{"oom": 3, "oom_kill": 12, "oom_group_kill": 7, "last": 8, "low": 0, "bad": -1, "word": -1, "none": -1, "group": -1} {
		if got, ok := parseCounter([]byte(text), name); ok != (want >= 0) || ok && got != want {
			t.Errorf("%s is %d, %t", name, got, ok)
		}
	}
}

func TestUnescape(t *testing.T) {
	for s, want := range map[string]string{
		`a`: `a`, ``: ``, `a\040b`: `a b`, `\134\011`: "\\\t", `\`: `\`, `\04`: `\04`, `\999`: `\999`, `\\040`: `\ `, `\+40`: `\+40`,
	} {
		if got := unescape(s); got != want {
			t.Errorf("unescape(%q) = %q, want %q", s, got, want)
		}
	}
}

func FuzzCgroupFiles(f *testing.F) {
	f.Add([]byte("3:memory:/a\n0::/b\n"), []byte(mountHybrid+mountMemory), []byte("oom_kill 3\n"))
	f.Add([]byte("0::/../x\n"), []byte(`30 22 0:26 /\134 /mnt/c\040g rw - cgroup2 cgroup rw`), []byte("oom_kill -3"))
	f.Fuzz(func(t *testing.T, cgroup, mountinfo, events []byte) {
		v1, v2 := parseOwnCgroups(cgroup)
		for _, legacy := range []bool{true, false} {
			for _, m := range parseMemoryMounts(mountinfo, legacy) {
				if !filepath.IsAbs(m.root) || !filepath.IsAbs(m.point) {
					t.Errorf("%q has the mount %+v", mountinfo, m)
				}
				for _, group := range []string{v1, v2} {
					below, ok := relative(m.root, group)
					if at := filepath.Join(below...); ok && at != "" && !filepath.IsLocal(at) {
						t.Errorf("%q is %q below %q", group, at, m.root)
					}
				}
			}
		}
		if n, ok := parseCounter(events, "oom_kill"); n < 0 || !ok && n != 0 {
			t.Errorf("%q counts %d, %t", events, n, ok)
		}
	})
}
