package crashdetect

import (
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

func TestParseStatm(t *testing.T) {
	for text, want := range map[string]int64{
		"2181 979 640 400 0 500 0\n": 979,
		"0 0 0 0 0 0 0\n":            0,
		"1 2":                        2,
		"":                           -1,
		"1":                          -1,
		"1 ":                         -1,
		"1 -2 3":                     -1,
		"1  2 3":                     -1,
		"1 99999999999999999999 3":   -1,
	} {
		if got, ok := parseStatm([]byte(text)); ok != (want >= 0) || ok && got != want {
			t.Errorf("parseStatm(%q) = %d, %t", text, got, ok)
		}
	}
}

func TestParsePSS(t *testing.T) {
	const head = "5581-7ffc ---p 00000000 00:00 0      [rollup]\nRss:      1752 kB\n"
	for text, want := range map[string]int64{
		head + "Pss:                 123 kB\nPss_Dirty:  96 kB\n": 123 << 10,
		head + "Pss_Dirty:  96 kB\nPss: 0 kB":                     0,
		head:                                                      -1,
		"Pss: 12":                                                 -1,
		"Pss: -12 kB":                                             -1,
		"Pss: 99999999999999999 kB":                               -1,
		"Pss: 12 kB kB":                                           -1,
		"Pss:\nPss: 12 kB":                                        -1,
		"Rss: 1 kB\nSwapPss:    12 kB\n":                          -1,
	} {
		if got, ok := parsePSS([]byte(text)); ok != (want >= 0) || ok && got != want {
			t.Errorf("parsePSS(%q) = %d, %t", text, got, ok)
		}
	}
}

func FuzzParseMemory(f *testing.F) {
	f.Add([]byte("2181 979 640 400 0 500 0\n"))
	f.Add([]byte("Rss: 1 kB\nPss: 12 kB\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, parse := range []func([]byte) (int64, bool){parseStatm, parsePSS} {
			if n, ok := parse(b); n < 0 || !ok && n != 0 {
				t.Errorf("%q gives %d, %t", b, n, ok)
			}
		}
	})
}

// TestRSS touches memory that was not there before and sees it come.
func TestRSS(t *testing.T) {
	before, ok := RSS(os.Getpid())
	if !ok || before <= 0 {
		t.Fatalf("this process has %d, %t", before, ok)
	}
	const size = 64 << 20
	block, err := unix.Mmap(-1, 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Munmap(block)
	for i := 0; i < size; i += os.Getpagesize() {
		block[i] = 1
	}
	// Half of it leaves room for what the collector gives back and for what the kernel counts late.
	if after, _ := RSS(os.Getpid()); after < before+size/2 {
		t.Errorf("%d bytes after %d more than %d", after, size, before)
	}
	if allocs := testing.AllocsPerRun(100, func() { RSS(os.Getpid()) }); allocs > 3 {
		t.Errorf("%v allocations", allocs)
	}
}

func TestRSSOfNobody(t *testing.T) {
	for _, pid := range []int{-1, 0, 1 << 30} {
		if n, ok := RSS(pid); n != 0 || ok {
			t.Errorf("%d has %d, %t", pid, n, ok)
		}
		if n, ok := TreeRSS(pid); n != 0 || ok {
			t.Errorf("the tree of %d has %d, %t", pid, n, ok)
		}
	}
	if n, ok := TreePSS(); n != 0 || ok {
		t.Errorf("no tree has %d, %t", n, ok)
	}
}

func TestTreeMemory(t *testing.T) {
	tr := stage(t, 3, nil, "child", "setsid", "hang")
	one, _ := RSS(tr.pid())
	all, ok := TreeRSS(tr.pid())
	if !ok || all < 2*one { // three of about the same size, which move a little
		t.Errorf("the tree has %d, %t, its root %d", all, ok, one)
	}
	var counted []int
	total, _ := treeMemory([]int{tr.pid(), tr.find("hang", 0).pid, tr.pid()}, func(pid int) (int64, bool) {
		counted = append(counted, pid)
		return 1, true
	})
	if total != 3 {
		t.Errorf("counted %v, want each of the three once", counted)
	}
	if shared, ok := TreePSS(tr.pid()); !ok || shared <= 0 || shared >= all {
		t.Errorf("PSS %d, %t, of %d RSS: three processes of one program share its text", shared, ok, all)
	}
}

// TestMemoryOfZombie holds that one who has ended is there and has nothing, and that his children still count.
func TestMemoryOfZombie(t *testing.T) {
	tr := stage(t, 1, nil, "leave", "hang")
	tr.waitUnreaped()
	if n, ok := RSS(tr.pid()); n != 0 || !ok {
		t.Errorf("a zombie has %d, %t", n, ok)
	}
	if n, ok := TreeRSS(tr.pid()); n != 0 || !ok {
		t.Errorf("a zombie's tree has %d, %t", n, ok)
	}
	if n, ok := TreeRSS(tr.pid(), tr.find("hang", 0).pid); n <= 0 || !ok {
		t.Errorf("with the orphan it has %d, %t", n, ok)
	}
}

func BenchmarkTreeRSS(b *testing.B) {
	for b.Loop() {
		TreeRSS(os.Getpid())
	}
}
