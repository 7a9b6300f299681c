package failures

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"xpool/crashdetect"
)

func TestListKeepsTheFirst(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 1))
	l := List{Most: 3}
	for _, i := range rnd.Perm(100) {
		l.Add(Failure{Seq: int64(i)})
	}
	kept, more := l.All()
	if len(kept) != 3 || kept[0].Seq != 0 || kept[1].Seq != 1 || kept[2].Seq != 2 || more != 97 {
		t.Errorf("got %v, and %d more", kept, more)
	}
	var none List
	none.Add(Failure{})
	if kept, more := none.All(); len(kept) != 0 || more != 1 || none.Wants(1) {
		t.Errorf("got %v, and %d more", kept, more)
	}
}

func TestBlock(t *testing.T) {
	segv := crashdetect.Verdict{Kind: crashdetect.Killed, Signal: syscall.SIGSEGV}
	for _, c := range []struct {
		f    Failure
		want string
	}{
		{
			Failure{Seq: 3, Attempt: 1, Slot: 2, Pid: 77, Command: "x 'a b'", Verdict: segv, Time: 1234567 * time.Microsecond},
			"task 3: killed by SIGSEGV (after 1.23s, slot 2, process 77)\n    x 'a b'\n",
		},
		{
			Failure{Seq: 4, Attempt: 2, Slot: 1, Host: "far", Command: "x", Verdict: segv, Stderr: End{[]byte("one\n\x1b[2Jtwo\n"), true, 0}, Stdout: End{Lines: []byte("x\n")}},
			"task 4: killed by SIGSEGV (after 0s, slot 1, on far, attempt 2)\n    x\n    | ...\n    | one\n    | \\x1b[2Jtwo\n",
		},
		{
			Failure{Seq: 5, Command: "x", Verdict: crashdetect.Verdict{Kind: crashdetect.NotStarted, Detail: "no"}, Words: "bye\n", Stderr: End{Lines: []byte("\n")}, Stdout: End{Lines: []byte("x")}},
			"task 5: " + crashdetect.Verdict{Kind: crashdetect.NotStarted, Detail: "no"}.String() + "\n    x\n    | bye\n",
		},
		{
			Failure{Seq: 6, Command: "x", Verdict: segv, Stdout: End{[]byte("--- FAIL\n\a\n"), true, 12}},
			"task 6: killed by SIGSEGV\n    x\n    | (on standard output)\n    | ... 12 lines before\n    | --- FAIL\n    | \\x07\n",
		},
		{
			Failure{Seq: 7, Command: "x", Verdict: segv, Stdout: End{[]byte("\n"), true, 1}},
			"task 7: killed by SIGSEGV\n    x\n",
		},
	} {
		if got := c.f.Block(); got != c.want {
			t.Errorf("got  %q\nwant %q", got, c.want)
		}
	}
}

func TestGitHub(t *testing.T) {
	f := Failure{Seq: 3, Attempt: 1, Command: "date +%H:%M", Verdict: crashdetect.Verdict{Kind: crashdetect.Exit, Code: 1}, Stderr: End{Lines: []byte("a\r\nb\xff\n")}}
	want := "::error title=task 3%3A exit 1::date +%25H:%25M%0Aa\\x0d%0Ab\\xff\n"
	if got := f.GitHub(); got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	f.Host = "far"
	if got := f.GitHub(); !strings.HasPrefix(got, "::error title=task 3 on far%3A exit 1::") {
		t.Errorf("on another machine: %q", got)
	}
}

// TestAnnotationOfControlCharacters has in the command what the lines below it are shown
// without.
func TestAnnotationOfControlCharacters(t *testing.T) {
	f := Failure{Seq: 3, Command: "printf 'a\x1b[31m\xff\r\tb\n%'", Verdict: crashdetect.Verdict{Kind: crashdetect.Exit, Code: 1}}
	want := "::error title=task 3%3A exit 1::printf 'a\\x1b[31m\\xff\\x0d\tb%0A%25'\n"
	if got := f.GitHub(); got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// FuzzAnnotation holds that an annotation is one line of plain text, of which the title
// ends where it should, whatever it is made of.
func FuzzAnnotation(f *testing.F) {
	f.Add("task 1: exit 1", "printf '\x1b[0m'\nlast words")
	f.Add("a,b::\r\n", "%0A\xff\u2028")
	f.Fuzz(func(t *testing.T, title, text string) {
		line, ended := strings.CutSuffix(Annotation(title, text), "\n")
		if i := strings.IndexFunc(line, func(r rune) bool { return r != '\t' && !unicode.IsPrint(r) }); i >= 0 || !ended || !utf8.ValidString(line) {
			t.Fatalf("%q", line)
		}
		property, value, ok := strings.Cut(strings.TrimPrefix(line, "::error title="), "::")
		if !ok || strings.ContainsAny(property, ":,") {
			t.Fatalf("the title is %q", property)
		}
		if got := strings.NewReplacer("%25", "%", "%0A", "\n").Replace(value); got != Visible(text) {
			t.Fatalf("the text is %q", got)
		}
	})
}

func TestVisible(t *testing.T) {
	for text, want := range map[string]string{
		"plain": "plain", "a\tb\nc": "a\tb\nc", "\x1b[0m\r\a": `\x1b[0m\x0d\x07`, "é\xff": `é\xff`, "\u202e\uFFFD": "\\u202e\uFFFD", "": "",
	} {
		if got := Visible(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

// TestTail compares a tail with what it should be of the whole text.
func TestTail(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	for range 500 {
		var tail Tail
		var all strings.Builder
		for range rnd.IntN(40) {
			s := strings.Repeat("x", rnd.IntN(1+rnd.IntN(1+rnd.IntN(9000)))) + []string{"", "\n", "\n\n"}[rnd.IntN(3)]
			all.WriteString(s)
			tail.Write([]byte(s))
		}
		end := tail.Last()
		got, cut := end.Lines, end.Cut
		if before := strings.Count(all.String(), "\n") - strings.Count(string(got), "\n"); end.Before != int64(before) {
			t.Fatalf("%d lines before, want %d", end.Before, before)
		}
		if !strings.HasSuffix(all.String(), string(got)) || len(got) > tailBytes || strings.Count(strings.TrimSuffix(string(got), "\n"), "\n") >= tailLines {
			t.Fatalf("got %d bytes of %d: %q", len(got), all.Len(), got)
		}
		if cut != (len(got) < all.Len()) {
			t.Fatalf("cut is %v with %d of %d bytes", cut, len(got), all.Len())
		}
		if rest := strings.TrimSuffix(all.String(), string(got)); cut && rest != "" && !strings.HasSuffix(rest, "\n") && strings.Contains(strings.TrimSuffix(string(got), "\n"), "\n") {
			t.Fatalf("a line is cut though there are others: %q", got)
		}
	}
	tail := Tail{}
	for i := range 30 {
		tail.Write(fmt.Appendf(nil, "%d\n", i))
	}
	if got := tail.Last(); string(got.Lines) != "20\n21\n22\n23\n24\n25\n26\n27\n28\n29\n" || got.Mark() != "... 20 lines before" {
		t.Errorf("got %q after %q", got.Lines, got.Mark())
	}
	tail.Reset()
	if got := tail.Last(); len(got.Lines) > 0 || got.Mark() != "" {
		t.Errorf("got %q after a reset", got.Lines)
	}
	tail.Write([]byte("first\n" + strings.Repeat("x", 2*tailBytes)))
	if got := tail.Last(); len(got.Lines) != tailBytes || got.Mark() != "... 1 line before" {
		t.Errorf("%d bytes of a long line, %q", len(got.Lines), got.Mark())
	}
	tail.Reset()
	tail.Write([]byte(strings.Repeat("x", 2*tailBytes)))
	if got := tail.Last(); got.Mark() != "..." {
		t.Errorf("one long line has the mark %q", got.Mark())
	}
	if got := (*Tail)(nil).Last(); got.Lines != nil || got.Cut {
		t.Errorf("nothing ends in %q", got.Lines)
	}
}
