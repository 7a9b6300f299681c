package results

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"xpool/runner/joblog"
	"xpool/runner/jsonlog"
)

func TestTable(t *testing.T) {
	results := []jsonlog.Result{
		{Row: joblog.Row{Seq: 2, Start: time.UnixMilli(1795399914464), Runtime: 16 * time.Millisecond, Receive: 4, Command: `echo "x,y"`},
			V: []string{"x,y", ""}, Stdout: strings.NewReader("a\"b\n"), Stderr: strings.NewReader("tab\t")},
		{Row: joblog.Row{Seq: 1, Host: "h", Exit: -1, Signal: 15, Command: "é\xff"}, V: []string{"\x00"}, Stderr: strings.NewReader("e")},
		{Row: joblog.Row{Seq: 3}, V: []string{"1", "2", "3"}},
	}
	const fixed = "Seq,Host,Starttime,JobRuntime,Send,Receive,Exitval,Signal,Command,"
	const rows = "2,:,1795399914.464,0.016,0,4,0,0,\"echo \"\"x,y\"\"\",\"x,y\",,\"a\"\"b\n\",\"tab\t\"\n" +
		"1,h,0.000,0.000,0,0,-1,15,é\xff,\"\x00\",,,e\n" +
		"3,:,0.000,0.000,0,0,0,0,,1,\"2 3\",,\n"
	tests := []struct {
		format Format
		names  []string
		want   string
	}{
		{CSV, nil, fixed + "V1,V2,Stdout,Stderr\n" + rows},
		{CSV, []string{"a b"}, fixed + "\"a b\",V2,Stdout,Stderr\n" + rows},
		{CSV, []string{"a b", "c", "d"}, fixed + "\"a b\",c,d,Stdout,Stderr\n" +
			"2,:,1795399914.464,0.016,0,4,0,0,\"echo \"\"x,y\"\"\",\"x,y\",,,\"a\"\"b\n\",\"tab\t\"\n" +
			"1,h,0.000,0.000,0,0,-1,15,é\xff,\"\x00\",,,,e\n" +
			"3,:,0.000,0.000,0,0,0,0,,1,2,3,,\n"},
		{TSV, nil, strings.ReplaceAll(fixed+"V1,V2,Stdout,Stderr\n", ",", "\t") +
			"2\t:\t1795399914.464\t0.016\t0\t4\t0\t0\t\"echo \"\"x,y\"\"\"\tx,y\t\t\"a\"\"b\n\"\t\"tab\t\"\n" +
			"1\th\t0.000\t0.000\t0\t0\t-1\t15\té\xff\t\"\x00\"\t\t\te\n" +
			"3\t:\t0.000\t0.000\t0\t0\t0\t0\t\t1\t\"2 3\"\t\t\n"},
	}
	for _, tt := range tests {
		var b strings.Builder
		table := NewTable(&b, tt.format, tt.names)
		for i := range results {
			if err := table.Write(&results[i]); err != nil {
				t.Fatal(err)
			}
		}
		if b.String() != tt.want {
			t.Errorf("format %d:\n got %q\nwant %q", tt.format, b.String(), tt.want)
		}
	}
}

// TestTableColumns: the first task says what the columns are, whichever row is first.
func TestTableColumns(t *testing.T) {
	for _, tt := range []struct {
		first int
		names []string
		want  []string // the arguments' names, and then their fields
	}{
		{2, nil, []string{"V1", "V2", "a", "b c"}},
		{4, nil, []string{"V1", "V2", "V3", "V4", "a", "b", "c", ""}},
		{1, []string{"x", "y"}, []string{"x", "y", "a", "b c"}},
		{0, nil, nil},
	} {
		var b bytes.Buffer
		table := NewTable(&b, CSV, tt.names)
		table.Columns(tt.first)
		table.Columns(7)
		if err := table.Write(&jsonlog.Result{V: []string{"a", "b", "c"}}); err != nil {
			t.Fatal(err)
		}
		rows, err := csv.NewReader(&b).ReadAll()
		if err != nil || len(rows) != 2 {
			t.Fatalf("%d rows, %v", len(rows), err)
		}
		if got := slices.Concat(rows[0][9:len(rows[0])-2], rows[1][9:len(rows[1])-2]); !slices.Equal(got, tt.want) {
			t.Errorf("first task with %d, names %q: %q, want %q", tt.first, tt.names, got, tt.want)
		}
	}
}

func TestTableJSON(t *testing.T) {
	var got, want strings.Builder
	r := jsonlog.Result{Row: joblog.Row{Seq: 2}, V: []string{"x"}, Stdout: strings.NewReader("a\n")}
	if err := NewTable(&got, JSON, nil).Write(&r); err != nil {
		t.Fatal(err)
	}
	if err := jsonlog.NewEncoder(&want).EncodeGNU(&r); err != nil || got.String() != want.String() {
		t.Errorf("got %s, want %s", got.String(), want.String())
	}
}

// FuzzTable holds that a reader of CSV gets back what went in.
func FuzzTable(f *testing.F) {
	f.Add("echo", "a", []byte("out\n"), []byte{0xff}, false)
	f.Add("\"", ",\t", []byte("\r \v"), []byte("\u0085\u00a0"), true)
	f.Fuzz(func(t *testing.T, command, arg string, stdout, stderr []byte, tabs bool) {
		format, sep := CSV, ','
		if tabs {
			format, sep = TSV, '\t'
		}
		var b bytes.Buffer
		table := NewTable(&b, format, []string{arg})
		r := jsonlog.Result{Row: joblog.Row{Command: command}, V: []string{arg}, Stdout: bytes.NewReader(stdout), Stderr: bytes.NewReader(stderr)}
		if err := table.Write(&r); err != nil {
			t.Fatal(err)
		}
		in := csv.NewReader(&b)
		in.Comma = sep
		rows, err := in.ReadAll()
		if err != nil || len(rows) != 2 {
			t.Fatalf("%q: %d rows, %v", b.String(), len(rows), err)
		}
		want := []string{command, arg, string(stdout), string(stderr)}
		for i := range want { // as the reader does in quotes
			want[i] = strings.ReplaceAll(want[i], "\r\n", "\n")
		}
		if !slices.Equal(rows[1][8:], want) {
			t.Errorf("%q, want %q", rows[1][8:], want)
		}
	})
}

// TestLongFields puts quotes across the ends of the blocks in which contents are read.
func TestLongFields(t *testing.T) {
	for shift := range 3 {
		text := strings.Repeat("x", 32<<10-shift) + strings.Repeat(`""`, 40_000)
		var b bytes.Buffer
		if err := NewTable(&b, CSV, nil).Write(&jsonlog.Result{Stdout: strings.NewReader(text), Stderr: strings.NewReader(text)}); err != nil {
			t.Fatal(err)
		}
		rows, err := csv.NewReader(&b).ReadAll()
		if err != nil || rows[1][9] != text || rows[1][10] != text {
			t.Errorf("shift %d: %v", shift, err)
		}
	}
}

// errReader is a Content that cannot be read.
type errReader struct{ err error }

func (r errReader) ReadAt([]byte, int64) (int, error) { return 0, r.err }
func (r errReader) Size() int64                       { return 10 }

type errWriter struct{ err error }

func (w errWriter) Write([]byte) (int, error) { return 0, w.err }

func TestTableErrors(t *testing.T) {
	broken := errors.New("broken")
	for _, format := range []Format{CSV, TSV, JSON} {
		table := NewTable(io.Discard, format, nil)
		if err := table.Write(&jsonlog.Result{Stdout: errReader{broken}}); !errors.Is(err, broken) {
			t.Errorf("format %d: reading: %v", format, err)
		}
		if err := table.Write(&jsonlog.Result{}); err != nil {
			t.Errorf("format %d: after it: %v", format, err)
		}
		table = NewTable(errWriter{broken}, format, nil)
		for range 2 {
			if err := table.Write(&jsonlog.Result{}); !errors.Is(err, broken) {
				t.Errorf("format %d: writing: %v", format, err)
			}
		}
	}
}
