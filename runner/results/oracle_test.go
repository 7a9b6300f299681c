package results

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"xpool/pool/peertest"
	"xpool/runner/joblog"
	"xpool/runner/jsonlog"
)

// gnuParallel returns a function that runs GNU parallel in a directory and returns its standard
// output.
func gnuParallel(t *testing.T, dir string) func(args ...string) string {
	t.Helper()
	path := peertest.GNUParallel(t)
	home := t.TempDir()
	return func(args ...string) string {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), path, args...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "HOME="+home, "PARALLEL=", "PARALLEL_HOME="+home, "SHELL=/bin/sh", "TMPDIR="+dir)
		var stderr strings.Builder
		cmd.Stderr = &stderr
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("parallel %q: %v: %s", args, err, stderr.String())
		}
		return string(out)
	}
}

// listTree returns the names of all files below a directory.
func listTree(t *testing.T, root string) []string {
	t.Helper()
	var names []string
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			names = append(names, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// TestTreeLikeGNU compares whole trees.
func TestTreeLikeGNU(t *testing.T) {
	dir := t.TempDir()
	parallel := gnuParallel(t, dir)
	tests := []struct {
		options []string
		names   []string
		sources [][]string
	}{
		{nil, nil, [][]string{{"a", "b/c", `d\e`, "t\tt", "n\nn", "", "-", "sp ace", "...", `\_`, "é\xff"}}},
		{nil, nil, [][]string{{"I", "II"}, {"III", "IIII"}}},
		{[]string{"--header", ":"}, []string{"b", "a"}, [][]string{{"1"}, {"2", "3"}}},
		{[]string{"--header", ":"}, []string{"10a", "2b", "c", "-1", "1e1x", "infile"}, [][]string{{"1"}, {"2"}, {"3"}, {"4"}, {"5"}, {"6"}}},
	}
	for i, tt := range tests {
		root := filepath.Join(dir, "tree"+strconv.Itoa(i))
		args := append([]string{"-0", "--results", root}, tt.options...)
		args = append(args, "true")
		for j, values := range tt.sources {
			args = append(args, ":::")
			if tt.names != nil {
				args = append(args, tt.names[j])
			}
			args = append(args, values...)
		}
		parallel(args...)
		var want []string
		for _, row := range product(tt.sources) {
			p := Tree(root, tt.names, row)
			want = append(want, p.Stdout, p.Stderr, p.Seq)
		}
		got := listTree(t, root)
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("GNU parallel makes %q\nwant %q", got, want)
		}
	}
}

// product returns all rows of values, one of each source.
func product(sources [][]string) [][]string {
	rows := [][]string{nil}
	for _, values := range sources {
		var longer [][]string
		for _, row := range rows {
			for _, v := range values {
				longer = append(longer, append(slices.Clone(row), v))
			}
		}
		rows = longer
	}
	return rows
}

// TestExpandedLikeGNU compares the two forms of names with replacement strings, and what is in
// the files.
func TestExpandedLikeGNU(t *testing.T) {
	dir := t.TempDir()
	parallel := gnuParallel(t, dir)
	for _, template := range []string{"file/{1}-{2}", "dir/{1}{2}/"} {
		if out := parallel("--results", template, "echo out; echo err >&2; : {}", ":::", "a", ":::", "x/y"); out != "" {
			t.Errorf("%s: prints %q", template, out)
		}
		prefix, _, _ := strings.Cut(template, "{")
		p, err := Expanded(prefix, strings.NewReplacer("{1}", "a", "{2}", "x/y").Replace(template))
		if err != nil {
			t.Fatal(err)
		}
		in := Place{filepath.Join(dir, p.Stdout), filepath.Join(dir, p.Stderr), filepath.Join(dir, p.Seq)}
		checkFiles(t, in, "out\n", "err\n", "1")
		if n := len(listTree(t, filepath.Join(dir, prefix))); n != 3 {
			t.Errorf("%s: %d files", template, n)
		}
	}
}

// TestRetryLikeGNU holds that an attempt overwrites what the one before has printed.
func TestRetryLikeGNU(t *testing.T) {
	dir := t.TempDir()
	parallel := gnuParallel(t, dir)
	parallel("--results", "tree", "--retries", "2", "echo {}; test -e there || { echo first; touch there; exit 1; }", ":::", "a")
	checkFiles(t, Tree(filepath.Join(dir, "tree"), nil, []string{"a"}), "a\n", "", "1")
}

// gnuResults are results that gnuTable has GNU parallel make, but for the times.
func gnuResults() []jsonlog.Result {
	command := func(a, b string) string { return "printf 'q\"\\0 \\001\\n'; echo " + a + " " + b + " >&2" }
	result := func(seq int64, a, b, command string) jsonlog.Result {
		return jsonlog.Result{Row: joblog.Row{Seq: seq, Receive: 6, Command: command}, V: []string{a, b},
			Stdout: strings.NewReader("q\"\x00 \x01\n"), Stderr: strings.NewReader(a + " " + b + "\n")}
	}
	return []jsonlog.Result{
		result(1, "a", "x,y", command("a", "'x,y'")),
		result(2, "a", "é", command("a", "'é'")),
		result(3, "t\tt", "x,y", command("'t\tt'", "'x,y'")),
		result(4, "t\tt", "é", command("'t\tt'", "'é'")),
	}
}

func gnuTable(parallel func(...string) string, target string, options ...string) string {
	args := append([]string{"-j1", "-k", "--results", target}, options...)
	return parallel(append(args, "printf 'q\"\\0 \\001\\n'; echo {1} {2} >&2", ":::", "a", "t\tt", ":::", "x,y", "é")...)
}

// TestTableLikeGNU compares tables byte for byte, with the times of GNU parallel.
func TestTableLikeGNU(t *testing.T) {
	parallel := gnuParallel(t, t.TempDir())
	for target, format := range map[string]Format{"-.csv": CSV, "-.tsv": TSV} {
		want := gnuTable(parallel, target)
		in := csv.NewReader(strings.NewReader(want))
		if format == TSV {
			in.Comma = '\t'
		}
		rows, err := in.ReadAll()
		if err != nil || len(rows) != 5 {
			t.Fatalf("%s: %d rows, %v", target, len(rows), err)
		}
		var got strings.Builder
		table := NewTable(&got, format, nil)
		for i, r := range gnuResults() {
			r.Start, r.Runtime = times(t, rows[i+1][2], rows[i+1][3])
			if err := table.Write(&r); err != nil {
				t.Fatal(err)
			}
		}
		if got.String() != want {
			t.Errorf("%s:\n got %q\nwant %q", target, got.String(), want)
		}
	}
}

func times(t *testing.T, start, runtime string) (time.Time, time.Duration) {
	t.Helper()
	ms, err := strconv.ParseInt(strings.Replace(start, ".", "", 1), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	d, err := time.ParseDuration(runtime + "s")
	if err != nil {
		t.Fatal(err)
	}
	return time.UnixMilli(ms), d
}

// TestJSONLikeGNU compares objects, which may write the same string in two ways, and the names of
// their members in order.
func TestJSONLikeGNU(t *testing.T) {
	parallel := gnuParallel(t, t.TempDir())
	lines := strings.SplitAfter(gnuTable(parallel, "-.json"), "\n")
	if len(lines) != 5 {
		t.Fatalf("%d lines", len(lines))
	}
	for i, r := range gnuResults() {
		var at struct{ Starttime, JobRuntime json.Number }
		if err := json.Unmarshal([]byte(lines[i]), &at); err != nil {
			t.Fatal(err)
		}
		r.Start, r.Runtime = times(t, at.Starttime.String(), at.JobRuntime.String())
		var b bytes.Buffer
		if err := jsonlog.NewEncoder(&b).EncodeGNU(&r); err != nil {
			t.Fatal(err)
		}
		got, want := tokens(t, b.String()), tokens(t, lines[i])
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got  %v\nwant %v", got, want)
		}
	}
}

func tokens(t *testing.T, text string) []json.Token {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var list []json.Token
	for d.More() || len(list) > 0 && list[len(list)-1] != json.Delim('}') {
		token, err := d.Token()
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		list = append(list, token)
	}
	return list
}

// TestTempLikeGNU compares the names and modes of the files of --files.
func TestTempLikeGNU(t *testing.T) {
	dir := t.TempDir()
	parallel := gnuParallel(t, dir)
	name := strings.TrimSuffix(parallel("--files", "echo", ":::", "a"), "\n")
	info, err := os.Stat(name)
	if err != nil {
		t.Fatal(err)
	}
	f, err := Temp(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	own, err := f.Stat()
	if err != nil || own.Mode() != info.Mode() || len(f.Name()) != len(name) || filepath.Dir(name) != filepath.Dir(f.Name()) {
		t.Errorf("%s %v, want %s %v", f.Name(), own.Mode(), name, info.Mode())
	}
}
