package pool

import (
	"fmt"
	"math/rand"
	"testing"
	"testing/synctest"
	"time"
)

// fakeTokens lets so many attempts run, and holds the pool to what it was told.
type fakeTokens struct {
	t         *testing.T
	may       int
	run, told int // of the last call
	more      int
	most      int
}

func (f *fakeTokens) Share(run, more int) int {
	if run > max(f.run, f.told) {
		f.t.Errorf("%d run, after %d of which %d were allowed", run, f.run, f.told)
	}
	f.run, f.told, f.more, f.most = run, f.may, more, max(f.most, run)
	return f.may
}

// set changes how many may run. It is called while the pool's goroutine sleeps.
func (f *fakeTokens) set(p *Pool, may int) {
	p.call(func() { f.may = may })
	p.AskGate()
	synctest.Wait()
}

func TestTokensBoundWhatRuns(t *testing.T) {
	k := &fakeKind{startUp: time.Second, byTask: map[string]step{"": {takes: time.Second}}}
	tokens := &fakeTokens{t: t, may: 1}
	inBubble(t, k, Options{Jobs: 4, Tokens: tokens}, func(b *bench) {
		for range 20 {
			b.submit("", 0)
		}
		synctest.Wait()
		if tokens.run != 1 || tokens.more != 3 || k.starts != 1 {
			t.Errorf("%d run or start, %d more could, %d workers", tokens.run, tokens.more, k.starts)
		}
		tokens.set(b.pool, 3)
		if tokens.run != 3 || k.starts != 3 {
			t.Errorf("%d run or start with 3 allowed, %d workers", tokens.run, k.starts)
		}
		tokens.set(b.pool, 2) // which those that run come down to
		time.Sleep(3 * time.Second)
		synctest.Wait()
		if tokens.run != 2 {
			t.Errorf("%d run with 2 allowed", tokens.run)
		}
		b.end()
	})
	if tokens.run != 0 || tokens.more != 0 || tokens.most != 3 {
		t.Errorf("%d run at the end, %d could; %d at most", tokens.run, tokens.more, tokens.most)
	}
}

// A worker gets attempts ahead while others have no token; when it is to come to rest
// it gets no more.
func TestTokensAndWhatIsSentAhead(t *testing.T) {
	tokens := &fakeTokens{t: t, may: 1}
	inBubble(t, aheadKind(), Options{Jobs: 4, Tokens: tokens}, func(b *bench) {
		b.warm(1)
		b.submitAll(2, "9", "9", "9", "9")
		synctest.Wait()
		if tokens.most != 1 {
			t.Errorf("%d ran", tokens.most)
		}
		tokens.set(b.pool, 0)
		time.Sleep(30 * ms)
		synctest.Wait()
		if tokens.run != 0 || len(b.results) != 4 {
			t.Errorf("%d run, %d are over; want the three that the worker had, and the one before", tokens.run, len(b.results))
		}
		tokens.set(b.pool, 2)
		b.end()
	})
}

// A closed gate wants no tokens.
func TestTokensBehindAGate(t *testing.T) {
	tokens, gate := &fakeTokens{t: t, may: 4}, &strictGate{closed: true}
	inBubble(t, failing(), Options{Jobs: 4, Tokens: tokens, Gate: gate}, func(b *bench) {
		b.submit("well", 0)
		b.submit("well", 0)
		synctest.Wait()
		if tokens.run+tokens.more > 0 {
			t.Errorf("%d run, %d could", tokens.run, tokens.more)
		}
		b.pool.call(func() { gate.closed = false })
		b.pool.AskGate()
		b.end()
	})
}

// Whatever workers do, no more run than was allowed, and each task ends.
func TestRandomTokens(t *testing.T) {
	for seed := range int64(100) {
		rnd := rand.New(rand.NewSource(seed))
		k := &fakeKind{startUp: time.Duration(rnd.Intn(3)) * ms, byTask: map[string]step{}}
		k.queue, k.greedy = rnd.Intn(4), rnd.Intn(2) == 0
		tokens := &fakeTokens{t: t, may: 1}
		inBubble(t, k, Options{Jobs: 1 + rnd.Intn(5), IdleTimeout: ms, Tokens: tokens}, func(b *bench) {
			var failed []int64
			for i := range 40 {
				name := fmt.Sprint(i)
				b.pool.call(func() { k.byTask[name] = step{takes: time.Duration(rnd.Intn(6)) * ms, dies: rnd.Intn(8) == 0} })
				if k.byTask[name].dies {
					failed = append(failed, int64(i+1))
				}
				b.submit(name, 0)
				switch rnd.Intn(6) {
				case 0:
					tokens.set(b.pool, 1+rnd.Intn(5))
				case 1:
					b.pool.Resize(1 + rnd.Intn(6))
				case 2:
					time.Sleep(time.Duration(rnd.Intn(10)) * ms)
				}
			}
			tokens.set(b.pool, 1+rnd.Intn(4))
			b.end(failed...)
		})
		if t.Failed() {
			t.Fatalf("with seed %d", seed)
		}
	}
}
