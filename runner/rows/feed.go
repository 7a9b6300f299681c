package rows

import (
	"io"
	"strings"

	"xpool/runner/input"
)

// cell is what one record comes to.
type cell struct {
	cols []string // at least one; nobody changes them
	bad  error    // why it cannot be used; cols hold the record then, as far as it is known
}

// feed makes cells of the records of one source.
type feed struct {
	src   input.Source
	name  string
	words *words // the same as src at its bottom, if it is words
	opt   *Options

	names []string // of the columns, known when the header has been read
	back  []cell   // a cell that was unread
	ended bool     // src has no more
}

func newFeed(s Source, o Options) *feed {
	f := &feed{src: s.Records, name: s.Name, opt: &o}
	delim := string([]byte{o.Delim})
	if f.src == nil {
		f.words = &words{left: s.Words}
		if o.SplitWords {
			f.words.left = splitAll(s.Words, delim)
		}
		f.src = f.words
	}
	if o.CSV != "" && (f.words == nil || o.SplitWords) {
		f.src = &joiner{
			Source: f.src, first: f.src, glue: delim, most: o.MaxRecord,
			goesOn: func(piece string, open bool) bool { return opensQuote(piece, o.CSV, open) },
		}
	}
	if o.Header != HeaderRecord {
		f.wrap()
	}
	return f
}

// wrap puts on the source what the header is not subject to.
func (f *feed) wrap() {
	if f.opt.End != "" {
		f.src = input.Until(f.src, f.opt.End)
	}
	all := f.src
	if f.opt.SkipBlank {
		f.src = nonBlank{all}
	}
	if f.opt.JoinLines {
		f.src = &joiner{Source: all, first: f.src, most: f.opt.MaxRecord, goesOn: endsInBlank}
	}
}

// readHeader finds the names of the columns. It is called once, before next.
func (f *feed) readHeader() error {
	switch f.opt.Header {
	case HeaderNames:
		f.names = []string{f.name}
	case HeaderRecord:
		rec, err := f.src.Next()
		if err != nil && err != io.EOF {
			return err
		}
		if f.names, err = f.split(rec); err != nil {
			return &HeaderError{Source: f.name, Err: err}
		}
		f.wrap()
	}
	return nil
}

// next returns the next cell; the error is io.EOF at the end.
func (f *feed) next() (cell, error) {
	if n := len(f.back); n > 0 {
		c := f.back[n-1]
		f.back = f.back[:n-1]
		return c, nil
	}
	rec, err := f.src.Next()
	if err != nil {
		f.ended = true
		return cell{}, err
	}
	cols, err := f.split(rec)
	if err != nil {
		return cell{cols: []string{rec.Text}, bad: err}, nil
	}
	for i := range cols {
		cols[i] = f.opt.Trim.trim(cols[i])
	}
	return cell{cols: cols}, nil
}

// unread makes c the next cell.
func (f *feed) unread(c cell) { f.back = append(f.back, c) }

// atEnd tells whether it is known, without reading, that there is no other cell.
func (f *feed) atEnd() bool {
	return len(f.back) == 0 && (f.ended || f.words != nil && len(f.words.left) == 0)
}

// split returns the columns of rec, untrimmed.
func (f *feed) split(rec input.Record) ([]string, error) {
	switch {
	case rec.Bad != nil:
		return nil, rec.Bad
	case f.opt.CSV != "":
		text := rec.Text
		if f.opt.Delim == '\n' {
			text = strings.TrimSuffix(text, "\r")
		}
		return csvColumns(text, f.opt.CSV)
	case f.opt.Separator != nil:
		return f.opt.Separator.Split(rec.Text), nil
	}
	return []string{rec.Text}, nil
}

func (f *feed) close() error {
	f.back, f.ended = nil, true
	return f.src.Close()
}

// splitAll splits each word at delim.
func splitAll(words []string, delim string) []string {
	out := make([]string, 0, len(words))
	for _, w := range words {
		out = append(out, strings.Split(w, delim)...)
	}
	return out
}

// words is a source that knows what is left of it.
type words struct{ left []string }

func (w *words) Next() (input.Record, error) {
	if len(w.left) == 0 {
		return input.Record{}, io.EOF
	}
	rec := input.Record{Text: w.left[0]}
	w.left = w.left[1:]
	return rec, nil
}

func (w *words) Close() error {
	w.left = nil
	return nil
}

// joiner makes one record of several.
type joiner struct {
	input.Source                                    // of the pieces that a record goes on with
	first        input.Source                       // over it: of those that begin a record
	glue         string                             // put between two pieces
	most         int                                // bytes of a good record
	goesOn       func(piece string, open bool) bool // whether a record goes on after a piece; open says that it went on before
}

// Next returns as bad what is joined to more than most bytes. A record that an error keeps from being whole is dropped;
// at the clean end the last piece is as good as any.
func (j *joiner) Next() (input.Record, error) {
	rec, err := j.first.Next()
	if err != nil || rec.Bad != nil || !j.goesOn(rec.Text, false) {
		return rec, err
	}
	var text strings.Builder
	text.WriteString(rec.Text)
	var bad error
	for open := true; open; {
		piece, err := j.Source.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return input.Record{}, err
		}
		// After a bad piece it is unknown whether the record goes on.
		open = piece.Bad == nil && j.goesOn(piece.Text, true)
		switch {
		case bad != nil:
		case piece.Bad != nil:
			bad = piece.Bad
		case text.Len()+len(j.glue)+len(piece.Text) > j.most:
			bad = &input.TooLongError{Limit: j.most}
		default:
			text.WriteString(j.glue)
			text.WriteString(piece.Text)
		}
	}
	return input.Record{Text: text.String(), Bad: bad}, nil
}

// endsInBlank tells whether a line goes on in the next one. The piece may be empty, and the line before it blank.
func endsInBlank(piece string, open bool) bool {
	if piece == "" {
		return open
	}
	last := piece[len(piece)-1]
	return last == ' ' || last == '\t'
}

// nonBlank leaves out records of white space alone.
type nonBlank struct{ input.Source }

func (n nonBlank) Next() (input.Record, error) {
	for {
		rec, err := n.Source.Next()
		if err != nil || rec.Bad != nil || strings.Trim(rec.Text, space) != "" {
			return rec, err
		}
	}
}
