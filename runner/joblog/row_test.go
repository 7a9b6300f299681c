package joblog

import (
	"strings"
	"testing"
	"time"
)

func TestRowAppend(t *testing.T) {
	start := time.Unix(1795399914, 464_999_999)
	tests := []struct {
		row  Row
		want string
	}{
		{Row{Seq: 1, Start: start, Runtime: 16 * time.Millisecond, Receive: 6, Exit: 1, Command: "echo 'a\nb\tc'; false"},
			"1\t:\t1795399914.464\t     0.016\t0\t6\t1\t0\techo 'a\x00b\tc'; false\n"},
		{Row{Seq: 12, Host: "a\tb\nc", Start: start, Runtime: 123456*time.Second + 999_999*time.Microsecond, Signal: 9},
			"12\ta b c\t1795399914.464\t123456.999\t0\t0\t0\t9\t\n"},
		{Row{Seq: 3, Start: start, Runtime: 1234567 * time.Second, Exit: -1, Signal: 15, Send: 7, Command: "\xff"},
			"3\t:\t1795399914.464\t1234567.000\t7\t0\t-1\t15\t\xff\n"},
		{Row{Runtime: -time.Second}, "0\t:\t0.000\t     0.000\t0\t0\t0\t0\t\n"},
	}
	for _, tt := range tests {
		if got := string(tt.row.Append(nil)); got != tt.want {
			t.Errorf("%+v:\n got %q\nwant %q", tt.row, got, tt.want)
		}
	}
}

func TestParseRow(t *testing.T) {
	tests := []struct {
		line string
		want Row
	}{
		{"4\thost\t1360490623.067\t3.445\t1023\t1222\t0\t0\tcommand", // GNU parallel of 2013
			Row{4, "host", time.UnixMilli(1360490623067), 3445 * time.Millisecond, 1023, 1222, 0, 0, "command"}},
		{"1\t:\t5\t .5\t0\t0\t0\t0\t", Row{}}, // no digit before the point
		{"1\t:\t5.\t       0.500\t-1\t-2\t-1\t15\ta\x00b\tc ",
			Row{1, ":", time.Unix(5, 0), 500 * time.Millisecond, -1, -2, -1, 15, "a\nb\tc "}},
		{"1\tuser@host\t0\t-3600.001\t0\t0\t0\t0\tx", Row{1, "user@host", time.Unix(0, 0), 0, 0, 0, 0, 0, "x"}},
		{"2\t:\t1.0", Row{}},
		{"2\t:\t1.0\t0.1\t0\t0\t0\t0", Row{}},
		{"0\t:\t1.0\t0.1\t0\t0\t0\t0\tx", Row{}},
		{"-1\t:\t1.0\t0.1\t0\t0\t0\t0\tx", Row{}},
		{"x\t:\t1.0\t0.1\t0\t0\t0\t0\tx", Row{}},
		{"9223372036854775808\t:\t1.0\t0.1\t0\t0\t0\t0\tx", Row{}},
		{"1\t\t1.0\t0.1\t0\t0\t0\t0\tx", Row{}},
		{"1\t:\t1e3\t0.1\t0\t0\t0\t0\tx", Row{}},
		{"1\t:\tNaN\t0.1\t0\t0\t0\t0\tx", Row{}},
		{"1\t:\t1.0.0\t0.1\t0\t0\t0\t0\tx", Row{}},
		{"1\t:\t1.0\t99999999999\t0\t0\t0\t0\tx", Row{}},
		{"1\t:\t1.0\terror\t0\t0\t0\t0\tx", Row{}},
		{"1\t:\t1.0\t0.1\t0\t0\t\t0\tx", Row{}},
		{strings.TrimSuffix(Header, "\n"), Row{}},
		{"", Row{}},
	}
	for _, tt := range tests {
		got, ok := ParseRow([]byte(tt.line))
		if ok != (tt.want != Row{}) || got.Start.Equal(tt.want.Start) == false {
			t.Errorf("ParseRow(%q) = %+v, %v; want %+v", tt.line, got, ok, tt.want)
			continue
		}
		got.Start = tt.want.Start
		if got != tt.want {
			t.Errorf("ParseRow(%q) = %+v, want %+v", tt.line, got, tt.want)
		}
	}
}

// FuzzParseRow holds that whatever is read as a row is written as one that says
// the same, but for what is finer than a millisecond.
func FuzzParseRow(f *testing.F) {
	f.Add([]byte("1\t:\t1795399914.464\t     0.016\t0\t6\t1\t0\techo 'a\x00b\tc'; false"))
	f.Add([]byte("2\t:\t1.0"))
	f.Add([]byte("7\th\t-1\t-.5\t-9\t8\t-1\t15\t\n"))
	f.Fuzz(func(t *testing.T, line []byte) {
		r, ok := ParseRow(line)
		if !ok {
			return
		}
		text := r.Append(nil)
		again, ok := ParseRow(text[:len(text)-1])
		if !ok {
			t.Fatalf("%q is a row, and %q is none", line, text)
		}
		if second := again.Append(nil); string(second) != string(text) {
			t.Fatalf("%q is written as %q, and that as %q", line, text, second)
		}
	})
}
