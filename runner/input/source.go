// Package input reads records: the lines, the NUL-ended strings or the words from which tasks are made.
//
// Everything is read as it is needed. A record is handed out as soon as its delimiter has been read, so an endless
// stream works, and no more is kept in memory than one block and one record. Bytes pass unchanged, whether they are
// valid UTF-8 or not; NUL bytes stay in the record too, and it is for whoever hands a record to a program to refuse
// them.
//
// A Source is owned by one goroutine. To end a Next that waits for slow input, make the source from an Interruptible
// and interrupt that.
package input

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
)

// Record is one piece of input, without its delimiter. The zero value is an empty record, which is a record like any
// other.
type Record struct {
	Text string // the bytes of the record, cut at the limit if Bad is set
	Bad  error  // why the record cannot be used, a *TooLongError; nil for a good one

	// LineGoesOn says that the record is not the last of its line, where a line is what xargs -L counts: the next record
	// belongs to the same one. Only Words sets it; from any other source each record is a line.
	LineGoesOn bool
}

// Source hands out records one after the other.
type Source interface {
	// Next returns the next record, and waits for it if it must. A bad record is no error: the records after it
	// follow. At the clean end the error is io.EOF itself; any other one is a *SourceError or, from Words, a *QuoteError.
	// Once Next has returned an error it returns the same error for ever.
	Next() (Record, error)

	// Close releases what the source has opened itself, and nothing that was given to it open. It must not be called
	// while Next runs. A second Close does nothing.
	Close() error
}

// SourceError says what could not be done with which source.
type SourceError struct {
	Op   string // "open", "read" or "close"
	Name string // as a person knows the source: a file name, "standard input"
	Err  error  // the reason alone: the operation and path of an fs.PathError are not said twice
}

// Error says all three parts on one line.
func (e *SourceError) Error() string {
	return fmt.Sprintf("cannot %s %s: %v", e.Op, e.Name, e.Err)
}

// Unwrap returns the reason, so that errors.Is finds fs.ErrNotExist, ErrInterrupted and the like.
func (e *SourceError) Unwrap() error { return e.Err }

// sourceError strips from err what SourceError says itself.
func sourceError(op, name string, err error) *SourceError {
	var path *fs.PathError
	if errors.As(err, &path) {
		err = path.Err
	}
	return &SourceError{Op: op, Name: name, Err: err}
}

// TooLongError says that a record is longer than Options.MaxRecord. How long it really is stays unknown: it is told
// when the limit is passed, which may be long before its end is read.
type TooLongError struct {
	Limit int // bytes
}

// Error names the limit.
func (e *TooLongError) Error() string {
	return fmt.Sprintf("record longer than %d bytes", e.Limit)
}

// Args returns a source of the given words, one record each. It keeps the slice and does not change it.
func Args(words []string) Source { return &args{words: words} }

type args struct {
	words []string
}

func (a *args) Next() (Record, error) {
	if len(a.words) == 0 {
		return Record{}, io.EOF
	}
	word := a.words[0]
	a.words = a.words[1:]
	return Record{Text: word}, nil
}

// Close lets go of the words; Next returns io.EOF after it.
func (a *args) Close() error {
	a.words = nil
	return nil
}

// Until returns the records of src up to, and without, the first one whose text is word: the logical end of the input
// that xargs -E sets. Nothing is read after it. An empty word is a word too: the first empty record ends the input. The
// result owns src and closes it.
func Until(src Source, word string) Source { return &until{src: src, word: word} }

type until struct {
	src   Source
	word  string
	ended bool // set when word has come
}

func (u *until) Next() (Record, error) {
	if u.ended {
		return Record{}, io.EOF
	}
	rec, err := u.src.Next()
	if err == nil && rec.Bad == nil && rec.Text == u.word {
		u.ended = true
		return Record{}, io.EOF
	}
	return rec, err
}

func (u *until) Close() error { return u.src.Close() }
