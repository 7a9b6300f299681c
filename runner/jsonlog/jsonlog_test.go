package jsonlog

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode/utf8"

	"xpool/crashdetect"
	"xpool/runner/joblog"
)

func TestEncode(t *testing.T) {
	killed := Result{
		Row: joblog.Row{Seq: 12, Start: time.UnixMicro(1795399914464999), Runtime: 1500 * time.Millisecond, Receive: 4, Signal: 9,
			Command: "echo \"a\\b\" 'ü'"},
		V: []string{"a\tb", "", "<&>"}, Slot: 3, Attempt: 2, Pid: 4711,
		Verdict: crashdetect.Verdict{Kind: crashdetect.Killed, Signal: syscall.SIGKILL},
		User:    time.Second / 4, System: time.Microsecond, MaxRSS: 1 << 20,
		Stdout: strings.NewReader("out\n"), Stderr: strings.NewReader("\x00\x1b\x7f\r\u2028"),
	}
	tests := []struct {
		name   string
		result Result
		want   string
	}{
		{"killed", killed, `{ "Seq": 12, "Host": ":", "Starttime": 1795399914.464999, "JobRuntime": 1.500000, "Send": 0, "Receive": 4, ` +
			`"Exitval": 0, "Signal": 9, "Command": "echo \"a\\b\" 'ü'", "V": [ "a\tb","","<&>" ], ` +
			`"Slot": 3, "Attempt": 2, "Pid": 4711, "Verdict": "killed by SIGKILL", "Kind": "killed", "SignalName": "SIGKILL", ` +
			`"UserTime": 0.250000, "SystemTime": 0.000001, "MaxRSS": 1048576, ` +
			`"Stdout": "out\n", "Stderr": "\u0000\u001b` + "\x7f\\r\u2028" + `" }` + "\n"},
		{"zero", Result{}, `{ "Seq": 0, "Host": ":", "Starttime": 0.000000, "JobRuntime": 0.000000, "Send": 0, "Receive": 0, ` +
			`"Exitval": 0, "Signal": 0, "Command": "", "V": [  ], "Slot": 0, "Attempt": 0, "Pid": 0, ` +
			`"Verdict": "ok", "Kind": "ok", "SignalName": null, "UserTime": null, "SystemTime": null, "MaxRSS": null, ` +
			`"Stdout": "", "Stderr": "" }` + "\n"},
		{"not text", Result{Row: joblog.Row{Host: "\xff", Command: "\xfe"}, V: []string{"a", "\xff"}, Stdout: strings.NewReader("\xc3")},
			`{ "Seq": 0, "HostBase64": "/w==", "Starttime": 0.000000, "JobRuntime": 0.000000, "Send": 0, "Receive": 0, ` +
				`"Exitval": 0, "Signal": 0, "CommandBase64": "/g==", "VBase64": [ "YQ==","/w==" ], "Slot": 0, "Attempt": 0, "Pid": 0, ` +
				`"Verdict": "ok", "Kind": "ok", "SignalName": null, "UserTime": null, "SystemTime": null, "MaxRSS": null, ` +
				`"StdoutBase64": "ww==", "Stderr": "" }` + "\n"},
	}
	for _, tt := range tests {
		var b strings.Builder
		if err := NewEncoder(&b).Encode(&tt.result); err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
		if b.String() != tt.want {
			t.Errorf("%s:\n got %s\nwant %s", tt.name, b.String(), tt.want)
		}
		if !json.Valid([]byte(b.String())) {
			t.Errorf("%s: is not JSON", tt.name)
		}
	}
}

func TestEncodeGNU(t *testing.T) {
	var b strings.Builder
	e := NewEncoder(&b)
	for seq := range int64(2) {
		r := Result{Row: joblog.Row{Seq: seq + 1, Start: time.UnixMilli(1795399914464), Runtime: 16 * time.Millisecond, Exit: -1, Signal: 15},
			V: []string{"a"}, Stdout: strings.NewReader("x\n")}
		if err := e.EncodeGNU(&r); err != nil {
			t.Fatal(err)
		}
	}
	const rest = `, "Host": ":", "Starttime": 1795399914.464, "JobRuntime": 0.016, "Send": 0, "Receive": 0, "Exitval": -1, "Signal": 15, ` +
		`"Command": "", "V": [ "a" ], "Stdout": "x\n", "Stderr": "" }` + "\n"
	if want := `{ "Seq": 1` + rest + `{ "Seq": 2` + rest; b.String() != want {
		t.Errorf("got  %s\nwant %s", b.String(), want)
	}
}

// FuzzEncode holds that every line is JSON, of one line, from which all that went in
// comes out again.
func FuzzEncode(f *testing.F) {
	f.Add("echo", "a", []byte("out\n"), []byte{0xff})
	f.Add("\"\\\x00", "\xed\xa0\x80", []byte("ü"), []byte("\u2028\xc3"))
	f.Fuzz(func(t *testing.T, command, arg string, stdout, stderr []byte) {
		var b bytes.Buffer
		r := Result{Row: joblog.Row{Command: command}, V: []string{arg, "b"}, Stdout: bytes.NewReader(stdout), Stderr: bytes.NewReader(stderr)}
		if err := NewEncoder(&b).Encode(&r); err != nil {
			t.Fatal(err)
		}
		checkLine(t, b.Bytes(), command, arg, stdout, stderr)
	})
}

func checkLine(t *testing.T, line []byte, command, arg string, stdout, stderr []byte) {
	t.Helper()
	if bytes.IndexByte(line, '\n') != len(line)-1 || !utf8.Valid(line) {
		t.Errorf("%q is no line", line)
	}
	var got struct {
		Command, Stdout, Stderr                   *string
		CommandBase64, StdoutBase64, StderrBase64 *[]byte
		V, VBase64                                *[]string
	}
	if err := json.Unmarshal(line, &got); err != nil {
		t.Fatalf("%q: %v", line, err)
	}
	check := func(name, want string, text *string, encoded *[]byte) {
		switch {
		case (text != nil) == (encoded != nil) || (text != nil) != utf8.ValidString(want):
			t.Errorf("%s of %q: text %v, base64 %v", name, line, text != nil, encoded != nil)
		case text != nil && *text != want || encoded != nil && string(*encoded) != want:
			t.Errorf("%s of %q is not %q", name, line, want)
		}
	}
	check("Command", command, got.Command, got.CommandBase64)
	check("Stdout", string(stdout), got.Stdout, got.StdoutBase64)
	check("Stderr", string(stderr), got.Stderr, got.StderrBase64)
	if got.VBase64 == nil {
		got.VBase64, arg = got.V, base64.StdEncoding.EncodeToString([]byte(arg))
		(*got.V)[0] = base64.StdEncoding.EncodeToString([]byte((*got.V)[0]))
	} else {
		arg = base64.StdEncoding.EncodeToString([]byte(arg))
	}
	if v := *got.VBase64; len(v) != 2 || v[0] != arg {
		t.Errorf("V of %q", line)
	}
}

// TestLong puts characters across the ends of the blocks in which contents are read.
func TestLong(t *testing.T) {
	for shift := range 4 {
		text := strings.Repeat("x", shift) + strings.Repeat("𝄞", 50_000)
		for _, tail := range []string{"", "\xf0", "\xf0\x9d\x84"} {
			var b bytes.Buffer
			r := Result{V: []string{"", "b"}, Stdout: strings.NewReader(text + tail), Stderr: strings.NewReader(tail + text)}
			if err := NewEncoder(&b).Encode(&r); err != nil {
				t.Fatal(err)
			}
			checkLine(t, b.Bytes(), "", "", []byte(text+tail), []byte(tail+text))
		}
	}
}

// errReader is a Content that cannot be read.
type errReader struct{ err error }

func (r errReader) ReadAt([]byte, int64) (int, error) { return 0, r.err }
func (r errReader) Size() int64                       { return 10 }

type errWriter struct{ err error }

func (w errWriter) Write([]byte) (int, error) { return 0, w.err }

func TestErrors(t *testing.T) {
	broken := errors.New("broken")
	e := NewEncoder(io.Discard)
	if err := e.Encode(&Result{Stderr: errReader{broken}}); err != broken {
		t.Errorf("reading: %v", err)
	}
	if err := e.Encode(&Result{}); err != nil {
		t.Errorf("after it: %v", err)
	}
	e = NewEncoder(errWriter{broken})
	for range 2 {
		if err := e.EncodeGNU(&Result{Stdout: strings.NewReader(strings.Repeat("x", 100_000))}); err != broken {
			t.Errorf("writing: %v", err)
		}
	}
}

func BenchmarkEncode(b *testing.B) {
	text := strings.Repeat("a line of \"text\"\n", 60_000)
	e := NewEncoder(io.Discard)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if err := e.Encode(&Result{Stdout: strings.NewReader(text)}); err != nil {
			b.Fatal(err)
		}
	}
}
