package input

import (
	"errors"
	"math/rand/v2"
	"strings"
	"testing"

	"xpool/pool/peertest"
)

// wordMode is one of the ways in which xargs tells records apart.
type wordMode byte

const (
	byWord    wordMode = iota
	byLine             // -L 1
	byReplace          // -I
	wordModes
)

// xargsWords returns what xargs makes of text: its commands, each as the records in it, and what it says.
func xargsWords(t testing.TB, xargs, text, end string, mode wordMode) (groups, said string) {
	t.Helper()
	args := []string{"-r"}
	if end != "" {
		args = append(args, "-E", end)
	}
	switch mode {
	case byWord:
		args = append(args, "printf", `%s\0`, "{")
	case byLine:
		args = append(args, "-L1", "printf", `%s\0`, "{")
	case byReplace:
		args = append(args, "-I[]", "printf", `%s\0`, "{", "[]")
	}
	return peertest.RunXargs(t, xargs, peertest.PlainEnv(), text, args...)
}

// ourWords is xargsWords done with Words.
func ourWords(t testing.TB, text, end string, mode wordMode) (groups, said string) {
	t.Helper()
	const warning = "WARNING: a NUL character occurred in the input.  " +
		"It cannot be passed through in the argument list.  Did you mean to use the --null option?"
	var out, line, errOut strings.Builder
	warn := func() { errOut.WriteString("xargs: " + warning + "\n") }
	src := Words(strings.NewReader(text), WordOptions{Lines: mode == byReplace, End: end, OnNUL: warn})
	flush := func() {
		if line.Len() > 0 {
			out.WriteString("{\x00" + line.String())
		}
		line.Reset()
	}
	for {
		rec, err := src.Next()
		var quote *QuoteError
		if errors.As(err, &quote) {
			errOut.WriteString("xargs: " + err.Error() + "\n")
			if mode != byWord {
				line.Reset() // xargs -L implies -x, which drops it
			}
		}
		if err != nil {
			flush()
			return out.String(), errOut.String()
		}
		arg, _, _ := strings.Cut(rec.Text, "\x00")
		line.WriteString(arg + "\x00")
		if mode != byWord && !rec.LineGoesOn {
			flush()
		}
	}
}

// asXargs fails if Words and xargs do not agree.
func asXargs(t testing.TB, xargs, text, end string, mode wordMode) {
	t.Helper()
	wantOut, wantErr := xargsWords(t, xargs, text, end, mode)
	gotOut, gotErr := ourWords(t, text, end, mode)
	if gotOut != wantOut || gotErr != wantErr {
		t.Errorf("input %q, end %q, mode %d:\n  %q %q\nxargs:\n  %q %q", text, end, mode, gotOut, gotErr, wantOut, wantErr)
	}
}

func TestWordsAsXargs(t *testing.T) {
	xargs := peertest.GNUXargs(t)
	for _, c := range wordCases() {
		if c.opt.MaxRecord > 0 {
			continue
		}
		if c.opt.Lines {
			asXargs(t, xargs, c.text, c.opt.End, byReplace)
		} else {
			asXargs(t, xargs, c.text, c.opt.End, byWord)
			asXargs(t, xargs, c.text, c.opt.End, byLine)
		}
	}
}

func TestRandomWordsAsXargs(t *testing.T) {
	xargs := peertest.GNUXargs(t)
	rnd := rand.New(rand.NewPCG(3, 9))
	const letters = "abEE  \t\n\n\\'\"\x00\v\r\xc3"
	for range 150 {
		text := make([]byte, rnd.IntN(20))
		for i := range text {
			text[i] = letters[rnd.IntN(len(letters))]
		}
		end := []string{"", "E", "a"}[rnd.IntN(3)]
		asXargs(t, xargs, string(text), end, wordMode(rnd.IntN(int(wordModes))))
	}
}

// FuzzWords has xargs as its oracle. Each input costs a few processes; printf is all that is run.
func FuzzWords(f *testing.F) {
	xargs := peertest.GNUXargs(f)
	for _, c := range wordCases() {
		f.Add(c.text, c.opt.End, byte(len(c.text)))
	}
	f.Fuzz(func(t *testing.T, text, end string, mode byte) {
		// Longer ones would meet the limits of commands, and -L 1 starts a process for each line.
		if len(text) > 4096 || strings.Count(text, "\n") > 30 || len(end) > 100 || strings.Contains(end, "\x00") {
			t.Skip("out of the range that is compared")
		}
		asXargs(t, xargs, text, end, wordMode(mode)%wordModes)
	})
}
