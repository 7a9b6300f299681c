package pace

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/spf13/pflag"
	"go.uber.org/goleak"

	"xpool/runner/value"
)

var _ pflag.Value = (*Limit)(nil)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const ms = time.Millisecond

func TestGatesZero(t *testing.T) {
	var gs Gates
	now := time.Now()
	gs.Began(now)
	gs.Ended(true)
	if d := gs.Wait(now); d != 0 || gs.Kills() || gs.Err() != nil {
		t.Errorf("no gates: Wait %v, Kills %v, Err %v", d, gs.Kills(), gs.Err())
	}
	if kill, again := gs.Kill(now); kill || again != 0 {
		t.Errorf("Kill = %v, %v", kill, again)
	}
	gs.Close()
}

func TestDelay(t *testing.T) {
	gs, err := Open(Config{Delay: value.Delay{First: 100 * ms}})
	if err != nil {
		t.Fatal(err)
	}
	defer gs.Close()
	now := time.Now()
	if d := gs.Wait(now); d != 0 {
		t.Errorf("the first attempt waits %v", d)
	}
	gs.Began(now)
	for after, want := range map[time.Duration]time.Duration{0: 100 * ms, 30 * ms: 70 * ms, 100 * ms: 0, time.Hour: 0} {
		if d := gs.Wait(now.Add(after)); d != want {
			t.Errorf("%v after the first: %v, want %v", after, d, want)
		}
	}
	gs.Ended(false)
	if d := gs.Wait(now); d != 100*ms {
		t.Errorf("a delay that is not adaptive became %v", d)
	}
}

func TestDelayAuto(t *testing.T) {
	g := newDelay(value.Delay{First: 100 * ms, Auto: true})
	now := time.Now()
	g.Began(now)
	for _, step := range []struct {
		ok   bool
		want time.Duration
	}{{false, 130 * ms}, {false, 169 * ms}, {true, 152100 * time.Microsecond}} {
		g.Ended(step.ok)
		if d := g.Wait(now); d != step.want {
			t.Errorf("after %v: %v, want %v", step.ok, d, step.want)
		}
	}
	for range 10_000 {
		g.Ended(false)
	}
	if d := g.Wait(now); d < maxDelay || d > 2*maxDelay {
		t.Errorf("after many failures: %v", d)
	}
	for range 10_000 {
		g.Ended(true)
	}
	if d := g.Wait(now); d > time.Microsecond {
		t.Errorf("after many successes: %v", d)
	}
}

// TestNames has each gate say what it waits for.
func TestNames(t *testing.T) {
	load := func(s string) (l value.Load) {
		if err := l.Set(s); err != nil {
			t.Fatal(err)
		}
		return l
	}
	limit := func(s string) (l Limit) {
		if err := l.Set(s); err != nil {
			t.Fatal(err)
		}
		return l
	}
	file := filepath.Join(t.TempDir(), "load")
	if err := os.WriteFile(file, []byte("3\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		config Config
		want   string
	}{
		{Config{Delay: value.Delay{First: 1500 * ms}}, "a delay of 1.5s"},
		{Config{Load: load("2")}, "load under 2"},
		{Config{Load: load("0.0001")}, "load under 0.0001"},
		{Config{Load: load("50%")}, "load under 1.5"},
		{Config{Load: load(file)}, "load under that in the file of --load"},
		{Config{NoSwap: true}, "swapping to end"},
		{Config{MemFree: 3 << 29}, "1536M of free memory"},
		{Config{Limit: limit("test -e go")}, "the command of --limit"},
		{Config{Limit: limit("io 20")}, "disks that are busy for 20% of the time or less"},
		{Config{Limit: limit("load 4")}, "a load of 4 or less"},
		{Config{Limit: limit("mem 1G")}, "1G of free memory"},
	} {
		tt.config.CPUs = func() int { return 3 }
		tt.config.Run = func(context.Context, string) (int, error) { return 1, nil }
		gs, err := Open(tt.config)
		if err != nil {
			t.Logf("%s: not tried: %v", tt.want, err) // the system does not tell
			continue
		}
		if got := gs[0].(Namer).Name(); len(gs) != 1 || got != tt.want {
			t.Errorf("%d gates, %q, want %q", len(gs), got, tt.want)
		}
		gs.Close()
	}
}

// TestWaitFor names the first gate that is closed.
func TestWaitFor(t *testing.T) {
	now := time.Now()
	first, second := newDelay(value.Delay{First: time.Second}), newDelay(value.Delay{First: time.Minute})
	gs := Gates{first, second}
	if d, name := gs.WaitFor(now); d != 0 || name != "" {
		t.Errorf("open gates: %v for %q", d, name)
	}
	gs.Began(now)
	for after, want := range map[time.Duration]string{0: "a delay of 1s", 2 * time.Second: "a delay of 1m0s", time.Hour: ""} {
		if d, name := gs.WaitFor(now.Add(after)); name != want || d != gs.Wait(now.Add(after)) {
			t.Errorf("after %v: %v for %q, want %q", after, d, name, want)
		}
	}
}

// fakeSource is a source that a test sets.
type fakeSource struct {
	reading atomic.Pointer[reading]
	err     atomic.Pointer[error]
	reads   atomic.Int32
	takes   time.Duration
}

func (f *fakeSource) set(r reading) { f.reading.Store(&r) }

func (f *fakeSource) fail(err error) { f.err.Store(&err) }

func (f *fakeSource) read(ctx context.Context) (reading, error) {
	f.reads.Add(1)
	if f.takes > 0 {
		t := time.NewTimer(f.takes)
		defer t.Stop()
		select {
		case <-ctx.Done():
			return reading{}, ctx.Err()
		case <-t.C:
		}
	}
	if err := f.err.Load(); err != nil {
		return reading{}, *err
	}
	return *f.reading.Load(), nil
}

// player does what a pool does with gates: it begins as many attempts as they let it until the time is over, and counts
// those, and the tasks that they want ended.
type player struct {
	gates  Gates
	wake   chan struct{}
	began  int
	killed int
}

func newPlayer() *player { return &player{wake: make(chan struct{}, 1)} }

func (p *player) notify() {
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

func (p *player) play(t *testing.T, d time.Duration) {
	t.Helper()
	for end := time.Now().Add(d); ; {
		synctest.Wait()
		now := time.Now()
		wait := p.gates.Wait(now)
		if p.gates.Kills() {
			kill, again := p.gates.Kill(now)
			if kill {
				p.killed++
			}
			if again <= 0 {
				t.Fatalf("Kill wants to be asked again after %v", again)
			}
			wait = min(wait, again)
		}
		if p.gates.Wait(now) == 0 {
			p.gates.Began(now)
			p.began++
			if p.began > 10_000 {
				return
			}
			continue
		}
		if wait = min(max(wait, ms), end.Sub(now)); wait <= 0 {
			return
		}
		select {
		case <-p.wake:
		case <-time.After(wait):
		}
	}
}

// A reading lets as many begin as it has room for; then there is another after what began has settled.
func TestSampledRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src, p := &fakeSource{}, newPlayer()
		src.set(reading{room: 3})
		p.gates = Gates{newSampledGate(src.read, systemTempo(), p.notify)}
		defer p.gates.Close()
		if d := p.gates.Wait(time.Now()); d <= 0 {
			t.Fatalf("Wait = %v before the first reading", d)
		}
		p.play(t, 99*ms)
		if p.began != 15 { // at 0, 20, 40, 60 and 80 ms
			t.Errorf("%d began in 99 ms, want 15", p.began)
		}
		src.set(reading{})
		p.play(t, 10*time.Second)
		if p.began != 15 {
			t.Errorf("%d began without room", p.began-15)
		}
		if n := src.reads.Load(); n > 50 {
			t.Errorf("%d readings in 10 s without room, want two a second", n)
		}
		src.set(reading{room: 1})
		p.play(t, time.Second)
		if p.began < 16 {
			t.Error("nothing began within a second of there being room")
		}
	})
}

// A reading that was not used in time is not used at all.
func TestSampledStale(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := &fakeSource{}
		src.set(reading{room: 5})
		g := newSampledGate(src.read, systemTempo(), nil)
		defer g.Close()
		g.Wait(time.Now())
		synctest.Wait()
		if d := g.Wait(time.Now()); d != 0 {
			t.Fatalf("Wait = %v with room", d)
		}
		src.set(reading{})
		time.Sleep(time.Second)
		if d := g.Wait(time.Now()); d <= 0 {
			t.Error("an old reading lets an attempt begin")
		}
		synctest.Wait()
		if d := g.Wait(time.Now()); d <= 0 {
			t.Error("an attempt may begin without room")
		}
	})
}

// With room for any number and a slow source, nothing waits for a reading but at first.
func TestSampledPlenty(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src, p := &fakeSource{takes: time.Second}, newPlayer()
		src.set(reading{room: plenty})
		g := newSampledGate(src.read, tempo{fresh: 10 * time.Second, first: time.Second, most: 2 * time.Second}, p.notify)
		p.gates = Gates{g}
		defer p.gates.Close()
		begun := time.Now()
		for range 100 {
			for g.Wait(time.Now()) > 0 {
				time.Sleep(10 * ms)
				synctest.Wait()
			}
			g.Began(time.Now())
			time.Sleep(time.Second)
		}
		if took := time.Since(begun); took > 102*time.Second {
			t.Errorf("100 beginnings, one a second, took %v", took)
		}
		if n := src.reads.Load(); n > 25 {
			t.Errorf("%d readings in 100 s, want one in five", n)
		}
	})
}

// One failure is nothing; a gate that only fails says so, and stays closed.
func TestSampledError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src, p := &fakeSource{}, newPlayer()
		p.gates = Gates{newSampledGate(src.read, systemTempo(), p.notify)}
		defer p.gates.Close()
		boom := errors.New("boom")
		src.fail(boom)
		p.play(t, 1*time.Second)
		if err := p.gates.Err(); err != nil {
			t.Errorf("Err = %v after %d readings", err, src.reads.Load())
		}
		p.play(t, 10*time.Second)
		if err := p.gates.Err(); !errors.Is(err, boom) || p.began != 0 {
			t.Errorf("Err = %v, %d began; want boom and none", err, p.began)
		}
		if n := src.reads.Load(); n > 30 {
			t.Errorf("%d readings in 11 s that all fail", n)
		}
	})
}

// The youngest is killed once for each time that it may take to end, and only for what was read since.
func TestKill(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src, p := &fakeSource{}, newPlayer()
		src.set(reading{kill: true})
		p.gates = Gates{newKillerGate(src.read, systemTempo().killing(100*ms), p.notify)}
		defer p.gates.Close()
		if !p.gates.Kills() {
			t.Fatal("no gate kills")
		}
		p.play(t, 1990*ms)
		if p.killed < 4 || p.killed > 5 || p.began != 0 {
			t.Errorf("%d killed and %d began in 2 s, want 4 or 5 and none", p.killed, p.began)
		}
		src.set(reading{})
		p.play(t, 500*ms)
		killed := p.killed
		p.play(t, 10*time.Second)
		if p.killed != killed {
			t.Errorf("%d killed although there was no need", p.killed-killed)
		}
	})
}

// Close ends a command that is running, and waits for it.
func TestCloseWhileReading(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := &fakeSource{takes: time.Hour}
		g := newSampledGate(src.read, systemTempo(), nil)
		g.Wait(time.Now())
		synctest.Wait()
		begun := time.Now()
		Gates{g}.Close()
		if took := time.Since(begun); took > 0 || src.reads.Load() != 1 {
			t.Errorf("Close took %v, after %d readings", took, src.reads.Load())
		}
	})
}
