package runner

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// TestPlaces compares files by names of which some are links, and some of no file yet.
func TestPlaces(t *testing.T) {
	t.Chdir(t.TempDir())
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{
		os.MkdirAll("a/deep", 0o777), os.WriteFile("old", nil, 0o666), os.Link("old", "hard"), os.Symlink("old", "soft"),
		os.Symlink("a/deep", "dir"), os.Symlink("new", "dangling"), os.Symlink("../new", "a/up"), os.Symlink(filepath.Join(here, "new"), "absolute"),
		os.Symlink("loop", "loop"), syscall.Mkfifo("fifo", 0o666),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		a, b string
		want bool
	}{
		{"old", "./old", true}, {"old", filepath.Join(here, "old"), true}, {"old", "hard", true}, {"old", "soft", true}, {"soft", "hard", true},
		{"new", "./new", true}, {"new", "a/../new", true}, {"new", filepath.Join(here, "new"), true}, {"new", "dangling", true},
		{"new", "a/up", true}, {"new", "absolute", true}, {"dangling", "a/up", true},
		{"dir/x", "a/deep/x", true}, {"dir/../x", "a/x", true}, {"dir/../x", "x", false},
		{"old", "new", false}, {"old", "a/old", false}, {"new", "a/new", false}, {"new", "newer", false},
		{"fifo", "fifo", false}, {"a", "a", false}, {os.DevNull, os.DevNull, false},
		{"loop", "loop", false}, {"nosuch/x", "nosuch/x", false}, {"old/x", "old/x", false},
	} {
		if got := placeOf(tt.a).same(placeOf(tt.b)); got != tt.want {
			t.Errorf("%s and %s: %v, want %v", tt.a, tt.b, got, tt.want)
		}
		if got := placeOf(tt.b).same(placeOf(tt.a)); got != tt.want {
			t.Errorf("%s and %s: %v, want %v", tt.b, tt.a, got, tt.want)
		}
	}
}

func TestStandsForStream(t *testing.T) {
	for name, want := range map[string]bool{
		"/dev/stdout": true, "/dev//stderr": true, "/dev/fd/3": true, "/proc/self/fd/1": true,
		"/dev/shm/x": false, "/dev/fdx": false, "dev/stdout": false, "-": false, "x": false,
	} {
		if got := standsForStream(name); got != want {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
}
