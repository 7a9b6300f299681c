package runner

import "testing"

func TestUnquotedScript(t *testing.T) {
	const most = "several words are a program and its arguments; for a script, quote it as one word: xpool "
	for _, tt := range []struct {
		words []string
		want  string // the script; "" for no advice
	}{
		{[]string{"ls", "{}", "|", "wc", "-l"}, `'ls {} | wc -l'`},
		{[]string{"cp", "a b", "{.}.bak", "&&", "touch", "{#}"}, `'cp '"'"'a b'"'"' {.}.bak && touch {#}'`},
		{[]string{"echo", ">", "out"}, "'echo > out'"},
		{[]string{"grep", "a|b", ">>>", "a;"}, ""},
		{[]string{"/usr/bin/find", "{}", "-exec", "rm", "{}", ";"}, ""},
		{[]string{"expr", "{}", "|", "0"}, ""},
		{[]string{"[", "{}", ">", "b", "]"}, ""},
		{[]string{"|"}, ""},
		{nil, ""},
	} {
		want := ""
		if tt.want != "" {
			want = most + tt.want
		}
		if got := unquotedScript("xpool", tt.words); got != want {
			t.Errorf("%q: %q, want %q", tt.words, got, want)
		}
	}
}
