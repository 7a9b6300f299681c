package joblog

import (
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// rowText is a row with what matters here.
func rowText(seq int64, exit, signal int, command string) string {
	return string(Row{Seq: seq, Exit: exit, Signal: signal, Command: command}.Append(nil))
}

func TestRead(t *testing.T) {
	long := strings.Repeat("long ", 100_000)
	log := Header +
		rowText(1, 0, 0, "a") +
		"garbage\n" +
		rowText(2, 1, 0, long) +
		rowText(3, 0, 9, "c") +
		strings.Repeat("x", 200_000) + "\n" +
		Header + // two logs in one
		rowText(3, 0, 0, "c") +
		rowText(1, 1, 0, "a") +
		"Seq\tHost\tStarttime\tRuntime\tSend\tReceive\tExitval\tSignal\tCommand\n" + // GNU parallel of 2016
		rowText(1<<40, -1, 15, "d") +
		strings.TrimSuffix(rowText(77, 0, 0, "torn"), "\n")
	set, err := Read(strings.NewReader(log))
	if err != nil {
		t.Fatal(err)
	}
	for seq, want := range map[int64][2]bool{
		1: {true, false}, 2: {true, true}, 3: {true, false}, 1 << 40: {true, true}, 4: {}, 77: {}, 0: {}, -1: {},
	} {
		if got := [2]bool{set.Done(seq), set.Failed(seq)}; got != want {
			t.Errorf("task %d: done, failed = %v, want %v", seq, got, want)
		}
		if set.Succeeded(seq) != (want[0] && !want[1]) {
			t.Errorf("task %d: succeeded = %v", seq, set.Succeeded(seq))
		}
	}
	if done, failed := set.Count(); done != 4 || failed != 2 {
		t.Errorf("%d tasks done, %d failed", done, failed)
	}
	if lines, first := set.Foreign(); lines != 2 || first != 3 {
		t.Errorf("%d lines are no rows, the first is %d", lines, first)
	}
}

func TestNilSet(t *testing.T) {
	var set *Set
	done, failed := set.Count()
	lines, _ := set.Foreign()
	if set.Done(1) || set.Failed(1) || set.Succeeded(1) || done+failed+lines != 0 {
		t.Error("a nil set is not empty")
	}
}

func TestLoadErrors(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{dir, filepath.Join(dir, "missing")} {
		_, err := Load(name)
		var path *os.PathError
		if !errors.As(err, &path) || path.Path != name {
			t.Errorf("Load(%s): %v", name, err)
		}
		if _, err := OpenFailures(name); !errors.As(err, &path) || path.Path != name {
			t.Errorf("OpenFailures(%s): %v", name, err)
		}
	}
}

// TestNumbers compares with a map, in an order and with gaps that make both kinds
// of chunk.
func TestNumbers(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var set numbers
	model := map[int64]bool{}
	for range 50_000 {
		n := random.Int64N(3 << 16)
		if random.IntN(100) == 0 {
			n = random.Int64()
		}
		set.add(n)
		model[n] = true
	}
	if set.n != int64(len(model)) {
		t.Errorf("holds %d numbers, want %d", set.n, len(model))
	}
	for n := range model {
		for _, m := range []int64{n - 1, n, n + 1} {
			if set.has(m) != model[m] {
				t.Fatalf("has(%d) = %v", m, set.has(m))
			}
		}
	}
}

// TestNumbersMemory holds that two million numbers take little more than a bit
// each, whatever their order.
func TestNumbersMemory(t *testing.T) {
	const n = 2_000_000
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	var set numbers
	for i := int64(0); i < n; i++ {
		set.add(i * 7919 % n)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if used := int64(after.HeapAlloc) - int64(before.HeapAlloc); used > 1<<20 {
		t.Errorf("%d numbers take %d bytes", set.n, used)
	}
	if set.n != n {
		t.Errorf("holds %d numbers", set.n)
	}
}

func TestFailures(t *testing.T) {
	name := filepath.Join(t.TempDir(), "log")
	long := strings.Repeat("l", 1<<20)
	mustWrite(t, name, Header+
		rowText(5, 1, 0, "echo five")+
		rowText(2, 0, 9, "echo two")+
		"garbage\n"+
		rowText(3, 0, 0, "echo three")+
		rowText(2, 1, 0, "echo two\nagain")+
		rowText(3, 1, 0, "echo three")+
		rowText(4, 255, 0, long)+
		rowText(6, 1, 0, "echo six")+
		rowText(6, 0, 0, "echo six")+
		"7\t:\ttorn")
	failures, err := OpenFailures(name)
	if err != nil {
		t.Fatal(err)
	}
	defer failures.Close()
	want := []Row{{Seq: 2, Exit: 1, Command: "echo two\nagain"}, {Seq: 4, Exit: 255, Command: long}, {Seq: 5, Exit: 1, Command: "echo five"}}
	for i, w := range want {
		if failures.Len() != len(want)-i {
			t.Errorf("%d failures to come, want %d", failures.Len(), len(want)-i)
		}
		r, err := failures.Next()
		if err != nil || r.Seq != w.Seq || r.Exit != w.Exit || r.Command != w.Command {
			t.Fatalf("failure %d of task %d is %+v, %v", i, w.Seq, r, err)
		}
	}
	if _, err := failures.Next(); err != io.EOF {
		t.Errorf("after the last one: %v", err)
	}
}

func TestFailuresOfAChangedLog(t *testing.T) {
	name := filepath.Join(t.TempDir(), "log")
	mustWrite(t, name, Header+rowText(5, 1, 0, "echo five")+rowText(6, 1, 0, "echo six"))
	failures, err := OpenFailures(name)
	if err != nil {
		t.Fatal(err)
	}
	defer failures.Close()
	mustWrite(t, name, Header+rowText(7, 1, 0, "echo five"))
	var changed *ChangedError
	if _, err := failures.Next(); !errors.As(err, &changed) || changed.Name != name {
		t.Errorf("after another row took its place: %v", err)
	}
	if _, err := failures.Next(); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("after the end was cut off: %v", err)
	}
}

// FuzzRead holds that a reader of any bytes finds what a simple one finds, and no
// task in a torn row.
func FuzzRead(f *testing.F) {
	f.Add([]byte(Header + rowText(1, 0, 0, "a\nb") + "garbage\n" + rowText(1, 1, 0, "") + "2\t:\t1.0"))
	f.Add([]byte("\n\n" + Header[:20]))
	f.Fuzz(func(t *testing.T, log []byte) {
		set, err := Read(strings.NewReader(string(log)))
		if err != nil {
			t.Fatal(err)
		}
		done, ok, foreign := map[int64]bool{}, map[int64]bool{}, int64(0)
		lines := strings.SplitAfter(string(log), "\n")
		for _, l := range lines[:len(lines)-1] {
			r, isRow := ParseRow([]byte(strings.TrimSuffix(l, "\n")))
			switch {
			case isRow:
				done[r.Seq] = true
				ok[r.Seq] = ok[r.Seq] || r.OK()
			case !strings.HasPrefix(l, headerStart):
				foreign++
			}
		}
		var failed int64
		for seq := range done {
			if !set.Done(seq) || set.Succeeded(seq) != ok[seq] {
				t.Errorf("task %d: done %v, succeeded %v", seq, set.Done(seq), set.Succeeded(seq))
			}
			if !ok[seq] {
				failed++
			}
		}
		n, nFailed := set.Count()
		if lines, _ := set.Foreign(); n != int64(len(done)) || nFailed != failed || lines != foreign {
			t.Errorf("%d done, %d failed, %d foreign; want %d, %d, %d", n, nFailed, lines, len(done), failed, foreign)
		}
	})
}
