package pace

import (
	"fmt"
	"time"
)

// tempo says how a gate uses its readings.
type tempo struct {
	settle    time.Duration // until what has begun shows in a reading
	fresh     time.Duration // how long a reading may be used
	first     time.Duration // before reading again where there is no room; doubled each time ...
	most      time.Duration // ... up to this
	killEvery time.Duration // how often to look whether the youngest task has to end; 0: it never has
	killTime  time.Duration // how long a task that was killed may take to end
}

// systemTempo is for files of the system, which cost some microseconds.
func systemTempo() tempo {
	return tempo{
		settle: 20 * time.Millisecond,
		fresh:  time.Second,
		first:  20 * time.Millisecond,
		most:   500 * time.Millisecond,
	}
}

// killing returns t for a gate that ends tasks. The time that they may take is a little over that of GNU parallel's
// default --term-seq.
func (t tempo) killing(every time.Duration) tempo {
	t.killEvery, t.killTime = every, 400*time.Millisecond
	return t
}

// sampledGate is open while its last reading has room. Its fields belong to the goroutine that calls its methods.
type sampledGate struct {
	sampler *sampler
	tempo   tempo
	name    string // what it waits for; "" if nobody asks

	seen   int           // the number of the last sample
	ended  time.Time     // when the sample that room is from was complete
	room   int           // attempts that may still begin
	notTo  time.Time     // samples begun before are not used: what began then does not show in them
	asked  time.Time     // when the sampler was asked last
	asking bool          // and no sample has come since
	pause  time.Duration // before asking again; 0: at once
}

func newSampledGate(read source, t tempo, wake func()) *sampledGate {
	return &sampledGate{sampler: startSampler(read, wake), tempo: t}
}

// Wait implements Gate.
func (g *sampledGate) Wait(now time.Time) time.Duration {
	g.look(g.sampler.last())
	age := now.Sub(g.ended)
	open := g.room > 0 && age < g.tempo.fresh
	if open && age < g.tempo.fresh/2 {
		return 0
	}
	wait := g.ask(now)
	if open { // the next reading is on its way
		return 0
	}
	return wait
}

// look takes in a sample if it is a new one.
func (g *sampledGate) look(s sample) {
	if s.n == g.seen {
		return
	}
	g.seen, g.asking = s.n, false
	if s.begun.Before(g.notTo) {
		return
	}
	g.room, g.ended = s.room, s.ended
	if s.room > 0 {
		g.pause = 0
		return
	}
	g.pause = min(max(2*g.pause, g.tempo.first), g.tempo.most)
}

// ask asks for a reading when it is time to, and returns when to come again.
func (g *sampledGate) ask(now time.Time) time.Duration {
	if due := g.asked.Add(g.pause); g.pause > 0 && now.Before(due) {
		return due.Sub(now)
	}
	if now.Before(g.notTo) {
		return g.notTo.Sub(now)
	}
	if !g.asking || now.Sub(g.asked) >= g.tempo.most { // again, in case it failed
		g.sampler.ask()
		g.asked, g.asking = now, true
	}
	return g.tempo.most
}

// Began implements Gate.
func (g *sampledGate) Began(now time.Time) {
	if g.room != plenty {
		g.room = max(g.room-1, 0)
		g.notTo = later(g.notTo, now.Add(g.tempo.settle))
	}
}

// named gives the gate its Name, and returns it.
func (g *sampledGate) named(format string, args ...any) *sampledGate {
	g.name = fmt.Sprintf(format, args...)
	return g
}

// Name implements Namer.
func (g *sampledGate) Name() string { return g.name }

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// Err implements Failer.
func (g *sampledGate) Err() error { return g.sampler.failure() }

// Close ends the sampler. It always returns nil.
func (g *sampledGate) Close() error {
	g.sampler.close()
	return nil
}

// killerGate is a sampledGate whose readings may say that a task has to end.
type killerGate struct {
	*sampledGate
	polled time.Time // when Kill asked for a reading last
	deaf   time.Time // samples begun before were taken while the last task killed may still have been there
}

// named gives the gate its Name, and returns it.
func (g *killerGate) named(format string, args ...any) *killerGate {
	g.sampledGate.named(format, args...)
	return g
}

func newKillerGate(read source, t tempo, wake func()) *killerGate {
	return &killerGate{sampledGate: newSampledGate(read, t, wake)}
}

// Kill implements Killer.
func (g *killerGate) Kill(now time.Time) (youngest bool, again time.Duration) {
	s := g.sampler.last()
	if every := g.tempo.killEvery; now.Sub(g.polled) >= every && now.Sub(s.ended) >= every/2 {
		g.sampler.ask()
		g.polled = now
	}
	if s.kill && !s.begun.Before(g.deaf) && now.Sub(s.ended) < g.tempo.fresh {
		g.deaf = now.Add(g.tempo.killTime)
		youngest = true
	}
	return youngest, g.tempo.killEvery
}
