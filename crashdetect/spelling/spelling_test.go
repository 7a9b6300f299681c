package spelling

import (
	"slices"
	"testing"
)

func TestNearest(t *testing.T) {
	names := []string{"explain", "exec", "wait", "name", "game", "retry-failed"}
	for typed, want := range map[string]string{
		"explian": "explain", "expalin": "explain", "xeplian": "explain", "expl": "",
		"nmae": "name", "mame": "game", "nome": "name", "fame": "game", "name": "game",
		"retry-faild": "retry-failed", "wiat": "wait", "wa": "", "": "",
	} {
		if got := Nearest(typed, slices.Values(names)); got != want {
			t.Errorf("Nearest(%q) = %q, want %q", typed, got, want)
		}
	}
}

func TestDistance(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want int
	}{
		{"", "", 0}, {"", "abc", 3}, {"abc", "", 3}, {"same", "same", 0}, {"ab", "ba", 1}, {"abcd", "acbd", 1},
		{"kitten", "sitting", 3}, {"ca", "abc", 3}, {"größe", "grosse", 3}, {"äö", "öä", 1},
	} {
		if got := Distance(tt.a, tt.b); got != tt.want {
			t.Errorf("Distance(%q, %q) = %d, want %d", tt.a, tt.b, got, tt.want)
		}
	}
}

func FuzzDistance(f *testing.F) {
	f.Add("convrt", "convert")
	f.Add("", "\xff")
	f.Fuzz(func(t *testing.T, a, b string) {
		if len(a) > 200 || len(b) > 200 {
			t.Skip("quadratic")
		}
		d, la, lb := Distance(a, b), len([]rune(a)), len([]rune(b))
		if d != Distance(b, a) || d < abs(la-lb) || d > max(la, lb) {
			t.Errorf("Distance(%q, %q) = %d", a, b, d)
		}
		if (d == 0) != (string([]rune(a)) == string([]rune(b))) {
			t.Errorf("Distance(%q, %q) = %d", a, b, d)
		}
	})
}
