package pool

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"xpool/crashdetect"
	"xpool/pool/wire"
)

// TestFetched has files come back: where they go is for this end to say, and what goes
// wrong is the attempt's.
func TestFetched(t *testing.T) {
	dir := t.TempDir()
	j := &remoteJob{files: &Files{Return: []File{{Here: dir + "/new/x"}, {Here: dir}, {Here: dir + "/y"}, {Here: dir + "/z"}}}}
	for _, m := range []*wire.Fetched{
		{Index: 0, Mode: 0o555, Data: []byte("ab")}, {Index: 0, Mode: 0o555, Data: []byte("c"), Last: true},
		{Index: 1, Last: true},
		{Index: 2, Error: "no such file", Last: true},
		{Index: 3, Data: []byte("part")},
	} {
		if err := j.fetched(m); err != nil {
			t.Errorf("%+v: %v", m, err)
		}
	}
	j.back.drop()
	for _, m := range []*wire.Fetched{{Index: 0}, {Index: 2}, {Index: 4}, {Index: -1}} {
		if err := j.fetched(m); err == nil {
			t.Errorf("%+v is taken", m)
		}
	}
	if b, err := os.ReadFile(dir + "/new/x"); err != nil || string(b) != "abc" {
		t.Errorf("the file: %q, %v", b, err)
	}
	if all, err := filepath.Glob(dir + "/*"); err != nil || len(all) != 1 {
		t.Errorf("there is %q, %v", all, err)
	}
	if v := j.withFiles(crashdetect.Verdict{}); v.Kind != crashdetect.NotStarted {
		t.Errorf("the verdict is %v", v)
	}
	failed := crashdetect.Verdict{Kind: crashdetect.Exit, Code: 1, Exited: true}
	if v := j.withFiles(failed); v != failed {
		t.Errorf("that of a failure is %v", v)
	}
}

// tape is a stream that keeps what is written.
type tape struct {
	bytes.Buffer
	killed bool
}

func (s *tape) write(b []byte) { s.Write(b) }
func (s *tape) unsent() int    { return 0 }
func (s *tape) release()       {}
func (s *tape) kill()          { s.killed = true }
func (s *tape) pid() int       { return 0 }

// welcome is a Greeting that asks for a password.
type welcome struct{}

func (welcome) Hear(b []byte) (say, rest []byte, over bool, err error) {
	question, rest, over := bytes.Cut(b, []byte("?"))
	if string(question) == "who" {
		return []byte("me"), rest, over, nil
	}
	return []byte("bye"), nil, false, errors.New("it does not ask")
}

// TestGreeting holds what is sent back until the greeting is over, and gives the rest
// to the decoder.
func TestGreeting(t *testing.T) {
	hello, err := wire.Append(nil, &wire.Hello{Host: "h", CPUs: 3})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		question string
		said     string
		cpus     int
	}{{"who?", "me", 3}, {"what?", "bye", 0}} {
		s := &tape{}
		p := newPool(&Program{}, Options{})
		l := &remoteLine{
			host: &remoteHost{pool: p, kind: &Remote{}}, pool: p, stream: s, greeting: welcome{}, running: map[int64]*remoteJob{},
		}
		l.send(&wire.Ping{Number: 1})
		if s.Len() > 0 {
			t.Errorf("%q is written before the greeting", s.String())
		}
		l.fed(append([]byte(c.question), hello...))
		if got := s.String(); got[:min(len(c.said), len(got))] != c.said || (l.greeting == nil) != (c.cpus > 0) || s.killed == (c.cpus > 0) {
			t.Errorf("%s: %q was said, killed %v", c.question, got, s.killed)
		}
		if l.host.cpus != c.cpus {
			t.Errorf("%s: the host has %d CPUs, want %d", c.question, l.host.cpus, c.cpus)
		}
	}
}
