package cpucount

import (
	"slices"
	"testing"
	"testing/fstest"
)

// Mount lines as the kernel writes them, one of each kind.
const (
	mountRoot   = "22 1 254:0 / / rw,relatime - ext4 /dev/vda rw\n"
	mountV2     = "30 22 0:26 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime shared:9 - cgroup2 cgroup2 rw,nsdelegate\n"
	mountV1     = "33 31 0:30 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:11 - cgroup cgroup rw,cpu,cpuacct\n"
	mountV1Set  = "34 31 0:31 / /sys/fs/cgroup/cpuset rw,relatime shared:12 - cgroup cgroup rw,cpuset\n"
	mountHybrid = "35 31 0:41 / /sys/fs/cgroup/unified rw,relatime shared:13 - cgroup2 cgroup2 rw\n"
)

// machine is a root directory with just what findQuota reads.
func machine(cgroup, mountinfo string, files map[string]string) fstest.MapFS {
	root := fstest.MapFS{
		"proc/self/cgroup":    {Data: []byte(cgroup)},
		"proc/self/mountinfo": {Data: []byte(mountinfo)},
	}
	for name, text := range files {
		root[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return root
}

type files = map[string]string

// quotaCase is a machine, and the limit that findQuota is to find there.
type quotaCase struct {
	name      string
	cgroup    string
	mountinfo string
	files     files
	want      quota
}

func checkQuotas(t *testing.T, tests []quotaCase) {
	t.Helper()
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := findQuota(machine(tt.cgroup, tt.mountinfo, tt.files)); got != tt.want {
				t.Errorf("findQuota = %+v, want %+v", got, tt.want)
			}
		})
	}
}

func TestFindQuotaInTheTree(t *testing.T) {
	checkQuotas(t, []quotaCase{
		{"v2 own cgroup", "0::/job\n", mountRoot + mountV2,
			files{"sys/fs/cgroup/job/cpu.max": "250000 100000\n"},
			quota{250000, 100000, "/sys/fs/cgroup/job"}},
		{"v2 no limit", "0::/job\n", mountRoot + mountV2,
			files{"sys/fs/cgroup/job/cpu.max": "max 100000\n"},
			quota{}},
		{"v2 limit of an ancestor", "0::/kubepods/pod1/main\n", mountV2,
			files{
				"sys/fs/cgroup/kubepods/cpu.max":           "max 100000\n",
				"sys/fs/cgroup/kubepods/pod1/cpu.max":      "150000 100000\n",
				"sys/fs/cgroup/kubepods/pod1/main/cpu.max": "400000 100000\n",
			},
			quota{150000, 100000, "/sys/fs/cgroup/kubepods/pod1"}},
		{"v2 leaf tighter than its ancestor", "0::/a/b\n", mountV2,
			files{
				"sys/fs/cgroup/a/cpu.max":   "400000 100000\n",
				"sys/fs/cgroup/a/b/cpu.max": "10000 20000\n",
			},
			quota{10000, 20000, "/sys/fs/cgroup/a/b"}},
		{"v2 limit of a sibling", "0::/a\n", mountV2,
			files{"sys/fs/cgroup/b/cpu.max": "100000 100000\n"},
			quota{}},
		{"v2 namespace root", "0::/\n", mountV2,
			files{"sys/fs/cgroup/cpu.max": "50000 100000\n"},
			quota{50000, 100000, "/sys/fs/cgroup"}},
		{"v2 directory gone", "0::/a/gone (deleted)\n", mountV2,
			files{"sys/fs/cgroup/a/cpu.max": "100000 100000\n"},
			quota{100000, 100000, "/sys/fs/cgroup/a"}},
		{"colon in the name", "0::/a:b\n", mountV2,
			files{"sys/fs/cgroup/a:b/cpu.max": "100000 100000"},
			quota{100000, 100000, "/sys/fs/cgroup/a:b"}},
	})
}

func TestFindQuotaOfMounts(t *testing.T) {
	checkQuotas(t, []quotaCase{
		{"v2 root of the mount is the container", "0::/docker/abc\n",
			"30 22 0:26 /docker/abc /sys/fs/cgroup ro - cgroup2 cgroup rw\n",
			files{"sys/fs/cgroup/cpu.max": "300000 100000"},
			quota{300000, 100000, "/sys/fs/cgroup"}},
		{"v2 below the root of the mount", "0::/docker/abc/sub\n",
			"30 22 0:26 /docker/abc /sys/fs/cgroup ro - cgroup2 cgroup rw\n",
			files{"sys/fs/cgroup/sub/cpu.max": "100000 100000"},
			quota{100000, 100000, "/sys/fs/cgroup/sub"}},
		{"v2 names that only start alike", "0::/docker/abcdef\n",
			"30 22 0:26 /docker/abc /mnt/abc ro - cgroup2 cgroup rw\n" + mountV2,
			files{
				"mnt/abc/cpu.max":                     "100000 100000",
				"sys/fs/cgroup/docker/abcdef/cpu.max": "200000 100000",
			},
			quota{200000, 100000, "/sys/fs/cgroup/docker/abcdef"}},
		{"v2 outside of the only mount", "0::/system.slice/x\n",
			"30 22 0:26 /docker/abc /sys/fs/cgroup ro - cgroup2 cgroup rw\n",
			files{"sys/fs/cgroup/cpu.max": "100000 100000"},
			quota{100000, 100000, "/sys/fs/cgroup"}},
		{"v2 outside of the namespace", "0::/../x\n", mountV2,
			files{"sys/fs/cgroup/cpu.max": "100000 100000", "sys/fs/x/cpu.max": "1 100000"},
			quota{100000, 100000, "/sys/fs/cgroup"}},
		{"v2 mount from before the namespace", "0::/\n",
			"30 22 0:26 /.. /sys/fs/cgroup ro - cgroup2 cgroup rw\n",
			files{"sys/fs/cgroup/cpu.max": "100000 100000"},
			quota{100000, 100000, "/sys/fs/cgroup"}},
		{"v2 both above the namespace", "0::/../x\n",
			"30 22 0:26 /.. /sys/fs/cgroup ro - cgroup2 cgroup rw\n",
			files{"sys/fs/cgroup/x/cpu.max": "100000 100000"},
			quota{100000, 100000, "/sys/fs/cgroup/x"}},
		{"v2 mounted elsewhere, with blanks", "0::/my job\n",
			`30 22 0:26 / /mnt/c\040g\134x rw - cgroup2 cgroup rw` + "\n",
			files{`mnt/c g\x/my job/cpu.max`: "100000 100000"},
			quota{100000, 100000, `/mnt/c g\x/my job`}},
		{"bind mount of another cgroup", "0::/a\n",
			"60 22 0:26 /b /run/b rw - cgroup2 cgroup rw\n" + mountV2,
			files{"run/b/cpu.max": "1000 100000", "sys/fs/cgroup/a/cpu.max": "200000 100000"},
			quota{200000, 100000, "/sys/fs/cgroup/a"}},
		{"two mounts, the wider one sees the limit", "0::/a/b\n",
			"60 22 0:26 /a/b /run/b rw - cgroup2 cgroup rw\n" + mountV2,
			files{"run/b/cpu.max": "max 100000", "sys/fs/cgroup/a/cpu.max": "200000 100000"},
			quota{200000, 100000, "/sys/fs/cgroup/a"}},
		{"mounted on the root directory", "0::/a\n", "30 22 0:26 / / rw - cgroup2 cgroup rw\n",
			files{"a/cpu.max": "100000 100000", "cpu.max": "200000 100000"},
			quota{100000, 100000, "/a"}},
	})
}

func TestFindQuotaOfVersion1(t *testing.T) {
	checkQuotas(t, []quotaCase{
		{"v1 own cgroup", "5:cpu,cpuacct:/user\n4:cpuset:/other\n", mountV1 + mountV1Set,
			files{
				"sys/fs/cgroup/cpu,cpuacct/user/cpu.cfs_quota_us":  "350000\n",
				"sys/fs/cgroup/cpu,cpuacct/user/cpu.cfs_period_us": "100000\n",
			},
			quota{350000, 100000, "/sys/fs/cgroup/cpu,cpuacct/user"}},
		{"v1 no limit", "1:cpu,cpuacct:/\n", mountV1,
			files{
				"sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us":  "-1\n",
				"sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000\n",
			},
			quota{}},
		{"v1 limit of an ancestor", "1:cpuacct,cpu:/a/b\n", mountV1,
			files{
				"sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_quota_us":    "100000\n",
				"sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_period_us":   "100000\n",
				"sys/fs/cgroup/cpu,cpuacct/a/b/cpu.cfs_quota_us":  "-1\n",
				"sys/fs/cgroup/cpu,cpuacct/a/b/cpu.cfs_period_us": "100000\n",
			},
			quota{100000, 100000, "/sys/fs/cgroup/cpu,cpuacct/a"}},
		{"v1 container", "5:cpu,cpuacct:/docker/abc\n",
			"33 31 0:30 /docker/abc /sys/fs/cgroup/cpu,cpuacct ro - cgroup cgroup rw,cpu,cpuacct\n",
			files{
				"sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us":  "50000",
				"sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "50000",
			},
			quota{50000, 50000, "/sys/fs/cgroup/cpu,cpuacct"}},
		{"v1 without a period", "5:cpu:/\n", mountV1,
			files{"sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "50000"},
			quota{}},
		{"hybrid, limit in v1", "3:cpu,cpuacct:/a\n0::/b\n", mountV1 + mountHybrid,
			files{
				"sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_quota_us":  "100000",
				"sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_period_us": "100000",
			},
			quota{100000, 100000, "/sys/fs/cgroup/cpu,cpuacct/a"}},
		{"hybrid, tighter limit in v2", "3:cpu,cpuacct:/a\n0::/b\n", mountV1 + mountHybrid,
			files{
				"sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_quota_us":  "300000",
				"sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_period_us": "100000",
				"sys/fs/cgroup/unified/b/cpu.max":               "200000 100000",
			},
			quota{200000, 100000, "/sys/fs/cgroup/unified/b"}},
	})
}

func TestFindNoQuota(t *testing.T) {
	checkQuotas(t, []quotaCase{
		{"no mounts", "0::/a\n", mountRoot, nil, quota{}},
		{"nothing at all", "", "", nil, quota{}},
		{"garbage in cpu.max", "0::/\n", mountV2, files{"sys/fs/cgroup/cpu.max": "lots\n"}, quota{}},
		{"zero period", "0::/\n", mountV2, files{"sys/fs/cgroup/cpu.max": "100000 0\n"}, quota{}},
		{"negative period", "0::/\n", mountV2, files{"sys/fs/cgroup/cpu.max": "100000 -5\n"}, quota{}},
		{"number too large", "0::/\n", mountV2, files{"sys/fs/cgroup/cpu.max": "99999999999999999999 1\n"}, quota{}},
	})
	t.Run("no proc", func(t *testing.T) {
		if got := findQuota(fstest.MapFS{}); got != (quota{}) {
			t.Errorf("findQuota = %+v, want none", got)
		}
	})
}

func TestRelative(t *testing.T) {
	tests := []struct {
		from, to string
		want     []string
		ok       bool
	}{
		{"/", "/", nil, true},
		{"/", "/a/b", []string{"a", "b"}, true},
		{"/a", "/a/b", []string{"b"}, true},
		{"/a/b", "/a", nil, false},
		{"/a", "/ab", nil, false},
		{"/", "/../x", nil, false},
		{"/..", "/", nil, true},
		{"/..", "/a", nil, true},
		{"/..", "/../x", []string{"x"}, true},
		{"/../..", "/../x", nil, true},
		{"/..", "/../../x", nil, false},
		{"/../y", "/", nil, false},
		{"/../y", "/../x", nil, false},
	}
	for _, tt := range tests {
		got, ok := relative(tt.from, tt.to)
		if ok != tt.ok || ok && !slices.Equal(got, tt.want) {
			t.Errorf("relative(%q, %q) = %q, %v; want %q, %v", tt.from, tt.to, got, ok, tt.want, tt.ok)
		}
	}
}

func TestParseCPUList(t *testing.T) {
	tests := []struct {
		text string
		want int
	}{
		{"0\n", 1},
		{"0-7\n", 8},
		{"0-3,8,10-11\n", 7},
		{"", 0},
		{"3-1", 0},
		{"a-b", 0},
		{"0-99999999", 0},
	}
	for _, tt := range tests {
		if got := parseCPUList(tt.text); got != tt.want {
			t.Errorf("parseCPUList(%q) = %d, want %d", tt.text, got, tt.want)
		}
	}
}

func TestOnlineCPUs(t *testing.T) {
	root := fstest.MapFS{"sys/devices/system/cpu/online": {Data: []byte("0-7\n")}}
	if got := onlineCPUs(root); got != 8 {
		t.Errorf("onlineCPUs = %d, want 8", got)
	}
	if got := onlineCPUs(fstest.MapFS{}); got != 0 {
		t.Errorf("onlineCPUs of nothing = %d, want 0", got)
	}
}

func TestUnescape(t *testing.T) {
	for in, want := range map[string]string{
		`plain`: "plain", `a\040b`: "a b", `\011\012\134`: "\t\n\\", `\04`: `\04`, `\999`: `\999`, `\777`: `\777`, `x\`: `x\`,
	} {
		if got := unescape(in); got != want {
			t.Errorf("unescape(%q) = %q, want %q", in, got, want)
		}
	}
}

// FuzzFindQuota checks that no text in the system's files makes the count fail or leave its bounds.
func FuzzFindQuota(f *testing.F) {
	f.Add("0::/a/b\n", mountV2, "250000 100000\n", "0-7\n")
	f.Add("5:cpu,cpuacct:/docker/abc\n", mountV1, "-1\n", "0")
	f.Add("0::/../x\n", `1 1 0:1 /.. /mnt/c\040g rw - cgroup2 x rw`+"\n", "max 100000", "")
	f.Fuzz(func(t *testing.T, cgroup, mountinfo, limit, online string) {
		root := machine(cgroup, mountinfo, map[string]string{
			"sys/fs/cgroup/cpu.max":                       limit,
			"sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us":  limit,
			"sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000",
			"sys/devices/system/cpu/online":               online,
		})
		q := findQuota(root)
		if q != (quota{}) && (q.micros <= 0 || q.period <= 0 || q.dir == "") {
			t.Fatalf("findQuota = %+v, neither a limit nor none", q)
		}
		if c := decide(16, onlineCPUs(root), q); c.CPUs < 1 || c.CPUs > 16 || c.Why == "" {
			t.Fatalf("decide = %+v, want 1 to 16", c)
		}
	})
}
