package input

import (
	"bytes"
	"io"
)

// WordOptions say how Words reads.
type WordOptions struct {
	// Lines makes each line one record, as xargs -I does: blanks do not end it, and only those before it are dropped.
	// The zero value reads blank-separated words.
	Lines bool

	// End is the logical end of the input that xargs -E sets; empty means none. See Words for when it applies.
	End string

	// OnNUL is called when the first NUL byte of the input is met, before the record that it is in is told; nil means
	// that nobody wants to know. It runs within Next.
	OnNUL func()

	// MaxRecord and Name are those of Options. The length counts what is left without quotes and backslashes.
	MaxRecord int
	Name      string
}

// QuoteError says that a quoted part of a record was not ended before the end of its line.
type QuoteError struct {
	Quote byte // ' or "
}

// Error is the text of GNU xargs.
func (e *QuoteError) Error() string {
	kind := "single"
	if e.Quote == '"' {
		kind = "double"
	}
	return "unmatched " + kind + " quote; by default quotes are special to xargs unless you use the -0 option"
}

// Words returns the records in r as GNU xargs tells them apart without -0 and -d.
//
// A word ends at a space, a tab or a newline. Within '..' and ".." these are part of it, but for the newline: a quoted
// part that goes on over the end of its line ends the source with a *QuoteError. A backslash outside quotes takes the
// byte after it as it is, even a newline. White space before a word is dropped, and that includes carriage returns,
// vertical tabs and form feeds, which end no word; so empty lines are no records. An empty pair of quotes is one.
//
// The line of a word goes on if a blank stands between it and the newline, even one that belongs to the word because of
// a backslash.
//
// The input ends before the first record that is equal to End, however it is quoted. A record with a NUL byte is
// compared up to that byte, because it is that part which a program would get; the record itself comes out whole.
//
// At the end of r, these do as xargs does, although they may surprise: a last record without a newline is dropped if it
// is empty (a lone quote, a lone backslash, an empty pair of quotes), and it is compared to End only if it is the first of
// its line. A quoted part that is open there and has brought anything is a *QuoteError.
//
// A record that is too long is told as bad at the byte that makes it so, and the rest of it is skipped. Reading, errors and
// Close are as in NewReader.
func Words(r io.Reader, o WordOptions) Source {
	w := &words{opt: o, freshLine: true}
	w.in.reset(r, Options{MaxRecord: o.MaxRecord, Name: o.Name})
	return w
}

// wordState is where in a record the next byte stands.
type wordState byte

const (
	between wordState = iota // before a record, in white space
	bare                     // in a record, outside quotes
	single                   // after '
	double                   // after "
	escaped                  // after a backslash
)

// words splits the blocks of in, which it uses for reading only.
type words struct {
	in  reader // its unread and fill; its options have the defaults filled in
	opt WordOptions

	state     wordState
	text      []byte // the record so far
	skip      bool   // the record was told as too long: its other bytes are dropped
	previous  byte   // the byte before unread, as it was read
	freshLine bool   // no record has ended on this line with anything but its newline
	nul       bool   // OnNUL was called
	err       error  // set once, by what ends the records before the end of in
}

func (w *words) Next() (Record, error) {
	for w.err == nil {
		if len(w.in.unread) == 0 {
			if err := w.in.fill(); err != nil {
				return w.last(err)
			}
		}
		if rec, ok := w.scan(); ok {
			return rec, nil
		}
	}
	return Record{}, w.err
}

// scan takes bytes from unread up to the end of a record, which it returns, or of the block, or until err is set.
func (w *words) scan() (rec Record, ok bool) {
	for len(w.in.unread) > 0 && w.err == nil {
		if n := w.plain(); n > 0 {
			if !w.keep(w.take(n)) {
				return w.cut(), true
			}
			continue
		}
		before := w.previous
		c := w.take(1)
		switch act := w.step(c[0]); {
		case act == keepByte && !w.keepSpecial(c):
			return w.cut(), true
		case act == endRecord:
			if rec, ok := w.end(c[0] != '\n' || isBlank(before) && !w.opt.Lines, c[0] == '\n'); ok {
				return rec, true
			}
		}
	}
	return Record{}, false
}

// take removes n bytes from unread.
func (w *words) take(n int) []byte {
	piece := w.in.unread[:n]
	w.in.unread = w.in.unread[n:]
	w.previous = piece[n-1]
	return piece
}

// plain returns how many bytes at the start of unread are for the record as they are. The bytes that may mean something
// else, and NUL, are left to step.
func (w *words) plain() int {
	switch w.state {
	case bare:
		special := uint64(1<<0 | 1<<'\n' | 1<<'"' | 1<<'\'') // a bit for each byte below 64
		if !w.opt.Lines {
			special |= 1<<' ' | 1<<'\t'
		}
		for i, c := range w.in.unread {
			if c < 64 && special>>c&1 != 0 || c == '\\' {
				return i
			}
		}
		return len(w.in.unread)
	case single, double:
		quote := w.quote()
		for i, c := range w.in.unread {
			if c == quote || c == '\n' || c == 0 {
				return i
			}
		}
		return len(w.in.unread)
	}
	return 0
}

// action is what becomes of a byte.
type action byte

const (
	dropByte action = iota
	keepByte
	endRecord
)

// step moves to the state after c and says what becomes of c.
func (w *words) step(c byte) action {
	switch w.state {
	case between:
		if isSpace(c) {
			return dropByte
		}
		w.state = bare
		return w.bareByte(c)
	case bare:
		return w.bareByte(c)
	case escaped:
		w.state = bare
	case single, double:
		switch c {
		case w.quote():
			w.state = bare
			return dropByte
		case '\n':
			w.err = &QuoteError{Quote: w.quote()}
			return dropByte
		}
	}
	return keepByte
}

// bareByte is step for a byte of a record outside quotes.
func (w *words) bareByte(c byte) action {
	switch c {
	case '\n':
		return endRecord
	case ' ', '\t':
		if !w.opt.Lines {
			return endRecord
		}
	case '\'':
		w.state = single
		return dropByte
	case '"':
		w.state = double
		return dropByte
	case '\\':
		w.state = escaped
		return dropByte
	}
	return keepByte
}

// quote returns the byte that ends the quoted part.
func (w *words) quote() byte {
	if w.state == double {
		return '"'
	}
	return '\''
}

// keepSpecial is keep for one byte that may be NUL.
func (w *words) keepSpecial(c []byte) bool {
	if c[0] == 0 && !w.nul {
		w.nul = true
		if w.opt.OnNUL != nil {
			w.opt.OnNUL()
		}
	}
	return w.keep(c)
}

// keep adds piece to the record. It returns false if the record is too long now; what fits is kept.
func (w *words) keep(piece []byte) bool {
	if w.skip {
		return true
	}
	room := w.in.opt.MaxRecord - len(w.text)
	w.text = append(w.text, piece[:min(room, len(piece))]...)
	return len(piece) <= room
}

// cut returns the record as one that is too long, and makes the rest of it be skipped.
func (w *words) cut() Record {
	rec := Record{Text: string(w.text), Bad: &TooLongError{Limit: w.in.opt.MaxRecord}}
	w.skip = true
	return rec
}

// end ends the record at a delimiter. It returns false if there is nothing to hand out: the record was told before, or
// the input ends with it.
func (w *words) end(goesOn, newline bool) (Record, bool) {
	if w.skip {
		w.skip = false
		w.clear(newline)
		return Record{}, false
	}
	if w.isEnd() {
		w.err = io.EOF
		return Record{}, false
	}
	rec := Record{Text: string(w.text), LineGoesOn: goesOn}
	w.clear(newline)
	return rec, true
}

// clear makes ready for the next record.
func (w *words) clear(newline bool) {
	w.text = w.text[:0]
	w.state = between
	w.freshLine = newline
}

// isEnd says whether the record is the logical end of the input.
func (w *words) isEnd() bool {
	if w.opt.End == "" {
		return false
	}
	text, _, _ := bytes.Cut(w.text, []byte{0})
	return string(text) == w.opt.End
}

// last ends the input with err, after the record that was being read if the end is a clean one. As in reader, it is
// dropped otherwise.
func (w *words) last(err error) (Record, error) {
	w.err = err
	if err != io.EOF || len(w.text) == 0 {
		return Record{}, err
	}
	if w.state == single || w.state == double {
		w.err = &QuoteError{Quote: w.quote()}
		return Record{}, w.err
	}
	if w.skip || w.freshLine && w.isEnd() {
		return Record{}, err
	}
	return Record{Text: string(w.text)}, nil
}

func (w *words) Close() error {
	err := w.in.Close()
	if w.err == nil {
		w.err = w.in.err
	}
	w.text = nil
	return err
}

// isBlank is the isblank(3) of the C locale.
func isBlank(c byte) bool { return c == ' ' || c == '\t' }

// isSpace is the isspace(3) of the C locale.
func isSpace(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }
