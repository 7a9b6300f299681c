package results

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strconv"
	"strings"

	"xpool/runner/jsonlog"
	"xpool/runner/keep"
)

// A Table writes a row for each task: the nine columns of a joblog, one for each argument,
// and what the task printed on standard output and standard error. It is for one goroutine
// at a time.
//
// CSV and TSV have a first row with the names of the columns. A field with the separator, a
// blank, a quote or a NUL byte stands in double quotes, with those within it doubled; all
// other bytes are as they are, newlines too. GNU parallel gives a task with fewer or more
// arguments than the first one as many fields, so that its output stands under other
// names. Here all rows have the same columns: empty fields fill a row, and what there is no
// column for follows in the last one's field, with blanks between.
//
// JSON has no first row; its lines are those of [jsonlog.Encoder.EncodeGNU].
type Table struct {
	w     *bufio.Writer
	sep   byte
	names []string
	args  int  // columns for arguments; -1 until that is known
	begun bool // the names are written
	json  *jsonlog.Encoder
	buf   []byte
}

// NewTable returns a Table in a format other than Separate that writes to w, which GNU
// parallel truncates first, with --resume too. The names of the arguments are those of
// --header; without, they are V1, V2 and so on.
func NewTable(w io.Writer, format Format, names []string) *Table {
	t := &Table{names: names, args: -1, buf: make([]byte, 32<<10)}
	switch format {
	case JSON:
		t.json = jsonlog.NewEncoder(w)
	case TSV:
		t.sep = '\t'
	default:
		t.sep = ','
	}
	if t.json == nil {
		t.w = bufio.NewWriterSize(w, len(t.buf))
	}
	return t
}

// Columns says how many arguments the first task has, if that is not the task whose row
// comes first; only the first call counts, and none after a row. There are as many columns
// for arguments as that, or as there are names if those are more.
func (t *Table) Columns(args int) {
	if t.args < 0 {
		t.args = max(args, len(t.names))
	}
}

// Write writes the row of a task, before the first one the names of the columns. Memory does
// not grow with what the task printed, which is read twice, so that a long row takes
// several writes. The error is one of the writer, after which nothing is written any more,
// or of reading what the task printed, which may leave a part of a row.
func (t *Table) Write(r *jsonlog.Result) error {
	if t.json != nil {
		return t.json.EncodeGNU(r)
	}
	t.Columns(len(r.V))
	if !t.begun {
		t.begun = true
		t.header()
	}
	err := t.row(r)
	if flushed := t.w.Flush(); flushed != nil {
		return flushed
	}
	return err
}

func (t *Table) header() {
	const fixed = "Seq Host Starttime JobRuntime Send Receive Exitval Signal Command"
	for _, name := range strings.Fields(fixed) {
		t.text(name)
	}
	for i := range t.args {
		name := "V" + strconv.Itoa(i+1)
		if i < len(t.names) {
			name = t.names[i]
		}
		t.text(name)
	}
	t.text("Stdout")
	_ = t.field(strings.NewReader("Stderr"), '\n')
}

func (t *Table) row(r *jsonlog.Result) error {
	host := r.Host
	if host == "" {
		host = ":"
	}
	t.integer(r.Seq)
	t.text(host)
	t.text(r.StartSeconds())
	t.text(r.RuntimeSeconds())
	t.integer(r.Send)
	t.integer(r.Receive)
	t.integer(int64(r.Exit))
	t.integer(int64(r.Signal))
	t.text(r.Command)
	for i := range t.args {
		switch {
		case i >= len(r.V):
			t.text("")
		case i == t.args-1:
			t.text(strings.Join(r.V[i:], " "))
		default:
			t.text(r.V[i])
		}
	}
	return errors.Join(t.field(r.Stdout, t.sep), t.field(r.Stderr, '\n'))
}

func (t *Table) integer(n int64) { t.text(strconv.FormatInt(n, 10)) }

// text writes a field and a separator; reading a string does not fail.
func (t *Table) text(s string) { _ = t.field(strings.NewReader(s), t.sep) }

// field writes a field and what ends it. The error is one of reading: the writer keeps its
// own.
func (t *Table) field(c keep.Content, end byte) error {
	quoted, err := t.needsQuotes(keep.Reader(c))
	if err == nil {
		err = t.content(c, quoted)
	}
	_ = t.w.WriteByte(end)
	return err
}

// needsQuotes reports whether a field has a byte that needs quotes around the field.
func (t *Table) needsQuotes(r io.Reader) (bool, error) {
	special := " \t\n\v\f\r\"\x00" + string(rune(t.sep))
	for {
		n, err := r.Read(t.buf)
		switch {
		case bytes.ContainsAny(t.buf[:n], special):
			return true, nil
		case err == io.EOF:
			return false, nil
		case err != nil:
			return false, err
		}
	}
}

// content writes what is in a field.
func (t *Table) content(c keep.Content, quoted bool) error {
	if !quoted {
		_, err := io.CopyBuffer(onlyWriter{t.w}, keep.Reader(c), t.buf)
		return err
	}
	_ = t.w.WriteByte('"')
	_, err := io.CopyBuffer(quoter{t.w}, keep.Reader(c), t.buf)
	_ = t.w.WriteByte('"')
	return err
}

// onlyWriter hides that a bufio.Writer can read, so that the buffer is used.
type onlyWriter struct{ io.Writer }

// A quoter doubles quotes.
type quoter struct{ w *bufio.Writer }

func (q quoter) Write(b []byte) (int, error) {
	n := len(b)
	for {
		i := bytes.IndexByte(b, '"')
		if i < 0 {
			_, err := q.w.Write(b)
			return n, err
		}
		_, _ = q.w.Write(b[:i+1])
		_ = q.w.WriteByte('"')
		b = b[i+1:]
	}
}
