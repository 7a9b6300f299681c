package pool

import (
	"errors"
	"fmt"
	"math/rand"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"xpool/crashdetect"
)

func TestRemoteSpreads(t *testing.T) {
	k := &fakeFars{byTask: map[string]farStep{"": {takes: time.Second}}, latency: time.Millisecond}
	remoteBench(t, k, &Remote{}, Options{Jobs: 100}, []int{4, 4, 2}, func(b *bench) {
		for range 5 { // half of the slots
			b.submit("", 0)
		}
		time.Sleep(500 * time.Millisecond)
		synctest.Wait()
		if want := map[string]int{"a": 2, "b": 2, "c": 1}; !reflect.DeepEqual(k.most, want) {
			b.t.Errorf("5 tasks ran as %v, want %v", k.most, want)
		}
		for range 50 {
			b.submit("", 0)
		}
		b.end()
		for seq, r := range b.results {
			if r.Host == "" || r.Pid != 7 || r.End.Sub(r.Start) != time.Second {
				b.t.Errorf("task %d: host %q, pid %d, %v", seq, r.Host, r.Pid, r.End.Sub(r.Start))
			}
		}
	})
	if want := map[string]int{"a": 4, "b": 4, "c": 2}; !reflect.DeepEqual(k.most, want) {
		t.Errorf("%v tasks ran at once, want %v", k.most, want)
	}
	if want := map[string]int{"a": 1, "b": 1, "c": 1}; !reflect.DeepEqual(k.started, want) {
		t.Errorf("%v streams were made, want %v", k.started, want)
	}
}

func TestRemoteStartsWhatIsNeeded(t *testing.T) {
	k := &fakeFars{latency: time.Millisecond}
	remoteBench(t, k, &Remote{}, Options{Jobs: 8}, []int{4, 4}, func(b *bench) {
		b.submit("", 0)
		time.Sleep(time.Minute) // the connection stays
		b.submit("", 0)
		b.end()
	})
	if want := map[string]int{"a": 1}; !reflect.DeepEqual(k.started, want) {
		t.Errorf("%v streams were made for one task after the other, want %v", k.started, want)
	}
}

func TestRemoteCPUs(t *testing.T) {
	k := &fakeFars{cpus: 3, byTask: map[string]farStep{"": {takes: time.Second}}}
	remoteBench(t, k, &Remote{}, Options{Jobs: 100}, []int{0}, func(b *bench) {
		for range 20 {
			b.submit("", 0)
		}
		b.pool.Resize(2)
		b.end()
	})
	if k.most["a"] != 3 && k.most["a"] != 2 {
		t.Errorf("%d tasks ran at once on 3 CPUs", k.most["a"])
	}
	if n := len(k.resized); n == 0 || k.resized[n-1] != 2 {
		t.Errorf("the far end was resized to %v, want 2 at last", k.resized)
	}
}

// TestRemoteLost has a stream break in several ways.
func TestRemoteLost(t *testing.T) {
	tests := []struct {
		name      string
		step      farStep
		uncharged bool
		tries     int
		runs      int // of the task that the stream breaks for, and of the other one
		want      crashdetect.Kind
		detail    string
	}{
		{"charged", farStep{dies: true}, false, 1, 2, crashdetect.Lost, "a: died"},
		{"perhaps begun", farStep{dies: true, unbegun: true}, false, 1, 2, crashdetect.Lost, "a: died"},
		{"tried again", farStep{dies: true}, false, 3, 4, crashdetect.Lost, "a: died"},
		{"told to end", farStep{stopped: true}, false, 1, 2, crashdetect.Lost, "a: it was told to end there"},
		{"not charged", farStep{dies: true}, true, 1, 1 + lossesMost, crashdetect.Stopped, ""},
	}
	for _, tt := range tests {
		k := &fakeFars{byTask: map[string]farStep{"bad": tt.step, "good": {takes: time.Second}}, latency: time.Millisecond}
		remoteBench(t, k, &Remote{Uncharged: tt.uncharged}, Options{Jobs: 1}, []int{1}, func(b *bench) {
			b.submit("good", 0)
			b.submitTask("bad", &Task{Tries: tt.tries})
			b.pool.Close()
			err := b.pool.Wait()
			if host, ok := errors.AsType[*HostError](err); tt.uncharged != ok || ok && host.Host != "a" {
				b.t.Errorf("%s: the pool ended with %v", tt.name, err)
			}
			b.expect(1, crashdetect.OK, "")
			b.expect(2, tt.want, tt.detail)
			if b.results[2].Host != "a" && !tt.uncharged {
				b.t.Errorf("%s: the task's host is %q", tt.name, b.results[2].Host)
			}
		})
		if k.runs["a"] != tt.runs {
			t.Errorf("%s: %d attempts, want %d", tt.name, k.runs["a"], tt.runs)
		}
	}
}

// TestRemoteReturned has a host give back all that it gets.
func TestRemoteReturned(t *testing.T) {
	k := &fakeFars{latency: time.Millisecond, returns: "a", byTask: map[string]farStep{"": {takes: time.Minute}}}
	var out []string
	r := &Remote{Out: func(host string, _ error) { out = append(out, host) }}
	remoteBench(t, k, r, Options{Jobs: 2}, []int{1, 1}, func(b *bench) {
		for range 10 {
			b.submit("", 0)
		}
		b.end()
		for seq, r := range b.results {
			if r.Host != "b" || r.Attempt != 1 {
				b.t.Errorf("task %d: attempt %d on %s", seq, r.Attempt, r.Host)
			}
		}
	})
	if want := []string{"a"}; !reflect.DeepEqual(out, want) || k.started["a"] != lossesMost {
		t.Errorf("%v are out after %d streams, want %v after %d", out, k.started["a"], want, lossesMost)
	}
}

// TestRemoteOut has hosts that cannot be had.
func TestRemoteOut(t *testing.T) {
	const always = 1000
	for _, tt := range []struct {
		refuse map[string]int
		out    string // hosts that are out
		broken bool
	}{
		{map[string]int{"a": always}, "a", false},
		{map[string]int{"b": 1}, "b", false},
		{map[string]int{"a": always, "b": always}, "a", true},
	} {
		k := &fakeFars{refuse: tt.refuse, latency: time.Millisecond, byTask: map[string]farStep{"": {takes: time.Second}}}
		out := ""
		r := &Remote{Out: func(host string, err error) {
			out += host
			if !strings.Contains(err.Error(), "refused") {
				t.Errorf("host %s is out for %v", host, err)
			}
		}}
		remoteBench(t, k, r, Options{Jobs: 4}, []int{2, 2}, func(b *bench) {
			for range 10 {
				b.submit("", 0)
			}
			b.pool.Close()
			err := b.pool.Wait()
			if _, ok := errors.AsType[*HostError](err); ok != tt.broken || err != nil && !ok {
				b.t.Errorf("%v: the pool ended with %v", tt.refuse, err)
			}
			for seq := int64(1); seq <= 10; seq++ {
				want := crashdetect.OK
				if tt.broken {
					want = crashdetect.Stopped
				}
				b.expect(seq, want, "")
			}
		})
		if out != tt.out {
			t.Errorf("%v: hosts %q are out, want %q", tt.refuse, out, tt.out)
		}
	}
}

// A server of this machine that is killed before it is ready is tried again; one that
// cannot be reached is not.
func TestRemoteKilledEarly(t *testing.T) {
	for _, reached := range []bool{true, false} {
		k := &fakeFars{refuse: map[string]int{"a": 2}, reached: reached, latency: time.Millisecond}
		remoteBench(t, k, &Remote{Uncharged: true}, Options{Jobs: 1}, []int{1}, func(b *bench) {
			b.submit("", 0)
			b.pool.Close()
			err := b.pool.Wait()
			if _, out := errors.AsType[*HostError](err); out == reached || err != nil && !out {
				b.t.Errorf("reached: %v: the pool ended with %v", reached, err)
			}
		})
	}
}

// TestRemoteComesBack has a host that is away for a while.
func TestRemoteComesBack(t *testing.T) {
	k := &fakeFars{latency: time.Millisecond, byTask: map[string]farStep{"dies": {dies: true}}, refuse: map[string]int{}}
	remoteBench(t, k, &Remote{}, Options{Jobs: 1}, []int{1}, func(b *bench) {
		b.submit("", 0)
		time.Sleep(time.Second)
		b.pool.call(func() { k.refuse["a"] = 1 + lossesMost - 2 }) // all streams but the first and the last
		b.submit("dies", 0)
		begin := time.Now()
		b.submit("", 0)
		b.end(2)
		if d := time.Since(begin); d < 7*time.Second || d > 20*time.Second {
			b.t.Errorf("it took %v until the host was back", d)
		}
	})
}

func TestRemoteTimeout(t *testing.T) {
	for _, deaf := range []bool{false, true} {
		k := &fakeFars{deaf: deaf, latency: time.Millisecond, byTask: map[string]farStep{"hang": {takes: time.Hour}}}
		remoteBench(t, k, &Remote{}, Options{Jobs: 2, KillAfter: 2 * time.Second}, []int{2}, func(b *bench) {
			b.submit("", 0)
			b.submit("hang", 3*time.Second)
			time.Sleep(time.Second)
			begin := time.Now()
			b.end(2)
			b.expect(2, crashdetect.TimedOut, "")
			want := 2 * time.Second
			if deaf {
				want += 2*time.Second + answerWithin
			}
			if d := time.Since(begin); d.Round(100*time.Millisecond) != want {
				b.t.Errorf("deaf: %v: it took %v, want %v", deaf, d, want)
			}
		})
	}
}

// TestRemoteTimeLimitBegins counts the time of an attempt from when it begins.
func TestRemoteTimeLimitBegins(t *testing.T) {
	k := &fakeFars{latency: 10 * time.Second, byTask: map[string]farStep{"": {takes: time.Second}}}
	remoteBench(t, k, &Remote{StartTimeout: time.Minute}, Options{Jobs: 1}, []int{1}, func(b *bench) {
		b.submit("", 30*time.Second)
		b.end()
	})
}

func TestRemoteSilence(t *testing.T) {
	k := &fakeFars{latency: time.Millisecond, byTask: map[string]farStep{"": {takes: time.Hour}}}
	remoteBench(t, k, &Remote{}, Options{Jobs: 1}, []int{1}, func(b *bench) {
		b.submit("", 0)
		time.Sleep(time.Minute)
		b.pool.post(func() { k.latency = 24 * time.Hour })
		begin := time.Now()
		b.end(1)
		b.expect(1, crashdetect.Lost, "a: nothing was heard of it for 1m0s")
		if d := time.Since(begin); d > 2*time.Minute {
			b.t.Errorf("that took %v", d)
		}
	})
}

func TestRemoteStop(t *testing.T) {
	for _, deaf := range []bool{false, true} {
		k := &fakeFars{deaf: deaf, latency: time.Millisecond, byTask: map[string]farStep{"": {takes: time.Hour}}}
		remoteBench(t, k, &Remote{}, Options{Jobs: 4, KillAfter: time.Hour}, []int{2, 2}, func(b *bench) {
			for range 10 {
				b.submit("", 0)
			}
			time.Sleep(time.Second)
			begin := time.Now()
			b.pool.Stop(500 * time.Millisecond)
			if err := b.pool.Wait(); err != nil {
				b.t.Error(err)
			}
			if d := time.Since(begin); d > time.Second+10*time.Millisecond {
				b.t.Errorf("deaf: %v: stopping took %v", deaf, d)
			}
			for seq := int64(1); seq <= 10; seq++ {
				b.expect(seq, crashdetect.Stopped, "")
			}
		})
	}
}

func TestRemoteSlowReader(t *testing.T) {
	k := &fakeFars{latency: time.Millisecond, byTask: map[string]farStep{"": {prints: 10 << 20}}}
	remoteBench(t, k, &Remote{}, Options{Jobs: 1}, []int{1}, func(b *bench) {
		slow, dying := &collector{breaks: 10 * time.Millisecond}, &collector{breaks: time.Millisecond}
		b.submitTask("", &Task{Output: slow})
		k.byTask["dies"] = farStep{prints: 3 << 20, dies: true}
		b.submitTask("dies", &Task{Output: dying, Tries: 2})
		b.end(2)
		if slow.got != 10<<20 || dying.got > 3<<20 || dying.resets != 1 {
			b.t.Errorf("got %d bytes; %d after %d resets", slow.got, dying.got, dying.resets)
		}
	})
}

// TestRemoteRandom checks that each task ends once, whatever the far ends do, and
// that what went wrong is told of those that it went wrong for.
func TestRemoteRandom(t *testing.T) {
	for seed := range int64(25) {
		rnd := rand.New(rand.NewSource(seed))
		k := &fakeFars{
			latency: time.Duration(rnd.Intn(3)) * time.Millisecond, deaf: rnd.Intn(3) == 0, cpus: 1 + rnd.Intn(4),
			refuse: map[string]int{"b": rnd.Intn(2)}, byTask: map[string]farStep{},
		}
		for i := range 60 {
			k.byTask[name(i)] = farStep{
				takes: time.Duration(rnd.Intn(6)) * time.Millisecond, prints: rnd.Intn(10) / 9 * rnd.Intn(3<<20),
				dies: rnd.Intn(10) == 0, unbegun: rnd.Intn(10) == 0, stopped: rnd.Intn(30) == 0, returns: rnd.Intn(40) == 0,
			}
		}
		slots := []int{1 + rnd.Intn(3), rnd.Intn(3), 1 + rnd.Intn(3)}
		o := Options{Jobs: 1 + rnd.Intn(8), IdleTimeout: time.Millisecond, KillAfter: time.Millisecond}
		r := &Remote{Uncharged: rnd.Intn(2) == 0}
		remoteBench(t, k, r, o, slots, func(b *bench) { randomRemote(b, k, rnd) })
		if t.Failed() {
			t.Fatalf("with seed %d", seed)
		}
	}
}

func randomRemote(b *bench, k *fakeFars, rnd *rand.Rand) {
	for i := range 60 {
		task := &Task{Tries: 1 + rnd.Intn(3), Output: &collector{breaks: time.Duration(rnd.Intn(2)) * time.Millisecond}}
		if rnd.Intn(6) == 0 {
			task.Timeout = time.Duration(1+rnd.Intn(5)) * time.Millisecond
		}
		b.next++
		task.Seq = b.next
		task.Payload = func(Place) (Payload, error) { return Payload{Args: []string{name(i)}}, nil }
		task.Done = func(r Result) {
			if _, twice := b.results[r.Seq]; twice {
				b.t.Errorf("task %d ended twice", r.Seq)
			}
			b.results[r.Seq] = r
			if s := k.byTask[name(i)]; r.Verdict.OK() && (s.dies || s.stopped) {
				b.t.Errorf("task %d is well", r.Seq)
			}
		}
		if b.pool.Submit(b.t.Context(), task) != nil {
			b.next--
			break
		}
		switch rnd.Intn(12) {
		case 0:
			b.pool.Resize(1 + rnd.Intn(9))
		case 1:
			time.Sleep(time.Duration(rnd.Intn(10)) * time.Millisecond)
		case 2:
			b.pool.Suspend()
			b.pool.Continue()
		}
	}
	b.pool.Close()
	if err := b.pool.Wait(); err != nil {
		if _, ok := errors.AsType[*HostError](err); !ok {
			b.t.Errorf("the pool ended with %v", err)
		}
	}
	if int64(len(b.results)) != b.next {
		b.t.Error(fmt.Sprint(len(b.results), " of ", b.next, " tasks have ended"))
	}
}

// TestRemoteAhead has tasks that are much shorter than a round trip.
func TestRemoteAhead(t *testing.T) {
	for _, c := range []struct {
		Options
		exact bool
	}{{Options{Jobs: 1000}, false}, {Options{Jobs: 1000, NoAhead: true}, false}, {Options{Jobs: 1000}, true}} {
		o, ahead := c.Options, !c.NoAhead && !c.exact
		k := &fakeFars{latency: 25 * time.Millisecond, byTask: map[string]farStep{"": {takes: 5 * time.Millisecond}}}
		remoteBench(t, k, &Remote{Exact: c.exact}, o, []int{4, 4}, func(b *bench) {
			begin := time.Now()
			for range 1600 {
				b.submit("", 0)
			}
			b.end()
			// By themselves they take a second.
			if d := time.Since(begin); d > 2*time.Second == ahead {
				b.t.Errorf("1600 tasks of 5 ms took %v; ahead: %v", d, ahead)
			}
		})
		if k.most["a"] != 4 || k.most["b"] != 4 {
			t.Errorf("%v tasks ran at once", k.most)
		}
	}
}

// TestRemoteHeldUp has slow tasks among the short ones, which are not to wait for
// them.
func TestRemoteHeldUp(t *testing.T) {
	k := &fakeFars{latency: 25 * time.Millisecond, byTask: map[string]farStep{
		"": {takes: 5 * time.Millisecond}, "slow": {takes: time.Hour},
	}}
	remoteBench(t, k, &Remote{}, Options{Jobs: 1000}, []int{2, 2}, func(b *bench) {
		for i := range 800 {
			if i == 300 || i == 400 || i == 500 {
				b.submit("slow", 0)
			} else {
				b.submit("", 0)
			}
		}
		begin := time.Now()
		b.pool.Close()
		time.Sleep(30 * time.Second)
		synctest.Wait()
		if len(b.results) != 797 {
			b.t.Errorf("%d tasks are over, %v after they were submitted", len(b.results), time.Since(begin))
		}
		b.end()
	})
	if k.recalls == 0 {
		t.Error("nothing was asked back")
	}
	if k.started["a"] != 1 || k.started["b"] != 1 {
		t.Errorf("%v streams were made", k.started)
	}
}
