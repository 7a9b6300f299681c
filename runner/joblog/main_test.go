package joblog

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"xpool/pool/peertest"
)

// asWriter makes the test binary write rows to the log that it names, and the
// number of each on standard output once it is written, until it is killed.
const asWriter = "XPOOL_TEST_JOBLOG_WRITER"

func TestMain(m *testing.M) {
	if name := os.Getenv(asWriter); name != "" {
		writeForEver(name)
	}
	os.Exit(m.Run())
}

func writeForEver(name string) {
	w, err := Open(name, Resume)
	for seq := int64(1); err == nil; seq++ {
		// Long enough that a kill can hit the middle of a write.
		if err = w.Write(Row{Seq: seq, Command: strings.Repeat("x", 100_000)}); err == nil {
			_, err = fmt.Println(seq)
		}
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// gnuParallel returns a function that runs GNU parallel in a directory and returns
// its standard output.
func gnuParallel(t *testing.T, dir string) func(args ...string) string {
	t.Helper()
	path := peertest.GNUParallel(t)
	home := t.TempDir()
	return func(args ...string) string {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), path, args...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "HOME="+home, "PARALLEL=", "PARALLEL_HOME="+home, "SHELL=/bin/sh")
		var stderr strings.Builder
		cmd.Stderr = &stderr
		out, err := cmd.Output()
		if err != nil {
			t.Logf("parallel %q: %v: %s", args, err, stderr.String())
		}
		return string(out)
	}
}

func mustRead(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func mustWrite(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

func mustOpen(t *testing.T, name string, mode Mode) *Writer {
	t.Helper()
	w, err := Open(name, mode)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	return w
}

func mustLoad(t *testing.T, name string) *Set {
	t.Helper()
	set, err := Load(name)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func writeRows(t *testing.T, w *Writer, rows ...Row) {
	t.Helper()
	for _, r := range rows {
		if err := w.Write(r); err != nil {
			t.Fatal(err)
		}
	}
}
