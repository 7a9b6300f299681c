package peertest

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// ending is a test's end, as a panic.
type ending string

// player is a test that tells of its end.
type player struct{ testing.TB }

func (p player) Helper()                   {}
func (p player) Skipf(f string, a ...any)  { panic(ending("skip: " + fmt.Sprintf(f, a...))) }
func (p player) Fatalf(f string, a ...any) { panic(ending("fail: " + fmt.Sprintf(f, a...))) }

// outcome is what find returns, or how it ends its test.
func outcome(find func(testing.TB) string) (how string) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case ending:
			how = string(r)
		default:
			panic(r)
		}
	}()
	return find(player{})
}

// TestPeers has an empty PATH first, and then one with an xargs that says what it is told to.
func TestPeers(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("PATH", dir)
	path := filepath.Join(dir, "xargs")
	check := func(want, wantInCI string) {
		t.Helper()
		for ci, want := range map[string]string{"": want, "true": wantInCI} {
			t.Setenv("CI", ci)
			if got := outcome(GNUXargs); got != want {
				t.Errorf("CI=%s: %q, want %q", ci, got, want)
			}
		}
	}
	check("skip: xargs is not installed", "fail: xargs is not installed, and CI is set")

	for _, tt := range []struct{ version, want, wantInCI string }{
		{"echo 'xargs (GNU findutils) 4.9.0'", path, path},
		{"echo 'xargs, of somebody'", "skip: " + path + " is not that of GNU findutils", "fail: " + path + " is not that of GNU findutils, and CI is set"},
		{"exit 1", "skip: " + path + " is not that of GNU findutils", "fail: " + path + " is not that of GNU findutils, and CI is set"},
	} {
		if err := os.WriteFile(path, []byte("#!/bin/sh\n"+tt.version+"\n"), 0o700); err != nil {
			t.Fatal(err)
		}
		check(tt.want, tt.wantInCI)
	}
}
