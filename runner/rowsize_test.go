package runner

import (
	"strings"
	"testing"
)

// The size of a task is that of its command line, and as for xargs a byte more.
func TestSizer(t *testing.T) {
	rows := []string{"a", "bcd", "e f"}
	for _, tt := range []struct {
		options, command, line string
	}{
		{"-m", "echo", "echo a bcd e f"},
		{"-m", "echo {}", "echo a bcd e f"},
		{"-m", "echo x{}y {.} {#}", "echo xa bcd e fy a bcd e f {#}"},
		{"-X", "echo", "echo a bcd e f"},
		{"-X", "echo x{}y z", "echo xay xbcdy xe fy z"},
		{"-X", "echo {}{} {/}", "echo aa bcdbcd e fe f a bcd e f"},
	} {
		o, err := parseOptions(append([]string{tt.options}, strings.Fields(tt.command)...))
		if err != nil {
			t.Fatal(err)
		}
		s := o.newSizer()
		got := s.base
		for _, r := range rows {
			got += s.size([]string{r})
		}
		if want := len(tt.line) + 1; got != want {
			t.Errorf("%s %s: %d, want %d", tt.options, tt.command, got, want)
		}
	}
}
