package pool

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sys/unix"

	"xpool/pool/bazel"
	"xpool/pool/reactor"
)

// openInput returns a coInput and the worker's end of its pipe, which does not
// block.
func openInput(t *testing.T) (in *coInput, r *reactor.Reactor, worker int) {
	t.Helper()
	r, err := reactor.New()
	if err != nil {
		t.Fatal(err)
	}
	in = &coInput{w: -1, r: -1}
	if worker, err = in.open(r); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.close()
		unix.Close(worker)
		r.Close()
	})
	return in, r, worker
}

// read reads up to n bytes, which are there.
func read(t *testing.T, fd, n int) string {
	t.Helper()
	b := make([]byte, n)
	n, err := unix.Read(fd, b)
	if err != nil {
		t.Fatal(err)
	}
	return string(b[:n])
}

func TestInputIsTakenBack(t *testing.T) {
	in, _, worker := openInput(t)
	if !in.apart {
		t.Skip("nothing can be taken back here")
	}
	in.write([]byte("one\n"))
	if i := in.takeBack([]int{4}); i != 0 || in.unread() != 0 {
		t.Fatalf("what nobody has read was not taken back, %d bytes are left", in.unread())
	}
	in.write([]byte("two\n"))
	if got := read(t, worker, 1); got != "t" {
		t.Fatalf("the worker read %q", got)
	}
	if in.takeBack([]int{4}) >= 0 || in.unread() != 3 {
		t.Errorf("what the worker has begun to read was taken back, or lost: %d bytes are left", in.unread())
	}
	if got := read(t, worker, 10); got != "wo\n" {
		t.Errorf("the worker read %q after that", got)
	}
	if in.takeBack([]int{4}) >= 0 || in.unread() != 0 {
		t.Errorf("what the worker has read was taken back")
	}
	// Of several, the first goes that has not been begun, whether they were written
	// or not, and the worker finds the others.
	in.write([]byte("one\ntwo\n"))
	in.lazy = true
	in.write([]byte("three\nfour\n"))
	if got := read(t, worker, 2); got != "on" {
		t.Fatalf("the worker read %q", got)
	}
	if i := in.takeBack([]int{4, 4, 6, 5}); i != 1 || in.unread() != 2+6+5 {
		t.Errorf("request %d was taken back, and %d bytes are left", i, in.unread())
	}
	if got := read(t, worker, 100); got != "e\nthree\nfour\n" {
		t.Errorf("the worker read %q after that", got)
	}
	// A worker's own end is to block, or it would take no input for the end.
	if flags, err := unix.FcntlInt(uintptr(worker), unix.F_GETFL, 0); err != nil || flags&unix.O_NONBLOCK != 0 {
		t.Errorf("the worker's end does not block: %x, %v", flags, err)
	}
}

func TestInputLongerThanThePipe(t *testing.T) {
	in, r, worker := openInput(t)
	long := bytes.Repeat([]byte("0123456789"), 100_000)
	for range 2 { // the second finds the pipe watched already
		in.write(long)
		var got bytes.Buffer
		for got.Len() < len(long) {
			if n := in.unread(); n != len(long)-got.Len() {
				t.Fatalf("%d bytes are unread, want %d", n, len(long)-got.Len())
			}
			got.WriteString(read(t, worker, 1<<20))
			if len(in.unsent) == 0 {
				continue
			}
			if err := r.Wait(reactor.Forever); err != nil {
				t.Fatal(err)
			}
		}
		if !bytes.Equal(got.Bytes(), long) || in.unread() != 0 {
			t.Errorf("%d of %d bytes came, or not the same", got.Len(), len(long))
		}
	}
}

// A worker that has read its first task and says nothing is told of after five
// seconds, once.
func TestSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told []string
		k := &Coprocess{Silent: func(seq int64, silence time.Duration) {
			told = append(told, fmt.Sprint(seq, " ", silence))
		}}
		p := newPool(k, Options{})
		begin := func(seq int64) *coWorker {
			s := &slot{pool: p, state: busy}
			w := newCoWorker(k, s)
			s.worker, w.current = w, coJob{attempt: &attempt{task: &Task{Seq: seq}, start: time.Now()}}
			w.input.empty = true // the worker has read it
			p.slots = append(p.slots, s)
			k.watchSilence(p)
			return w
		}
		pass := func(d time.Duration) {
			time.Sleep(d)
			p.timers.run()
		}
		begin(1).spoke = true
		pass(3 * time.Second)
		begin(2)
		pass(2 * time.Second)
		begin(3)
		pass(2999 * time.Millisecond)
		if len(told) > 0 {
			t.Errorf("told of %q too early", told)
		}
		pass(time.Millisecond)
		pass(time.Minute)
		if len(told) != 1 || told[0] != "2 5s" {
			t.Errorf("told of %q, want task 2 after 5 s", told)
		}
	})
}

func TestLastWords(t *testing.T) {
	for text, want := range map[string]string{
		"":                        "",
		"\n \n":                   "",
		"one":                     "one",
		"one\n":                   "one",
		"one\n\r\n \n":            "one",
		"one\ntwo":                "two",
		"one\n\ttwo\r\n":          "two",
		"one\ntwo\n\n three \n\n": "three",
		"one\ntwo\n  ":            "two",
	} {
		for _, size := range []int{1, 2, 3, 5, 100} { // of the pieces
			var l lastWords
			for rest := []byte(text); len(rest) > 0; {
				n := min(size, len(rest))
				l.add(rest[:n])
				rest = rest[n:]
			}
			if got := l.String(); got != want {
				t.Errorf("the last words of %q in pieces of %d are %q, want %q", text, size, got, want)
			}
		}
	}
	var l lastWords
	for range 100 {
		l.add(bytes.Repeat([]byte("x"), 1000))
	}
	if l.add([]byte("\nend\n")); l.String() != "end" || cap(l.part) > 2*lineMost {
		t.Errorf("%q, with %d bytes", l.String(), cap(l.part))
	}
}

// FuzzLineDialect checks that replies are found, whatever the pieces they come in,
// and that requests are told from each other.
func FuzzLineDialect(f *testing.F) {
	f.Add("one\ntwo\n", uint8(3), "a record", false)
	f.Add("\x00a\x00", uint8(1), "x\ny", true)
	f.Fuzz(func(t *testing.T, wrote string, size uint8, record string, nul bool) {
		p := Lines
		if nul {
			p = NUL
		}
		d := p.dialect().(*lineDialect)
		end := string([]byte{d.end})
		var output strings.Builder
		replies := 0
		for rest := []byte(wrote); len(rest) > 0; {
			n := min(int(size)+1, len(rest))
			d.feed(rest[:n])
			for part, ok := d.next(); ok; part, ok = d.next() {
				output.Write(part.output)
				if part.done != strings.HasSuffix(string(part.output), end) || strings.Count(string(part.output), end) > 1 {
					t.Fatalf("part %q of a reply, done: %v", part.output, part.done)
				}
				if part.done {
					replies++
				}
			}
			rest = rest[n:]
		}
		if output.String() != wrote || replies != strings.Count(wrote, end) {
			t.Fatalf("%d replies with %q for %q", replies, output.String(), wrote)
		}
		request, err := d.appendRequest(nil, []string{record})
		if bad := strings.Contains(record, end); bad != (err != nil) || !bad && string(request) != record+end {
			t.Fatalf("request %q, %v", request, err)
		}
	})
}

// FuzzJSONDialect checks that the pieces in which responses come do not matter.
func FuzzJSONDialect(f *testing.F) {
	f.Add(`{"exitCode":1,"output":"x"}`+"\n{}", uint8(3))
	f.Add(`{"requestId":2} x`, uint8(1))
	f.Add("Loading\n{}", uint8(200))
	read := func(wrote string, size int) (status []int, output string, err error) {
		d := &jsonDialect{}
		for rest := []byte(wrote); len(rest) > 0 && err == nil; {
			n := min(size, len(rest))
			d.feed(rest[:n])
			for part, ok := d.next(); ok; part, ok = d.next() {
				status = append(status, part.status)
				output += string(part.output)
			}
			err = d.err(false)
			rest = rest[n:]
		}
		return status, output, err
	}
	f.Fuzz(func(t *testing.T, wrote string, size uint8) {
		s1, o1, err1 := read(wrote, int(size)+1)
		s2, o2, err2 := read(wrote, len(wrote)+1)
		if len(s1) != len(s2) || o1 != o2 || (err1 == nil) != (err2 == nil) {
			t.Fatalf("%v %q %v in pieces, %v %q %v at once", s1, o1, err1, s2, o2, err2)
		}
		if err2 == nil {
			var d bazel.Decoder
			n := 0
			if d.Feed([]byte(wrote), func(bazel.Response) { n++ }) != nil || n != len(s2) {
				t.Fatalf("%d of %d responses", len(s2), n)
			}
		}
	})
}
