package wire

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand"
	"os/exec"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"xpool/crashdetect"
)

// hello is the beginning of each stream in these tests.
func hello() []byte {
	b, err := Append(nil, &Hello{Program: "xpool 1", Host: "h", System: "linux/amd64", CPUs: 2, Pid: 77})
	if err != nil {
		panic(err)
	}
	return b
}

// samples are messages of all types, as they would be sent.
func samples() []Message {
	verdict := crashdetect.Verdict{
		Kind: crashdetect.OutOfMemory, Code: 137, ShellStatus: true, Exited: true, Signal: syscall.SIGKILL, Core: true,
		Limit: time.Second, Evidence: "kernel OOM killer", Memory: 1 << 33, MemoryLimit: 3, Detail: "d", ProtocolName: "json", Left: true,
	}
	options := Open{
		Key: "k", Jobs: 4, SlotBase: 8, SlotVars: []SlotVar{{"SLOT", -1}}, Window: 1 << 18, Patience: time.Minute, IdleTimeout: 10 * time.Second,
		InitTimeout: time.Second, KillAfter: 2 * time.Second, TermSeq: []Step{{syscall.SIGINT, time.Second}, {syscall.Signal(40), 0}},
		Nice: -3, NoAhead: true, RecycleTasks: 9, RecycleRSS: -1, Dir: "/tmp", Files: []string{"f"}, Remove: true, Bare: true, Unset: []string{"A"}, Env: []string{"B=\xff\n", ""},
	}
	var all []Message
	for _, k := range []Kind{
		&Program{Fixed: true}, &Shell{Path: "bash", Body: "echo $1", Names: []string{"x"}, Stdin: true, Init: ":", Brief: true},
		&Interpreter{Path: "python3", Language: 1, Code: "print(arg)", Call: true, Init: "import os"},
		&Coprocess{Argv: []string{"cat", "-u"}, Dir: "/", Protocol: 2, Prefetch: 3, Multiplex: 4, Cancel: true},
	} {
		o := options
		o.Kind = k
		all = append(all, &o)
	}
	return append(all,
		&Open{Kind: &Program{}}, &Run{}, &Run{ID: 1, Seq: 1 << 40, Attempt: 2, Args: []string{"", "a\x00b"}, Values: []string{"v"},
			InWorker: true, Input: true, Files: []string{"a/b"}, Return: []string{"c", ""}, Remove: true, MemLimit: 1 << 40, Stall: time.Hour},
		&Input{ID: 1, Last: true, Data: []byte("in")}, &Input{}, &File{ID: 1, Index: 2, Mode: 0o755, Last: true, Data: []byte("f")}, &Recall{ID: 2}, &Stop{ID: 3, Grace: time.Second},
		&Stop{ID: -1, Steps: []Step{{syscall.SIGUSR1, 1}, {}}}, &Suspend{}, &Continue{}, &Resize{Jobs: 1 << 20}, &Credit{ID: 1, Bytes: 1 << 40},
		&Ping{Number: 5}, &Pong{Number: 5}, &Bye{}, &Ready{}, &Began{ID: 9, Pid: 1234, Slot: 2}, &Output{ID: 9, Stream: 1, Data: []byte("\x00out")},
		&Fetched{ID: 9, Index: 1, Mode: 0o644, Last: true, Error: "e", Data: []byte("f")}, &Reset{ID: 9}, &Returned{ID: 10}, &Log{Text: "a\nb\n"}, &Hint{Waiting: true, Seq: 7, Silence: time.Second},
		&Broken{Failure: Failure{Text: "t"}, Workers: true, Words: "w\nw"}, &Broken{}, &Done{ID: 1},
		&Done{ID: 9, Slot: 1, Pid: 3, Verdict: verdict, Words: "last", Took: time.Second, User: 1, System: 2, MaxRSS: 1 << 40},
		&Done{Err: &Failure{Text: "t", Start: true, NotFound: true, Missing: true, Program: "p", Found: "f", Suggestion: "s"}},
	)
}

// feed gives a Decoder a stream in pieces of at most n bytes, and returns what it
// found; what is valid only during the call is copied.
func feed(d *Decoder, stream []byte, n int) (got []Message, err error) {
	for piece := range slices.Chunk(stream, max(1, n)) {
		b := bytes.Clone(piece)
		err = d.Feed(b, func(m Message) error {
			switch m := m.(type) {
			case *Input:
				m.Data = bytes.Clone(m.Data)
			case *Output:
				m.Data = bytes.Clone(m.Data)
			case *File:
				m.Data = bytes.Clone(m.Data)
			case *Fetched:
				m.Data = bytes.Clone(m.Data)
			}
			got = append(got, m)
			return nil
		})
		clear(b) // nothing of it is kept
	}
	return got, err
}

func TestRoundTrip(t *testing.T) {
	stream := hello()
	for _, m := range samples() {
		var err error
		if stream, err = Append(stream, m); err != nil {
			t.Errorf("%T: %v", m, err)
		}
	}
	for _, n := range []int{1, 2, 5, 7, 100, len(stream)} {
		var d Decoder
		got, err := feed(&d, stream, n)
		if err == nil {
			err = d.Close()
		}
		if err != nil || len(got) == 0 {
			t.Fatalf("in pieces of %d: %d messages, then %v", n, len(got), err)
		}
		want := append([]Message{&Hello{Program: "xpool 1", Host: "h", System: "linux/amd64", CPUs: 2, Pid: 77}}, samples()...)
		for i := range want {
			if !reflect.DeepEqual(got[i], want[i]) {
				t.Errorf("in pieces of %d\ngot  %#v\nwant %#v", n, got[i], want[i])
			}
		}
	}
}

// Each type of frame has its message, and no other.
func TestTypes(t *testing.T) {
	seen := map[byte]bool{typeHello: true}
	for _, m := range samples() {
		seen[m.kind()] = true
	}
	for kind := range 256 {
		m := newMessage(byte(kind))
		if (m != nil) != seen[byte(kind)] {
			t.Errorf("type %q: %T, and a sample: %v", byte(kind), m, seen[byte(kind)])
		}
		if m != nil && m.kind() != byte(kind) {
			t.Errorf("%T has type %q and is made for %q", m, m.kind(), byte(kind))
		}
	}
}

// TestLong sends what needs more than one frame, or just does not.
func TestLong(t *testing.T) {
	for _, n := range []int{MaxFrame - 20, MaxFrame - 3, MaxFrame, MaxFrame + 1, 3*MaxFrame + 7} {
		want := &Run{ID: 1, Args: []string{strings.Repeat("x", n), "end"}}
		stream, err := Append(hello(), want)
		if err != nil {
			t.Fatal(err)
		}
		stream, _ = Append(stream, &Bye{})
		var d Decoder
		got, err := feed(&d, stream, 100_000)
		if err != nil || len(got) != 3 || !reflect.DeepEqual(got[1], Message(want)) || d.Close() != nil {
			t.Errorf("%d bytes: %d messages, %v, %v", n, len(got), err, d.Close())
		}
	}
	before := []byte("before")
	for _, m := range []Message{&Run{Args: make([]string, MaxList+1)}, &Input{Data: make([]byte, MaxMessage+1)}} {
		b, err := Append(before, m)
		if _, ok := errors.AsType[*TooLargeError](err); !ok || string(b) != "before" {
			t.Errorf("%T: %q, %v", m, b, err)
		}
	}
	if _, err := Append(nil, &Open{}); err == nil {
		t.Error("an Open without a Kind is sent")
	}
}

// frame returns a frame as it is, whatever is in it.
func frame(kind byte, body string) string { return string(appendFrame(nil, kind, []byte(body))) }

func TestBadStreams(t *testing.T) {
	greeting := string(hello())
	for _, c := range []struct{ name, stream, want string }{
		{"noise", "Welcome!\n", `"Welcome!" is not the greeting of xpool`},
		{"most of a preamble", Preamble[:5] + "Q\n", "is not the greeting"},
		{"no greeting", Preamble + frame('B', ""), `there is one greeting, and it comes first`},
		{"two greetings", greeting + greeting[len(Preamble):], `there is one greeting`},
		{"version", Preamble + frame('H', "\x12\x0expool 9 and more"),
			fmt.Sprintf(`the other end ("xpool 9") speaks version 9 of the wire format, and this xpool version %d`, Version)},
		{"type", greeting + "Loading\n", `there is no type 'L'`},
		{"length", greeting + "B\xff\xff\xff\xff", `type 'B': a frame is too long`},
		{"empty part", greeting + frame('R'|0x80, ""), "a part of it is empty"},
		{"empty end", greeting + frame('R'|0x80, "x") + frame('R', ""), "a part of it is empty"},
		{"other part", greeting + frame('R'|0x80, "x") + frame('B', ""), `type 'R': another one comes before its end`},
		{"number", greeting + frame('P', ""), "a number is cut short"},
		{"long number", greeting + frame('P', "\x82\x00"), "a number is longer than it has to be"},
		{"large number", greeting + frame('o', "\x02\x80\x08\x00"), "a number is too large"},
		{"huge number", greeting + frame('P', strings.Repeat("\xff", 11)), "a number is cut short or too large"},
		{"stream", greeting + frame('o', "\x02\x04\x00"), "a stream that there is not"},
		{"text", greeting + frame('l', "\x10abc"), "a text is longer than its message"},
		{"negative text", greeting + frame('l', "\x01abc"), "a text is longer than its message"},
		{"flag", greeting + frame('h', "\x02\x00\x00"), "a flag is neither 0 nor 1"},
		{"list", greeting + frame('R', "\x00\x00\x00\x10a"), "a list is longer than it may be"},
		{"kind", greeting + frame('O', "\x00\x0a"), "a kind of worker that there is not"},
		{"signal", greeting + frame('S', "\x00\x00\x02\x06DIE\x00"), "a signal that there is not"},
		{"signal's number", greeting + frame('S', "\x00\x00\x02\x029\x00"), "a signal that there is not"},
		{"more", greeting + frame('B', "x"), "there is more in it than its fields"},
	} {
		for _, n := range []int{1, len(c.stream)} {
			var d Decoder
			_, err := feed(&d, []byte(c.stream), n)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: %v, want %s", c.name, err, c.want)
			}
			if again := d.Feed([]byte("x"), nil); again != err || d.Close() != err {
				t.Errorf("%s: then %v", c.name, again)
			}
		}
	}
}

// Noise before the greeting is let pass as far as it is allowed.
func TestNoise(t *testing.T) {
	for _, c := range []struct {
		noise string
		most  int
		ok    bool
	}{
		{"", 0, true}, {"x", 0, false}, {"Welcome!\n", 9, true}, {"Welcome!!\n", 9, false}, {Preamble[:7], 7, true}, {Preamble[:7], 6, false},
		{strings.Repeat("\x01", 3000), 3000, true}, {strings.Repeat("x", 3000), 2999, false},
	} {
		for _, n := range []int{1, 3, 1 << 20} {
			d := Decoder{Noise: c.most}
			got, err := feed(&d, append([]byte(c.noise), hello()...), n)
			_, noisy := errors.AsType[*NoiseError](err)
			if c.ok != (len(got) == 1 && err == nil) || c.ok == noisy || c.ok && string(d.Heard()) != c.noise {
				t.Errorf("%.20q, %d, in pieces of %d: %d messages, %v, heard %.20q", c.noise, c.most, n, len(got), err, d.Heard())
			}
		}
	}
}

func TestCutStreams(t *testing.T) {
	stream, _ := Append(hello(), &Log{Text: strings.Repeat("x", MaxFrame)})
	for _, n := range []int{0, 3, len(Preamble) + 2, len(hello()) + 1, len(hello()) + 10, len(stream) - 1} {
		var d Decoder
		_, err := feed(&d, stream[:n], 1<<16)
		if cut, ok := errors.AsType[*CutError](d.Close()); err != nil || !ok || cut.Greeting != (n < len(hello())) {
			t.Errorf("after %d bytes: %v, %v", n, err, d.Close())
		}
	}
	d := Decoder{Noise: 100}
	_, _ = feed(&d, []byte("ssh: no route to host\r\n"), 100)
	if err := d.Close(); err.Error() != `the connection ended before the greeting, with "ssh: no route to host"` {
		t.Error(err)
	}
}

// Lengths that are only announced cost nothing.
func TestAllocation(t *testing.T) {
	long := binary.AppendVarint([]byte{0, 0, 0}, MaxList)
	for _, c := range []string{
		"R\x00\x10\x00\x00", "R\x00\x00\x00\x10" + string(long), frame('R', string(long)), frame('R', string(long)+strings.Repeat("\x00", 5000)),
		frame('l', string(binary.AppendVarint(nil, 1<<40))),
	} {
		stream := append(hello(), c...)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for range 100 {
			_ = (&Decoder{}).Feed(stream, func(Message) error { return nil })
		}
		runtime.ReadMemStats(&after)
		if n := (after.TotalAlloc - before.TotalAlloc) / 100; n > 100*uint64(len(stream))+64<<10 {
			t.Errorf("%.20q: %d bytes of memory for %d", c, n, len(stream))
		}
	}
}

// TestRandomStreams sends random messages in random pieces.
func TestRandomStreams(t *testing.T) {
	all := samples()
	for seed := range int64(40) {
		rnd := rand.New(rand.NewSource(seed))
		stream := hello()
		var want []Message
		for range rnd.Intn(30) {
			m := all[rnd.Intn(len(all))]
			if rnd.Intn(10) == 0 {
				m = &Output{ID: rnd.Int63(), Data: bytes.Repeat([]byte{byte(seed)}, 1+rnd.Intn(2*MaxData))}
			}
			stream, _ = Append(stream, m)
			want = append(want, m)
		}
		var d Decoder
		got, err := feed(&d, stream, 1+rnd.Intn(1<<rnd.Intn(17)))
		if err != nil || d.Close() != nil || len(got) != len(want)+1 || len(want) > 0 && !reflect.DeepEqual(got[1:], want) {
			t.Fatalf("with seed %d: %d messages, want %d, %v", seed, len(got), len(want)+1, err)
		}
	}
}

// What is known of a start that failed is known at the other end too.
func TestFailures(t *testing.T) {
	for _, err := range []error{
		errors.New("no room"), &crashdetect.StartError{Program: "convrt", Err: exec.ErrNotFound, Suggestion: "convert"},
		crashdetect.NewStartError("x", "/no/such/x", syscall.ENOENT), crashdetect.NewStartError("x", "/etc", syscall.EACCES),
		&crashdetect.StartError{Program: "x"},
	} {
		f := FailureOf(err)
		got := f.Err()
		if got.Error() != err.Error() {
			t.Errorf("%v became %v", err, got)
		}
		want, _ := errors.AsType[*crashdetect.StartError](err)
		start, ok := errors.AsType[*crashdetect.StartError](got)
		if ok != (want != nil) || ok && start.Code() != want.Code() {
			t.Errorf("%v became %#v", err, got)
		}
	}
}
