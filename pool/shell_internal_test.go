package pool

import (
	"fmt"
	"strings"
	"testing"
)

// FuzzShellReply holds that a line is a reply only if it is two numbers and a blank.
func FuzzShellReply(f *testing.F) {
	for _, line := range []string{"1 0", "12 255", "1", "", "1 ", " 1 0", "1 0 ", "-1 0", "1 -1", "99999999999999999999 0", "1 0\r"} {
		f.Add([]byte(line))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		seq, status, ok := parseReply(line)
		if !ok {
			if seq != 0 || status != 0 {
				t.Errorf("%q is no reply, but has %d and %d", line, seq, status)
			}
			return
		}
		if status < 0 || strings.Trim(string(line), "0123456789+- ") != "" {
			t.Errorf("%q is a reply: %d %d", line, seq, status)
		}
		again, code, ok := parseReply(fmt.Appendf(nil, "%d %d", seq, status))
		if !ok || again != seq || code != status {
			t.Errorf("%q is %d %d, but written so it is %d %d", line, seq, status, again, code)
		}
	})
}

func TestReplacePath(t *testing.T) {
	for _, c := range []struct{ text, path, want string }{
		{"sh: 1: /proc/7/fd/1: x: not found", "/proc/7/fd/1", "sh: 1: init: x: not found"},
		{"/proc/7/fd/1:2: x\n/proc/7/fd/1", "/proc/7/fd/1", "init:2: x\ninit"},
		{"/proc/7/fd/19 and /proc/7/fd/1", "/proc/7/fd/1", "/proc/7/fd/19 and init"},
		{"nothing of it", "/proc/7/fd/1", "nothing of it"},
		{"no file", "", "no file"},
		{"", "/proc/7/fd/1", ""},
	} {
		if got := replacePath(c.text, c.path, "init"); got != c.want {
			t.Errorf("%q without %q: got %q, want %q", c.text, c.path, got, c.want)
		}
	}
}

func TestShellReadsFile(t *testing.T) {
	file, none := []string{"BASH_ENV=/f"}, []string{"BASH_ENV=", "ENV=/f"}
	for path, want := range map[string]bool{
		"bash": true, "/bin/bash": true, "rbash": true, "/opt/bash-5.2": true, "/opt/mine": true, "sh": false, "/bin/sh": false, "dash": false, "zsh": false, "/opt/zsh-5.9": false,
	} {
		k := &Shell{Path: path}
		if got := k.ReadsFile(file); got != want {
			t.Errorf("%s reads a file: %v", path, got)
		}
		if k.ReadsFile(none) {
			t.Errorf("%s reads a file that nothing names", path)
		}
	}
}
