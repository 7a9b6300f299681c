package runner

import (
	"encoding/xml"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"xpool/pool/peertest"
)

// benchTable is a table as scripts/bench --tsv writes it, with what is special in XML
// and in Markdown: a row over its target, one under it, and one without a peer.
const benchTable = `# xpool 1 <&"> x
# Peers: none
name	work	peer	size	unit	xpool	theirs	ratio	target
a	` + "`cat {} | wc`, a_b" + `	` + "`sh -c`" + `	2,000 tasks	ms	123.456	1481.472	12.000	2.5
a	twice as slow	a < b & "c"	10 calls	ms	4.000	2.000	0.500	15
b	some bytes		4 MB	MB	38.250			under 40 MB
`

// plotted returns what scripts/plot makes of a table.
func plotted(t *testing.T, form, table string) string {
	t.Helper()
	cmd := exec.Command(filepath.Join("..", "scripts", "plot"), form)
	cmd.Stdin = strings.NewReader(table)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("scripts/plot %s: %v", form, err)
	}
	return string(out)
}

// drawing is what an SVG shows: its texts, and how many elements it has of a class.
type drawing struct {
	texts   []string
	classes map[string]int
}

// readSVG parses a picture, which has to be XML.
func readSVG(t *testing.T, svg string) drawing {
	t.Helper()
	d := drawing{classes: map[string]int{}}
	decoder := xml.NewDecoder(strings.NewReader(svg))
	var text *strings.Builder // of the text element that is open
	for {
		token, err := decoder.Token()
		switch token := token.(type) {
		case xml.StartElement:
			if token.Name.Local == "text" {
				text = new(strings.Builder)
			}
			for _, a := range token.Attr {
				if a.Name.Local == "class" {
					d.classes[a.Value]++
				}
			}
		case xml.CharData:
			if text != nil {
				text.Write(token)
			}
		case xml.EndElement:
			if token.Name.Local == "text" {
				d.texts = append(d.texts, text.String())
				text = nil
			}
		}
		if errors.Is(err, io.EOF) {
			return d
		}
		if err != nil {
			t.Fatalf("not XML: %v\n%s", err, svg)
		}
	}
}

// TestDocsPlot draws a table: rows that have a ratio are bars, with their labels, and
// a mark where the target is.
func TestDocsPlot(t *testing.T) {
	d := readSVG(t, plotted(t, "--svg", benchTable))
	for _, want := range []string{
		`xpool 1 <&"> x`, "Peers: none", "cat {} | wc, a_b sh -c", `twice as slow a < b & "c"`, "12×", "0.50×",
		"0.5×", "1×", "2×", "5×", "10×", "20×", // the scale has room for both targets
	} {
		if !slices.Contains(d.texts, want) {
			t.Errorf("%q is not shown in %q", want, d.texts)
		}
	}
	for _, other := range []string{"some bytes ", "0.2×", "50×"} {
		if slices.Contains(d.texts, other) {
			t.Errorf("%q is shown", other)
		}
	}
	// One more of each is in the legend, and a page has a line at 1.
	for class, want := range map[string]int{"more": 2, "less": 2, "target": 3, "one": 1} {
		if got := d.classes[class]; got != want {
			t.Errorf("%d elements of class %s, want %d", got, class, want)
		}
	}
}

// TestDocsPlotRefuses draws what cannot be drawn, which ends with a line that says so and
// nothing of a picture, and what only just can.
func TestDocsPlotRefuses(t *testing.T) {
	const row = "a\tw\tp\t1\tms\t1\t1\t"
	const bounds = `line 2: the ratio and a target of one are to be numbers from 0\.001 to 1000000`
	for _, tt := range []struct{ rows, want string }{
		{"", "no row has a ratio: there is nothing to draw"},
		{row + "\tunder 40 MB\n", "no row has a ratio: there is nothing to draw"},
		{row + "1e308\t2\n", bounds},
		{row + "inf\t2\n", bounds},
		{row + "nan\t\n", bounds},
		{row + "0.000\t2\n", bounds},
		{row + "-3\t2\n", bounds},
		{row + strings.Repeat("9", 400) + "\t\n", bounds},
		{row + "2\t0\n", bounds},
		{row + "2\t1.2.3\n", bounds},
		{row + "0.001\t1000000\n", ""},
	} {
		var stdout, stderr strings.Builder
		cmd := exec.Command(filepath.Join("..", "scripts", "plot"))
		cmd.Stdin = strings.NewReader("name\twork\tpeer\tsize\tunit\txpool\ttheirs\tratio\ttarget\n" + tt.rows)
		cmd.Stdout, cmd.Stderr = &stdout, &stderr
		err := cmd.Run()
		if tt.want == "" && err == nil && stderr.Len() == 0 {
			readSVG(t, stdout.String())
			continue
		}
		exit, ok := errors.AsType[*exec.ExitError](err)
		if !ok || exit.ExitCode() != 1 || stdout.Len() > 0 || !regexp.MustCompile("^scripts/plot: "+tt.want+"\n$").MatchString(stderr.String()) {
			t.Errorf("%.40q: %v, %d bytes and %q", tt.rows, err, stdout.Len(), stderr.String())
		}
	}
}

// TestDocsPlotTable prints a table in Markdown, and as text.
func TestDocsPlotTable(t *testing.T) {
	got := plotted(t, "--markdown", benchTable)
	want := `xpool 1 <&"> x.
Peers: none.

| work | against | size | xpool | peer | ratio | target |
| --- | --- | --- | --- | --- | --- | --- |
| ` + "`cat {} \\| wc`, a\\_b | `sh -c`" + ` | 2,000 tasks | 123 ms | 1.48 s | 12 | at least 2.5 |
| twice as slow | a \< b & "c" | 10 calls | 4.00 ms | 2.00 ms | 0.50 | at least 15 |
| some bytes |  | 4 MB | 38.2 MB | - |  | under 40 MB |
`
	if got != want {
		t.Errorf("--markdown:\n%s\nwant:\n%s", got, want)
	}
	text := plotted(t, "--text", benchTable)
	if !regexp.MustCompile(`(?m)^cat \{\} \| wc, a_b +sh -c +2,000 tasks +123 ms +1\.48 s +12  at least 2\.5$`).MatchString(text) {
		t.Errorf("--text:\n%s", text)
	}
}

// TestDocsBench holds that the picture and the README's table are those of the run
// that was published, and that scripts/bench --only takes each name of its rows.
func TestDocsBench(t *testing.T) {
	files := map[string]string{}
	for _, name := range []string{"README.md", "testdata/bench.tsv", "testdata/bench.svg", "scripts/bench"} {
		text, err := os.ReadFile(filepath.Join("..", filepath.FromSlash(name)))
		if err != nil {
			t.Fatal(err)
		}
		files[name] = string(text)
	}
	table := files["testdata/bench.tsv"]
	if !strings.Contains(files["README.md"], "\n"+plotted(t, "--markdown", table)+"\n") {
		t.Error("the table in README.md is not that of testdata/bench.tsv")
	}
	if files["testdata/bench.svg"] != plotted(t, "--svg", table) {
		t.Error("testdata/bench.svg is not a picture of testdata/bench.tsv")
	}
	names := regexp.MustCompile(`(?m)^all=\((.*)\)`).FindStringSubmatch(files["scripts/bench"])
	if names == nil {
		t.Fatal("scripts/bench has no list of names")
	}
	var rows []string
	for _, m := range regexp.MustCompile(`(?m)^([a-z]+)\t`).FindAllStringSubmatch(table, -1) {
		if name := m[1]; name != "name" && (len(rows) == 0 || rows[len(rows)-1] != name) {
			rows = append(rows, name)
		}
	}
	if got := strings.Join(rows, " "); got != names[1] {
		t.Errorf("published are %q, want %q", got, names[1])
	}
}

// TestDocsBenchUsage calls scripts/bench as it cannot be called, which ends before
// anything is built or run.
func TestDocsBenchUsage(t *testing.T) {
	peertest.Path(t, "bash")
	for _, tt := range []struct {
		args []string
		want string
	}{
		{[]string{"--nosuch"}, "usage: "},
		{[]string{"--plot"}, "usage: "},
		{[]string{"0"}, "usage: "},
		{[]string{"5", "--markdown"}, "usage: "},
		{[]string{"--only", "program nosuch"}, "nosuch: not one of"},
		{[]string{"--publish", "--only", "program"}, "--publish takes no other"},
	} {
		out, err := exec.Command(filepath.Join("..", "scripts", "bench"), tt.args...).CombinedOutput()
		if exit := new(exec.ExitError); !errors.As(err, &exit) || exit.ExitCode() != 1 || !strings.Contains(string(out), tt.want) {
			t.Errorf("scripts/bench %q: %v, %q", tt.args, err, out)
		}
	}
}
