package output

import (
	"bytes"
	"runtime"
	"testing"
)

func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// counter checks that what it gets is want, over and over, and counts it.
type counter struct {
	want []byte
	n    int64
	bad  bool
}

func (c *counter) Write(b []byte) (int, error) {
	for rest := b; len(rest) > 0; {
		at := int(c.n % int64(len(c.want)))
		n := min(len(rest), len(c.want)-at)
		c.bad = c.bad || !bytes.Equal(rest[:n], c.want[at:at+n])
		c.n += int64(n)
		rest = rest[n:]
	}
	return len(b), nil
}

// One slow task, and many that are done behind it.
func TestMemoryBehindSlowHead(t *testing.T) {
	const tasks = 300_000
	text := bytes.Repeat([]byte("0123456789"), 20)
	out := &counter{want: text}
	p := New(Options{Stdout: out, TempDir: t.TempDir(), MemLimit: 4 << 20})
	base := heap()
	head := p.Open()
	resumed := make(chan struct{}, 1)
	for range tasks {
		if e := p.Open(); !e.Write(Stdout, text, func() { resumed <- struct{}{} }) {
			<-resumed
			e.Close("")
		} else {
			e.Close("")
		}
		p.Open().Close("") // and one without output
	}
	p.waitIdle()
	used := heap() - base
	most := int64(4<<20 + 2*tasks*8 + 1<<20)
	t.Logf("%d MiB wait, in %d KiB of memory", tasks*len(text)>>20, used>>10)
	if used > most {
		t.Errorf("%d bytes of memory in use, want %d at most", used, most)
	}
	head.Close("")
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	if out.n != tasks*int64(len(text)) || out.bad {
		t.Errorf("%d bytes came out, want %d (wrong ones: %v)", out.n, tasks*len(text), out.bad)
	}
	checkEmpty(t, 0, p)
}

// Tasks with a large output each that run at the same time.
func TestMemoryLargeOutputs(t *testing.T) {
	const tasks, writes = 8, 400
	text := bytes.Repeat([]byte("0123456789abcdef"), 1<<10)
	out := &counter{want: text}
	p := New(Options{Stdout: out, TempDir: t.TempDir(), MemLimit: 1 << 20})
	base := heap()
	var entries [tasks]*Entry
	for i := range entries {
		entries[i] = p.Open()
	}
	resumed := make(chan struct{}, 1)
	for range writes {
		for _, e := range entries {
			if !e.Write(Stdout, text, func() { resumed <- struct{}{} }) {
				<-resumed
			}
		}
	}
	p.waitIdle()
	if used := heap() - base; used > 2<<20 {
		t.Errorf("%d bytes of memory in use", used)
	}
	for _, e := range entries {
		e.Close("")
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	if out.n != tasks*writes*int64(len(text)) || out.bad {
		t.Errorf("%d bytes came out (wrong ones: %v)", out.n, out.bad)
	}
	checkEmpty(t, 0, p)
}
