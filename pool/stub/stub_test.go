package stub

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"
)

func TestAppend(t *testing.T) {
	tests := []struct {
		name string
		got  []byte
		want string
	}{
		{"setup", AppendSetup(nil, Code, "print(1)\n", "a"), "setup code 9 1\nprint(1)\na"},
		{"call without init", AppendSetup(nil, Call, "m:f", ""), "setup call 3 0\nm:f"},
		{"pair", AppendPair([]byte("x"), 7, "/o", "/e e"), "xpair 7 2 4\n/o/e e"},
		{"task", AppendTask(nil, Task{12, 2, 3, []string{"a\x00\n", "", "b"}}), "task 12 2 3 3 0 1\na\x00\nb"},
		{"largest", AppendTask(nil, Task{math.MaxInt64, 1, 0, []string{""}}), "task 9223372036854775807 1 0 0\n"},
	}
	for _, tt := range tests {
		if string(tt.got) != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, tt.got, tt.want)
		}
	}
}

func TestParseReply(t *testing.T) {
	good := map[string]Reply{
		"1 0 1":                     {1, 0, true},
		"20 255 0":                  {20, 255, false},
		"9223372036854775807 137 1": {math.MaxInt64, 137, true},
	}
	for line, want := range good {
		if got, ok := ParseReply([]byte(line)); !ok || got != want {
			t.Errorf("ParseReply(%q) = %v, %v, want %v", line, got, ok, want)
		}
	}
	bad := []string{
		"", Ready, Failed, "1", "1 0", "1 0 2", "1 0 1 ", " 1 0 1", "1 0 1 1", "1  0 1", "1 256 1", "1 -1 1", "+1 0 1",
		"01 0 1", "1 00 1", "1 0 true", "9223372036854775808 0 1", "1 0 1\n", "x 0 1", "1_0 0 1",
	}
	for _, line := range bad {
		if got, ok := ParseReply([]byte(line)); ok || got != (Reply{}) {
			t.Errorf("ParseReply(%q) = %v, %v, want none", line, got, ok)
		}
	}
}

func FuzzParseReply(f *testing.F) {
	f.Add([]byte("1 0 1"))
	f.Add([]byte("99 255 0"))
	f.Add([]byte("ready"))
	f.Fuzz(func(t *testing.T, line []byte) {
		r, ok := ParseReply(line)
		if !ok {
			return
		}
		clean := 0
		if r.Clean {
			clean = 1
		}
		if again := fmt.Sprintf("%d %d %d", r.Seq, r.Status, clean); again != string(line) {
			t.Errorf("%q is read as %q", line, again)
		}
	})
}

// FuzzAppendTask reads a task back as the stubs do.
func FuzzAppendTask(f *testing.F) {
	f.Add(int64(1), 1, 0, "a", "")
	f.Add(int64(1<<40), 3, 9, "\n 1 2", "\x00\xff")
	f.Fuzz(func(t *testing.T, seq int64, attempt, pair int, a, b string) {
		frame := AppendTask(nil, Task{seq, attempt, pair, []string{a, b}})
		line, body, _ := bytes.Cut(frame, []byte("\n"))
		words := strings.Split(string(line), " ")
		want := []string{
			"task", strconv.FormatInt(seq, 10), strconv.Itoa(attempt), strconv.Itoa(pair),
			strconv.Itoa(len(a)), strconv.Itoa(len(b)),
		}
		if strings.Join(words, ",") != strings.Join(want, ",") || string(body) != a+b {
			t.Errorf("frame %q", frame)
		}
	})
}
