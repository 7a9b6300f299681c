package pool_test

import (
	"fmt"
	"io"
	"os"
	"syscall"
	"testing"

	"xpool/crashdetect"
	"xpool/pool"
	"xpool/pool/serve"
	"xpool/pool/wire"
)

// farName is the first argument with which TestMain plays a far end.
const farName = "far"

// far is a host whose far end this test binary plays: a sound one in the mode
// "agent", else see farPlayer.
func far(t *testing.T, name, mode string, slots int) pool.RemoteHost {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return pool.RemoteHost{Name: name, Argv: []string{exe, farName, mode}, Slots: slots}
}

// standardStreams are standard input and output as one stream.
type standardStreams struct{ in, out *os.File }

func (s standardStreams) Read(b []byte) (int, error)  { return s.in.Read(b) }
func (s standardStreams) Write(b []byte) (int, error) { return s.out.Write(b) }
func (s standardStreams) Close() error                { s.in.Close(); return s.out.Close() }

// playFar serves standard input and output until they end.
func playFar(mode string) (status int) {
	if mode == "agent" {
		for _, fd := range []int{0, 1} {
			_ = syscall.SetNonblock(fd, true) // so that Close ends what waits for them
		}
		stream := standardStreams{os.NewFile(0, "stdin"), os.NewFile(1, "stdout")}
		if err := serve.Agent(stream, serve.Config{Hello: wire.Hello{CPUs: 2, Host: "far"}, Subreaper: true}); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		return 0
	}
	p := &farPlayer{mode: mode}
	buf := make([]byte, 4096)
	p.at("start")
	for {
		n, err := os.Stdin.Read(buf)
		if err == nil {
			err = p.decoder.Feed(buf[:n], p.hear)
		}
		if err != nil {
			return 0
		}
	}
}

// farPlayer is a far end that runs nothing, and misbehaves as its mode says.
type farPlayer struct {
	mode    string
	decoder wire.Decoder
}

// at does what the mode says about a phase.
func (p *farPlayer) at(phase string) {
	switch p.mode {
	case "die at " + phase:
		fmt.Fprintln(os.Stderr, "\nI die at "+phase)
		os.Exit(3)
	case "kill at " + phase:
		syscall.Kill(os.Getpid(), syscall.SIGKILL)
	case "garbage at " + phase:
		os.Stdout.WriteString("\x7fgarbage, and more of it\n")
	case "half at " + phase:
		b, _ := wire.Append(nil, &wire.Began{ID: 1, Pid: 1})
		os.Stdout.Write(b[:len(b)-1])
		os.Exit(0)
	case "close at " + phase:
		os.Stdout.Close()
	case "hang at " + phase:
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	case "endless at " + phase:
		for {
			p.say(&wire.Output{ID: 1, Data: make([]byte, wire.MaxData)}, &wire.Output{ID: 99, Data: make([]byte, wire.MaxData)})
		}
	case "near at " + phase:
		p.say(&wire.Run{ID: 1, Args: []string{"a"}})
	}
}

func (p *farPlayer) say(all ...wire.Message) {
	var b []byte
	for _, m := range all {
		b, _ = wire.Append(b, m)
	}
	_, _ = os.Stdout.Write(b)
}

func (p *farPlayer) hear(m wire.Message) error {
	switch m := m.(type) {
	case *wire.Hello:
		p.at("hello")
		p.greet()
	case *wire.Open:
		p.at("open")
		if p.mode == "broken" {
			p.say(&wire.Broken{Failure: wire.Failure{Text: "no such thing"}, Workers: true, Words: "sorry"}, &wire.Bye{})
			return nil
		}
		p.say(&wire.Ready{})
		p.at("ready")
	case *wire.Run:
		p.run(m)
	case *wire.Bye:
		p.at("bye")
		p.say(&wire.Bye{})
		return io.EOF
	}
	return nil
}

// greet says hello, as another version would if the mode says so.
func (p *farPlayer) greet() {
	b, _ := wire.Append([]byte("Welcome to this machine.\n"), &wire.Hello{Program: "xpool 99", CPUs: 1})
	if p.mode == "version" {
		b[len("Welcome to this machine.\n")+len(wire.Preamble)+5] = 33 << 1
	}
	os.Stdout.Write(b)
}

func (p *farPlayer) run(m *wire.Run) {
	p.at("run")
	p.say(&wire.Began{ID: m.ID, Pid: 1}, &wire.Began{ID: m.ID + 100, Pid: 1})
	p.at("began")
	p.say(&wire.Output{ID: m.ID, Data: []byte(m.Args[0])}, &wire.Output{ID: m.ID + 100, Data: []byte("x")})
	p.at("output")
	done := &wire.Done{ID: m.ID}
	if m.Args[0] == "fail" {
		done.Verdict = crashdetect.Verdict{Kind: crashdetect.Exit, Exited: true, Code: 7}
	}
	p.say(done, done, &wire.Output{ID: m.ID, Data: []byte("late")}, &wire.Done{ID: m.ID + 100}, &wire.Returned{ID: m.ID})
	p.at("done")
}

// runRemote is runAll with tasks that may be tried so often.
func runRemote(t *testing.T, k *pool.Remote, o pool.Options, tries int, payloads ...pool.Payload) ([]outcome, error) {
	t.Helper()
	return runTasks(t, k, o, func(task *pool.Task, s *sink) { task.Output, task.Tries = resetSink{s}, tries }, payloads...)
}

// resetSink is a sink that can be reset.
type resetSink struct{ *sink }

func (s resetSink) Reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.out.Reset()
	s.err.Reset()
}
