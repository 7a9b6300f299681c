package runner

import (
	"fmt"
	"os"
	"strings"
	"unicode/utf8"
)

// labelMost is how much is shown of a task's command, in bytes.
const labelMost = 72

// showWords shows a program's words as they would be typed.
func showWords(words []string) string {
	var b strings.Builder
	for i, w := range words {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(quoteWord(w))
		if b.Len() > 4*labelMost {
			break
		}
	}
	return shorten(b.String())
}

// quoteWord shows a word as it would be typed in a shell.
func quoteWord(w string) string {
	if w != "" && strings.IndexFunc(w, needsQuotes) < 0 {
		return w
	}
	if len(w) > 4*labelMost {
		w = w[:4*labelMost]
	}
	return "'" + strings.ReplaceAll(w, "'", `'\''`) + "'"
}

func needsQuotes(r rune) bool {
	switch {
	case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9':
		return false
	default:
		return r < 0x80 && !strings.ContainsRune("_-./,:=@%+", r)
	}
}

// shorten makes one line of at most labelMost bytes of s that a terminal can
// show, whatever is in it.
func shorten(s string) string {
	var b strings.Builder
	for i, r := range s {
		switch {
		case b.Len() >= labelMost:
			b.WriteString("...")
			return b.String()
		case r == utf8.RuneError && !strings.HasPrefix(s[i:], string(utf8.RuneError)):
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case r < ' ' || r == 0x7f || 0x80 <= r && r < 0xa0:
			fmt.Fprintf(&b, `\x%02x`, r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

func isExecutable(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0
}
