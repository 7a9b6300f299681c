package joblog

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestColumnsLikeGNU reads a log of GNU parallel, and writes it byte for byte.
func TestColumnsLikeGNU(t *testing.T) {
	dir := t.TempDir()
	parallel := gnuParallel(t, dir)
	parallel("-0", "-k", "-j1", "--joblog", "log",
		"printf '%s' {}; case {} in t) kill -9 $$;; e) exit 7;; s) sleep 0.02;; esac", ":::", "a\nb\tc", "x y", "t", "e", "s", "")
	want := mustRead(t, filepath.Join(dir, "log"))
	got := Header
	lines := strings.SplitAfter(strings.TrimPrefix(want, Header), "\n")
	for _, l := range lines[:len(lines)-1] {
		r, ok := ParseRow([]byte(strings.TrimSuffix(l, "\n")))
		if !ok {
			t.Fatalf("%q is no row", l)
		}
		got += string(r.Append(nil))
	}
	if got != want || len(lines) != 7 {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	set := mustLoad(t, filepath.Join(dir, "log"))
	if done, failed := set.Count(); done != 6 || failed != 2 || !set.Failed(3) || !set.Failed(4) {
		t.Errorf("%d done, %d failed", done, failed)
	}
}

// TestExitAndSignalLikeGNU holds the table in the package comment.
func TestExitAndSignalLikeGNU(t *testing.T) {
	dir := t.TempDir()
	parallel := gnuParallel(t, dir)
	tests := []struct {
		name, want string // in order of the numbers: number exit signal
		args       []string
	}{
		{"exit", "1 0 0,2 255 0", []string{"exit {}", ":::", "0", "255"}},
		{"signal", "1 0 15", []string{"kill -15 $$; sleep 60", ":::", "x"}},
		{"timeout", "1 -1 15", []string{"--timeout", "0.2", "sleep 60;:", ":::", "x"}},
		{"not found", "1 127 0", []string{"./does-not-exist", ":::", "x"}},
		{"retries", "1 3 0", []string{"--retries", "2", "exit 3;", ":::", "x"}},
		{"halt now", "1 3 0", []string{"-j2", "--halt", "now,fail=1", "sleep {}; exit 3", ":::", "0.1", "60", "60"}},
	}
	columns := regexp.MustCompile(`(?m)^(\d+)(?:\t[^\t]*){5}\t(-?\d+)\t(\d+)\t.*$`)
	for _, tt := range tests {
		parallel(append([]string{"--joblog", tt.name}, tt.args...)...)
		var got []string
		for _, m := range columns.FindAllStringSubmatch(mustRead(t, filepath.Join(dir, tt.name)), -1) {
			got = append(got, strings.Join(m[1:], " "))
		}
		if s := strings.Join(got, ","); s != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, s, tt.want)
		}
	}
}

// TestGNUGoesOn writes logs, some as a killed run leaves them, and lets GNU parallel
// resume them once Open has made them whole.
func TestGNUGoesOn(t *testing.T) {
	dir := t.TempDir()
	parallel := gnuParallel(t, dir)
	rows := []Row{{Seq: 3, Command: "echo 3"}, {Seq: 1, Exit: 1, Command: "echo 'a\n1'"}, {Seq: 5, Signal: 9}, {Seq: 6, Exit: -1, Signal: 15},
		{Seq: 5, Command: "echo 5"}}
	tests := []struct{ option, want string }{
		{"--resume", "2\n4\n7\n"},
		{"--resume-failed", "1\n2\n4\n6\n7\n"},
	}
	for _, tt := range tests {
		name := filepath.Join(dir, "log"+tt.option)
		w := mustOpen(t, name, Create)
		writeRows(t, w, rows...)
		w.Close()
		mustWrite(t, name, mustRead(t, name)+"2\t:\t17")
		mustOpen(t, name, Resume).Close()
		if got := parallel("-k", "-j1", tt.option, "--joblog", name, "echo", ":::", "1", "2", "3", "4", "5", "6", "7"); got != tt.want {
			t.Errorf("%s ran %q, want %q", tt.option, got, tt.want)
		}
		set := mustLoad(t, name)
		lines, _ := set.Foreign()
		if done, _ := set.Count(); done != 7 || lines != 0 {
			t.Errorf("%s: %d tasks, %d foreign lines in %q", tt.option, done, lines, mustRead(t, name))
		}
	}
}

// TestGoOnAfterGNU does what the caller does with a log of GNU parallel, and compares
// with what GNU parallel itself does next.
func TestGoOnAfterGNU(t *testing.T) {
	dir := t.TempDir()
	parallel := gnuParallel(t, dir)
	args := []string{"test {} -gt 3 || { echo {}; test {} -gt 1; }", ":::", "1", "2", "1", "0", "5"}
	run := func(options ...string) string {
		return parallel(append(append([]string{"-k", "-j2"}, options...), args...)...)
	}
	run("--joblog", "log")
	log := filepath.Join(dir, "log")
	before := mustRead(t, log)
	set := mustLoad(t, log)
	var failed string
	for i, arg := range args[2:] {
		if set.Failed(int64(i + 1)) {
			failed += arg + "\n"
		}
	}
	if got := run("--resume-failed", "--joblog", "log"); got != failed || got != "1\n1\n0\n" {
		t.Errorf("--resume-failed ran %q, want %q", got, failed)
	}
	mustWrite(t, log, before)
	failures, err := OpenFailures(log)
	if err != nil {
		t.Fatal(err)
	}
	defer failures.Close()
	var commands strings.Builder
	for range failures.Len() {
		r, err := failures.Next()
		if err != nil {
			t.Fatal(err)
		}
		commands.WriteString(strings.Fields(r.Command)[1] + "\n") // the argument of test
	}
	if got := parallel("-k", "--retry-failed", "--joblog", "log", "ignored", ":::", "ignored"); got != commands.String() {
		t.Errorf("--retry-failed ran %q, want %q", got, commands.String())
	}
}
