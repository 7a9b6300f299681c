package block

import "bytes"

// A separator finds the borders between records. A border is an offset at which a record begins; offset 0 is none.
type separator interface {
	// last returns the last border in b, its end included, or 0. The caller knows of no border in the first searched bytes.
	last(b []byte, searched int) int

	// first returns the first border that belongs to a separator which begins at from or later, or -1. What follows b is
	// not known, unless final says that nothing does. If there is none, a search in a longer b may begin at retry.
	first(b []byte, from int, final bool) (border, retry int)

	// strip takes the separators out of the records in b, in place, and returns what is left.
	strip(b []byte) []byte
}

// newSeparator returns what Options ask for.
func newSeparator(o Options) (separator, error) {
	end, start := "\n", ""
	if o.RecEnd != nil || o.RecStart != nil {
		end = ""
	}
	if o.RecEnd != nil {
		end = *o.RecEnd
	}
	if o.RecStart != nil {
		start = *o.RecStart
	}
	switch {
	case end == "" && start == "":
		return anywhere{}, nil
	case o.Regexp && (o.RecEnd != nil || o.RecStart != nil):
		return newPattern(end, start)
	}
	end, start = Unescape(end), Unescape(start)
	return &literal{end: []byte(end), start: []byte(start), both: []byte(end + start)}, nil
}

// nextRecord returns where the record after the one at begin begins, or -1. The search begins at from, and may begin at
// retry the next time, as in separator.first.
func nextRecord(sep separator, b []byte, begin, from int, final bool) (border, retry int) {
	for {
		border, retry = sep.first(b, from, final)
		if border < 0 || border > begin {
			return border, retry
		}
		from++ // this is the start of the record itself
	}
}

// literal is a separator that is a string: the end of a record, the start of one, or both.
type literal struct {
	end, start []byte
	both       []byte // end followed by start; never empty
}

func (l *literal) isNewline() bool { return len(l.start) == 0 && string(l.end) == "\n" }

func (l *literal) last(b []byte, searched int) int {
	from := max(0, searched-len(l.both)+1)
	i := bytes.LastIndex(b[from:], l.both)
	if i < 0 {
		return 0
	}
	return from + i + len(l.end)
}

func (l *literal) first(b []byte, from int, _ bool) (border, retry int) {
	if from >= len(b) {
		return -1, from
	}
	i := bytes.Index(b[from:], l.both)
	if i < 0 {
		return -1, max(from, len(b)-len(l.both)+1)
	}
	return from + i + len(l.end), 0
}

func (l *literal) strip(b []byte) []byte {
	if len(l.end) > 0 && len(l.start) > 0 {
		b = bytes.TrimSuffix(bytes.TrimPrefix(b, l.start), l.end)
	}
	i := bytes.Index(b, l.both)
	if i < 0 {
		return b
	}
	kept, rest := i, b[i+len(l.both):]
	for {
		i := bytes.Index(rest, l.both)
		if i < 0 {
			return b[:kept+copy(b[kept:], rest)]
		}
		kept += copy(b[kept:], rest[:i])
		rest = rest[i+len(l.both):]
	}
}

// anywhere is the separator of data that may be cut at any place.
type anywhere struct{}

func (anywhere) last(b []byte, _ int) int { return len(b) }

func (anywhere) first(b []byte, from int, _ bool) (border, retry int) {
	if from > len(b) {
		return -1, from
	}
	return from, 0
}

func (anywhere) strip(b []byte) []byte { return b }

// skipLines passes up to n ends of lines in b[from:]. It returns where the last one ends, and how many there were.
func skipLines(b []byte, from, n int) (end, passed int) {
	end = from
	length := 32 // of a line, at a guess: counting is many times faster than looking for one newline after the other
	for pos := from; pos < len(b) && passed < n; {
		window := b[pos:min(len(b), pos+min((n-passed)*length, maxCount))]
		if len(window) >= minCount {
			if c := bytes.Count(window, []byte("\n")); passed+c > n {
				length /= 2
				continue
			} else if c > 0 {
				passed += c
				end = pos + bytes.LastIndexByte(window, '\n') + 1
			}
			pos += len(window)
			continue
		}
		i := bytes.IndexByte(b[pos:], '\n')
		if i < 0 {
			break
		}
		pos += i + 1
		end, passed = pos, passed+1
	}
	return end, passed
}

// These bound the bytes in which skipLines counts at once: fewer are not worth it, more do not stay in the nearest cache.
const (
	minCount = 128
	maxCount = 16 << 10
)

// lastLines returns the end of the last line in b of which the number is a multiple of n; 0 if there is none.
func lastLines(b []byte, n int) int {
	end := bytes.LastIndexByte(b, '\n') + 1
	for range bytes.Count(b, []byte("\n")) % n {
		end = bytes.LastIndexByte(b[:end-1], '\n') + 1
	}
	return end
}
