package jsonlog

import (
	"encoding/base64"
	"io"
	"strings"
	"unicode/utf8"

	"xpool/runner/keep"
)

// str writes a string of JSON that is s, or the base64 of s.
func (e *Encoder) str(s string, valid bool) {
	e.put(`"`)
	if valid {
		_, _ = io.Copy(escaper{e}, strings.NewReader(s))
	} else {
		e.base64(strings.NewReader(s))
	}
	e.put(`"`)
}

// content writes a member that is what a task printed.
func (e *Encoder) content(name string, c keep.Content) {
	valid, err := isText(keep.Reader(c), e.buf)
	e.keepError(err)
	e.name(name, suffix(valid))
	e.put(`"`)
	if valid {
		_, err := io.CopyBuffer(escaper{e}, keep.Reader(c), e.buf)
		e.keepError(err)
	} else {
		e.base64(keep.Reader(c))
	}
	e.put(`"`)
}

func (e *Encoder) base64(r io.Reader) {
	w := base64.NewEncoder(base64.StdEncoding, e.w)
	_, err := io.CopyBuffer(w, r, e.buf)
	e.keepError(err)
	e.keepError(w.Close())
}

func (e *Encoder) keepError(err error) {
	if e.err == nil {
		e.err = err
	}
}

// An escaper writes what is valid UTF-8 as the inside of a string of JSON.
type escaper struct{ e *Encoder }

func (x escaper) Write(b []byte) (int, error) {
	from := 0
	for i, c := range b {
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		_, _ = x.e.w.Write(b[from:i])
		from = i + 1
		x.escape(c)
	}
	_, err := x.e.w.Write(b[from:])
	return len(b), err
}

func (x escaper) escape(c byte) {
	const hex = "0123456789abcdef"
	switch c {
	case '"', '\\':
		_ = x.e.w.WriteByte('\\')
		_ = x.e.w.WriteByte(c)
	case '\n':
		x.e.put(`\n`)
	case '\t':
		x.e.put(`\t`)
	case '\r':
		x.e.put(`\r`)
	default:
		x.e.put(`\u00`)
		_ = x.e.w.WriteByte(hex[c>>4])
		_ = x.e.w.WriteByte(hex[c&15])
	}
}

// isText reports whether all of r, which is read into buf, is valid UTF-8. Of a reader
// that fails it says that it is not.
func isText(r io.Reader, buf []byte) (bool, error) {
	kept := 0 // bytes at the start of buf that begin a character
	for {
		n, err := r.Read(buf[kept:])
		b := buf[:kept+n]
		whole := wholeRunes(b)
		if !utf8.Valid(b[:whole]) {
			return false, nil
		}
		kept = copy(buf, b[whole:])
		switch {
		case err == io.EOF:
			return kept == 0, nil
		case err != nil:
			return false, err
		}
	}
}

// wholeRunes returns how much of b there is before a character at its end that goes
// on behind it.
func wholeRunes(b []byte) int {
	for n := 1; n < utf8.UTFMax && n <= len(b); n++ {
		if at := len(b) - n; utf8.RuneStart(b[at]) {
			if utf8.FullRune(b[at:]) {
				break
			}
			return at
		}
	}
	return len(b)
}
