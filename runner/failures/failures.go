// Package failures keeps what a person wants to know of the tasks that failed, and
// writes it: as blocks of text at the end of a run, and as the annotations of a CI
// system.
package failures

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"xpool/crashdetect"
)

// Failure is a task that failed.
type Failure struct {
	Seq     int64
	Attempt int    // the last one, from 1; 0 if the task never began
	Slot    int    // from 1; 0 if it never began
	Pid     int    // of the process that ran it, the worker's if that stays; 0 if none did
	Host    string // where it ran; "" is this machine, or said by the verdict
	Command string // as it can be given to a shell
	Verdict crashdetect.Verdict
	Time    time.Duration // of the last attempt
	Words   string        // of a worker that died
	Stderr  End           // of the task
	Stdout  End           // of the task; shown if nobody has said anything else
}

// List keeps the failures of lowest number, so that what it has at the end does not
// depend on which task was faster. The zero List keeps none.
type List struct {
	Most  int // how many it keeps
	kept  []Failure
	count int64
}

// Wants tells whether a failure of that number would be kept, for those who have to
// do something to describe one.
func (l *List) Wants(seq int64) bool {
	return len(l.kept) < l.Most || l.Most > 0 && seq < l.kept[len(l.kept)-1].Seq
}

// Add counts a failure, and keeps it if it is one of the first.
func (l *List) Add(f Failure) {
	l.count++
	if !l.Wants(f.Seq) {
		return
	}
	i, _ := slices.BinarySearchFunc(l.kept, f, func(a, b Failure) int { return cmp.Compare(a.Seq, b.Seq) })
	l.kept = slices.Insert(l.kept, i, f)
	if len(l.kept) > l.Most {
		l.kept = slices.Delete(l.kept, l.Most, len(l.kept))
	}
}

// All returns what is kept, in order of the tasks' numbers, and how many more there
// were. The slice is the list's.
func (l *List) All() (kept []Failure, more int64) { return l.kept, l.count - int64(len(l.kept)) }

// Block describes a failure in a few lines, the last one with a newline. What a task
// has written is shown without its control characters.
func (f *Failure) Block() string {
	var b strings.Builder
	fmt.Fprintf(&b, "task %d: %s", f.Seq, f.Verdict)
	if facts := f.facts(); facts != "" {
		fmt.Fprintf(&b, " (%s)", facts)
	}
	fmt.Fprintf(&b, "\n    %s\n", Visible(f.Command))
	for _, line := range f.lines() {
		fmt.Fprintf(&b, "    | %s\n", line)
	}
	return b.String()
}

// facts are the circumstances, in a few words.
func (f *Failure) facts() string {
	if f.Attempt == 0 {
		return ""
	}
	facts := []string{"after " + roughly(f.Time), fmt.Sprintf("slot %d", f.Slot)}
	if f.Pid != 0 {
		facts = append(facts, fmt.Sprintf("process %d", f.Pid))
	}
	if f.Host != "" {
		facts = append(facts, "on "+f.Host)
	}
	if f.Attempt > 1 {
		facts = append(facts, fmt.Sprintf("attempt %d", f.Attempt))
	}
	return strings.Join(facts, ", ")
}

// lines are the last things that were said: on standard error by the task, or by its
// worker, or else on standard output, where test runners tell of failures; that is
// said first then.
func (f *Failure) lines() []string {
	switch {
	case len(bytes.TrimRight(f.Stderr.Lines, "\n")) > 0:
		return f.Stderr.visible()
	case strings.TrimRight(f.Words, "\n") != "":
		words := End{Lines: []byte(f.Words)}
		return words.visible()
	case len(bytes.TrimRight(f.Stdout.Lines, "\n")) > 0:
		return append([]string{"(on standard output)"}, f.Stdout.visible()...)
	}
	return nil
}

// visible are the lines, without their control characters.
func (e *End) visible() (lines []string) {
	if mark := e.Mark(); mark != "" {
		lines = append(lines, mark)
	}
	for line := range strings.SplitSeq(strings.TrimRight(string(e.Lines), "\n"), "\n") {
		lines = append(lines, Visible(line))
	}
	return lines
}

// roughly is a time with three digits.
func roughly(d time.Duration) string {
	unit := time.Duration(1)
	for d/unit >= 1000 {
		unit *= 10
	}
	return d.Round(unit).String()
}

// GitHub is the failure as a workflow command of GitHub Actions, which shows it with
// the step that it belongs to: a line with a newline.
func (f *Failure) GitHub() string {
	title := fmt.Sprintf("task %d: %s", f.Seq, f.Verdict)
	if f.Host != "" {
		title = fmt.Sprintf("task %d on %s: %s", f.Seq, f.Host, f.Verdict)
	}
	text := f.Command
	if lines := f.lines(); len(lines) > 0 {
		text += "\n" + strings.Join(lines, "\n")
	}
	return Annotation(title, text)
}

// Annotation is an error of that title as such a command, of the run for example. Both are
// shown as Visible has them, as they come to a terminal or a log as well.
func Annotation(title, text string) string {
	property := strings.NewReplacer("%", "%25", "\n", "%0A", ":", "%3A", ",", "%2C")
	value := strings.NewReplacer("%", "%25", "\n", "%0A")
	return "::error title=" + property.Replace(Visible(title)) + "::" + value.Replace(Visible(text)) + "\n"
}

// Visible is a text whose control characters, and bytes that are no UTF-8, are
// written as Go and most shells' $'...' do, so that it can do nothing to a terminal.
// Tabs and newlines stay.
func Visible(text string) string {
	plain := func(r rune) bool { return r == '\t' || r == '\n' || unicode.IsPrint(r) }
	if utf8.ValidString(text) && strings.IndexFunc(text, func(r rune) bool { return !plain(r) }) < 0 {
		return text
	}
	var b strings.Builder
	for i, r := range text {
		switch {
		case r == utf8.RuneError && !strings.HasPrefix(text[i:], "\uFFFD"):
			fmt.Fprintf(&b, `\x%02x`, text[i])
		case plain(r):
			b.WriteRune(r)
		case r < utf8.RuneSelf:
			fmt.Fprintf(&b, `\x%02x`, r)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}
