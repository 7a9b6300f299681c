// Package rows turns sources of records into rows: the columns that a task gets from one source or from several.
//
// It follows GNU parallel. Several sources are combined, each record of one with each of the others, where the last
// source varies fastest; linked ones go side by side instead. A record is one column, unless it is split into several.
//
//	Syntax.Parse   the words after the options -> the command, and what the sources are
//	Reader         sources of records -> rows
//	Batcher        rows -> what each task gets, where that is more than one row
//
// What happens to a record on its way, in this order: it is read; with Options.CSV the lines of one record are joined;
// the first one may be the header; Options.End ends the source; blank ones are dropped, but for those that continue a
// line; continued lines are joined; it is split into columns; these are trimmed.
//
// Nothing is read before a row needs it, and no more is kept than later rows may need: of a single source or the first one
// nothing, of those that are combined with it everything. So the first source may be endless, and so may the only one
// that has more to come.
package rows

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"strings"

	"xpool/runner/input"
)

// Row is what one record of each source comes to.
type Row struct {
	// Args are the columns, those of the first source first. The caller owns the slice.
	Args []string

	// Bad says why the row cannot be used: an *input.TooLongError, a *CSVError or a *MissingError. Args hold what
	// there is of it all the same, to show the user which row it is. Nil for a good one.
	Bad error
}

// Source is one source of records.
type Source struct {
	// Words are the records, if Records is nil.
	Words []string

	// Records are the records. The Reader closes them.
	Records input.Source

	// Linked makes the source go side by side with the one before it, and both end with the shorter one. On the first
	// source it has no meaning.
	Linked bool

	// Name is the name of the file, for HeaderNames and for messages. Empty is no name.
	Name string
}

// Options say what becomes of the records. The zero value makes one column of each.
type Options struct {
	// Link makes all sources go side by side (--link). All end with the longest one; the others start again where they
	// end. Source.Linked does not count then.
	Link bool

	// Separator splits records into columns (--colsep); nil does not. GNU parallel trims columns then, unless it is told
	// otherwise: that is Trim, for the caller to set.
	Separator *Separator

	// CSV is what stands between the columns of CSV (--csv), usually a comma; empty means that records are no CSV. It may
	// be longer than one byte, and has neither a quote nor a line end. With it Separator must be nil.
	CSV string

	// Delim is the delimiter of the records, as in input.Options, which has already been at work. It is put back between
	// two lines within quotes of CSV, and if it is '\n' a carriage return at the end of a record of CSV is dropped.
	Delim byte

	// SplitWords splits Source.Words at Delim too, as GNU parallel does. Otherwise each is one record, whatever it has in
	// it.
	SplitWords bool

	// MaxRecord is the longest good record in bytes that others are joined to. Zero or less means input.DefaultMaxRecord.
	MaxRecord int

	// Header says what names the columns.
	Header Header

	// Trim says where white space around a column is dropped (--trim).
	Trim Trim

	// End is the record that ends its source (-E), without being part of it; empty means none.
	End string

	// JoinLines makes one record of a line that ends in a space or a tab and the line after it (-L). GNU parallel counts
	// a carriage return as well, and so makes one record of a file with the line ends of DOS.
	JoinLines bool

	// SkipBlank drops records of white space alone (-r of GNU parallel).
	SkipBlank bool

	// Shuffle, if not nil, brings the rows into a random order (--shuf). All of them are read before the first one is
	// handed out, and kept.
	Shuffle *rand.Rand
}

// Header says what the names of the columns are.
type Header uint8

const (
	NoHeader     Header = iota
	HeaderRecord        // the columns of each source's first record
	HeaderNames         // the name of each source
)

// ParseHeader reads the value of --header. GNU parallel looks at the regular expression only with --pipe: otherwise it
// takes the first record whatever the value, but for 0, which stands for the names of files.
func ParseHeader(value string) Header {
	if value == "0" {
		return HeaderNames
	}
	return HeaderRecord
}

// HeaderError says that the header of a source cannot be used.
type HeaderError struct {
	Source string // its name, or empty
	Err    error  // as Row.Bad
}

// Error names the source if it has a name.
func (e *HeaderError) Error() string {
	if e.Source == "" {
		return fmt.Sprintf("bad header: %v", e.Err)
	}
	return fmt.Sprintf("bad header of %s: %v", e.Source, e.Err)
}

// Unwrap returns the reason.
func (e *HeaderError) Unwrap() error { return e.Err }

// MissingError says that a row, or the part of it that one source has brought, has too few columns.
type MissingError struct {
	Have, Want int
}

// Error says both numbers.
func (e *MissingError) Error() string {
	return fmt.Sprintf("column %d is missing: there are %d", e.Want, e.Have)
}

// optionsError says what is wrong with Options.
type optionsError string

func (e optionsError) Error() string { return string(e) }

// What New refuses.
const (
	ErrTwoSplits = optionsError("columns are either those of CSV or those of a regular expression")
	ErrCSV       = optionsError("what separates the columns of CSV can have no quote and no line end")
)

// Reader makes rows. It is owned by one goroutine.
type Reader struct {
	feeds  []*feed
	opt    Options
	rows   tuples
	want   int   // columns in each row at least; see Require
	named  bool  // the headers have been read
	begun  bool  // the first records have been read
	ready  []Row // with Shuffle: the rows still to be handed out
	readIn bool  // with Shuffle: ready was filled
	err    error // set once; told for ever
}

// tuples hands out one cell of each source at a time. The slice is good until the next call.
type tuples interface {
	next() ([]cell, error)
}

// New returns a Reader of the rows that sources come to, without reading anything. There is at least one source, and the
// Reader owns them all. The error is ErrTwoSplits or ErrCSV; the sources are still the caller's then.
//
// With a Header, columns are split at tabs if neither Separator nor CSV is set, as in GNU parallel.
func New(sources []Source, o Options) (*Reader, error) {
	if o.CSV != "" && o.Separator != nil {
		return nil, ErrTwoSplits
	}
	if strings.ContainsAny(o.CSV, "\"\n\r") {
		return nil, ErrCSV
	}
	if o.Header != NoHeader && o.CSV == "" && o.Separator == nil {
		o.Separator = tab()
	}
	if o.MaxRecord <= 0 {
		o.MaxRecord = input.DefaultMaxRecord
	}
	r := &Reader{opt: o}
	for _, s := range sources {
		r.feeds = append(r.feeds, newFeed(s, o))
	}
	if o.Link {
		r.rows = &link{feeds: r.feeds, kept: make([][]cell, len(r.feeds))}
	} else {
		r.rows = newProduct(sources, r.feeds)
	}
	return r, nil
}

// Names returns the names of the columns, and reads the first record of each source if these are the names. The order is
// that of Row.Args. A column without a name has an empty one; of two equal names GNU parallel means the first. Without a
// Header there are none.
//
// The error is that of a source, or a *HeaderError. Next returns the same then.
func (r *Reader) Names() ([]string, error) {
	if err := r.readHeaders(); err != nil {
		return nil, err
	}
	var names []string
	for _, f := range r.feeds {
		names = append(names, f.names...)
	}
	return names, nil
}

func (r *Reader) readHeaders() error {
	if r.named || r.err != nil {
		return r.err
	}
	r.named = true
	for _, f := range r.feeds {
		if r.err = f.readHeader(); r.err != nil {
			return r.err
		}
	}
	return nil
}

// Require makes rows with fewer columns than n bad from now on. So are, if n is over zero, rows in which a record has fewer
// columns than its header and those of another source follow: they would pass for its own. GNU parallel takes what is
// missing for empty, as a Reader does without Require.
func (r *Reader) Require(n int) { r.want = n }

// Next returns the next row, and waits for records if it must. A bad row is no error. At the clean end the error is io.EOF
// itself; others are those of the sources, or a *HeaderError. Once Next has returned an error it returns the same for ever.
//
// A source without a record counts as one with a single record of empty columns, unless that goes for all of them: then
// there are no rows.
func (r *Reader) Next() (Row, error) {
	if r.opt.Shuffle == nil {
		return r.nextInOrder()
	}
	if !r.readIn {
		r.readIn = true
		r.shuffle()
	}
	if len(r.ready) == 0 {
		return Row{}, r.err
	}
	row := r.ready[0]
	r.ready[0] = Row{}
	r.ready = r.ready[1:]
	return row, nil
}

// shuffle reads all rows. Those before an error are handed out before the error is told.
func (r *Reader) shuffle() {
	for {
		row, err := r.nextInOrder()
		if err != nil {
			break
		}
		r.ready = append(r.ready, row)
	}
	r.opt.Shuffle.Shuffle(len(r.ready), func(i, j int) { r.ready[i], r.ready[j] = r.ready[j], r.ready[i] })
}

func (r *Reader) nextInOrder() (Row, error) {
	if !r.begun {
		r.begun = true
		if err := r.begin(); err != nil {
			r.err = err
		}
	}
	if r.err != nil {
		return Row{}, r.err
	}
	cells, err := r.rows.next()
	if err != nil {
		r.err = err
		return Row{}, err
	}
	return r.row(cells), nil
}

// begin reads the first record of each source, to know which ones have none.
func (r *Reader) begin() error {
	if err := r.readHeaders(); err != nil {
		return err
	}
	var empty []*feed
	for _, f := range r.feeds {
		c, err := f.next()
		switch {
		case err == io.EOF:
			empty = append(empty, f)
		case err != nil:
			return err
		default:
			f.unread(c)
		}
	}
	if len(empty) == len(r.feeds) {
		return io.EOF
	}
	for _, f := range empty {
		f.unread(cell{cols: make([]string, max(1, len(f.names)))})
	}
	return nil
}

// row puts the columns of several sources side by side.
func (r *Reader) row(cells []cell) Row {
	n := 0
	for _, c := range cells {
		n += len(c.cols)
	}
	row := Row{Args: make([]string, 0, n)}
	for i, c := range cells {
		row.Args = append(row.Args, c.cols...)
		names := len(r.feeds[i].names)
		switch {
		case row.Bad != nil:
		case c.bad != nil:
			row.Bad = c.bad
		case r.want > 0 && len(c.cols) < names && i < len(cells)-1:
			row.Bad = &MissingError{Have: len(c.cols), Want: names}
		}
	}
	if row.Bad == nil && n < r.want {
		row.Bad = &MissingError{Have: n, Want: r.want}
	}
	return row
}

// Close closes the sources. It must not be called while Next runs. Next after it fails with fs.ErrClosed, unless it had
// failed before.
func (r *Reader) Close() error {
	errs := make([]error, 0, len(r.feeds))
	for _, f := range r.feeds {
		errs = append(errs, f.close())
	}
	r.ready, r.readIn = nil, true
	if r.err == nil {
		r.err = fs.ErrClosed
	}
	return errors.Join(errs...)
}
