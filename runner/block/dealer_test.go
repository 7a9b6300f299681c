package block

import (
	"bytes"
	"context"
	"errors"
	"io"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// memorySink keeps what is written.
type memorySink struct {
	bytes.Buffer
	closed bool
}

func (m *memorySink) Close() error { m.closed = true; return nil }

// deal deals all blocks of text, and returns what Deal returned at last.
func deal(t *testing.T, d *Dealer, text string, o Options) error {
	t.Helper()
	s, err := NewSplitter(strings.NewReader(text), o)
	if err != nil {
		t.Fatal(err)
	}
	for {
		b, err := s.Next(t.Context())
		if err == io.EOF {
			return nil
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := d.Deal(b); err != nil {
			b.Release()
			return err
		}
	}
}

// The same as GNU parallel's --pipe --round-robin -k.
func TestDealInOrder(t *testing.T) {
	for _, c := range []struct {
		text  string
		opt   Options
		sinks int
		want  []string
	}{
		{lines(1, 10), Options{Records: 1}, 3, []string{"1.4.7.10.|", "2.5.8.|", "3.6.9.|"}},
		{lines(1, 30), Options{Size: 6}, 3, []string{"1.2.3.10.11.16.17.22.23.28.29.|", "4.5.6.12.13.18.19.24.25.30.|", "7.8.9.14.15.20.21.26.27.|"}},
		{lines(1, 3), Options{Records: 1}, 5, []string{"1.|", "2.|", "3.|"}},
		{lines(1, 10), Options{Records: 1, Header: Header{Lines: 1}}, 3, []string{"1.2.5.8.|", "1.3.6.9.|", "1.4.7.10.|"}},
		{"", Options{}, 3, nil},
	} {
		var sinks []*memorySink
		d := NewDealer(t.Context(), DealerOptions{Sinks: c.sinks, InOrder: true, Open: func(i int) (io.WriteCloser, error) {
			if i != len(sinks) {
				t.Errorf("sink %d is opened after %d", i, len(sinks))
			}
			sinks = append(sinks, &memorySink{})
			return sinks[i], nil
		}})
		if err := deal(t, d, c.text, c.opt); err != nil {
			t.Error(err)
		}
		d.Close()
		var got []string
		for _, s := range sinks {
			if !s.closed {
				t.Error("a sink is not closed")
			}
			got = append(got, bars([]string{s.String()}))
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

// Who does not read gets no more than what was dealt to it already.
func TestDealToWhoHasRoom(t *testing.T) {
	slow, w := io.Pipe()
	defer slow.Close()
	fast := &memorySink{}
	d := NewDealer(t.Context(), DealerOptions{Sinks: 2, Open: func(i int) (io.WriteCloser, error) {
		return []io.WriteCloser{w, fast}[i], nil
	}})
	if err := deal(t, d, lines(1, 100), Options{Records: 1, Buffers: 200}); err != nil {
		t.Fatal(err)
	}
	got := make(chan []byte)
	go func() { b, _ := io.ReadAll(slow); got <- b }()
	d.Close()
	if b := <-got; string(b) != "1\n" || fast.String() != lines(2, 100) {
		t.Errorf("%q and %q", b, fast.String())
	}
}

// A sink that fails is told, with the block that was lost, and gets no more; the others do.
func TestDeadSinks(t *testing.T) {
	for _, inOrder := range []bool{false, true} {
		r, w, err := newPipe()
		if err != nil {
			t.Fatal(err)
		}
		r.Close()
		good := &memorySink{}
		var lost []*LostError
		d := NewDealer(t.Context(), DealerOptions{
			Sinks: 2, InOrder: inOrder, Lost: func(e *LostError) { lost = append(lost, e) },
			Open: func(i int) (io.WriteCloser, error) { return []io.WriteCloser{good, w}[i], nil },
		})
		if err := deal(t, d, lines(1, 20), Options{Records: 1}); err != nil {
			t.Error(err)
		}
		d.Close()
		if len(lost) != 1 || lost[0].Sink != 1 || lost[0].Seq != 2 || lost[0].Size != 2 || lost[0].Written != 0 || !errors.Is(lost[0], syscall.EPIPE) {
			t.Errorf("lost %v", lost)
		}
		if want := "1\n" + lines(3, 20); good.String() != want {
			t.Errorf("in order %v: %q, want %q", inOrder, good.String(), want)
		}
	}
}

// When it is known that all have failed, what they have lost has been told.
func TestAllSinksDead(t *testing.T) {
	for _, inOrder := range []bool{false, true} {
		lost := 0
		d := NewDealer(t.Context(), DealerOptions{
			Sinks: 3, InOrder: inOrder,
			Open: func(int) (io.WriteCloser, error) {
				r, w, err := newPipe()
				r.Close()
				return w, err
			},
			Lost: func(*LostError) {
				runtime.Gosched()
				lost++
			},
		})
		if err := deal(t, d, lines(1, 100), Options{Records: 1}); err != ErrNoSinks || lost != 3 {
			t.Errorf("in order %v: %v, and %d blocks are lost", inOrder, err, lost)
		}
		d.Close()
	}
}

func TestDealerErrors(t *testing.T) {
	broken := errors.New("broken")
	d := NewDealer(t.Context(), DealerOptions{Open: func(int) (io.WriteCloser, error) { return nil, broken }})
	if err := deal(t, d, "a\n", Options{}); err != broken {
		t.Error(err)
	}
	d.Close()

	ctx, cancel := context.WithCancelCause(t.Context())
	_, w := io.Pipe() // nobody reads
	d = NewDealer(ctx, DealerOptions{
		Open: func(int) (io.WriteCloser, error) { return w, nil },
		Lost: func(e *LostError) { t.Error(e) },
	})
	if err := deal(t, d, "a\n", Options{}); err != nil {
		t.Error(err)
	}
	dealt := make(chan error)
	go func() { dealt <- deal(t, d, "b\n", Options{}) }()
	cancel(broken)
	if err := <-dealt; err != broken {
		t.Error(err)
	}
	d.Close()
}

// Nothing is lost and nothing comes twice, whoever takes what.
func TestDealAll(t *testing.T) {
	var mu sync.Mutex // guards seen
	var readers sync.WaitGroup
	seen := map[string]int{}
	d := NewDealer(t.Context(), DealerOptions{Sinks: 8, Open: func(int) (io.WriteCloser, error) {
		r, w, err := newPipe()
		if err != nil {
			return nil, err
		}
		readers.Go(func() {
			defer r.Close()
			all, _ := io.ReadAll(r)
			mu.Lock()
			defer mu.Unlock()
			for line := range strings.Lines(string(all)) {
				seen[line]++
			}
		})
		return w, nil
	}})
	if err := deal(t, d, lines(1, 20_000), Options{Size: 500}); err != nil {
		t.Fatal(err)
	}
	d.Close()
	readers.Wait()
	for i := 1; i <= 20_000; i++ {
		if n := seen[strconv.Itoa(i)+"\n"]; n != 1 {
			t.Fatalf("line %d came %d times", i, n)
		}
	}
}
