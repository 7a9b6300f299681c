package joblog

import (
	"bufio"
	"bytes"
	"cmp"
	"errors"
	"io"
	"os"
	"slices"
)

// Load reads the log in a file. The error is one of the file, and says its name.
// Memory does not grow with the length of a row.
func Load(name string) (*Set, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return Read(f)
}

// Read reads a log to its end. Lines that are no rows are passed over, see
// [Set.Foreign]; the error is that of r.
func Read(r io.Reader) (*Set, error) {
	set := &Set{}
	err := scan(r, func(l line, row Row) { set.add(row) }, func(l line) {
		set.foreign++
		if set.foreign == 1 {
			set.firstForeign = l.number
		}
	})
	if err != nil {
		return nil, err
	}
	return set, nil
}

// columnsMax bounds what is held of a line: as much as its columns before the
// command may take. A row of which they take more is foreign.
const columnsMax = 64 << 10

// A line is one of the lines of a log.
type line struct {
	number int64 // from 1
	at     int64 // where it starts, in bytes
}

// scan calls row for each row, without its command, and foreign for each other
// line that is neither torn nor one of column names. What the functions get is
// valid during the call.
func scan(r io.Reader, row func(line, Row), foreign func(line)) error {
	in := bufio.NewReaderSize(r, columnsMax)
	for l := (line{number: 1}); ; l.number++ {
		start, err := in.ReadSlice('\n')
		next := l.at + int64(len(start))
		r, _, ok := parseColumns(bytes.TrimSuffix(start, []byte{'\n'}))
		header := bytes.HasPrefix(start, []byte(headerStart))
		for errors.Is(err, bufio.ErrBufferFull) {
			start, err = in.ReadSlice('\n')
			next += int64(len(start))
		}
		switch {
		case err == io.EOF: // what comes before it is torn
			return nil
		case err != nil:
			return err
		case ok:
			row(l, r)
		case !header:
			foreign(l)
		}
		l.at = next
	}
}

// Failures are the rows of the tasks in a log that never succeeded, in order of
// their numbers: for each task its last row. They are what --retry-failed runs.
type Failures struct {
	file *os.File
	in   *bufio.Reader
	rows []place
}

// A place is where a row stands in the log.
type place struct{ seq, at int64 }

// OpenFailures looks a log through. It takes 16 bytes for each row of a failure; the
// rows themselves are read when they are asked for. Whoever opens the failures
// has to close them. The log must not be truncated meanwhile; rows that are
// appended are not seen.
func OpenFailures(name string) (*Failures, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	x := &Failures{file: f, in: bufio.NewReader(nil)}
	set := Set{}
	err = scan(f, func(l line, r Row) {
		set.add(r)
		if !r.OK() {
			x.rows = append(x.rows, place{r.Seq, l.at})
		}
	}, func(line) {})
	if err != nil {
		f.Close()
		return nil, err
	}
	x.rows = slices.DeleteFunc(x.rows, func(p place) bool { return set.Succeeded(p.seq) })
	slices.SortFunc(x.rows, func(a, b place) int {
		return cmp.Or(cmp.Compare(a.seq, b.seq), cmp.Compare(b.at, a.at)) // the last one first
	})
	x.rows = slices.CompactFunc(x.rows, func(a, b place) bool { return a.seq == b.seq })
	return x, nil
}

// Len returns how many rows are yet to come.
func (x *Failures) Len() int { return len(x.rows) }

// Next returns the next row, io.EOF after the last one, or an error of the file.
func (x *Failures) Next() (Row, error) {
	if len(x.rows) == 0 {
		return Row{}, io.EOF
	}
	p := x.rows[0]
	x.rows = x.rows[1:]
	x.in.Reset(io.NewSectionReader(x.file, p.at, 1<<63-1-p.at))
	text, err := x.in.ReadBytes('\n')
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return Row{}, &os.PathError{Op: "read", Path: x.file.Name(), Err: err}
	}
	r, ok := ParseRow(text[:len(text)-1])
	if !ok || r.Seq != p.seq {
		return Row{}, &ChangedError{Name: x.file.Name()}
	}
	return r, nil
}

// Close closes the file.
func (x *Failures) Close() error { return x.file.Close() }
