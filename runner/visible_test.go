package runner

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestVisible(t *testing.T) {
	tests := []struct{ in, visible, short string }{
		{"plain \tcafé 東京 \U0001F600\n", "plain \tcafé 東京 \U0001F600\n", `plain \tcafé 東京 ` + "\U0001F600" + `\n`},
		{"\x1b]0;x\a", `\x1b]0;x\x07`, `\x1b]0;x\x07`},
		{"a\rb\b\x7f", `a\x0db\x08\x7f`, `a\x0db\x08\x7f`},
		{"\u009b2J \x9b2J \xff", `\x9b2J \x9b2J \xff`, `\x9b2J \x9b2J \xff`},
		{"a\u202eb\u2028\ufeff", `a\u202eb\u2028\ufeff`, `a\u202eb\u2028\ufeff`},
		{"\U000e0041", `\U000e0041`, `\U000e0041`},
		{"\u00a0\u3000\ufffd", "\u00a0\u3000\ufffd", "\u00a0\u3000\ufffd"},
	}
	for _, tt := range tests {
		if got := visible(tt.in); got != tt.visible {
			t.Errorf("visible(%q) = %q, want %q", tt.in, got, tt.visible)
		}
		if got := shorten(tt.in); got != tt.short {
			t.Errorf("shorten(%q) = %q, want %q", tt.in, got, tt.short)
		}
	}
	if got := shorten(strings.Repeat("\x01", 99)); len(got) != labelMost+len("...") {
		t.Errorf("%d bytes of a long label: %s", len(got), got)
	}
}

// FuzzVisible holds that a terminal gets nothing that it would obey.
func FuzzVisible(f *testing.F) {
	f.Add("a\x1b[2J\u202e\xc2")
	f.Fuzz(func(t *testing.T, s string) {
		got := visible(s)
		obeyed := func(r rune) bool {
			return r < ' ' && r != '\n' && r != '\t' || 0x7f <= r && r < 0xa0 || 0x202a <= r && r <= 0x202e
		}
		if !utf8.ValidString(got) || strings.IndexFunc(got, obeyed) >= 0 {
			t.Errorf("visible(%q) = %q", s, got)
		}
		if visible(got) != got {
			t.Errorf("visible is not done with %q", got)
		}
		short := shorten(s)
		if strings.ContainsAny(short, "\n\t") || strings.IndexFunc(short, obeyed) >= 0 {
			t.Errorf("shorten(%q) = %q", s, short)
		}
	})
}
