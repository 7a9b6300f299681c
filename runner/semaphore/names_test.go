package semaphore

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestOpenErrors(t *testing.T) {
	dir := t.TempDir()
	if _, err := Open(dir, "x", 0); err == nil {
		t.Error("a semaphore for nobody")
	}
	shared, link, plain := filepath.Join(dir, "shared"), filepath.Join(dir, "link"), filepath.Join(dir, "plain")
	if err := errors.Join(os.Mkdir(shared, 0o700), os.Chmod(shared, 0o755), os.Symlink(t.TempDir(), link), os.WriteFile(plain, nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	for _, root := range []string{shared, link, plain} {
		var e *DirError
		if _, err := Open(root, "x", 1); !errors.As(err, &e) || e.Path != root {
			t.Errorf("Open(%s) = %v, want a DirError", filepath.Base(root), err)
		}
	}
	// The same holds for the directory of a semaphore.
	s := open(t, filepath.Join(dir, "root"), "x", 1)
	if err := os.Symlink(t.TempDir(), s.dir); err != nil {
		t.Fatal(err)
	}
	var e *DirError
	if _, err := s.Acquire(t.Context(), 0); !errors.As(err, &e) {
		t.Errorf("Acquire through a symbolic link: %v", err)
	}
	if err := os.RemoveAll(filepath.Join(dir, "root")); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Acquire(t.Context(), 0); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("Acquire without the root: %v", err)
	}
}

func TestRoot(t *testing.T) {
	env := func(pairs ...string) func(string) string {
		return func(name string) string {
			for _, p := range pairs {
				if v, ok := strings.CutPrefix(p, name+"="); ok {
					return v
				}
			}
			return ""
		}
	}
	for _, tt := range []struct {
		getenv func(string) string
		want   string
	}{
		{env("HOME=/h"), "/h/.local/state/xpool/semaphores"},
		{env("HOME=/h", "XDG_STATE_HOME=/s"), "/s/xpool/semaphores"},
		{env("HOME=/h", "XDG_STATE_HOME=rel"), "/h/.local/state/xpool/semaphores"},
		{env("HOME=/h", "XDG_STATE_HOME=/s", "PARALLEL_HOME=/p"), "/p/xpool-semaphores"},
		{env("HOME=rel"), ""},
		{env(), ""},
	} {
		if got, err := Root(tt.getenv); got != tt.want || (err == nil) != (tt.want != "") {
			t.Errorf("Root = %q, %v; want %q", got, err, tt.want)
		}
	}
}

func TestDefaultID(t *testing.T) {
	null, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	if got := DefaultID(null); got != "not a tty" {
		t.Errorf("DefaultID of %s = %q", os.DevNull, got)
	}
}

func TestFileName(t *testing.T) {
	long := strings.Repeat("x", 1000)
	for id, want := range map[string]string{"": "id-", "a-b_c.D9": "id-a-b_c.D9", "..": "id-..", "a/b@c %\x00é": "id-a%2fb%40c%20%25%00%c3%a9"} {
		if got := fileName(id); got != want {
			t.Errorf("fileName(%q) = %q, want %q", id, got, want)
		}
	}
	if a, b := fileName(long), fileName(long+"y"); a == b || len(a) > maxName {
		t.Errorf("long names: %q and %q", a, b)
	}
}

func FuzzFileName(f *testing.F) {
	f.Add("a", "b")
	f.Add("%2f", "/")
	f.Add("sha256-", strings.Repeat("x", 200))
	f.Fuzz(func(t *testing.T, a, b string) {
		x, y := fileName(a), fileName(b)
		if (x == y) != (a == b) || strings.ContainsAny(x, "/@\x00") || len(x) > maxName || x == "." || x == ".." {
			t.Fatalf("fileName(%q) = %q, fileName(%q) = %q", a, x, b, y)
		}
	})
}

func FuzzParseWait(f *testing.F) {
	for _, in := range []string{waitName(1, 2), "wait-1-0-x", "wait-1-1-", "wait", "hold-x", "wait-18446744073709551615-1-x"} {
		f.Add(in)
	}
	f.Fuzz(func(t *testing.T, in string) {
		seq, n, ok := parseWait(in)
		if !ok {
			return
		}
		again, m, ok := parseWait(waitName(seq, n))
		if n < 1 || seq+1 == 0 || !ok || again != seq || m != n {
			t.Fatalf("parseWait(%q) = %d, %d, then %d, %d, %v", in, seq, n, again, m, ok)
		}
	})
}
