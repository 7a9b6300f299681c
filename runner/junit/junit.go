// Package junit writes the results of tasks in the XML that CI systems read as test
// reports: a test suite for the run, and a test case for each task. A case has the name
// of its command alone, by which a CI system knows it again in the next run; its number
// is the property "task", as that depends on what else is run.
//
// There is no standard; what is written is what JUnit's ant task began with and
// Jenkins, GitLab and others document. A task that exits with a status other than 0
// has a <failure>; one that crashed, ran into a limit or could not be started has an
// <error>; one that was stopped has <skipped/>. A run that ends early has a case of its
// own, with an <error>.
package junit

import (
	"bufio"
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"xpool/crashdetect"
	"xpool/runner/failures"
)

// Case is a task that is over.
type Case struct {
	Seq     int64
	Command string
	Verdict crashdetect.Verdict
	Host    string        // where it ran; "" is this machine, or said by the verdict
	Time    time.Duration // of the last attempt
	Stdout  failures.End  // of the last attempt; shown if that failed
	Stderr  failures.End  // likewise
}

// Writer writes a report case by case, so that it takes no memory to speak of. It is
// for one goroutine at a time.
type Writer struct {
	f       *os.File
	w       *bufio.Writer
	name    string
	started time.Time
	cases   int64
	counts  map[string]int64 // of the elements that a case has
	err     error
}

// The elements that say that a case is not well.
const (
	failure = "failure"
	errored = "error"
	skipped = "skipped"
)

// headSize is the length of the first lines, which are written again at the end,
// when the counts are known: they are filled up with blanks.
const headSize = 512

// NewWriter begins a report in f, which is written from its present place on and
// stays the caller's. If f has no place, like a pipe, the suite has no counts. The
// suite has the given name, and began at the given time.
func NewWriter(f *os.File, name string, started time.Time) *Writer {
	w := &Writer{f: f, w: bufio.NewWriterSize(f, 64<<10), name: name, started: started, counts: map[string]int64{}}
	w.put(w.head(""))
	return w
}

// head is the beginning of the report, with further attributes of the suite.
func (w *Writer) head(attributes string) string {
	head := fmt.Sprintf("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n<testsuite name=\"%.200s\" timestamp=\"%s\"%s",
		escape(w.name), w.started.UTC().Format("2006-01-02T15:04:05"), attributes)
	return fmt.Sprintf("%-*s>\n", headSize-2, head)
}

// Add writes a case.
func (w *Writer) Add(c Case) error {
	w.cases++
	w.put(fmt.Sprintf("<testcase classname=\"%s\" name=\"%s\" time=\"%.6f\">", escape(w.name), escape(c.Command), c.Time.Seconds()))
	w.put(fmt.Sprintf("<properties><property name=\"task\" value=\"%d\"/></properties>", c.Seq))
	if element := elementOf(c.Verdict); element != "" {
		w.counts[element]++
		w.trouble(element, &c)
	}
	w.put("</testcase>\n")
	return w.err
}

// trouble writes what is wrong with a case.
func (w *Writer) trouble(element string, c *Case) {
	message := escape(c.message())
	if element == skipped {
		w.put(fmt.Sprintf("<skipped message=\"%s\"/>", message))
		return
	}
	w.put(fmt.Sprintf("\n<%s type=\"%s\" message=\"%s\">%s</%s>\n", element, escape(c.Verdict.Label()), message, escape(c.Command), element))
	w.said("system-out", &c.Stdout)
	w.said("system-err", &c.Stderr)
}

// said writes the end of a stream, if there was anything in it: what is missing before
// that has a line of its own.
func (w *Writer) said(element string, e *failures.End) {
	if len(e.Lines) == 0 {
		return
	}
	text := string(e.Lines)
	if mark := e.Mark(); mark != "" {
		text = mark + "\n" + text
	}
	w.put("<" + element + ">" + escape(text) + "</" + element + ">\n")
}

// Fault writes a case for the run itself, with an error that ended it early: without it
// a report whose tasks are all well would be one of a run that was. Its errors are told
// by Close.
func (w *Writer) Fault(message string) {
	w.cases++
	w.counts[errored]++
	first, _, _ := strings.Cut(message, "\n")
	w.put(fmt.Sprintf("<testcase classname=\"%s\" name=\"the run\" time=\"0\">\n<%s type=\"run\" message=\"%s\">%s</%[2]s>\n</testcase>\n",
		escape(w.name), errored, escape(first), escape(message)))
}

func (c *Case) message() string {
	if c.Host == "" {
		return c.Verdict.String()
	}
	return c.Verdict.String() + " on " + c.Host
}

// elementOf is the element that tells of a verdict, "" for one that is well.
func elementOf(v crashdetect.Verdict) string {
	switch {
	case v.OK():
		return ""
	case v.Kind == crashdetect.Stopped:
		return skipped
	case v.Kind == crashdetect.Exit && !v.Told():
		return failure
	}
	return errored
}

// Close ends the report. The run took so long. The file stays open.
func (w *Writer) Close(took time.Duration) error {
	w.put("</testsuite>\n</testsuites>\n")
	if w.err == nil {
		w.err = w.w.Flush()
	}
	end, err := w.f.Seek(0, io.SeekCurrent)
	if err != nil || w.err != nil {
		return w.err // a pipe, which cannot go back
	}
	head := w.head(fmt.Sprintf(" tests=\"%d\" failures=\"%d\" errors=\"%d\" skipped=\"%d\" time=\"%.6f\"",
		w.cases, w.counts[failure], w.counts[errored], w.counts[skipped], took.Seconds()))
	if info, err := w.f.Stat(); err == nil && info.Mode().IsRegular() && end >= int64(len(head)) {
		_, w.err = w.f.WriteAt([]byte(head), 0)
	}
	return w.err
}

func (w *Writer) put(s string) {
	if w.err == nil {
		_, w.err = w.w.WriteString(s)
	}
}

// escape is text as XML takes it, in attributes too; what XML cannot have at all is
// replaced.
func escape(text string) string {
	var b bytes.Buffer
	_ = xml.EscapeText(&b, []byte(text)) // a buffer takes all
	return b.String()
}
