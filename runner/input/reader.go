package input

import (
	"bytes"
	"io"
	"io/fs"
	"strings"
)

const (
	// blockSize is what one read asks for: what a pipe holds on Linux, so that a full pipe is emptied in one call.
	blockSize = 64 << 10

	// maxEmptyReads is how often a reader may return neither bytes nor an error before it is taken to be broken, as in
	// package bufio.
	maxEmptyReads = 100

	// DefaultMaxRecord is the limit in bytes when Options.MaxRecord is zero: far above what the kernel takes as an
	// argument (128 KiB on Linux), for the sake of workers that read records from a pipe, and still small enough to
	// be held.
	DefaultMaxRecord = 64 << 20
)

// Options say how bytes become records.
type Options struct {
	// Delim ends a record. The zero value is the NUL byte; give '\n' for lines.
	Delim byte

	// MaxRecord is the longest good record in bytes, without its delimiter. A longer one is told as bad, its text cut to
	// this length, and the rest of it is skipped without being kept. Zero or less means DefaultMaxRecord.
	MaxRecord int

	// Name is the name of the source in errors; empty means "input". Files does not look at it.
	Name string
}

// NewReader returns the records in r, read in blocks of 64 KiB and never further ahead than one block. An empty record
// counts, and so does a last record without a delimiter, unless it is empty; input without a byte has no records. A
// record whose end was not read because of an error is not handed out.
//
// The source does not own r: Close leaves it open. Next after Close fails with fs.ErrClosed.
func NewReader(r io.Reader, o Options) Source {
	d := &reader{}
	d.reset(r, o)
	return d
}

// reader splits the bytes of one io.Reader.
type reader struct {
	r   io.Reader
	opt Options // with the defaults filled in

	buf      []byte          // the block; nil until the first read
	unread   []byte          // the part of buf that is still to be split
	carry    strings.Builder // the start of a record that goes on in the next block
	skipping bool            // the record at unread was told as too long: drop it up to its delimiter
	err      error           // set once, by the read that failed or by Close; told when unread is used up
}

// reset makes d start afresh on r; it keeps its block.
func (d *reader) reset(r io.Reader, o Options) {
	if o.MaxRecord <= 0 {
		o.MaxRecord = DefaultMaxRecord
	}
	if o.Name == "" {
		o.Name = "input"
	}
	*d = reader{r: r, opt: o, buf: d.buf}
}

func (d *reader) Next() (Record, error) {
	for {
		end := bytes.IndexByte(d.unread, d.opt.Delim)
		if end < 0 {
			piece := d.unread
			d.unread = nil
			if !d.keep(piece) {
				d.skipping = true
				return d.cut(piece), nil
			}
			if err := d.fill(); err != nil {
				return d.last(err)
			}
			continue
		}
		piece := d.unread[:end]
		d.unread = d.unread[end+1:]
		switch {
		case d.skipping:
			d.skipping = false
		case d.carry.Len() == 0 && len(piece) <= d.opt.MaxRecord:
			return Record{Text: string(piece)}, nil
		case d.keep(piece):
			return Record{Text: d.takeCarry()}, nil
		default:
			return d.cut(piece), nil
		}
	}
}

// keep adds piece to the record in carry. It returns false, and changes nothing, if that makes the record too long.
// Pieces of a record that is being skipped are dropped.
func (d *reader) keep(piece []byte) bool {
	if d.skipping {
		return true
	}
	if len(piece) > d.opt.MaxRecord-d.carry.Len() {
		return false
	}
	d.carry.Grow(len(piece)) // doubles: appending alone would copy a long record five times
	d.carry.Write(piece)
	return true
}

// cut returns the bad record that starts with carry and goes on with piece.
func (d *reader) cut(piece []byte) Record {
	limit := d.opt.MaxRecord
	d.carry.Write(piece[:limit-d.carry.Len()])
	return Record{Text: d.takeCarry(), Bad: &TooLongError{Limit: limit}}
}

// takeCarry returns the record in carry, without a copy, and empties it.
func (d *reader) takeCarry() string {
	text := d.carry.String()
	d.carry.Reset()
	return text
}

// fill reads the next block into unread. It returns an error only if there is none, which stays the answer for ever.
func (d *reader) fill() error {
	if d.err != nil {
		return d.err
	}
	if d.buf == nil {
		d.buf = make([]byte, blockSize)
	}
	for range maxEmptyReads {
		n, err := d.r.Read(d.buf)
		d.unread = d.buf[:n]
		if err == io.EOF {
			d.err = io.EOF
		} else if err != nil {
			d.err = sourceError("read", d.opt.Name, err)
		}
		if n > 0 {
			return nil
		}
		if d.err != nil {
			return d.err
		}
	}
	d.err = sourceError("read", d.opt.Name, io.ErrNoProgress)
	return d.err
}

// last ends the input with err, after the record that has no delimiter if the end is a clean one. With any other error
// that record may be torn, and half a file name is another file's name: it is dropped.
func (d *reader) last(err error) (Record, error) {
	if err == io.EOF && d.carry.Len() > 0 {
		return Record{Text: d.takeCarry()}, nil
	}
	d.carry.Reset()
	return Record{}, err
}

func (d *reader) Close() error {
	if d.err == nil {
		d.err = sourceError("read", d.opt.Name, fs.ErrClosed)
	}
	d.r, d.buf, d.unread = nil, nil, nil
	d.carry.Reset()
	return nil
}
