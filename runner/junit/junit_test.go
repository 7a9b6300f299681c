package junit

import (
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"xpool/crashdetect"
	"xpool/runner/failures"
)

// suite is a report as it is read back.
type suite struct {
	Name     string `xml:"name,attr"`
	Tests    int    `xml:"tests,attr"`
	Failures int    `xml:"failures,attr"`
	Errors   int    `xml:"errors,attr"`
	Skipped  int    `xml:"skipped,attr"`
	Cases    []struct {
		Name    string   `xml:"name,attr"`
		Numbers []number `xml:"properties>property"`
		Failure *problem `xml:"failure"`
		Error   *problem `xml:"error"`
		Skipped *problem `xml:"skipped"`
		Stdout  string   `xml:"system-out"`
		Stderr  string   `xml:"system-err"`
	} `xml:"testcase"`
}

type number struct {
	Name  string `xml:"name,attr"`
	Value string `xml:"value,attr"`
}

type problem struct {
	Type    string `xml:"type,attr"`
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

func cases() []Case {
	return []Case{
		{Seq: 1, Command: "echo '<&>\"'", Time: time.Second},
		{Seq: 2, Command: "x\x00\xff\x1b", Verdict: crashdetect.Verdict{Kind: crashdetect.Exit, Code: 3},
			Stdout: failures.End{Lines: []byte("out\n"), Cut: true, Before: 120}, Stderr: failures.End{Lines: []byte("a < b\n]]>\n")}},
		{Seq: 3, Command: "y", Host: "far", Verdict: crashdetect.Verdict{Kind: crashdetect.Killed, Signal: syscall.SIGSEGV}},
		{Seq: 4, Command: "z", Verdict: crashdetect.Verdict{Kind: crashdetect.Stopped}},
	}
}

func read(t *testing.T, text []byte) suite {
	t.Helper()
	var got struct {
		Suites []suite `xml:"testsuite"`
	}
	if err := xml.Unmarshal(text, &got); err != nil || len(got.Suites) != 1 {
		t.Fatalf("%d suites, %v in\n%s", len(got.Suites), err, text)
	}
	return got.Suites[0]
}

func TestWriter(t *testing.T) {
	name := filepath.Join(t.TempDir(), "report.xml")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w := NewWriter(f, "a \"suite\"", time.Unix(0, 0))
	for _, c := range cases() {
		if err := w.Add(c); err != nil {
			t.Fatal(err)
		}
	}
	w.Fault("no <more>:\nat all")
	if err := w.Close(2 * time.Second); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	s := read(t, text)
	if s.Name != `a "suite"` || s.Tests != 5 || s.Failures != 1 || s.Errors != 2 || s.Skipped != 1 || len(s.Cases) != 5 {
		t.Errorf("got %+v", s)
	}
	if c := s.Cases[0]; c.Name != "echo '<&>\"'" || !slices.Equal(c.Numbers, []number{{"task", "1"}}) || c.Failure != nil || c.Error != nil || c.Skipped != nil {
		t.Errorf("the first is %+v", c)
	}
	if c := s.Cases[1]; c.Failure == nil || c.Failure.Message != "exit 3" || c.Stdout != "... 120 lines before\nout\n" || c.Stderr != "a < b\n]]>\n" || c.Failure.Text != "x\uFFFD\uFFFD\uFFFD" {
		t.Errorf("the second is %+v", c)
	}
	if c := s.Cases[2]; c.Error == nil || c.Error.Type != "SIGSEGV" || c.Error.Message != "killed by SIGSEGV on far" || s.Cases[3].Skipped == nil || s.Cases[3].Name != "z" {
		t.Errorf("the third is %+v", c)
	}
	if c := s.Cases[4]; c.Name != "the run" || c.Error == nil || c.Error.Message != "no <more>:" || c.Error.Text != "no <more>:\nat all" {
		t.Errorf("the run is %+v", c)
	}
}

// A pipe gets a report without counts.
func TestWriterToPipe(t *testing.T) {
	r, f, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	w := NewWriter(f, "x", time.Now())
	err = errors.Join(w.Add(cases()[0]), w.Close(time.Second), f.Close())
	text, readErr := io.ReadAll(r)
	if err != nil || readErr != nil {
		t.Fatal(err, readErr)
	}
	if s := read(t, text); len(s.Cases) != 1 || s.Tests != 0 {
		t.Errorf("got %+v", s)
	}
}
