package pool_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"xpool/pool"
)

// Programs and shells find what their task is given as its standard input, from the
// beginning in each attempt.
func TestPayloadStdin(t *testing.T) {
	dir := t.TempDir()
	var programs, scripts []pool.Payload
	for i := range 20 {
		path := filepath.Join(dir, fmt.Sprint("it's ", i))
		if err := os.WriteFile(path, []byte(fmt.Sprintln("input", i)), 0o600); err != nil {
			t.Fatal(err)
		}
		programs = append(programs, pool.Payload{Args: []string{"cat"}, Stdin: path})
		scripts = append(scripts, pool.Payload{Args: []string{fmt.Sprint(i)}, Stdin: path, InWorker: i%2 == 0})
	}
	scripts = append(scripts, pool.Payload{Args: []string{"20"}})
	kinds := map[string]pool.Kind{"program": &pool.Program{}}
	for _, sh := range []string{"sh", "bash", "zsh", "mksh"} {
		kinds[sh] = &pool.Shell{Path: sh, Body: `cat; test $# -eq 1`, Stdin: true}
	}
	for name, kind := range kinds {
		payloads := scripts
		if name == "program" {
			payloads = programs
		} else if !exists(name) {
			t.Logf("no %s here", name)
			continue
		}
		got, err := runAll(t, kind, pool.Options{Jobs: 2}, 0, payloads...)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for i, o := range got {
			want := fmt.Sprintln("input", i)
			if i == 20 {
				want = ""
			}
			if o.out != want || !o.Verdict.OK() {
				t.Errorf("%s: task %d printed %q %q, %v", name, i, o.out, o.err, o.Verdict)
			}
		}
	}
}

func exists(program string) bool {
	for _, dir := range filepath.SplitList(os.Getenv("PATH")) {
		if _, err := os.Stat(filepath.Join(dir, program)); err == nil {
			return true
		}
	}
	return false
}

// A file that is not there costs its task.
func TestPayloadStdinMissing(t *testing.T) {
	missing := pool.Payload{Args: []string{"cat"}, Stdin: filepath.Join(t.TempDir(), "nosuch")}
	got, err := runAll(t, &pool.Program{Fixed: true}, pool.Options{Jobs: 1}, 0, missing, words("echo", "well"))
	if err != nil {
		t.Fatal(err)
	}
	if v := got[0].Verdict.String(); !strings.Contains(v, "nosuch") || got[1].out != "well\n" {
		t.Errorf("%s; then %q", v, got[1].out)
	}
}

// All kinds of worker begin in Options.Dir, where programs with a relative name are
// looked for too.
func TestDir(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "mine"), []byte("#!/bin/sh\npwd -P\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		kind pool.Kind
		task pool.Payload
	}{
		{&pool.Program{}, words("pwd")},
		{&pool.Program{}, words("./mine")},
		{&pool.Program{}, words(filepath.Join(dir, "mine"))},
		{&pool.Shell{Path: "sh", Body: "pwd"}, words()},
		{&pool.Coprocess{Argv: []string{"sh", "-c", "while read x; do pwd; done"}}, words("x")},
	} {
		got, err := runAll(t, c.kind, pool.Options{Jobs: 1, Dir: dir}, 0, c.task)
		if err != nil {
			t.Errorf("%T %q: %v", c.kind, c.task.Args, err)
		} else if got[0].out != dir+"\n" {
			t.Errorf("%T %q: printed %q, %v", c.kind, c.task.Args, got[0].out, got[0].Verdict)
		}
	}
}

func TestNice(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("nice(1) alone prints no value everywhere")
	}
	base, err := runAll(t, &pool.Program{}, pool.Options{}, 0, words("nice"))
	if err != nil {
		t.Fatal(err)
	}
	var now int
	if _, err := fmt.Sscan(base[0].out, &now); err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintln(min(now+3, 19))
	// The value comes a moment after the start.
	for _, kind := range []pool.Kind{&pool.Program{}, &pool.Shell{Path: "sh", Body: `"$@"`}} {
		got, err := runAll(t, kind, pool.Options{Nice: 3}, 0, words("sh", "-c", "until test $(nice) != "+fmt.Sprint(now)+"; do :; done; nice"))
		if err != nil || got[0].out != want {
			t.Errorf("%T: %q, %v; want %q", kind, got[0].out, err, want)
		}
	}
}
