package value

import (
	"os/exec"
	"strings"
	"testing"

	"xpool/pool/peertest"
)

func TestParseDelim(t *testing.T) {
	tests := []struct {
		in   string
		want byte
	}{
		{",", ','},
		{" ", ' '},
		{"\n", '\n'},
		{"0", '0'},
		{"\xff", 0xff},
		{`\`, '\\'},
		{`\\`, '\\'},
		{`\a`, '\a'},
		{`\b`, '\b'},
		{`\f`, '\f'},
		{`\n`, '\n'},
		{`\r`, '\r'},
		{`\t`, '\t'},
		{`\v`, '\v'},
		{`\0`, 0},
		{`\00`, 0},
		{`\000`, 0},
		{`\7`, 7},
		{`\101`, 'A'},
		{`\0101`, 'A'},
		{`\00000101`, 'A'},
		{`\377`, 0xff},
		{`\0377`, 0xff},
		{`\x4`, 4},
		{`\x41`, 'A'},
		{`\x00041`, 'A'},
		{`\xfF`, 0xff},
	}
	for _, tt := range tests {
		got, err := ParseDelim(tt.in)
		if err != nil || got != tt.want {
			t.Errorf("ParseDelim(%q) = %q, %v; want %q", tt.in, got, err, tt.want)
		}
	}
}

func TestParseDelimErrors(t *testing.T) {
	for _, in := range refusedByXargs() {
		_, err := ParseDelim(in)
		checkError(t, in, err)
	}
	// What GNU xargs takes for something that was not typed.
	for _, in := range []string{`\n\n`, `\nx`, `\x`, `\x 41`, `\x+1`, `\x0x41`, `\0_1`} {
		_, err := ParseDelim(in)
		checkError(t, in, err)
	}
}

// refusedByXargs returns delimiters that GNU xargs 4.9 refuses.
func refusedByXargs() []string {
	return []string{
		"", "ab", "é", "\r\n", `\q`, `\"`, `\'`, `\e`, `\X41`, `\ 41`, `\-1`, `\8`, `\9`, `\18`, `\0x`, `\07 `, `\400`, `\0777`, `\1234`,
		`\xg`, `\x4z`, `\x100`, `\x411`, `\x-1`, `\x41 `,
	}
}

// TestDelimLikeXargs asks GNU xargs, where it is installed, about each delimiter that we accept or that it refuses.
func TestDelimLikeXargs(t *testing.T) {
	xargs := peertest.GNUXargs(t)
	// Not above \177: xargs 4.9 takes these and then does not split at them.
	for _, in := range []string{",", `\`, `\\`, `\n`, `\t`, `\101`, `\0101`, `\00000101`, `\x41`, `\x00041`, `\7`, `\x4`, `\177`} {
		want, err := ParseDelim(in)
		if err != nil {
			t.Errorf("ParseDelim(%q): %v", in, err)
			continue
		}
		// Whatever ends the records of "a" and "b" is what xargs understood.
		cmd := exec.Command(xargs, "-d", in, "printf", "[%s]")
		cmd.Stdin = strings.NewReader("a" + string([]byte{want}) + "b")
		if got, err := cmd.Output(); err != nil || string(got) != "[a][b]" {
			t.Errorf("xargs -d %q does not split at %q: %q, %v", in, want, got, err)
		}
	}
	for _, in := range refusedByXargs() {
		if err := exec.Command(xargs, "-d", in, "true").Run(); err == nil {
			t.Errorf("xargs takes -d %q", in)
		}
	}
}

// FuzzParseDelim checks that what is accepted can be shown and read again.
func FuzzParseDelim(f *testing.F) {
	for _, in := range []string{",", `\n`, `\0`, `\x41`, `\0101`, `\`, `\x`, `\400`} {
		f.Add(in)
	}
	f.Fuzz(func(t *testing.T, in string) {
		checkReadAgain(t, in, ParseDelim, func(b byte) string { return Delim(b).String() })
	})
}
