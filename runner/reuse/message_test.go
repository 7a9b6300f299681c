package reuse

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

func TestRequest(t *testing.T) {
	for _, test := range []struct {
		line string
		want Request
		err  string // a part of it; "" for none
	}{
		{`{"v":1,"ask":"call"}`, Request{1, AskCall}, ""},
		{`{"v":1,"ask":"info","later":[1]}`, Request{1, AskInfo}, ""},
		{`{"v":1,"ask":"stop"}`, Request{1, AskStop}, ""},
		{`{"v":2,"ask":"call"}`, Request{}, "version 2 of the protocol at the other end, 1 here"},
		{`{"v":1,"ask":"sing"}`, Request{}, "nothing that can be asked"},
		{`{"v":1}`, Request{}, "nothing that can be asked"},
		{`GET / HTTP/1.1`, Request{}, "no request"},
		{``, Request{}, "no request"},
	} {
		got, err := parseRequest([]byte(test.line))
		if got != test.want || (err == nil) != (test.err == "") || err != nil && !strings.Contains(err.Error(), test.err) {
			t.Errorf("%s: got %+v, %v; want %+v, %q", test.line, got, err, test.want, test.err)
		}
	}
}

func TestReply(t *testing.T) {
	info := Info{Name: "n\n", Pid: 3, Command: "c", Slots: 2, Workers: 1, Running: 4, Calls: 5, Age: time.Hour, Idle: 1}
	var b bytes.Buffer
	if err := writeLine(&b, Reply{Version: protocolVersion, Info: &info}); err != nil {
		t.Fatal(err)
	}
	line, err := readLine(iotest.OneByteReader(&b))
	if err != nil {
		t.Fatal(err)
	}
	if r, err := parseReply(line); err != nil || r.Info == nil || *r.Info != info {
		t.Errorf("got %+v, %v", r, err)
	}
	_, err = parseReply([]byte(`{"v":7,"error":"no"}`))
	if refused, ok := errors.AsType[*RefusedError](err); !ok || refused.Reason != "no" {
		t.Errorf("got %v", err)
	}
	_, err = parseReply([]byte(`{"v":7}`))
	if version, ok := errors.AsType[*VersionError](err); !ok || version.Other != 7 {
		t.Errorf("got %v", err)
	}
}

// A line has an end, and nothing behind it is taken.
func TestReadLine(t *testing.T) {
	in := strings.NewReader("one\n\nrest")
	for _, want := range []string{"one", ""} {
		if got, err := readLine(in); string(got) != want || err != nil {
			t.Errorf("got %q, %v, want %q", got, err, want)
		}
	}
	if in.Len() != len("rest") {
		t.Errorf("%d bytes left", in.Len())
	}
	for in, want := range map[string]error{
		"": io.EOF, "half": io.ErrUnexpectedEOF, strings.Repeat("x", maxLine+1) + "\n": errLongLine,
	} {
		if _, err := readLine(strings.NewReader(in)); !errors.Is(err, want) {
			t.Errorf("%d bytes: got %v, want %v", len(in), err, want)
		}
	}
}

func FuzzMessages(f *testing.F) {
	f.Add([]byte(`{"v":1,"ask":"call"}`))
	f.Add([]byte(`{"v":1,"info":{"pid":1,"age":5}}`))
	f.Add([]byte(`{"v":1,"error":"no"}`))
	f.Fuzz(func(t *testing.T, line []byte) {
		if r, err := parseRequest(line); err == nil {
			again(t, r, parseRequest)
		} else if r != (Request{}) {
			t.Errorf("%q: %+v with %v", line, r, err)
		}
		if r, err := parseReply(line); err == nil && r.Info == nil {
			again(t, r, parseReply)
		}
	})
}

// again holds that what was read is written as what reads the same.
func again[T comparable](t *testing.T, want T, parse func([]byte) (T, error)) {
	t.Helper()
	var b bytes.Buffer
	if err := writeLine(&b, want); err != nil {
		t.Fatal(err)
	}
	line, err := readLine(&b)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := parse(line); got != want || err != nil {
		t.Errorf("got %+v, %v; want %+v", got, err, want)
	}
}
