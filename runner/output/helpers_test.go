package output

import (
	"bytes"
	"io"
	"math/rand/v2"
	"runtime"
	"sync"
)

// A recorder takes both streams and remembers which byte came where, in order:
// what a terminal shows.
type recorder struct {
	mu  sync.Mutex
	all []mark
}

type mark struct {
	s    Stream
	text []byte
}

func (r *recorder) stream(s Stream) io.Writer {
	return writerFunc(func(b []byte) (int, error) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.all = appendMark(r.all, s, b)
		return len(b), nil
	})
}

// String shows standard error in brackets.
func (r *recorder) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return show(r.all)
}

func show(all []mark) string {
	var b bytes.Buffer
	for _, m := range all {
		if m.s == Stderr {
			b.WriteByte('[')
		}
		b.Write(m.text)
		if m.s == Stderr {
			b.WriteByte(']')
		}
	}
	return b.String()
}

func appendMark(all []mark, s Stream, b []byte) []mark {
	if len(b) == 0 {
		return all
	}
	if n := len(all); n == 0 || all[n-1].s != s {
		all = append(all, mark{s: s})
	}
	last := &all[len(all)-1]
	last.text = append(last.text, b...)
	return all
}

type writerFunc func(b []byte) (int, error)

func (f writerFunc) Write(b []byte) (int, error) { return f(b) }

// moody writes as much as it likes, and lets others run meanwhile.
func moody(rng *rand.Rand, w io.Writer) io.Writer {
	return writerFunc(func(b []byte) (int, error) {
		for range rng.IntN(4) {
			runtime.Gosched()
		}
		n := 1 + rng.IntN(len(b))
		w.Write(b[:n])
		if n < len(b) && rng.IntN(2) == 0 {
			return n, io.ErrShortWrite
		}
		return n, nil
	})
}

// gate is a reader that does not read until it is told to.
type gate struct {
	w       io.Writer
	reached chan struct{} // one token when a write waits
	open    chan struct{} // closed to let all writes through
}

func newGate(w io.Writer) *gate {
	return &gate{w, make(chan struct{}, 1), make(chan struct{})}
}

func (g *gate) Write(b []byte) (int, error) {
	select {
	case g.reached <- struct{}{}:
	default:
	}
	<-g.open
	return g.w.Write(b)
}
