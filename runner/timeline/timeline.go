// Package timeline draws how a run went over time: as a trace that Perfetto and
// Chrome open (Trace), and as a page of HTML that needs nothing else (Report). Both
// have a lane for each slot and a bar for each attempt.
//
// Times are those since the beginning of the run. Neither type may be used by
// several goroutines at once.
package timeline

import (
	"strings"
	"time"
	"unicode/utf8"

	"xpool/crashdetect"
)

// Attempt is one try of a task that has ended.
type Attempt struct {
	Seq     int64
	Number  int    // from 1
	Slot    int    // from 1; 0 if it never came to one, and then it has no time
	Pid     int    // of the process that ran it, the worker's if that stays; 0 if none did
	Stays   bool   // that is a worker, which another one may replace
	Host    string // where it ran; "" is this machine, or said by the verdict
	Start   time.Duration
	End     time.Duration
	Verdict crashdetect.Verdict
	Again   bool   // another try follows
	MaxRSS  int64  // bytes; 0 if not known
	Command string // as a shell would take it
}

// failed tells whether the attempt is to be marked.
func (a *Attempt) failed() bool {
	return !a.Verdict.OK() && a.Verdict.Kind != crashdetect.Stopped
}

// replaces tells whether the attempt's worker took the place of the one that had its
// slot before, whose process was last; 0 if there was none.
func (a *Attempt) replaces(last int) bool {
	return a.Stays && last != 0 && a.Pid != 0 && last != a.Pid
}

// commandMost bounds how much of a command is kept, in bytes: enough to know it by.
const commandMost = 200

// shorten cuts a text that is longer than most bytes between two characters, and
// makes it valid UTF-8.
func shorten(text string, most int) string {
	if len(text) > most {
		for most > 0 && !utf8.RuneStart(text[most]) {
			most--
		}
		text = text[:most] + "..."
	}
	return strings.ToValidUTF8(text, "\uFFFD")
}
