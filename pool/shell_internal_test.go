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
