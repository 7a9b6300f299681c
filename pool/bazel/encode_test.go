package bazel

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"
)

// wireRequest is a request as encoding/json reads it: an independent reader.
type wireRequest struct {
	Arguments []string `json:"arguments"`
	Inputs    []struct {
		Path   string `json:"path"`
		Digest []byte `json:"digest"`
	} `json:"inputs"`
	RequestID  int32  `json:"requestId"`
	Cancel     bool   `json:"cancel"`
	Verbosity  int32  `json:"verbosity"`
	SandboxDir string `json:"sandboxDir"`
}

// readRequest reads one line as encoding/json does, strictly.
func readRequest(t *testing.T, line []byte) Request {
	t.Helper()
	if n := bytes.IndexByte(line, '\n'); n != len(line)-1 {
		t.Fatalf("%q: first newline at %d, want one at the end", line, n)
	}
	dec := json.NewDecoder(bytes.NewReader(line))
	dec.DisallowUnknownFields()
	var w wireRequest
	if err := dec.Decode(&w); err != nil {
		t.Fatalf("%q: %v", line, err)
	}
	r := Request{Arguments: w.Arguments, RequestID: w.RequestID, Cancel: w.Cancel,
		Verbosity: w.Verbosity, SandboxDir: w.SandboxDir}
	for _, in := range w.Inputs {
		r.Inputs = append(r.Inputs, Input(in))
	}
	return r
}

func TestAppendRequest(t *testing.T) {
	for _, test := range []struct {
		name string
		r    Request
		want string
	}{
		{"zero", Request{}, `{}`},
		{"argument", Request{Arguments: []string{"a.txt"}}, `{"arguments":["a.txt"]}`},
		{"empty arguments", Request{Arguments: []string{"", ""}}, `{"arguments":["",""]}`},
		{"all", Request{
			Arguments:  []string{"--in", "x"},
			Inputs:     []Input{{Path: "/a", Digest: []byte("fdk3")}, {}, {Digest: []byte{0xff}}},
			RequestID:  12,
			Verbosity:  10,
			SandboxDir: "sandbox/1",
		}, `{"arguments":["--in","x"],"inputs":[{"path":"/a","digest":"ZmRrMw=="},{},{"digest":"/w=="}],` +
			`"requestId":12,"verbosity":10,"sandboxDir":"sandbox/1"}`},
		{"only the last", Request{SandboxDir: "d"}, `{"sandboxDir":"d"}`},
		{"cancel", Request{RequestID: 7, Cancel: true}, `{"requestId":7,"cancel":true}`},
		{"smallest", Request{RequestID: math.MinInt32}, `{"requestId":-2147483648}`},
		{"escapes", Request{Arguments: []string{"q\"b\\s/\n\r\t\b\x00\x1f\x7f<&>"}},
			`{"arguments":["q\"b\\s/\n\r\t\u0008\u0000\u001f` + "\x7f" + `<&>"]}`},
		{"unicode", Request{Arguments: []string{"é世😀\ufffd"}}, `{"arguments":["é世😀` + "\ufffd" + `"]}`},
		{"line ends", Request{Arguments: []string{"a\u0085b\u2028c\u2029"}}, `{"arguments":["a\u0085b\u2028c\u2029"]}`},
		{"not text", Request{Arguments: []string{"a\xffb\xe4\xb8"}}, `{"arguments":["a\ufffdb\ufffd\ufffd"]}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := AppendRequest([]byte("before"), test.r)
			if want := "before" + test.want + "\n"; string(got) != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		})
	}
}

func TestCheck(t *testing.T) {
	for _, test := range []struct {
		name string
		r    Request
		want *NotTextError
		text string
	}{
		{"text", Request{Arguments: []string{"", "é"}, Inputs: []Input{{Path: "p", Digest: []byte{0xff}}}}, nil, ""},
		{"argument", Request{Arguments: []string{"a", "\xff", "\xfe"}}, &NotTextError{"arguments", 1},
			"argument 2 is not valid UTF-8, and JSON can carry nothing else"},
		{"surrogate", Request{Arguments: []string{"\xed\xa0\x80"}}, &NotTextError{"arguments", 0},
			"argument 1 is not valid UTF-8, and JSON can carry nothing else"},
		{"input", Request{Inputs: []Input{{}, {}, {Path: "\x80"}}}, &NotTextError{"inputs", 2},
			"the path of input 3 is not valid UTF-8, and JSON can carry nothing else"},
		{"sandbox", Request{SandboxDir: "\x80"}, &NotTextError{"sandboxDir", 0},
			"the sandbox directory is not valid UTF-8, and JSON can carry nothing else"},
	} {
		t.Run(test.name, func(t *testing.T) {
			err := test.r.Check()
			if test.want == nil {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			var got *NotTextError
			if !errors.As(err, &got) || *got != *test.want || err.Error() != test.text {
				t.Errorf("got %#v: %v\nwant %#v: %s", got, err, test.want, test.text)
			}
		})
	}
}

func FuzzRequest(f *testing.F) {
	f.Add("a", "b c", "path", []byte("digest"), int32(1), false, int32(10), "sandbox")
	f.Add("\u2028\"\\", "\xff", "\xed\xa0\x80", []byte{0}, int32(math.MinInt32), true, int32(-1), "\n")
	f.Fuzz(func(t *testing.T, a, b, path string, digest []byte, id int32, cancel bool, verbosity int32, dir string) {
		r := Request{
			Arguments: []string{a, b}, Inputs: []Input{{Path: path, Digest: digest}},
			RequestID: id, Cancel: cancel, Verbosity: verbosity, SandboxDir: dir,
		}
		line := AppendRequest(nil, r)
		if !utf8.Valid(line) || strings.ContainsAny(string(line), "\u0085\u2028\u2029\r") {
			t.Errorf("not one line of text: %q", line)
		}
		got := readRequest(t, line)
		text := utf8.ValidString(a + "\n" + b + "\n" + path + "\n" + dir)
		if err := r.Check(); (err == nil) != text {
			t.Errorf("Check: %v, valid: %v", err, text)
		}
		if text && !reflect.DeepEqual(normal(got), normal(r)) {
			t.Errorf("got  %+v\nwant %+v", got, r)
		}
	})
}

// normal has no difference between an empty digest and none.
func normal(r Request) Request {
	for i := range r.Inputs {
		if len(r.Inputs[i].Digest) == 0 {
			r.Inputs[i].Digest = nil
		}
	}
	return r
}

func BenchmarkAppendRequest(b *testing.B) {
	for _, bench := range []struct {
		name string
		r    Request
	}{
		{"short", Request{Arguments: []string{"photos/2024/a b.jpg"}, RequestID: 123456}},
		{"text64K", Request{Arguments: []string{strings.Repeat("0123456789abcdef", 4<<10)}}},
		{"lines64K", Request{Arguments: []string{strings.Repeat("0123456789abcde\n", 4<<10)}}},
	} {
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			buf := AppendRequest(nil, bench.r)
			b.SetBytes(int64(len(buf)))
			for b.Loop() {
				buf = AppendRequest(buf[:0], bench.r)
			}
		})
	}
}
