package input

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/iotest"
)

// shelf holds files in memory and notes what is done with them.
type shelf struct {
	files map[string]io.Reader
	log   []string
}

func (s *shelf) open(name string) (io.ReadCloser, error) {
	s.log = append(s.log, "open "+name)
	r, ok := s.files[name]
	if !ok {
		return nil, &fs.PathError{Op: "open", Path: name, Err: syscall.ENOENT}
	}
	return &book{r, s, name}, nil
}

type book struct {
	io.Reader
	shelf *shelf
	name  string
}

func (b *book) Close() error {
	b.shelf.log = append(b.shelf.log, "close "+b.name)
	if b.name == "unclosable" {
		return &fs.PathError{Op: "close", Path: b.name, Err: syscall.EIO}
	}
	return nil
}

func newShelf() *shelf {
	return &shelf{files: map[string]io.Reader{
		"a":          strings.NewReader("a1\na2"),
		"b":          strings.NewReader("b1\nb2\n"),
		"empty":      strings.NewReader(""),
		"-":          strings.NewReader("in\n"),
		"broken":     io.MultiReader(strings.NewReader("x\ntorn"), iotest.ErrReader(syscall.EISDIR)),
		"unclosable": strings.NewReader("u"),
	}}
}

func TestFiles(t *testing.T) {
	s := newShelf()
	expect(t, Files([]string{"a", "empty", "-", "b"}, s.open, Options{Delim: '\n'}), "a1", "a2", "in", "b1", "b2")
	equal(t, s.log, []string{"open a", "close a", "open empty", "close empty", "open -", "close -", "open b", "close b"})
	expect(t, Files(nil, s.open, Options{Delim: '\n'}))
}

func TestFilesOpensWhenReached(t *testing.T) {
	s := newShelf()
	src := Files([]string{"b", "a"}, s.open, Options{Delim: '\n'})
	equal(t, s.log, nil)
	for range 2 {
		if _, err := src.Next(); err != nil {
			t.Fatal(err)
		}
	}
	equal(t, s.log, []string{"open b"})
	for range 2 {
		if err := src.Close(); err != nil {
			t.Error(err)
		}
	}
	equal(t, s.log, []string{"open b", "close b"})
	if got, err := readAll(t, src); len(got) > 0 || !errors.Is(err, fs.ErrClosed) {
		t.Errorf("after Close: %q, %v; want fs.ErrClosed", got, err)
	}
}

func TestFilesErrors(t *testing.T) {
	tests := []struct {
		names   []string
		records []string
		op      string
		name    string
		err     error
		log     []string
	}{
		{[]string{"a", "none", "b"}, []string{"a1", "a2"}, "open", "none", syscall.ENOENT,
			[]string{"open a", "close a", "open none"}},
		{[]string{"broken", "b"}, []string{"x"}, "read", "broken", syscall.EISDIR,
			[]string{"open broken", "close broken"}},
		{[]string{"unclosable", "b"}, []string{"u"}, "close", "unclosable", syscall.EIO,
			[]string{"open unclosable", "close unclosable"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newShelf()
			src := Files(tt.names, s.open, Options{Delim: '\n'})
			got, err := readAll(t, src)
			equal(t, got, tt.records)
			equal(t, s.log, tt.log)
			var se *SourceError
			if !errors.As(err, &se) || se.Op != tt.op || se.Name != tt.name || !errors.Is(err, tt.err) {
				t.Fatalf("error %v, want cannot %s %s: %v", err, tt.op, tt.name, tt.err)
			}
			if strings.Count(err.Error(), tt.name) != 1 {
				t.Errorf("error %q does not name the file once", err)
			}
			if err := src.Close(); err != nil {
				t.Errorf("Close after the error: %v", err)
			}
		})
	}
}

func TestFilesNameStandardInput(t *testing.T) {
	_, err := Files([]string{"-"}, func(string) (io.ReadCloser, error) { return nil, syscall.EBADF }, Options{}).Next()
	var se *SourceError
	if !errors.As(err, &se) || se.Name != "standard input" {
		t.Errorf("error %v, want one about standard input", err)
	}
}

func TestFilesOnDisk(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "list")
	if err := os.WriteFile(name, []byte("x\ny"), 0o600); err != nil {
		t.Fatal(err)
	}
	open := func(name string) (io.ReadCloser, error) { return os.Open(name) }
	expect(t, Files([]string{name, name}, open, Options{Delim: '\n'}), "x", "y", "x", "y")
	if _, err := Files([]string{dir}, open, Options{Delim: '\n'}).Next(); !errors.Is(err, syscall.EISDIR) {
		t.Errorf("reading a directory: %v, want EISDIR", err)
	}
}
