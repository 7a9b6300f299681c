package runner

import (
	"compress/gzip"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"xpool/pool/peertest"
)

// TestManualSessions runs the commands in the manual of which it shows the output, and
// compares it. Of those without, a shell has to understand what is there.
func TestManualSessions(t *testing.T) {
	t.Parallel()
	var sessions []session
	for _, d := range literalDisplays(t) {
		switch {
		case d.mark != "" || len(d.commands) == 0 || d.wanting(t) != "":
		case d.silent:
			script := strings.Join(d.commands, "\n")
			if _, stderr, status := newSandbox(t, nil).run(t, "set -n\n"+script); status != 0 {
				t.Errorf("%s%s", d.text, stderr)
			}
		default:
			sessions = append(sessions, d.session)
		}
	}
	if len(sessions) < 6 {
		t.Errorf("the manual has %d sessions: are they still found?", len(sessions))
	}
	for i, got := range newSandbox(t, nil).sessions(t, sessions) {
		if got != sessions[i].text {
			t.Errorf("got:\n%s\nthe manual has:\n%s", got, sessions[i].text)
		}
	}
}

// TestManualInstead runs what the manual says that one can write instead of calls of xargs
// and of GNU parallel beside these calls: they print the same, in whatever order, leave
// the same files, and both fail or do not. As GNU parallel takes its time, that is every
// third of those that differ by the name alone, unless XPOOL_CASES is set.
func TestManualInstead(t *testing.T) {
	pairs := insteadPairs(t)
	if len(pairs) < 40 {
		t.Errorf("the manual has %d pairs: are they still found?", len(pairs))
	}
	home := parallelHome(t)
	all := os.Getenv("XPOOL_CASES") != ""
	for i, p := range pairs {
		if p.sameButName && i%3 != 0 && !all {
			continue
		}
		t.Run(p.theirs, func(t *testing.T) {
			t.Parallel() // GNU parallel takes its time to start
			p.check(t, home)
		})
	}
}

// TestDocsMigration holds that what README.md says of that stands in the manual too,
// where it is tried.
func TestDocsMigration(t *testing.T) {
	text, err := os.ReadFile(readmeFile)
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), "\n## Migration in ten lines\n")
	section, _, _ = strings.Cut(section, "\n## ")
	rows := regexp.MustCompile("(?m)^\\| `(.*)` \\| `(.*)` \\|$").FindAllStringSubmatch(section, -1)
	if len(rows) != 10 {
		t.Errorf("there are %d lines", len(rows))
	}
	pairs := insteadPairs(t)
	for _, row := range rows {
		plain := strings.NewReplacer(`\|`, "|")
		theirs, ours := plain.Replace(row[1]), plain.Replace(row[2])
		if !slices.ContainsFunc(pairs, func(p insteadPair) bool { return p.theirs == theirs && p.ours == ours }) {
			t.Errorf("the manual lacks\n%s\n%s", theirs, ours)
		}
	}
}

// insteadPair is a call of another program, and what to write instead.
type insteadPair struct {
	setup, theirs, ours string
	sameButName         bool
}

// literalDisplay is a display in the manual.
type literalDisplay struct {
	session
	mark string // what a comment before it says: "pairs", "other name" or ""
}

func literalDisplays(t *testing.T) (displays []literalDisplay) {
	t.Helper()
	manual := readManual(t)
	for i, line := range manual {
		if !strings.HasPrefix(line, ".Bd -literal") {
			continue
		}
		length := slices.Index(manual[i:], ".Ed")
		if length < 0 {
			t.Fatalf("line %d: a display without an end", i+1)
		}
		text := plainManual(t, strings.Join(manual[i+1:i+length], "\n")+"\n")
		mark, ok := strings.CutPrefix(manual[i-1], `.\" `)
		if !ok {
			mark = ""
		}
		displays = append(displays, literalDisplay{readSession(text), mark})
	}
	return displays
}

func insteadPairs(t *testing.T) (pairs []insteadPair) {
	for _, d := range literalDisplays(t) {
		pairs = append(pairs, d.pairs(t)...)
	}
	return pairs
}

// pairs returns the pairs in a display whose mark says that it has some.
func (d literalDisplay) pairs(t *testing.T) (pairs []insteadPair) {
	switch n := len(d.commands); {
	case d.mark == "":
	case d.mark == "pairs" && n >= 2:
		setup := strings.Join(d.commands[:n-2], "\n")
		pairs = append(pairs, insteadPair{setup: setup, theirs: d.commands[n-2], ours: d.commands[n-1]})
	case d.mark == "other name":
		for _, c := range d.commands {
			ours := strings.Replace(c, "parallel", "xpool", 1)
			pairs = append(pairs, insteadPair{theirs: c, ours: ours, sameButName: true})
		}
	default:
		t.Errorf("the mark %q before\n%s", d.mark, d.text)
	}
	return pairs
}

// parallelHome makes a directory in which GNU parallel keeps what it has found out about
// the machine, which is half of the time that it takes to start.
func parallelHome(t *testing.T) string {
	t.Helper()
	home := t.TempDir()
	if err := os.WriteFile(filepath.Join(home, "will-cite"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("parallel", "true", ":::", "x")
	cmd.Env = append(cmd.Environ(), "PARALLEL_HOME="+home)
	_ = cmd.Run() // where there is none, each test says so
	return home
}

func (p insteadPair) check(t *testing.T, parallelHome string) {
	if regexp.MustCompile(`\b(parallel|sem)\b`).MatchString(p.theirs) {
		peertest.GNUParallel(t)
	} else {
		peertest.GNUXargs(t)
	}
	if strings.Contains(p.theirs, "--trc") {
		peertest.Path(t, "rsync") // GNU parallel sends files by it
	}
	var theirs, ours aftermath
	var running sync.WaitGroup
	boxes := []sandbox{newSandbox(t, exampleFiles()), newSandbox(t, exampleFiles())}
	for i := range boxes {
		boxes[i].env = []string{"PARALLEL_HOME=" + parallelHome}
	}
	running.Go(func() { theirs = boxes[0].aftermath(t, p.setup+"\n"+p.theirs) })
	running.Go(func() { ours = boxes[1].aftermath(t, p.setup+"\n"+p.ours) })
	running.Wait()
	if theirs.String() != ours.String() {
		t.Errorf("%s\n%s%s\n%s\n%s%s", p.theirs, theirs, theirs.stderr, p.ours, ours, ours.stderr)
	}
}

// aftermath is what is there when a script is over.
type aftermath struct {
	ok             bool
	stdout, stderr string
	files          map[string]string
}

// String has all that counts.
func (a aftermath) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "ok: %v\n%s", a.ok, a.stdout)
	for _, name := range slices.Sorted(maps.Keys(a.files)) {
		fmt.Fprintf(&b, "%s: %.200q\n", name, a.files[name])
	}
	return b.String()
}

// aftermath runs a script. The order of lines does not count, nor does when it ran.
func (s sandbox) aftermath(t *testing.T, script string) aftermath {
	stdout, stderr, status := s.run(t, script)
	a := aftermath{ok: status == 0, stderr: stderr, files: map[string]string{}}
	a.stdout = strings.Join(slices.Sorted(strings.Lines(stdout)), "")
	times := regexp.MustCompile(`(?m)^(\d+\t:\t) *\d+\.\d+\t *\d+\.\d+`)
	root, prepared := filepath.Join(s.root, "work"), exampleFiles()
	err := fs.WalkDir(os.DirFS(root), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := readExample(filepath.Join(root, name))
		if text == prepared[name] {
			text = "as it was"
		}
		lines := strings.Lines(times.ReplaceAllString(text, "$1 START RUNTIME"))
		a.files[name] = strings.Join(slices.Sorted(lines), "")
		return err
	})
	if err != nil {
		t.Error(err)
	}
	return a
}

// readExample reads a file. What gzip has made has the time in it, so that only what it
// holds can be compared.
func readExample(name string) (string, error) {
	file, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer file.Close()
	var r io.Reader = file
	if strings.HasSuffix(name, ".gz") {
		if r, err = gzip.NewReader(file); err != nil {
			return "", err
		}
	}
	text, err := io.ReadAll(r)
	return string(text), err
}

// exampleFiles are the files that the pairs use. The programs of which nothing is wanted
// but that they were called show how.
func exampleFiles() map[string]string {
	files := map[string]string{
		"1.log": "1\n", "2.log": "2\n3\n", "a b.log": "4\n5\n6\n",
		"a.tmp": "", "b c.tmp": "",
		"fruit.txt": "pear\napple\npear\n", "draft.txt": "DRAFT\n",
		"p.png": "p", "q r.png": "q", "small/.keep": "",
		"src/a.c": "int a; // TODO\n", "src/b c.c": "// TODO\n", "src/c.c": "int c;\n",
		"table.tsv": "a b\tc\nd\te\n", "sites.csv": "name,url\none,http://h/1\ntwo,http://h/2\n",
		"urls.txt": "http://h/1\nhttp://h/2\n", "names.txt": "one http://h/1\ntwo  http://h/2\n",
		"hosts.txt": "big\nsmall\n", "commands.txt": "echo one | tr a-z A-Z\necho 'two  blanks'\n",
		"../bin/curl":    "#!/bin/sh\necho curl \"$@\"\n",
		"../bin/convert": "#!/bin/sh\nfor last; do :; done\necho \"$@\" >\"$last\"\n",
		// It logs in to where it is, as if that were another host.
		"../bin/ssh": "#!/bin/sh\nwhile :; do case $1 in -[lop]) shift 2 ;; -*) shift ;; *) break ;; esac; done\n" +
			"host=$1; shift; [ \"$1\" != -- ] || shift; [ \"$1\" != uptime ] || exec echo up: $host\ncd && exec sh -c \"$*\"\n",
	}
	var big strings.Builder
	for i := range 2000 {
		fmt.Fprintln(&big, i)
	}
	files["big.txt"] = big.String()
	return files
}
