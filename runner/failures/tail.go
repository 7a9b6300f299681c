package failures

import "bytes"

// What is kept of the end of a stream.
const (
	tailLines = 10
	tailBytes = 4 << 10
)

// Tail keeps the end of what is written to it: its last lines, as far as they are
// not too long. The zero Tail is empty.
type Tail struct {
	b   []byte
	cut bool
}

// Write takes b, and keeps nothing that belongs to it.
func (t *Tail) Write(b []byte) {
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
func (t *Tail) Reset() { t.b, t.cut = t.b[:0], false }

// Last returns the last lines, without what is left of one whose beginning is gone
// if there are others, and whether there was more. The slice is the caller's.
func (t *Tail) Last() (lines []byte, cut bool) {
	t.trim()
	b := t.b
	cut = t.cut
	if cut {
		if i := bytes.IndexByte(b, '\n'); i >= 0 && i < len(b)-1 {
			b = b[i+1:]
		}
	}
	end := len(bytes.TrimSuffix(b, []byte("\n")))
	for range tailLines {
		i := bytes.LastIndexByte(b[:end], '\n')
		if end = i; i < 0 {
			return bytes.Clone(b), cut
		}
	}
	return bytes.Clone(b[end+1:]), true
}
