package reuse

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"golang.org/x/sys/unix"
)

// testIdentity is one with something of everything, in a directory of its own.
func testIdentity(t *testing.T) *Identity {
	t.Helper()
	dir := t.TempDir()
	script, program := filepath.Join(dir, "script"), filepath.Join(dir, "program")
	if err := errors.Join(os.Mkdir(filepath.Join(dir, "wd"), 0o700), os.WriteFile(script, nil, 0o600), os.WriteFile(program, nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	return &Identity{
		Name: "name", Config: [][]byte{[]byte("python3"), []byte("print(arg)")}, Dir: filepath.Join(dir, "wd"),
		Env: []string{"A=1", "B=2"}, Files: []string{script}, Program: program,
	}
}

// What makes a difference to workers makes another server, and nothing else does.
func TestIdentity(t *testing.T) {
	write := func(path string) error { return os.WriteFile(path, []byte("changed"), 0o600) }
	for _, test := range []struct {
		name   string
		change func(*Identity) error
		same   bool
	}{
		{"nothing", func(*Identity) error { return nil }, true},
		{"name", func(id *Identity) error { id.Name = ""; return nil }, false},
		{"config", func(id *Identity) error { id.Config[1] = []byte("print(args)"); return nil }, false},
		{"config cut elsewhere", func(id *Identity) error { id.Config = [][]byte{bytes.Join(id.Config, nil)}; return nil }, false},
		{"variable", func(id *Identity) error { id.Env[0] = "A=2"; return nil }, false},
		{"one more", func(id *Identity) error { id.Env = append(id.Env, "C="); return nil }, false},
		{"order of variables", func(id *Identity) error { slices.Reverse(id.Env); return nil }, true},
		{"another command before", func(id *Identity) error { id.Env = append(id.Env, "_=/bin/x", "OLDPWD=/"); return nil }, true},
		{"another task", func(id *Identity) error { id.Env = append(id.Env, "XPOOL_SEQ=7", "XPOOL_SLOT=2"); return nil }, true},
		{"another run", func(id *Identity) error { id.Env = append(id.Env, "XPOOL_RUN=7"); return nil }, false},
		{"depth", func(id *Identity) error { id.Env = append(id.Env, "XPOOL_DEPTH=7"); return nil }, false},
		{"directory", func(id *Identity) error { id.Dir = filepath.Dir(id.Dir); return nil }, false},
		{"directory made again", func(id *Identity) error {
			return errors.Join(os.Rename(id.Dir, id.Dir+".old"), os.Mkdir(id.Dir, 0o700))
		}, false},
		{"script", func(id *Identity) error { return write(id.Files[0]) }, false},
		{"script gone", func(id *Identity) error { return os.Remove(id.Files[0]) }, false},
		{"program", func(id *Identity) error { return write(id.Program) }, false},
		{"umask", func(*Identity) error {
			old := unix.Umask(0o027)
			t.Cleanup(func() { unix.Umask(old) })
			return nil
		}, false},
	} {
		id := testIdentity(t)
		before := id.Hash()
		if err := test.change(id); err != nil {
			t.Fatal(err)
		}
		if after := id.Hash(); (before == after) != test.same {
			t.Errorf("%s: %s and %s", test.name, before, after)
		}
	}
}

func TestFilesOf(t *testing.T) {
	id := testIdentity(t)
	dir := filepath.Dir(id.Dir)
	words := []string{"python3", "-u", "script", "wd", "none", id.Program, ""}
	want := []string{id.Files[0], id.Program}
	if got := FilesOf(words, dir); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
