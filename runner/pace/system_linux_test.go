package pace

import (
	"errors"
	"io/fs"
	"testing"
	"testing/fstest"
	"time"
)

// The files of this machine can be read.
func TestSystem(t *testing.T) {
	if n, err := running(); err != nil || n < 0 {
		t.Errorf("running = %v, %v", n, err)
	}
	if n, err := freeMemory(); err != nil || n <= 0 {
		t.Errorf("freeMemory = %v, %v", n, err)
	}
	for name, read := range map[string]func() (counters, error){"swap": swapActivity, "disk": diskActivity} {
		if _, err := read(); err != nil && !errors.Is(err, fs.ErrNotExist) { // a kernel can do without either
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestParseStat(t *testing.T) {
	for in, want := range map[string]float64{
		"cpu 1 2\nprocs_running 3\nprocs_blocked 2\nsoftirq 1\n": 4,
		"procs_running 1\nprocs_blocked 0\n":                     0,
		"procs_running 0\nprocs_blocked 0":                       0,
		"":                                                       -1,
		"procs_running 3\n":                                      -1,
		"procs_running x\nprocs_blocked 0\n":                     -1,
		"procs_running -1\nprocs_blocked 0\n":                    -1,
	} {
		got, err := parseStat([]byte(in))
		if err != nil != (want < 0) || err == nil && got != want {
			t.Errorf("parseStat(%q) = %v, %v; want %v", in, got, err, want)
		}
	}
}

func TestParseMeminfo(t *testing.T) {
	for in, want := range map[string]int64{
		"MemTotal: 9 kB\nMemFree:  1 kB\nMemAvailable:   7 kB\nCached: 2 kB\n":    7 << 10,
		"MemFree: 1 kB\nBuffers: 2 kB\nCached: 3 kB\nSwapCached: 4 kB\nX: 5 kB\n": 10 << 10,
		"MemAvailable: 0 kB\n": 0,
		"MemTotal: 9 kB\n":     -1,
		"":                     -1,
		"MemAvailable: -1 kB\nMemFree: x kB\nCached: 99999999999999999999 kB": -1,
	} {
		got, err := parseMeminfo([]byte(in))
		if err != nil != (want < 0) || err == nil && got != want {
			t.Errorf("parseMeminfo(%q) = %v, %v; want %v", in, got, err, want)
		}
	}
}

// file is a file of a test's system.
func file(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }

func TestFreeMemoryInCgroup(t *testing.T) {
	const top = "sys/fs/cgroup/"
	meminfo := file("MemAvailable: 1000 kB\n")
	tests := []struct {
		name string
		root fstest.MapFS
		want int64
	}{
		{"no cgroups", fstest.MapFS{}, 1000 << 10},
		{"v1 only", fstest.MapFS{"proc/self/cgroup": file("4:memory:/x\n"), top + "x/memory.max": file("5"), top + "x/memory.current": file("1")}, 1000 << 10},
		{"no limit", fstest.MapFS{"proc/self/cgroup": file("0::/a\n"), top + "a/memory.max": file("max\n"), top + "a/memory.current": file("1\n")}, 1000 << 10},
		{"own limit", fstest.MapFS{
			"proc/self/cgroup": file("1:name=x:/\n0::/a/b\n"), top + "a/b/memory.max": file("5000\n"), top + "a/b/memory.current": file("3000\n"),
			top + "a/b/memory.stat": file("anon 1\ninactive_file 500\n"),
		}, 2500},
		{"a tighter one above", fstest.MapFS{
			"proc/self/cgroup": file("0::/a/b\n"), top + "a/b/memory.max": file("5000\n"), top + "a/b/memory.current": file("3000\n"),
			top + "a/memory.max": file("4000\n"), top + "a/memory.current": file("3500\n"),
		}, 500},
		{"over the limit", fstest.MapFS{"proc/self/cgroup": file("0::/\n"), top + "memory.max": file("5"), top + "memory.current": file("9")}, 0},
		{"more cache than use", fstest.MapFS{
			"proc/self/cgroup": file("0::/\n"), top + "memory.max": file("5"), top + "memory.current": file("3"), top + "memory.stat": file("inactive_file 9\n"),
		}, 5},
		{"out of the namespace", fstest.MapFS{"proc/self/cgroup": file("0::/../../x\n"), top + "memory.max": file("5"), top + "memory.current": file("3")}, 2},
	}
	for _, tt := range tests {
		tt.root["proc/meminfo"] = meminfo
		if got, err := freeMemoryIn(tt.root); err != nil || got != tt.want {
			t.Errorf("%s: %d, %v; want %d", tt.name, got, err, tt.want)
		}
	}
	if _, err := freeMemoryIn(fstest.MapFS{}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("without /proc/meminfo: %v", err)
	}
}

func TestParseVmstat(t *testing.T) {
	c, err := parseVmstat([]byte("nr_free 1\npswpin 12\npswpout 34\npswpinx 5\n"))
	if err != nil || c.in != 12 || c.out != 34 {
		t.Errorf("parseVmstat = %+v, %v", c, err)
	}
	for _, in := range []string{"", "pswpin 1\n", "pswpin x\npswpout 1\n", "pswpin 1\npswpout\n"} {
		if _, err := parseVmstat([]byte(in)); err == nil {
			t.Errorf("parseVmstat(%q) found something", in)
		}
	}
}

func TestParseDiskstats(t *testing.T) {
	c := parseDiskstats([]byte("   8  0 sda 1 2 3 4 5 6 7 8 9 1500 11 12 13\n 8 1 sda1 1 2 3 4\n\n 8 2 sda2 1 2 3 4 5 6 7 8 9 x 11\n"))
	if len(c.busy) != 1 || c.busy["sda"] != 1500*time.Millisecond {
		t.Errorf("parseDiskstats = %v", c.busy)
	}
}

func TestRealGates(t *testing.T) {
	var l Limit
	if err := l.Set("mem 1"); err != nil {
		t.Fatal(err)
	}
	woken := make(chan struct{}, 100)
	gs, err := Open(Config{MemFree: 1, Limit: l, Wake: func() { woken <- struct{}{} }})
	if err != nil {
		t.Fatal(err)
	}
	defer gs.Close()
	for gs.Wait(time.Now()) > 0 {
		select {
		case <-woken:
		case <-t.Context().Done():
			t.Fatal("the gates stay closed")
		}
	}
	if kill, _ := gs.Kill(time.Now()); kill {
		t.Error("a task has to end although there is a byte of memory")
	}
}

func FuzzSystemFiles(f *testing.F) {
	for _, in := range []string{
		"procs_running 3\nprocs_blocked 2\n", "MemAvailable:   7 kB\n", "pswpin 12\npswpout 34\n",
		"   8  0 sda 1 2 3 4 5 6 7 8 9 1500 11 12 13\n", "0::/a/b\n", "inactive_file 9\n", "5",
	} {
		f.Add([]byte(in))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		if n, err := parseStat(in); err == nil && n < 0 {
			t.Errorf("%v processes run", n)
		}
		if n, err := parseMeminfo(in); err == nil && n < 0 {
			t.Errorf("%d bytes are free", n)
		}
		_, _ = parseVmstat(in)
		for name, busy := range parseDiskstats(in).busy {
			if busy < 0 {
				t.Errorf("disk %q was busy for %v", name, busy)
			}
		}
		anything := &fstest.MapFile{Data: in}
		const top = "sys/fs/cgroup/"
		root := fstest.MapFS{"proc/self/cgroup": anything, top + "memory.max": anything, top + "memory.current": anything, top + "memory.stat": anything}
		if n, ok := cgroupFree(root); ok && n < 0 {
			t.Errorf("%d bytes are left", n)
		}
	})
}
