package output

import (
	"errors"
	"fmt"
	"io"
	"os"
	"testing"
	"testing/synctest"
	"time"
)

// fakeStatus draws "<n>" and clears with "|".
type fakeStatus struct{ n int }

func (f *fakeStatus) Clear(w io.Writer) { io.WriteString(w, "|") }
func (f *fakeStatus) Draw(w io.Writer, _ time.Time) {
	f.n++
	fmt.Fprintf(w, "<%d>", f.n)
}

func TestStatus(t *testing.T) {
	for _, tc := range []struct {
		name string
		one  bool
		want []string // after each step
	}{
		{"one terminal", true, []string{
			"",
			"[<1>]",
			"[<1>|<2>|]out\n",
			"[<1>|<2>|]out\n[<3>]",
			"[<1>|<2>|]out\n[<3>|]half a line",
			"[<1>|<2>|]out\n[<3>|]half a line",
			"[<1>|<2>|]out\n[<3>|]half a line ends\n[<4>]",
			"[<1>|<2>|]out\n[<3>|]half a line ends\n[<4>|]",
		}},
		{"standard output elsewhere", false, []string{
			"",
			"[<1>]",
			"[<1>|<2>]out\n",
			"[<1>|<2>]out\n",
			"[<1>|<2>]out\nhalf a line",
			"[<1>|<2>]out\nhalf a line[|<3>]",
			"[<1>|<2>]out\nhalf a line[|<3>] ends\n",
			"[<1>|<2>]out\nhalf a line[|<3>] ends\n[|]",
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p, rec := start(t, Options{Status: &fakeStatus{}, StatusEvery: time.Second, OnePlace: tc.one})
				e := p.Open()
				steps := []func(){
					func() {},
					func() { time.Sleep(30 * time.Millisecond) },
					func() { time.Sleep(time.Second); write(e, Stdout, "out\n") },
					func() { time.Sleep(30 * time.Millisecond) },
					func() { write(e, Stdout, "half a line") },
					func() { time.Sleep(time.Second) },
					func() { write(e, Stdout, " ends\n"); time.Sleep(30 * time.Millisecond) },
					func() { e.Close(""); p.Close() },
				}
				for i, step := range steps {
					step()
					synctest.Wait()
					want := tc.want[i]
					if got := rec.String(); got != want {
						t.Errorf("step %d:\ngot  %q\nwant %q", i, got, want)
					}
				}
			})
		})
	}
}

// Abort does not wait for a reader that does not read.
func TestAbortStuck(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rec := &recorder{}
		g := newGate(rec.stream(Stdout))
		p, _ := start(t, Options{Stdout: g})
		for _, text := range []string{"one", "two"} {
			e := p.Open()
			write(e, Stdout, text)
			e.Close("")
			synctest.Wait() // so that each is a write of its own
		}
		before := time.Now()
		if err := p.Abort(); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		if d := time.Since(before); d > time.Second {
			t.Errorf("took %v", d)
		}
		close(g.open)
		synctest.Wait()
		if got := rec.String(); got != "one" {
			t.Errorf("got %q", got)
		}
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
}
