package jobserver

import (
	"strings"
	"testing"
)

func TestParseFlags(t *testing.T) {
	for value, want := range map[string]flags{
		"":                                      {},
		"k":                                     {},
		" --":                                   {},
		" -j2 --jobserver-auth=3,4":             {auth{read: 3, write: 4}, true, 2},
		"kw -j8 --jobserver-auth=3,4 -- CC=gcc": {auth{read: 3, write: 4}, true, 8},
		" -j --jobserver-fds=5,6":               {auth{read: 5, write: 6}, true, 0},
		"-j --jobserver-fds=5,6 --jobserver-auth=7,8":               {auth{read: 7, write: 8}, true, 0},
		" -j4 --jobserver-auth=fifo:/tmp/GMfifo12":                  {auth{path: "/tmp/GMfifo12"}, true, 4},
		` --jobserver-auth=fifo:/tmp/a\ b\\c`:                       {auth{path: `/tmp/a b\c`}, true, 0},
		" -j4 --jobserver-auth=-2,-2":                               {auth{read: -2, write: -2}, true, 4},
		" -j4 --jobserver-auth=gmake_semaphore_3":                   {told: true, jobs: 4},
		" -j4 --jobserver-auth=3":                                   {told: true, jobs: 4},
		" -j4 -- X=--jobserver-auth=3,4 --jobserver-auth=3,4":       {jobs: 4},
		" -j4 --jobserver-auth=3,4 --jobserver-auth=fifo:/f -j2 -k": {auth{path: "/f"}, true, 2},
		" -jx --jobserver-auth=99999999999999999999,4":              {told: true},
	} {
		if got := parseFlags(value); got != want {
			t.Errorf("%q is %+v, want %+v", value, got, want)
		}
	}
}

func TestServed(t *testing.T) {
	pipe, fifo := auth{read: 60, write: 61}, auth{path: "/a b"}
	const both = "--jobserver-fds=60,61 --jobserver-auth=60,61"
	for _, c := range []struct {
		value string
		auth  auth
		want  string
	}{
		{"", pipe, " -j4 " + both},
		{"k", pipe, "k -j4 " + both},
		{"k -- A=-j9", pipe, "k -j4 " + both + " -- A=-j9"},
		{" -j9 -k --jobserver-auth=3,4 --no-print-directory", pipe, " -k --no-print-directory -j4 " + both},
		{"", fifo, ` -j4 --jobserver-auth=fifo:/a\ b`},
	} {
		if got := served(c.value, c.auth, 4); got != c.want {
			t.Errorf("%q is served as %q, want %q", c.value, got, c.want)
		}
	}
}

func TestMoved(t *testing.T) {
	from, to := auth{read: 3, write: 4}, auth{read: 60, write: 61}
	for value, want := range map[string]string{
		"":                              "",
		"k -j2 --jobserver-auth=3,4":    "k -j2 --jobserver-auth=60,61",
		" -j2 --jobserver-fds=3,4 -- x": " -j2 --jobserver-fds=60,61 -- x",
		" -j2 --jobserver-auth=5,6":     " -j2 --jobserver-auth=5,6",
		"-- --jobserver-auth=3,4":       " -- --jobserver-auth=3,4",
		`\--jobserver-auth=3,4 \-- x`:   " --jobserver-auth=60,61 \\-- x",
	} {
		if got := moved(value, from, to); got != want {
			t.Errorf("%q becomes %q, want %q", value, got, want)
		}
	}
}

// What tasks get to read says what was meant, whatever stood there before.
func FuzzFlags(f *testing.F) {
	for _, s := range []string{"", "k -j2 --jobserver-auth=3,4 -- A=b", ` --jobserver-auth=fifo:/a\ b`, `\`, "-j -2", "-- --"} {
		f.Add(s, "/tmp/fifo", 4)
	}
	f.Fuzz(func(t *testing.T, value, path string, jobs int) {
		parsed := parseFlags(value)
		if jobs < 0 || strings.Contains(path, "\x00") {
			return
		}
		for _, a := range []auth{{read: 60, write: 61}, {path: path}} {
			if a == (auth{}) {
				continue
			}
			if got := parseFlags(served(value, a, jobs)); got != (flags{a, true, jobs}) {
				t.Errorf("%q with %+v reads as %+v", value, a, got)
			}
		}
		to := auth{read: 60, write: 61}
		if parsed.auth == to {
			return
		}
		if got := parseFlags(moved(value, parsed.auth, to)); parsed.told && got != (flags{to, true, parsed.jobs}) {
			t.Errorf("%q moved reads as %+v", value, got)
		}
	})
}
