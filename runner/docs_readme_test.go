package runner

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
)

const readmeFile = "../README.md"

// TestReadmeSessions runs each block of README.md with a "$ " in an empty directory and a
// shell of its own, as whoever copies it does, and compares what a terminal would show.
// Where it shows no output at all, there has to be none of xpool's own.
func TestReadmeSessions(t *testing.T) {
	text, err := os.ReadFile(readmeFile)
	if err != nil {
		t.Fatal(err)
	}
	sessions := readmeSessions(string(text))
	if len(sessions) < 12 {
		t.Errorf("README.md has %d sessions: are they still found?", len(sessions))
	}
	for i, s := range sessions {
		t.Run(fmt.Sprint(i+1), func(t *testing.T) {
			t.Parallel() // most of it waits
			checkReadme(t, s)
		})
	}
}

// readmeSessions returns the blocks of code that have a "$ ".
func readmeSessions(text string) (sessions []session) {
	margin := regexp.MustCompile(`(?m)^    `)
	for block := range strings.SplitSeq(text, "\n\n") {
		if strings.HasPrefix(block, "    $ ") {
			block = strings.TrimSpace(margin.ReplaceAllString(block, ""))
			sessions = append(sessions, readSession(block+"\n"))
		}
	}
	return sessions
}

func checkReadme(t *testing.T, want session) {
	if program := want.wanting(t); program != "" {
		t.Skipf("without %s: %s", program, want.text)
	}
	got := newSandbox(t, nil).sessions(t, []session{want})[0]
	switch {
	case !want.silent && settled(got) != settled(want.text):
		t.Errorf("got:\n%s\nREADME.md has:\n%s", got, want.text)
	case want.silent && strings.Contains(got, "xpool: "):
		t.Errorf("README.md tells of no message:\n%s", got)
	}
}

// TestReadmeStart holds that what README.md begins with, which is what xpool is, how to
// install it and some first calls, fits on a screen.
func TestReadmeStart(t *testing.T) {
	text, err := os.ReadFile(readmeFile)
	if err != nil {
		t.Fatal(err)
	}
	start, _, _ := strings.Cut(string(text), "\n## ")
	if lines := strings.Count(start, "\n"); lines > 45 {
		t.Errorf("there are %d lines before the first heading", lines)
	}
	if _, calls, _ := strings.Cut(start, "scripts/install"); strings.Count(calls, "\n    $ ") < 3 {
		t.Error("README.md does not begin with how to install xpool, and three calls")
	}
}

// settled is a session without what is not the same twice: how long a failed task took,
// and where it ran.
func settled(session string) string {
	return regexp.MustCompile(`\(after [^)]*\)`).ReplaceAllString(session, "(after)")
}
