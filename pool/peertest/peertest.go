// Package peertest finds the programs that tests run or compare with: shells,
// interpreters, GNU xargs, GNU parallel. It is for tests only.
//
// Where one is missing, its test is skipped, and says so. With CI set in the
// environment it fails instead, as .ci/run installs them all: a test that nobody
// runs is none.
package peertest

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// Path returns the path of a program, or ends the test as Missing does.
func Path(t testing.TB, program string) string {
	t.Helper()
	path, err := exec.LookPath(program)
	if err != nil {
		Missing(t, "%s is not installed", program)
	}
	return path
}

// GNUXargs returns the path of GNU xargs, or ends the test as Missing does.
func GNUXargs(t testing.TB) string {
	t.Helper()
	return made(t, "xargs", "GNU findutils")
}

// RunXargs runs what GNUXargs has returned in an empty directory, with env and no
// other environment, and returns what it writes to its standard output and error.
// It calls itself xargs there, and may exit with any status.
func RunXargs(t testing.TB, xargs string, env []string, input string, args ...string) (stdout, stderr string) {
	t.Helper()
	cmd := exec.Command(xargs, args...)
	cmd.Args[0] = "xargs"
	cmd.Env = env
	cmd.Dir = t.TempDir()
	cmd.Stdin = strings.NewReader(input)
	var out, errOut bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errOut
	var exit *exec.ExitError
	if err := cmd.Run(); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return out.String(), errOut.String()
}

// PlainEnv is an environment with PATH and without a language.
func PlainEnv() []string { return []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C"} }

// GNUParallel returns the path of GNU parallel, or ends the test as Missing does.
func GNUParallel(t testing.TB) string {
	t.Helper()
	return made(t, "parallel", "GNU parallel")
}

// made is Path for a program whose --version has the maker's name in it.
func made(t testing.TB, program, maker string) string {
	t.Helper()
	path := Path(t, program)
	if out, err := exec.Command(path, "--version").Output(); err != nil || !strings.Contains(string(out), maker) {
		Missing(t, "%s is not that of %s", path, maker)
	}
	return path
}

// Missing ends a test that lacks what the format says: it is skipped, or fails if
// CI is set and not empty.
func Missing(t testing.TB, format string, args ...any) {
	t.Helper()
	if Required() {
		t.Fatalf(format+", and CI is set", args...)
	}
	t.Skipf(format, args...)
}

// Required tells whether nothing may be missing: whether CI is set and not empty.
func Required() bool { return os.Getenv("CI") != "" }
