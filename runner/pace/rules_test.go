package pace

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"xpool/runner/value"
)

func TestRoomUnder(t *testing.T) {
	for _, tt := range []struct {
		limit, load float64
		want        int
	}{{0.01, 0, 1}, {0.01, 1, 0}, {4, 0, 4}, {4, 3, 1}, {4, 4, 0}, {4, 9, 0}, {2.5, 2, 1}, {1e18, 0, value.MaxLoad}} {
		if got := roomUnder(tt.limit, tt.load); got != tt.want {
			t.Errorf("roomUnder(%v, %v) = %d, want %d", tt.limit, tt.load, got, tt.want)
		}
	}
}

// The file of --load is read again, no more than once a second, and a bad one changes nothing.
func TestLoadLimitFile(t *testing.T) {
	name := filepath.Join(t.TempDir(), "load")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("3")
	l, err := value.ParseLoad(name)
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		limit := loadLimit(l, func() int { return 8 })
		for _, step := range []struct {
			text string
			want float64
		}{{"50%", 4}, {"many", 4}, {"+1", 9}} {
			write(step.text)
			before := limit()
			write(step.text)
			if again := limit(); again != before {
				t.Errorf("read twice within a second: %v, then %v", before, again)
			}
			time.Sleep(loadEvery)
			if got := limit(); got != step.want {
				t.Errorf("with %q: %v, want %v", step.text, got, step.want)
			}
		}
	})
	fixed, err := value.ParseLoad("100%")
	if err != nil {
		t.Fatal(err)
	}
	if got := loadLimit(fixed, func() int { return 8 })(); got != 8 {
		t.Errorf("100%% of 8 CPUs is %v", got)
	}
}

func TestMemoryReading(t *testing.T) {
	for _, tt := range []struct {
		least, free int64
		want        reading
	}{
		{1000, 999, reading{}},
		{1000, 1000, reading{room: 1}},
		{1000, 3999, reading{room: 3}},
		{1000, 500, reading{}},
		{1000, 499, reading{kill: true}},
		{1, 0, reading{kill: true}},
		{0, 0, reading{room: plenty}},
	} {
		if got := memoryReading(tt.least, tt.free); got != tt.want {
			t.Errorf("memoryReading(%d, %d) = %+v, want %+v", tt.least, tt.free, got, tt.want)
		}
	}
}

// counting returns a reader of counters that hands out one after the other, and the last for ever.
func counting(all ...counters) func() (counters, error) {
	return func() (counters, error) {
		c := all[0]
		if len(all) > 1 {
			all = all[1:]
		}
		return c, nil
	}
}

// begins reports whether a gate lets an attempt begin at its first reading.
func begins(t *testing.T, open func(wake func()) *sampledGate) (ok bool) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		g := open(nil)
		defer g.Close()
		g.Wait(time.Now())
		time.Sleep(activityTime)
		synctest.Wait()
		ok = g.Wait(time.Now()) == 0
	})
	return ok
}

func TestSwap(t *testing.T) {
	for _, tt := range []struct {
		name string
		a, b counters
		want bool
	}{
		{"nothing", counters{in: 5, out: 7}, counters{in: 5, out: 7}, true},
		{"in", counters{in: 5, out: 7}, counters{in: 6, out: 7}, true},
		{"out", counters{in: 5, out: 7}, counters{in: 5, out: 8}, true},
		{"both", counters{in: 5, out: 7}, counters{in: 6, out: 8}, false},
	} {
		got := begins(t, func(wake func()) *sampledGate { return newSwap(counting(tt.a, tt.b), wake) })
		if got != tt.want {
			t.Errorf("%s: begins %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestDisk(t *testing.T) {
	disks := func(a, b time.Duration) counters { return counters{busy: map[string]time.Duration{"a": a, "b": b}} }
	for _, tt := range []struct {
		b    counters
		want bool
	}{
		{disks(time.Second, 0), true},
		{disks(1500*ms, 100*ms), true},
		{disks(1501*ms, 100*ms), false},
		{disks(time.Second, 900*ms), false},
		{disks(0, 0), true}, // a disk that went and came
	} {
		got := begins(t, func(wake func()) *sampledGate { return newDisk(50, counting(disks(time.Second, 0), tt.b), wake) })
		if got != tt.want {
			t.Errorf("%v: begins %v, want %v", tt.b.busy, got, tt.want)
		}
	}
}

func TestParseLimit(t *testing.T) {
	for in, want := range map[string]Limit{
		"io 80":      {kind: limitIO, text: "io 80", n: 80, size: 80},
		" load\t10 ": {kind: limitLoad, text: " load\t10 ", n: 10, size: 10},
		"mem 1k":     {kind: limitMemory, text: "mem 1k", n: 1000, size: 1000},
		"test -e x":  {kind: limitCommand, text: "test -e x"},
		"iostat":     {kind: limitCommand, text: "iostat"},
	} {
		got, err := ParseLimit(in)
		if err != nil || got != want || got.String() != in {
			t.Errorf("ParseLimit(%q) = %+v, %v; want %+v", in, got, err, want)
		}
		if is := got.Command() != ""; is != (want.kind == limitCommand) {
			t.Errorf("ParseLimit(%q).Command() = %q", in, got.Command())
		}
	}
	for _, in := range []string{"", " ", "io", "load", "mem 1 2", "mem much", "io -1", "load 50%"} {
		_, err := ParseLimit(in)
		if err == nil || !strings.Contains(err.Error(), "want") {
			t.Errorf("ParseLimit(%q) = %v, want an error that says what is wanted", in, err)
		}
	}
}

// A command is asked once for each beginning.
func TestCommandGate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var runs, status atomic.Int32
		p := newPlayer()
		run := func(_ context.Context, command string) (int, error) {
			if command != "the command" {
				t.Errorf("runs %q", command)
			}
			runs.Add(1)
			time.Sleep(10 * ms)
			return int(status.Load()), nil
		}
		p.gates = Gates{newCommand("the command", run, p.notify)}
		defer p.gates.Close()
		p.play(t, 95*ms)
		if n := int(runs.Load()); p.began < 8 || n > p.began+1 || p.killed > 0 {
			t.Errorf("%d began and %d killed after %d runs of 10 ms in 95 ms", p.began, p.killed, n)
		}
		p.play(t, 10*ms)
		status.Store(1)
		p.play(t, 20*ms) // for what was asked before
		began := p.began
		p.play(t, 5*time.Second)
		if p.began != began || p.killed > 0 {
			t.Errorf("%d began and %d killed while the command said to wait", p.began-began, p.killed)
		}
		status.Store(limitKill)
		p.play(t, 5*time.Second)
		if p.began != began || p.killed < 3 || p.killed > 6 {
			t.Errorf("%d began and %d killed while the command said so for 5 s, want none and 3 to 6", p.began-began, p.killed)
		}
		status.Store(notFound)
		p.play(t, 30*time.Second)
		var e *CommandError
		if err := p.gates.Err(); !errors.As(err, &e) || e.Status != notFound || !strings.Contains(err.Error(), "not found") {
			t.Errorf("Err = %v", err)
		}
	})
}

// Two readings are not waited for when nobody does any more.
func TestTwiceEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	reads := 0
	_, _, _, err := twice(ctx, func() (counters, error) {
		reads++
		cancel()
		return counters{}, nil
	})
	if !errors.Is(err, context.Canceled) || reads != 1 {
		t.Errorf("%v after %d readings", err, reads)
	}
}

func FuzzParseLimit(f *testing.F) {
	for _, in := range []string{"io 80", "load 1", "mem 1.5G", "test -e x", "", "io x"} {
		f.Add(in)
	}
	f.Fuzz(func(t *testing.T, in string) {
		l, err := ParseLimit(in)
		if err != nil {
			return
		}
		again, err := ParseLimit(l.String())
		if err != nil || again != l || l.kind == limitNone || (l.kind == limitCommand) != (l.Command() != "") {
			t.Fatalf("ParseLimit(%q) = %+v, read again %+v, %v", in, l, again, err)
		}
	})
}
