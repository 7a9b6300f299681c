package failures

import (
	"bytes"
	"fmt"
)

// What is kept of the end of a stream.
const (
	tailLines = 10
	tailBytes = 4 << 10
)

// Tail keeps the end of what is written to it: its last lines, as far as they are
// not too long. The zero Tail is empty.
type Tail struct {
	b     []byte
	cut   bool
	lines int64 // that have ended, in all that was written
}

// End is the end of a stream. The zero End is that of an empty one.
type End struct {
	Lines  []byte
	Cut    bool  // there was more
	Before int64 // lines, of which at least a part is not in Lines
}

// Mark is a line that says what is missing before the lines, without a newline; "" if
// nothing is.
func (e *End) Mark() string {
	switch {
	case !e.Cut:
		return ""
	case e.Before == 0: // but a part of the first one
		return "..."
	case e.Before == 1:
		return "... 1 line before"
	}
	return fmt.Sprintf("... %d lines before", e.Before)
}

// Write takes b, and keeps nothing that belongs to it.
func (t *Tail) Write(b []byte) {
	t.lines += int64(bytes.Count(b, []byte("\n")))
	if len(b) > tailBytes {
		t.cut = true
		t.b, b = t.b[:0], b[len(b)-tailBytes:]
	}
	t.b = append(t.b, b...)
	if len(t.b) > 2*tailBytes { // not with each write
		t.trim()
	}
}

func (t *Tail) trim() {
	if n := len(t.b) - tailBytes; n > 0 {
		t.cut = true
		t.b = t.b[:copy(t.b, t.b[n:])]
	}
}

// Reset drops all that was written.
func (t *Tail) Reset() { t.b, t.cut, t.lines = t.b[:0], false, 0 }

// Last returns the last lines, without what is left of one whose beginning is gone
// if there are others. They are the caller's. A nil Tail is empty.
func (t *Tail) Last() (e End) {
	if t == nil {
		return e
	}
	t.trim()
	e.Lines, e.Cut = t.b, t.cut
	if e.Cut {
		if i := bytes.IndexByte(e.Lines, '\n'); i >= 0 && i < len(e.Lines)-1 {
			e.Lines = e.Lines[i+1:]
		}
	}
	if i := lastLines(e.Lines); i > 0 {
		e.Lines, e.Cut = e.Lines[i:], true
	}
	e.Lines = bytes.Clone(e.Lines)
	e.Before = t.lines - int64(bytes.Count(e.Lines, []byte("\n")))
	return e
}

// lastLines returns where the last lines of b begin, as many as are kept.
func lastLines(b []byte) int {
	end := len(bytes.TrimSuffix(b, []byte("\n")))
	for range tailLines {
		end = bytes.LastIndexByte(b[:end], '\n')
		if end < 0 {
			return 0
		}
	}
	return end + 1
}
