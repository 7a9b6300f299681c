package runner_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"xpool/pool/peertest"
)

// TestParallelManual gives the commands of GNU parallel's tutorial and examples to
// it and to this program, and compares what they print, which files they make and
// how they end. What they say on standard error is theirs. As GNU parallel takes its
// time, that is every third command, unless XPOOL_CASES is set: then it is all of them.
func TestParallelManual(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes a minute")
	}
	for _, name := range []string{"tutorial", "examples"} {
		t.Run(name, func(t *testing.T) {
			m := newManual(t)
			cases := readManual(t, name+".txt")
			m.makeFiles(t, cases)
			all := os.Getenv("XPOOL_CASES") != ""
			for i, c := range cases {
				if c.section != filesSection && (all || i%3 == 0) {
					t.Run(c.name(), func(t *testing.T) { m.compare(t, c) })
				}
			}
		})
	}
}

// manual is where the cases of a file take place.
type manual struct {
	bash   string
	theirs string // the directory of GNU parallel, and that of this program under its name
	ours   string
	files  string // the directory with the files that each case finds
}

func newManual(t *testing.T) *manual {
	t.Helper()
	m := &manual{bash: peertest.Path(t, "bash"), theirs: t.TempDir(), ours: t.TempDir(), files: t.TempDir()}
	parallel := peertest.GNUParallel(t)
	us := builtProgram(t)
	for link, program := range map[string]string{
		filepath.Join(m.theirs, "parallel"): parallel,
		filepath.Join(m.theirs, "sem"):      parallel,
		filepath.Join(m.ours, "parallel"):   us,
		filepath.Join(m.ours, "sem"):        us,
	} {
		if err := os.Symlink(program, link); err != nil {
			t.Fatal(err)
		}
	}
	for _, dir := range []string{m.theirs, m.ours} { // parset is a script beside parallel
		if parset, err := exec.LookPath("parset"); err == nil {
			_ = os.Symlink(parset, filepath.Join(dir, "parset"))
		}
	}
	return m
}

// makeFiles runs the scripts of the section of that name.
func (m *manual) makeFiles(t *testing.T, cases []manualCase) {
	t.Helper()
	for _, c := range cases {
		if c.section != filesSection {
			continue
		}
		cmd := exec.Command(m.bash, "-c", c.script)
		cmd.Dir = m.files
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
}

// manualTries is how often a case is tried that depends on what takes longer: a
// machine that does something else may hold up either.
const manualTries = 3

// compare is the test of a case.
func (m *manual) compare(t *testing.T, c manualCase) {
	if c.out != "" {
		t.Skipf("left out: %s", c.out)
	}
	t.Parallel()
	theirs, ours := m.both(t, c)
	for range manualTries - 1 {
		if c.timed && theirs.String() != ours.String() {
			theirs, ours = m.both(t, c)
		}
	}
	same := theirs.String() == ours.String()
	switch {
	case same && c.differs != "":
		t.Errorf("they agree now, though: %s", c.differs)
	case same && c.late:
		t.Log("they agree now, and the case need not be marked")
	case !same && c.differs != "":
		t.Skipf("they differ: %s", c.differs)
	case !same && c.late:
		t.Skip("they differ still")
	case !same:
		t.Errorf("%s: %s\n\n%s\nparallel: %s\n\nxpool: %s\n\nparallel says: %s\nxpool says: %s",
			c.section, c.name(), c.script, theirs, ours, clip(theirs.stderr), clip(ours.stderr))
	}
}

// happening is what a script did.
type happening struct {
	stdout, stderr string
	status         int
	files          map[string]string
}

// String has all that counts.
func (h happening) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "status %d\n  stdout %s", h.status, clip(h.stdout))
	for _, name := range slices.Sorted(maps.Keys(h.files)) {
		fmt.Fprintf(&b, "\n  %s: %s", name, clip(h.files[name]))
	}
	return b.String()
}

// both run a case at the same time.
func (m *manual) both(t *testing.T, c manualCase) (theirs, ours happening) {
	t.Helper()
	var running sync.WaitGroup
	running.Go(func() { theirs = m.run(t, m.theirs, c) })
	running.Go(func() { ours = m.run(t, m.ours, c) })
	running.Wait()
	return theirs, ours
}

// run runs a case with the parallel of a directory, in a new one.
func (m *manual) run(t *testing.T, programs string, c manualCase) happening {
	root := t.TempDir()
	dirs := struct{ work, home, temp string }{
		filepath.Join(root, "work"), filepath.Join(root, "home"), filepath.Join(root, "temp"),
	}
	script := filepath.Join(root, "script")
	err := errors.Join(
		os.Mkdir(dirs.work, 0o755), os.MkdirAll(filepath.Join(dirs.home, ".parallel"), 0o755), os.Mkdir(dirs.temp, 0o755),
		os.WriteFile(filepath.Join(dirs.home, ".parallel", "will-cite"), nil, 0o644),
		os.WriteFile(script, []byte(c.script), 0o644),
		m.linkFiles(dirs.work),
	)
	if err != nil {
		t.Error(err)
		return happening{}
	}
	ctx, cancel := context.WithTimeout(t.Context(), manualTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, m.bash, script)
	cmd.Dir = dirs.work
	cmd.Env = []string{
		"PATH=" + programs + ":" + os.Getenv("PATH"), "HOME=" + dirs.home, "TMPDIR=" + dirs.temp,
		"SHELL=" + m.bash, "LC_ALL=C.UTF-8", "USER=user", "GORACE=atexit_sleep_ms=0",
	}
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = time.Second
	if err := cmd.Run(); ctx.Err() != nil || cmd.ProcessState == nil {
		t.Errorf("%s did not end: %v, %v", programs, ctx.Err(), err)
		return happening{}
	}
	places := strings.NewReplacer(root, "ROOT", programs, "PROGRAMS")
	plain := func(text string) string { return c.plain(places.Replace(text)) }
	h := happening{plain(stdout.String()), stderr.String(), cmd.ProcessState.ExitCode(), map[string]string{}}
	m.readFiles(t, dirs.work, func(name, text string) { h.files[name] = plain(text) })
	return h
}

// manualTime is how long a case may take.
const manualTime = 2 * time.Minute

// linkFiles puts the prepared files into a directory.
func (m *manual) linkFiles(dir string) error {
	entries, err := os.ReadDir(m.files)
	for _, e := range entries {
		err = errors.Join(err, os.Link(filepath.Join(m.files, e.Name()), filepath.Join(dir, e.Name())))
	}
	return err
}

// readFiles tells of all files and directories in dir that are not prepared ones.
func (m *manual) readFiles(t *testing.T, dir string, tell func(name, text string)) {
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || name == "." {
			return err
		}
		if _, err := os.Stat(filepath.Join(m.files, name)); err == nil {
			return nil
		}
		switch d.Type() {
		case 0:
			text, err := os.ReadFile(filepath.Join(dir, name))
			tell(name, string(text))
			return err
		default:
			tell(name, d.Type().String())
			return nil
		}
	})
	if err != nil {
		t.Error(err)
	}
}

// plain returns a text without what is not the same twice: times in joblogs and
// tables, and the order of lines if that does not count.
func (c manualCase) plain(text string) string {
	times := regexp.MustCompile(`(?m)^(\d+[\t,]:?[\t,]) *\d+\.\d+[\t,] *-?\d+\.\d+`)
	text = times.ReplaceAllString(text, "$1 START,RUNTIME")
	if c.ordered {
		return text
	}
	lines := slices.Collect(strings.Lines(text))
	slices.Sort(lines)
	return strings.Join(lines, "")
}
