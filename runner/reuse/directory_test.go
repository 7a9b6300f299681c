package reuse

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"testing"
)

// stranger is a user that does not run tests.
const stranger = 65533

// Directories that somebody else could use are refused, and told from those that are to be made.
func TestOpenDirectory(t *testing.T) {
	for _, test := range []struct {
		name   string
		make   func(path string) error
		reason string // "" for none
		root   bool   // only root can make it
	}{
		{"none", func(string) error { return nil }, "", false},
		{"own", func(path string) error { return os.Mkdir(path, 0o700) }, "", false},
		{"open to all", func(path string) error { return errors.Join(os.Mkdir(path, 0o700), os.Chmod(path, 0o777)) },
			"others may use it, which is refused: its mode is 0777, want 0700", false},
		{"open to readers", func(path string) error { return errors.Join(os.Mkdir(path, 0o700), os.Chmod(path, 0o750)) },
			"others may use it, which is refused: its mode is 0750, want 0700", false},
		{"link", func(path string) error { return os.Symlink(filepath.Dir(path), path) }, "not a directory, which is refused: remove it", false},
		{"dead link", func(path string) error { return os.Symlink("nowhere", path) }, "not a directory, which is refused: remove it", false},
		{"file", func(path string) error { return os.WriteFile(path, nil, 0o600) }, "not a directory, which is refused: remove it", false},
		{"foreign", func(path string) error { return errors.Join(os.Mkdir(path, 0o700), os.Chown(path, stranger, stranger)) },
			"belongs to another user (65533), which is refused", true},
	} {
		t.Run(test.name, func(t *testing.T) {
			if test.root && os.Geteuid() != 0 {
				t.Skip("only root can give a directory away")
			}
			runtime := t.TempDir()
			path := filepath.Join(runtime, "xpool")
			if err := test.make(path); err != nil {
				t.Fatal(err)
			}
			d, err := OpenDirectory(variable("XDG_RUNTIME_DIR", runtime))
			if err == nil {
				defer d.Close()
			}
			refused, _ := errors.AsType[*DirError](err)
			switch {
			case test.reason == "" && err != nil:
				t.Error(err)
			case test.reason != "" && (refused == nil || *refused != DirError{path, test.reason}):
				t.Errorf("got %v, want %q", err, test.reason)
			}
		})
	}
}

// Without a runtime directory of this user the directory is in the one for temporary files.
func TestDirectoryPath(t *testing.T) {
	own, foreign := t.TempDir(), t.TempDir()
	name := "xpool-" + strconv.Itoa(os.Geteuid())
	if os.Geteuid() == 0 {
		if err := os.Chown(foreign, stranger, stranger); err != nil {
			t.Fatal(err)
		}
	} else {
		foreign = "/"
	}
	for _, test := range []struct{ runtime, temp, want string }{
		{own, "/elsewhere", filepath.Join(own, "xpool")},
		{foreign, "/elsewhere", "/elsewhere/" + name},
		{filepath.Join(own, "none"), "/elsewhere", "/elsewhere/" + name},
		{"relative", "/elsewhere", "/elsewhere/" + name},
		{"", "relative", "/tmp/" + name},
		{"", "", "/tmp/" + name},
	} {
		got := directoryPath(func(variable string) string {
			return map[string]string{"XDG_RUNTIME_DIR": test.runtime, "TMPDIR": test.temp}[variable]
		})
		if got != test.want {
			t.Errorf("XDG_RUNTIME_DIR=%s TMPDIR=%s: got %s, want %s", test.runtime, test.temp, got, test.want)
		}
	}
}

// The lock is one's own until it is given back, and whoever waits can be called off.
func TestLock(t *testing.T) {
	s := newStage(t)
	unlock, err := s.lock(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	failed := make(chan error)
	go func() {
		_, err := s.lock(ctx)
		failed <- err
	}()
	cancel()
	if err := <-failed; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	unlock()
	unlock, err = s.lock(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	unlock()
}

// A socket is for its user alone, and is the only file there is.
func TestSocket(t *testing.T) {
	s := newStage(t)
	c := s.call(s.client(long))
	defer c.stream.Close()
	c.pid()
	files, err := os.ReadDir(s.Path())
	if err != nil || len(files) != 1 {
		t.Fatalf("in the directory: %v, %v", files, err)
	}
	info, err := files[0].Info()
	if err != nil || info.Mode() != fs.ModeSocket|0o600 {
		t.Errorf("its mode is %v, %v", info.Mode(), err)
	}
}
