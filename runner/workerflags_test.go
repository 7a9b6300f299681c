package runner

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"xpool/pool"
)

func TestWorkerFlags(t *testing.T) {
	lib := filepath.Join(t.TempDir(), "lib")
	if err := os.WriteFile(lib, []byte("from file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args string // separated by blanks; _ stands for one
		want func(o *Options) bool
	}{
		{"--worker cat", func(o *Options) bool { return o.kind() == workerKind && o.Protocol == pool.Lines }},
		{"--worker --protocol nul cat -u", func(o *Options) bool { return o.Protocol == pool.NUL && len(o.Command) == 2 }},
		{"--worker --protocol=json cat", func(o *Options) bool { return o.Protocol == pool.JSON }},
		{"--worker --protocol json --multiplex cat", func(o *Options) bool { return o.Multiplex == manyJobs && len(o.Command) == 1 }},
		{"--worker --protocol json --multiplex=3 --cancel cat", func(o *Options) bool { return o.Multiplex == 3 && o.Cancel }},
		{"--lang python3 print(arg)", func(o *Options) bool { return o.kind() == codeKind && o.language() == "python3" }},
		{"--call json:dumps", func(o *Options) bool { return o.kind() == codeKind && o.language() == "python3" }},
		{"--call a.b:c.d --lang pypy3", func(o *Options) bool { return o.Call == "a.b:c.d" && o.language() == "pypy3" }},
		{"--init a --init-file " + lib + " --init b echo_x", func(o *Options) bool { return o.Init == "a\nfrom file\n\nb" }},
		{"--init-timeout 1m echo", func(o *Options) bool { return o.InitTimeout == 60e9 }},
		{"echo", func(o *Options) bool { return time.Duration(o.InitTimeout) == 30*time.Second && o.CrashLimit == 1 }},
		{"--recycle-tasks 7 echo_x", func(o *Options) bool { return o.RecycleTasks == 7 }},
		{"--recycle-rss auto echo_x", func(o *Options) bool { return o.RecycleRSS == pool.RecycleAuto }},
		{"--recycle-rss 3M echo_x", func(o *Options) bool { return o.RecycleRSS > 2_999_999 }},
		{"--threads 4 echo", func(o *Options) bool { return o.Threads == 4 }},
		{"--threads auto echo", func(o *Options) bool { return o.Threads == threadsAuto }},
		{"--crash-limit 3 --mem-limit 1G --stall-timeout 2 echo", func(o *Options) bool {
			return o.CrashLimit == 3 && o.MemLimit == 1<<30 && time.Duration(o.StallTimeout) == 2*time.Second
		}},
	} {
		o, err := parseOptions(split(c.args))
		if err != nil || !c.want(&o) {
			t.Errorf("%s: %v, %+v", c.args, err, o)
		}
	}
}

// split makes the words of a command line.
func split(s string) []string {
	words := strings.Fields(s)
	for i := range words {
		words[i] = strings.ReplaceAll(words[i], "_", " ")
	}
	return words
}

func TestWorkerFlagsRefused(t *testing.T) {
	for _, args := range []string{
		"--worker", "--worker --shell cat", "--worker --lang perl cat", "--worker --exec cat", "--lang perl --shell 1", "--call a:b --exec",
		"--protocol nul cat", "--worker --protocol xml cat", "--worker --protocol Lines cat", "--worker --no-fork cat",
		"--worker --multiplex cat", "--worker --protocol nul --multiplex=2 cat", "--worker --protocol json --multiplex=0 cat", "--multiplex cat",
		"--worker --cancel cat", "--worker --protocol lines --cancel cat", "--cancel echo", "--worker --protocol json --multiplex=x cat",
		"--lang perl", "--lang perl a b", "--lang ruby a", "--lang sh a",
		"--call x", "--call :", "--call a:", "--call :b", "--call a:b:c", "--call a:b c", "--call a:b --lang node",
		"--init a echo", "--init a --worker cat", "--init-file /nonexistent/file echo_x", "--init-timeout x echo",
		"--recycle-tasks 0 echo", "--recycle-tasks -1 echo", "--recycle-rss -1 echo", "--recycle-rss AUTO echo", "--recycle-rss 99999999999G echo",
		"--threads 0 echo", "--threads -1 echo", "--threads 1.5 echo", "--threads many echo", "--threads= echo",
		"--crash-limit 0 echo", "--mem-limit x echo", "--stall-timeout -1 echo",
		"-I % --worker cat", "-I % --lang perl 1", "-o --worker cat",
	} {
		if o, err := parseOptions(split(args)); err == nil {
			t.Errorf("%s is taken: %+v", args, o)
		} else if strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: not one line: %v", args, err)
		}
	}
}

func TestThreads(t *testing.T) {
	given := environment{"A=b", "OMP_NUM_THREADS=9"}
	for _, c := range []struct {
		threads, jobs, cpus int
		omp, mkl            string
	}{
		{0, 2, 8, "9", ""},
		{3, 2, 8, "3", "3"},
		{threadsAuto, 2, 8, "9", "4"},
		{threadsAuto, 3, 8, "9", "2"},
		{threadsAuto, 16, 8, "9", "1"},
		{threadsAuto, manyJobs, 8, "9", "1"},
		{threadsAuto, 0, 8, "9", "8"},
	} {
		e := given.withThreads(c.threads, c.jobs, func() int { return c.cpus })
		if omp, mkl := e.get("OMP_NUM_THREADS"), e.get("MKL_NUM_THREADS"); omp != c.omp || mkl != c.mkl || e.get("A") != "b" {
			t.Errorf("%d threads, %d jobs, %d CPUs: %q", c.threads, c.jobs, c.cpus, e)
		}
		if n := len(slices.DeleteFunc(slices.Clone(e), func(v string) bool { return !strings.HasPrefix(v, "OMP_") })); n != 1 {
			t.Errorf("%d threads: one variable stands %d times", c.threads, n)
		}
	}
	if want := []string{"A=b", "OMP_NUM_THREADS=9"}; !slices.Equal(given, want) {
		t.Errorf("the environment given is now %q", given)
	}
}

// What is told of a worker that keeps its output in a buffer.
func TestHint(t *testing.T) {
	for silence, want := range map[time.Duration]string{
		300 * time.Millisecond:   "nothing for 300ms:",
		1234 * time.Millisecond:  "nothing for 1.2s:",
		59600 * time.Millisecond: "nothing for 1m0s:",
	} {
		var told string
		c := &coprocessCommand{words: []string{"cat"}, silent: func(line string) { told = line }}
		if c.hint(7, silence); !strings.Contains(told, want) || !strings.Contains(told, "task 7") || strings.Contains(told, "\n") {
			t.Errorf("after %v: %s", silence, told)
		}
		want = strings.Replace(want, "nothing for", "not answered it for", 1)
		want = strings.TrimSuffix(want, ":") + " and"
		if c.warn(7, silence); !strings.Contains(told, want) || !strings.Contains(told, "task 7") || strings.Contains(told, "\n") {
			t.Errorf("after %v: %s", silence, told)
		}
	}
}
