package runner

import (
	"fmt"
	"os"
	"strings"
	"unicode"
	"unicode/utf8"
)

// shorten makes one line of at most labelMost bytes of s that a terminal can
// show, whatever is in it.
func shorten(s string) string {
	var b strings.Builder
	for i, r := range s {
		switch {
		case b.Len() >= labelMost:
			b.WriteString("...")
			return b.String()
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		default:
			writeVisible(&b, s[i:], r)
		}
	}
	return b.String()
}

// visible is s for a terminal: what would do something else there than to be seen
// is an escape. Newlines and tabs stay.
func visible(s string) string {
	var b strings.Builder
	for i, r := range s {
		if r == '\n' || r == '\t' {
			b.WriteRune(r)
		} else {
			writeVisible(&b, s[i:], r)
		}
	}
	return b.String()
}

// writeVisible writes r, the first rune of s, or an escape in its place: for a
// byte that is no UTF-8, a control character, or one that has no look of its own,
// as those have not which turn the direction of the text around them.
func writeVisible(b *strings.Builder, s string, r rune) {
	switch {
	case r == utf8.RuneError && !strings.HasPrefix(s, string(utf8.RuneError)):
		fmt.Fprintf(b, `\x%02x`, s[0])
	case unicode.IsPrint(r) || unicode.Is(unicode.Zs, r):
		b.WriteRune(r)
	case r < 0x100:
		fmt.Fprintf(b, `\x%02x`, r)
	case r < 0x10000:
		fmt.Fprintf(b, `\u%04x`, r)
	default:
		fmt.Fprintf(b, `\U%08x`, r)
	}
}

// shownOn is text as it is to be written to f: as it is, or visible on a terminal.
func shownOn(f *os.File, text string) string {
	if isTerminal(f) {
		return visible(text)
	}
	return text
}
