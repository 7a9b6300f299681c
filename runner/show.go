package runner

import (
	"fmt"
	"os"
	"strings"
	"unicode"
	"unicode/utf8"
)

// labelMost is how much is shown of a task's command, in bytes.
const labelMost = 72

// showWords shows a program's words as they would be typed.
func showWords(words []string) string { return shorten(showList(words)) }

// showList is showWords without the limit of a label, but with one of its own.
func showList(words []string) string {
	var b strings.Builder
	for i, w := range words {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(quoteWord(w[:min(len(w), 4*labelMost)]))
		if b.Len() > 4*labelMost {
			break
		}
	}
	return b.String()
}

// shellWord is a word as a shell reads it, all of it, in the form of GNU parallel:
// its joblogs and those of this program are to be the same.
func shellWord(w string) string {
	plain := func(r rune) bool {
		return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("-_.+/", r)
	}
	switch {
	case w == "":
		return "''"
	case strings.IndexFunc(w, func(r rune) bool { return !plain(r) }) < 0:
		return w
	}
	w = "'" + strings.ReplaceAll(w, "'", `'"'"'`) + "'"
	return strings.TrimSuffix(strings.TrimPrefix(w, "''"), "''")
}

// shellWords are words as a shell reads them.
func shellWords(words []string) string {
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = shellWord(w)
	}
	return strings.Join(quoted, " ")
}

// quoteWord shows a word to a person, as it would be typed in a shell but for its
// end, if it is long.
func quoteWord(w string) string {
	if w != "" && strings.IndexFunc(w, needsQuotes) < 0 {
		return w
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

// typedWords shows all of a program's words in the form that GNU xargs -t shows
// them: what a POSIX shell with $'...' reads as these very words, in one line.
func typedWords(words []string) string {
	var b strings.Builder
	for i, w := range words {
		if i > 0 {
			b.WriteByte(' ')
		}
		typedWord(&b, w)
	}
	return b.String()
}

func typedWord(b *strings.Builder, w string) {
	switch {
	case w == "":
		b.WriteString("''")
	case strings.IndexByte(w, '\'') >= 0 && plainBesidesQuote(w):
		b.WriteString(`"` + w + `"`)
	case !needsTypedQuotes(w):
		b.WriteString(w)
	default:
		quoteTyped(b, w)
	}
}

// plainBesidesQuote tells whether a word would need no quotes but for its single
// quotes, so that double quotes serve.
func plainBesidesQuote(w string) bool {
	return strings.IndexFunc(w, unprintable) < 0 && !strings.ContainsAny(w, "!\"$&()*;<=>?[\\^`{|}") &&
		!strings.ContainsAny(w[1:], "#~")
}

func needsTypedQuotes(w string) bool {
	return strings.ContainsAny(w, " !\"$&'()*;<=>?[^`|\\") || strings.IndexFunc(w, unprintable) >= 0 ||
		w[0] == '#' || w[0] == '~' || w == "{" || w == "}"
}

// unprintable tells whether a rune has to be written as an escape; RuneError is
// there for bytes that are no UTF-8.
func unprintable(r rune) bool { return r == utf8.RuneError || !unicode.IsPrint(r) }

// quoteTyped writes w in single quotes, with its unprintable bytes in $'...'.
func quoteTyped(b *strings.Builder, w string) {
	b.WriteByte('\'')
	escaping := false
	for i, r := range w {
		size := utf8.RuneLen(r)
		if r == utf8.RuneError && !strings.HasPrefix(w[i:], string(r)) {
			size = 1
		}
		if bad := unprintable(r); bad && !escaping {
			b.WriteString("'$'")
			escaping = true
		} else if !bad && escaping {
			if r != '\'' { // whose own escape has a pair in front
				b.WriteString("''")
			}
			escaping = false
		}
		switch {
		case escaping:
			for _, c := range []byte(w[i : i+size]) {
				b.WriteString(escapeByte(c))
			}
		case r == '\'':
			b.WriteString(`'\''`)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('\'')
}

func escapeByte(c byte) string {
	if i := strings.IndexByte("\a\b\f\n\r\t\v", c); i >= 0 {
		return `\` + "abfnrtv"[i:i+1]
	}
	return fmt.Sprintf(`\%03o`, c)
}

func isExecutable(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0
}
