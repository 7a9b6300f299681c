package results

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func mustCreate(t *testing.T, p Place) *Files {
	t.Helper()
	f, err := Create(p)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func write(t *testing.T, f *os.File, text string) {
	t.Helper()
	if _, err := f.WriteString(text); err != nil {
		t.Fatal(err)
	}
}

// checkFiles compares the files of a place; "-" stands for one that is not there.
func checkFiles(t *testing.T, p Place, stdout, stderr, seq string) {
	t.Helper()
	for _, file := range []struct{ name, want string }{{p.Stdout, stdout}, {p.Stderr, stderr}, {p.Seq, seq}} {
		b, err := os.ReadFile(file.name)
		if errors.Is(err, fs.ErrNotExist) {
			b, err = []byte("-"), nil
		}
		if err != nil || string(b) != file.want {
			t.Errorf("%s: %q, %v; want %q", filepath.Base(file.name), b, err, file.want)
		}
	}
}

func TestFiles(t *testing.T) {
	p := Tree(filepath.Join(t.TempDir(), "new"), nil, []string{"a"})
	f := mustCreate(t, p)
	write(t, f.Stdout, "out of a first attempt")
	write(t, f.Stderr, "err of a first attempt")
	checkFiles(t, p, "out of a first attempt", "err of a first attempt", "-")
	if err := f.Reset(); err != nil {
		t.Fatal(err)
	}
	write(t, f.Stdout, "out")
	write(t, f.Stderr, "err")
	if p.Finished() {
		t.Error("finished while the task runs")
	}
	if err := f.Finish(7); err != nil || !p.Finished() {
		t.Errorf("finish: %v, %v", err, p.Finished())
	}
	if err := f.Close(); err != nil {
		t.Errorf("close after it: %v", err)
	}
	checkFiles(t, p, "out", "err", "7")

	again := mustCreate(t, p)
	checkFiles(t, p, "", "", "-")
	if err := again.Close(); err != nil {
		t.Error(err)
	}
	checkFiles(t, p, "", "", "-")
}

// TestSameName holds that of two tasks with one name the files of the later stay, and are its
// own, whichever ends first.
func TestSameName(t *testing.T) {
	for _, firstEndsFirst := range []bool{true, false} {
		p, err := Expanded("", filepath.Join(t.TempDir(), "same"))
		if err != nil {
			t.Fatal(err)
		}
		one := mustCreate(t, p)
		write(t, one.Stdout, "first")
		two := mustCreate(t, p)
		write(t, two.Stdout, "2nd")
		write(t, one.Stdout, " task")
		ends := []struct {
			f   *Files
			seq int64
		}{{two, 2}, {one, 1}}
		if firstEndsFirst {
			ends[0], ends[1] = ends[1], ends[0]
		}
		for _, e := range ends {
			if err := e.f.Finish(e.seq); err != nil {
				t.Error(err)
			}
		}
		checkFiles(t, p, "2nd", "", "2")
	}
}

// TestSameNameAtOnce lets many begin at the same time.
func TestSameNameAtOnce(t *testing.T) {
	const tasks, lines = 20, 100
	p := Tree(t.TempDir(), nil, []string{"same"})
	errs := make(chan error, tasks)
	for i := range int64(tasks) {
		go func() { // ends when its task is over
			f, err := Create(p)
			for n := 0; n < lines && err == nil; n++ {
				_, err = fmt.Fprintln(f.Stdout, i)
			}
			if err == nil {
				err = f.Finish(i)
			}
			errs <- err
		}()
	}
	for range tasks {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	b, err := os.ReadFile(p.Stdout)
	if err != nil {
		t.Fatal(err)
	}
	if line, _, _ := strings.Cut(string(b), "\n"); string(b) != strings.Repeat(line+"\n", lines) {
		t.Errorf("tasks are mixed: %q", b)
	}
}

// TestIrregular holds that a link is followed, and a device left where it is.
func TestIrregular(t *testing.T) {
	dir := t.TempDir()
	p, err := Expanded("", filepath.Join(dir, "out"))
	if err != nil {
		t.Fatal(err)
	}
	target := filepath.Join(dir, "target")
	if err := os.WriteFile(target, []byte("longer than what comes"), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.Symlink(target, p.Stdout), os.Symlink(os.DevNull, p.Stderr)); err != nil {
		t.Fatal(err)
	}
	f := mustCreate(t, p)
	write(t, f.Stdout, "gone")
	write(t, f.Stderr, "gone")
	if err := f.Reset(); err != nil {
		t.Error(err)
	}
	write(t, f.Stdout, "new")
	if err := f.Finish(1); err != nil {
		t.Error(err)
	}
	checkFiles(t, p, "new", "", "1")
	if b, err := os.ReadFile(target); err != nil || string(b) != "new" {
		t.Errorf("target of the link: %q, %v", b, err)
	}
}

func TestCreateErrors(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := errors.Join(os.WriteFile(file, nil, 0o666), os.Mkdir(filepath.Join(dir, "d.err"), 0o777)); err != nil {
		t.Fatal(err)
	}
	inFile := Tree(file, nil, []string{"a"})
	atDir, err := Expanded("", filepath.Join(dir, "d"))
	if err != nil {
		t.Fatal(err)
	}
	for name, p := range map[string]Place{inFile.Stdout: inFile, atDir.Stderr: atDir} {
		_, err := Create(p)
		var path *os.PathError
		if !errors.As(err, &path) || path.Path != name && path.Path != file {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTemp(t *testing.T) {
	dir := t.TempDir()
	pattern := regexp.MustCompile(`^par[a-zA-Z0-9]{5}\.par$`)
	for range 10 {
		f, err := Temp(dir)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		info, err := f.Stat()
		if err != nil || !pattern.MatchString(info.Name()) || filepath.Dir(f.Name()) != dir || info.Mode() != 0o600 {
			t.Errorf("%s: %v, %v", f.Name(), info.Mode(), err)
		}
	}
	var path *os.PathError
	if _, err := Temp(filepath.Join(dir, "missing")); !errors.As(err, &path) {
		t.Errorf("in a missing directory: %v", err)
	}
}
