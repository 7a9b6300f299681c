package runner

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const readmeFile = "../README.md"

// TestReadmeSessions runs what README.md shows after each "$ ", a section in one shell and
// one directory, and compares what a terminal would show. Where it shows no output at
// all, there has to be none of xpool's own.
func TestReadmeSessions(t *testing.T) {
	text, err := os.ReadFile(readmeFile)
	if err != nil {
		t.Fatal(err)
	}
	files := readmeFiles()
	sections := readmeSections(string(text))
	for _, s := range sections {
		for _, session := range s.sessions {
			if name, content, ok := shownFile(session.text); ok {
				files[name] = content
			}
		}
	}
	tried := 0
	for _, s := range sections {
		tried += len(s.sessions)
		if len(s.sessions) > 0 {
			t.Run(s.heading, func(t *testing.T) { s.check(t, files) })
		}
	}
	if tried < 30 {
		t.Errorf("README.md has %d sessions: are they still found?", tried)
	}
}

// readmeFiles are the files that the examples use and do not show, by their names.
func readmeFiles() map[string]string {
	return map[string]string{
		"a b.log":       "hello\n",
		"c.log":         "hello again\n",
		"fruit.txt":     "pear\napple\napple\n",
		"lib.sh":        `greet() { echo "hello, $1"; }` + "\n",
		"build-all":     "#!/bin/sh\necho a | xargs -P2 -n1 test a =\n",
		"part/Makefile": "all: ; @true\n",
	}
}

// readmeSection is a section of README.md with its sessions: blocks of code with a "$ ".
type readmeSection struct {
	heading  string
	sessions []session
}

func readmeSections(text string) []readmeSection {
	sections := []readmeSection{{heading: "top"}}
	for block := range strings.SplitSeq(text, "\n\n") {
		last := &sections[len(sections)-1]
		if heading, ok := strings.CutPrefix(block, "## "); ok {
			sections = append(sections, readmeSection{heading: heading})
		} else if strings.HasPrefix(block, "    $ ") {
			text := regexp.MustCompile(`(?m)^    `).ReplaceAllString(block, "")
			last.sessions = append(last.sessions, readSession(strings.TrimSpace(text)+"\n"))
		}
	}
	return sections
}

// shownFile returns a file that a session begins by showing.
func shownFile(session string) (name, text string, ok bool) {
	rest, ok := strings.CutPrefix(session, "$ cat ")
	name, rest, _ = strings.Cut(rest, "\n")
	text, _, _ = strings.Cut(rest, "$ ")
	return name, text, ok
}

func (s readmeSection) check(t *testing.T, files map[string]string) {
	t.Parallel() // most of it waits
	sessions := slices.DeleteFunc(slices.Clone(s.sessions), func(session session) bool {
		program := session.wanting(t)
		if program != "" {
			t.Logf("without %s: %s", program, session.text)
		}
		return program != ""
	})
	for i, got := range newSandbox(t, files).sessions(t, sessions) {
		want := sessions[i]
		switch {
		case !want.silent && settled(got) != settled(want.text):
			t.Errorf("got:\n%s\nREADME.md has:\n%s", got, want.text)
		case want.silent && strings.Contains(got, "xpool: "):
			t.Errorf("README.md tells of no message:\n%s", got)
		}
	}
}

// settled is a session without what is not the same twice: the lines of time(1), the
// numbers that a server is shown with, how long a failed task took and where it ran, and
// the order of what runs side by side.
func settled(session string) string {
	times := regexp.MustCompile(`(?m)^((real|user|sys|NAME)\s.*)?\n`)
	numbers := regexp.MustCompile(`(?m)^-(\s+\S+){6}\s+`)
	attempt := regexp.MustCompile(`\(after [^)]*\)`)
	session = numbers.ReplaceAllString(times.ReplaceAllString(session, ""), "- ")
	session = attempt.ReplaceAllString(session, "(after)")
	if regexp.MustCompile(`\| xargs -P|--semaphore`).MatchString(session) {
		lines := slices.Sorted(strings.Lines(session))
		return strings.Join(lines, "")
	}
	return session
}
