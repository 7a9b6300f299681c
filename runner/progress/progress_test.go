package progress

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"xpool/runner/output"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var _ output.Status = (*Progress)(nil)

func total(n int64) func() (int64, bool) { return func() (int64, bool) { return n, true } }

func TestBarLine(t *testing.T) {
	start := time.Unix(1000, 0)
	for _, tc := range []struct {
		name   string
		total  func() (int64, bool)
		counts Counts
		width  int
		after  time.Duration
		want   string
	}{
		{"unknown total", nil, Counts{123, 2, 4}, 80, 10 * time.Second,
			"123 done, 2 failed, 4 running, 12/s, 10s"},
		{"nothing yet", total(1000), Counts{0, 0, 4}, 70, time.Second,
			"   0% |                                  | 0/1000 done, 4 running, 1s"},
		{"half", total(1000), Counts{500, 2, 4}, 72, 10 * time.Second,
			"  50% |#####>      | 500/1000 done, 2 failed, 4 running, 50/s, 10s left"},
		{"all", total(100), Counts{100, 0, 0}, 200, 100 * time.Second,
			" 100% |########################################| 100/100 done, 0 running, 1.0/s, 1m40s"},
		{"total too small", total(100), Counts{101, 0, 3}, 80, 101 * time.Second,
			"101 done, 3 running, 1.0/s, 1m41s"},
		{"no total", total(0), Counts{}, 80, 0, "0 done, 0 running, 0s"},
		{"narrow", total(1000), Counts{500, 0, 4}, 50, 10 * time.Second,
			"500/1000 done, 4 running, 50/s, 10s left"},
		{"very narrow", total(1000), Counts{500, 0, 4}, 11, 10 * time.Second, "500/1000 d"},
		{"one column", total(1000), Counts{500, 0, 4}, 1, 10 * time.Second, ""},
		{"width unknown", nil, Counts{1, 0, 1}, 0, 3600 * time.Second, "1 done, 1 running, 1/h, 1h00m"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := New(Options{Mode: Bar, Total: tc.total, Width: func() int { return tc.width }, Start: start})
			p.Set(tc.counts)
			var b bytes.Buffer
			p.Draw(&b, start.Add(tc.after))
			got, ok := strings.CutPrefix(b.String(), eraseLine)
			if !ok || got != tc.want {
				t.Errorf("got  %q\nwant %q", got, tc.want)
			}
			if tc.width > 0 && len(got) >= tc.width {
				t.Errorf("%d columns of %d", len(got), tc.width)
			}
			b.Reset()
			if p.Clear(&b); b.String() != eraseLine {
				t.Errorf("cleared with %q", b.String())
			}
		})
	}
}

// A bar never goes wrong, whatever the numbers and the terminal.
func TestBarFits(t *testing.T) {
	for _, n := range []int64{1, 2, 99, 1000, 1 << 40} {
		for _, done := range []int64{0, 1, n / 3, n - 1, n} {
			for width := range 130 {
				p := New(Options{Mode: Bar, Total: total(n), Width: func() int { return width + 1 }})
				p.Set(Counts{Done: done, Running: 3})
				line := p.barLine(p.view(p.o.Start.Add(time.Minute)))
				if len(line) > width {
					t.Fatalf("%d/%d: %q has %d columns, there are %d", done, n, line, len(line), width)
				}
				percent, bar, ok := strings.Cut(line, "% |")
				if !ok {
					continue
				}
				if want := fmt.Sprintf("%4d", int(float64(done)/float64(n)*100)); percent != want {
					t.Fatalf("%d/%d: %q", done, n, line)
				}
				if i := strings.IndexByte(bar, '|'); i < minBar || i > maxBar {
					t.Fatalf("%d/%d: %q has a bar of %d columns", done, n, line, i)
				}
			}
		}
	}
}

// Who asks is told what runs, however short.
func TestStatus(t *testing.T) {
	start := time.Now()
	p := New(Options{Start: start, Total: total(5), Longest: func(time.Time) []Running { return []Running{{7, "a", time.Second}} }})
	p.Set(Counts{Done: 2, Running: 1})
	if got := p.Status(start.Add(3 * time.Second)); got != "xpool: 2/5 done, 1 running, 3s; task 7 (a) for 1s\n" {
		t.Errorf("got %q", got)
	}
}

// What tasks wait for that could begin is told everywhere, and no bar is too long of it.
func TestWaiting(t *testing.T) {
	start := time.Now()
	for width, want := range map[int]string{
		80: eraseLine + "   0% |                    | 0/5 done, 0 running, waiting for load under 2, 12s",
		60: eraseLine + "0/5 done, 0 running, waiting for load under 2, 12s",
		40: eraseLine + "0/5 done, 0 running, waiting for load u",
	} {
		p := New(Options{Mode: Bar, Start: start, Total: total(5), Width: func() int { return width },
			Waiting: func(time.Time) string { return "load under 2" }})
		now := start.Add(12 * time.Second)
		var b bytes.Buffer
		if p.Draw(&b, now); b.String() != want {
			t.Errorf("got  %q\nwant %q", b.String(), want)
		}
		const plain = "xpool: 0/5 done, 0 running, waiting for load under 2, 12s\n"
		if got := p.Status(now); got != plain {
			t.Errorf("got %q, want %q", got, plain)
		}
	}
}

// A line of a log names what runs for long, if anything does.
func TestPlainLongest(t *testing.T) {
	start := time.Now()
	p := New(Options{Mode: Plain, Start: start, Longest: func(now time.Time) []Running {
		return []Running{{7, "a b", now.Sub(start)}, {3, "c", now.Sub(start) - 5*time.Second}, {9, "d", time.Second}}
	}})
	for at, want := range map[time.Duration]string{
		9 * time.Second:  "xpool: 0 done, 0 running, 9s\n",
		12 * time.Second: "xpool: 0 done, 0 running, 12s; task 7 (a b) for 12s\n",
		20 * time.Second: "xpool: 0 done, 0 running, 20s; task 7 (a b) for 20s, task 3 (c) for 15s\n",
	} {
		if got := p.plainLine(p.view(start.Add(at)), tellAfter); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestPlain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := New(Options{Mode: Plain, Total: total(1000)})
		start := time.Now()
		var got []string
		for time.Since(start) < 200*time.Second {
			time.Sleep(200 * time.Millisecond)
			at := time.Since(start)
			p.Set(Counts{Done: int64(at / time.Second), Failed: int64(at / time.Minute), Running: 4})
			var b bytes.Buffer
			p.Draw(&b, time.Now())
			p.Clear(&b)
			if b.Len() > 0 {
				got = append(got, b.String())
			}
		}
		want := []string{
			"xpool: 10/1000 done, 4 running, 10s\n",
			"xpool: 20/1000 done, 4 running, 20s\n",
			"xpool: 35/1000 done, 4 running, 35s\n",
			"xpool: 57/1000 done, 4 running, 57s\n",
			"xpool: 90/1000 done, 1 failed, 4 running, 1m30s\n",
			"xpool: 139/1000 done, 2 failed, 4 running, 2m19s\n",
			"xpool: 199/1000 done, 3 failed, 4 running, 3m19s\n",
		}
		if strings.Join(got, "") != strings.Join(want, "") {
			t.Errorf("got\n%swant\n%s", strings.Join(got, ""), strings.Join(want, ""))
		}
	})
}

func TestNone(t *testing.T) {
	p := New(Options{})
	var b bytes.Buffer
	p.Draw(&b, time.Now().Add(time.Hour))
	p.Clear(&b)
	if b.Len() > 0 {
		t.Errorf("drew %q", b.String())
	}
}

func TestSpeed(t *testing.T) {
	now := time.Unix(0, 0)
	s := newSpeed(now)
	if got := s.at(now, 0); got != 0 {
		t.Errorf("at the start: %v", got)
	}
	done := int64(0)
	run := func(seconds int, perSecond int64) float64 {
		var r float64
		for range seconds {
			now = now.Add(time.Second)
			done += perSecond
			r = s.at(now, done)
		}
		return r
	}
	if got := run(1, 100); got < 99.9 || got > 100.1 {
		t.Errorf("after a second: %v", got)
	}
	if got := run(10, 100); got < 99.9 || got > 100.1 {
		t.Errorf("steady: %v", got)
	}
	if got := run(60, 10); got < 10 || got > 15 {
		t.Errorf("a minute after it became slower: %v", got)
	}
	if got := run(300, 0); got > 0.1 {
		t.Errorf("long after it stopped: %v", got)
	}
}

func TestDurationAndRate(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0s", 400 * time.Millisecond: "0s", 59600 * time.Millisecond: "1m00s",
		185 * time.Second: "3m05s", 2*time.Hour + 7*time.Minute: "2h07m",
		99 * time.Hour: "4d03h",
	} {
		if got := duration(d); got != want {
			t.Errorf("duration(%v) = %q, want %q", d, got, want)
		}
	}
	for r, want := range map[float64]string{
		1234.5: "1234/s", 9.96: "10.0/s", 1: "1.0/s", 0.5: "30/min", 1.0 / 120: "30/h",
	} {
		if got := rate(r); got != want {
			t.Errorf("rate(%v) = %q, want %q", r, got, want)
		}
	}
}

// Together with the printer, which owns the terminal.
func TestWithPrinter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b bytes.Buffer // written by the printer's goroutine only
		p := New(Options{Mode: Bar, Width: func() int { return 40 }})
		out := output.New(output.Options{Stdout: &b, Stderr: &b, OnePlace: true, Status: p})
		e := out.Open()
		p.Set(Counts{Running: 1})
		time.Sleep(100 * time.Millisecond)
		e.Write(output.Stdout, []byte("result\n"), nil)
		synctest.Wait()
		p.Set(Counts{Done: 1})
		e.Close("")
		time.Sleep(time.Second)
		out.Close()
		got := b.String()
		if !strings.HasPrefix(got, eraseLine+"0 done, 1 running, 0s"+eraseLine+"result\n"+eraseLine+"1 done") ||
			!strings.HasSuffix(got, eraseLine) {
			t.Errorf("got %q", got)
		}
	})
}
