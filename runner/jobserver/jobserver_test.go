package jobserver

import (
	"errors"
	"math/rand"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/sys/unix"

	"xpool/crashdetect/tokentest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// office is a jobserver's fifo as its server sees it.
type office struct{ *tokentest.Fifo }

func newOffice(t *testing.T, tokens string) *office {
	t.Helper()
	return &office{tokentest.New(t, tokens)}
}

func (o *office) env() []string { return []string{"MAKEFLAGS= -j9 --jobserver-auth=fifo:" + o.Path} }

// patron is a Jobserver with a channel that tells of its wakes.
type patron struct {
	*Jobserver
	t     *testing.T
	wakes chan struct{}
}

func (p *patron) wake() {
	select {
	case p.wakes <- struct{}{}:
	default:
	}
}

// attached returns a client, which ends with the test.
func attached(t *testing.T, env []string) *patron {
	t.Helper()
	p := &patron{t: t, wakes: make(chan struct{}, 1)}
	var err error
	if p.Jobserver, err = Attach(env, p.wake); err != nil || p.Jobserver == nil {
		t.Fatalf("no client: %v", err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

func serving(t *testing.T, m Mode, jobs int) *patron {
	t.Helper()
	p := &patron{t: t, wakes: make(chan struct{}, 1)}
	var err error
	if p.Jobserver, err = Serve(m, jobs, p.wake); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

// await shares until so many may run.
func (p *patron) await(run, more, want int) {
	p.t.Helper()
	for got := p.Share(run, more); got != want; got = p.Share(run, more) {
		select {
		case <-p.wakes:
		case <-time.After(10 * time.Second):
			p.t.Fatalf("%d may run, want %d", got, want)
		}
	}
}

// age makes all tokens that are held old.
func (p *patron) age() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range p.held {
		p.held[i].since = p.held[i].since.Add(-2 * p.slice)
	}
}

func TestClientTakesAndGivesBack(t *testing.T) {
	o := newOffice(t, "abc")
	p := attached(t, o.env())
	if p.Jobs() != 9 {
		t.Errorf("%d slots", p.Jobs())
	}
	p.await(0, 1, 1)
	if got := o.Take(); got != "abc" {
		t.Errorf("%q is there with one job, which needs none", got)
	}
	o.Put("abc")
	p.await(0, 3, 3)
	p.await(3, 0, 3)
	if got := o.Take(); len(got) != 1 {
		t.Errorf("%q is there with three jobs", got)
	} else {
		o.Put(got)
	}
	p.await(3, 5, 4) // there are no more
	p.Share(2, 0)
	p.Share(0, 0)
	if got := o.Take(); got != "abc" {
		t.Errorf("%q is there after the end", got)
	}
}

// A client that waits takes the token that somebody else puts back, and does not take
// one that it has no use for any more.
func TestClientWaits(t *testing.T) {
	o := newOffice(t, "")
	p := attached(t, o.env())
	p.await(1, 2, 1)
	o.Put("x")
	p.await(1, 2, 2)
	p.await(2, 0, 2)
	p.Share(1, 0)
	if got := o.Take(); got != "x" {
		t.Errorf("%q is there", got)
	}
	p.await(1, 1, 1)
	p.Share(1, 0)
	o.Put("y")
	p.Share(1, 0)
	if got := o.Take(); got != "y" {
		t.Errorf("%q is there", got)
	}
}

// A token is not kept for good while others wait, and what is sent ahead stops so that
// it can be put back.
func TestTokensGoRound(t *testing.T) {
	o := newOffice(t, "a")
	p := attached(t, o.env())
	p.await(1, 1, 2)
	p.age()
	if got := p.Share(2, 3); got != 1 {
		t.Errorf("%d may run, want a rest", got)
	}
	p.Share(1, 0)
	if got := o.Take(); got != "a" {
		t.Errorf("%q is there", got)
	}
}

// inherited returns a pipe as a parent hands it down, and the variable that tells of it.
func inherited(t *testing.T, tokens string) (read, write int, env []string) {
	t.Helper()
	var p [2]int
	if err := unix.Pipe(p[:]); err != nil { // not closed on exec
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(p[0]); unix.Close(p[1]) })
	if _, err := unix.Write(p[1], []byte(tokens)); err != nil {
		t.Fatal(err)
	}
	pair := strconv.Itoa(p[0]) + "," + strconv.Itoa(p[1])
	return p[0], p[1], []string{"A=b", "MAKEFLAGS=k -j3 --jobserver-auth=" + pair + " -- X=y", "MFLAGS=-k -j3 --jobserver-auth=" + pair}
}

func TestUnreachable(t *testing.T) {
	read, write, _ := inherited(t, "")
	null, err := unix.Open(os.DevNull, unix.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(null)
	var own [2]int
	if err := unix.Pipe(own[:]); err != nil {
		t.Fatal(err)
	}
	unix.CloseOnExec(own[0])
	defer unix.Close(own[0])
	defer unix.Close(own[1])
	pair := func(r, w int) string { return strconv.Itoa(r) + "," + strconv.Itoa(w) }
	for name, value := range map[string]string{
		"closed": "900,901", "said to be closed": "-2,-2", "no pipe": pair(null, null), "the wrong way round": pair(write, read),
		"our own": pair(own[0], own[1]), "one of them": pair(read, 901), "no fifo": "fifo:" + os.DevNull, "no file": "fifo:/nowhere/fifo",
		"unknown": "gmake_semaphore_1",
	} {
		j, err := Attach([]string{"MAKEFLAGS=-j2 --jobserver-auth=" + value}, nil)
		var unreachable *UnreachableError
		if j != nil || !errors.As(err, &unreachable) || unreachable.Variable != "MAKEFLAGS" {
			t.Errorf("%s: %v, %v", name, j, err)
		}
	}
	for _, env := range [][]string{nil, {"MAKEFLAGS="}, {"MAKEFLAGS= -j4"}, {"MAKEFLAGS=k -- --jobserver-auth=fifo:/f"}} {
		if j, err := Attach(env, nil); j != nil || err != nil {
			t.Errorf("%q: %v, %v", env, j, err)
		}
	}
}

// If make's own cannot be reached, cargo's is taken.
func TestCargoVariable(t *testing.T) {
	o := newOffice(t, "a")
	p := attached(t, []string{"MAKEFLAGS= -j4 --jobserver-auth=900,901", "CARGO_MAKEFLAGS=-j --jobserver-auth=fifo:" + o.Path})
	p.await(1, 1, 2)
}

func TestServer(t *testing.T) {
	for _, m := range []Mode{On, FIFO} {
		p := serving(t, m, 4)
		p.await(0, 9, 4)
		p.await(4, 9, 4)
		p.Share(0, 0)
		q := attached(t, visible(p.Env([]string{"MAKEFLAGS=k", "A=b"})))
		if q.Jobs() != 4 {
			t.Errorf("%v: %d slots", m, q.Jobs())
		}
		q.await(1, 9, 4)
		p.await(1, 9, 1)
		q.await(3, 0, 3)
		p.await(1, 9, 2) // the server's own first and the client's first need none
		p.Share(0, 0)
		q.Share(0, 0)
	}
}

// visible is env as a program sees it that looks for the first variable of a name.
func visible(env []string) []string {
	seen := map[string]bool{}
	return slices.DeleteFunc(slices.Clone(env), func(v string) bool {
		name, _, _ := strings.Cut(v, "=")
		twice := seen[name]
		seen[name] = true
		return twice
	})
}

// What a client below has not given back when nothing runs any more is replaced, and
// what is too much is dropped.
func TestServerRestores(t *testing.T) {
	p := serving(t, FIFO, 5)
	q := attached(t, p.Env(nil))
	q.await(1, 2, 3)
	p.Share(1, 0)
	p.await(1, 9, 3)
	p.Share(0, 0) // as if q had been killed
	p.await(0, 9, 5)
	q.Share(0, 0) // it had not, and gives two back
	p.Share(0, 0)
	p.await(0, 9, 5)
	p.await(5, 9, 5)
}

func TestServerIsResized(t *testing.T) {
	p := serving(t, FIFO, 3)
	p.await(0, 20, 3)
	p.Resize(6)
	p.await(3, 20, 6)
	p.Resize(2) // which the tokens that come back make up for
	p.await(5, 0, 5)
	p.await(1, 20, 2)
	p.Resize(4)
	p.await(2, 20, 4)
	p.Resize(1)
	p.Share(0, 0)
	p.await(0, 20, 1)
	p.Resize(1 << 20)
	p.await(0, 10, 11-1)
	p.Resize(2)
	p.await(0, 20, 2)
}

// Whatever clients of one jobserver do, there are never more jobs than slots, and all
// tokens are there at the end.
func TestShares(t *testing.T) {
	const clients, tokens = 3, "abcde"
	o := newOffice(t, tokens)
	rnd := rand.New(rand.NewSource(1))
	run := make([]int, clients)
	ps := make([]*patron, clients)
	for i := range ps {
		ps[i] = attached(t, o.env())
		ps[i].slice = time.Duration(i) * 100 * time.Microsecond
	}
	for range 20000 {
		i := rnd.Intn(clients)
		run[i] = rnd.Intn(run[i] + 1) // some end
		more := rnd.Intn(8)
		if may := ps[i].Share(run[i], more); may > run[i] {
			run[i] += min(more, may-run[i])
		}
		busy := 0
		for _, n := range run {
			busy += max(n-1, 0)
		}
		if busy > len(tokens) {
			t.Fatalf("%v jobs run", run)
		}
	}
	for _, p := range ps {
		p.Share(0, 0)
	}
	if got := o.Take(); got != tokens {
		t.Errorf("%q is there at the end", got)
	}
}

func TestMode(t *testing.T) {
	for m := Auto; m <= FIFO; m++ {
		var got Mode
		if err := got.Set(m.String()); err != nil || got != m {
			t.Errorf("%v is read as %v, %v", m, got, err)
		}
		if m.Serves() != (m >= On) {
			t.Errorf("%v serves: %v", m, m.Serves())
		}
	}
	if err := new(Mode).Set("fifo:/x"); err == nil {
		t.Error("no error")
	}
}

// A nil Jobserver is none.
func TestNone(t *testing.T) {
	var j *Jobserver
	j.Resize(3)
	if env := j.Env([]string{"A=b"}); len(env) != 1 || j.Loan() != nil || j.Close() != nil {
		t.Errorf("%q", env)
	}
}
