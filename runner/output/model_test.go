package output

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"
)

// model is the naive implementation: it keeps everything, and prints at the end.
type model struct {
	rng       *rand.Rand
	p         *Printer
	unordered bool
	patient   bool // does what Write says

	tasks   []*modelTask // in the order of Open
	closed  []*modelTask // in the order of Close
	running []*modelTask
	resumed chan *modelTask
	paused  int
}

type modelTask struct {
	e     *Entry
	retry bool
	waits int // resumes that are owed
	text  [2][]byte
}

func (m *model) open() {
	k := &modelTask{e: m.p.Open(), retry: m.rng.IntN(4) == 0}
	if k.retry {
		k.e.Hold(true)
	}
	m.tasks = append(m.tasks, k)
	m.running = append(m.running, k)
}

func (m *model) write(k *modelTask) {
	n := m.rng.IntN(200)
	if m.rng.IntN(50) == 0 {
		n = m.rng.IntN(200_000)
	}
	b := make([]byte, n)
	for i := range b {
		b[i] = "0123456789abcdef\n"[(int(k.e.Number())+len(k.text[0])+i)%17]
	}
	s := Stream(m.rng.IntN(4) / 3)
	k.text[s] = append(k.text[s], b...)
	if !k.e.Write(s, b, func() { m.resumed <- k }) {
		k.waits++
		m.paused++
	}
	clear(b) // it is ours again
}

func (m *model) close(i int) {
	k := m.running[i]
	if k.retry && m.rng.IntN(2) == 0 {
		k.e.Hold(false)
	}
	tail := ""
	if m.rng.IntN(3) == 0 {
		tail = fmt.Sprintf("task %d failed\n", k.e.Number())
	}
	if said := k.text[Stderr]; tail != "" && len(said) > 0 && said[len(said)-1] != '\n' {
		k.text[Stderr] = append(said, '\n') // a tail begins a line
	}
	k.text[Stderr] = append(k.text[Stderr], tail...)
	k.e.Close(tail)
	m.closed = append(m.closed, k)
	m.running = append(m.running[:i], m.running[i+1:]...)
}

func (m *model) settle(k *modelTask) {
	k.waits--
	m.paused--
}

// step does one thing, or waits for a resume if it can do nothing.
func (m *model) step(t *testing.T, limit int) {
	for drained := false; !drained; {
		select {
		case k := <-m.resumed:
			m.settle(k)
		default:
			drained = true
		}
	}
	what := m.rng.IntN(10)
	if len(m.running) == 0 || what == 0 && len(m.running) < limit {
		m.open()
		return
	}
	i := m.rng.IntN(len(m.running))
	k := m.running[i]
	switch {
	case m.patient && k.waits > 0:
		m.settle(<-m.resumed)
	case what == 1:
		m.close(i)
	case what == 2 && k.retry:
		if !k.e.Reset() {
			t.Errorf("entry %d was held, and printed", k.e.Number())
		}
		k.text = [2][]byte{}
	default:
		m.write(k)
	}
}

func (m *model) want() []mark {
	order := m.tasks
	if m.unordered {
		order = m.closed
	}
	var all []mark
	for _, k := range order {
		for s := range k.text {
			all = appendMark(all, Stream(s), k.text[s])
		}
	}
	return all
}

func runModel(t *testing.T, seed uint64, steps int) {
	rng := rand.New(rand.NewPCG(seed, 1))
	rec := &recorder{}
	unordered := rng.IntN(3) == 0
	p := New(Options{
		Stdout: moody(rand.New(rand.NewPCG(seed, 2)), rec.stream(Stdout)),
		// A source of its own would be shared with no one: both are used by
		// the printer's goroutine.
		Stderr:    moody(rand.New(rand.NewPCG(seed, 3)), rec.stream(Stderr)),
		Unordered: unordered,
		MemLimit:  16 << 10 << rng.IntN(5),
		TempDir:   t.TempDir(),
	})
	m := &model{rng: rng, p: p, unordered: unordered, patient: rng.IntN(4) > 0,
		resumed: make(chan *modelTask, 2*steps)}
	limit := 1 + rng.IntN(5)
	if rng.IntN(2) == 0 {
		limit *= 10
	}
	for range steps {
		m.step(t, limit)
	}
	for len(m.running) > 0 {
		m.close(rng.IntN(len(m.running)))
	}
	if err := p.Close(); err != nil {
		t.Fatalf("seed %d: %v", seed, err)
	}
	for m.paused > 0 {
		select {
		case k := <-m.resumed:
			m.settle(k)
		default:
			t.Fatalf("seed %d: %d tasks were never resumed", seed, m.paused)
		}
	}
	if len(m.resumed) > 0 {
		t.Errorf("seed %d: a task was resumed twice", seed)
	}
	compare(t, seed, rec.all, m.want())
	checkEmpty(t, seed, p)
}

func compare(t *testing.T, seed uint64, got, want []mark) {
	t.Helper()
	for i := range max(len(got), len(want)) {
		if i >= len(got) || i >= len(want) {
			t.Fatalf("seed %d: %d changes of stream, want %d", seed, len(got), len(want))
		}
		if got[i].s != want[i].s || !bytes.Equal(got[i].text, want[i].text) {
			t.Fatalf("seed %d: run %d: got %d bytes on %d, want %d on %d",
				seed, i, len(got[i].text), got[i].s, len(want[i].text), want[i].s)
		}
	}
}

// checkEmpty checks that all that was taken was given back.
func checkEmpty(t *testing.T, seed uint64, p *Printer) {
	t.Helper()
	st := &p.store
	if st.buffers != 0 || st.oldest != nil || len(st.waiters) != 0 || len(st.log.blocks) > 1 || st.log.places.top != 0 {
		t.Errorf("seed %d: left over: %d bytes of buffers, %d waiters, %d blocks, %d places in the file",
			seed, st.buffers, len(st.waiters), len(st.log.blocks), st.log.places.top)
	}
	for _, b := range st.log.blocks {
		if b.live != 0 {
			t.Errorf("seed %d: %d bytes of a block are never released", seed, b.live)
		}
	}
}

func TestModel(t *testing.T) {
	for seed := range uint64(24) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			runModel(t, seed, 1200)
		})
	}
}

func FuzzModel(f *testing.F) {
	f.Add(uint64(1000), uint16(300))
	f.Fuzz(func(t *testing.T, seed uint64, steps uint16) { runModel(t, seed, int(steps%3000)) })
}
