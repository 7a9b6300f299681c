package joblog

import (
	"bytes"
	"errors"
	"io"
	"os"
	"strings"
	"syscall"
	"time"
)

// A Mode says what becomes of the rows that a log has already.
type Mode uint8

const (
	Create Mode = iota // they are removed
	Append             // they stay: --joblog +FILE
	Resume             // they stay, and tell what need not run: --resume and its like
)

// A Writer appends rows to a log. It is for one goroutine at a time.
type Writer struct {
	file *os.File
	buf  []byte
	own  bool // nobody else writes the file, which is a regular one
	torn bool // the file may end in a part of a row
}

// Open opens the log in a file, which is made if there is none, and writes the
// column names to one that is empty. (GNU parallel writes none in the mode
// Append, and later takes the first row for them.) A part of a row at the end is
// cut off.
//
// A regular file that does not begin with column names or a row is refused with a
// *FormatError, in whatever mode, and left alone; GNU parallel overwrites it, or
// adds to it. One that another Writer has is refused with a *BusyError, unless both
// have the mode Append: two runs that go on from one log would do the same work, and
// one that begins a log would take that of the other away. GNU parallel does not look,
// and is not seen. Other errors are those of the file, with its name.
//
// What is no regular file, such as a pipe or a terminal, is written to as it is; in
// the mode Resume it is refused with an *IrregularError. The name "-", with which GNU
// parallel writes to its standard output, means a file here: see [Header] and
// [Row.Append].
func Open(name string, mode Mode) (*Writer, error) {
	if info, err := os.Stat(name); err == nil && !info.Mode().IsRegular() {
		return openStream(name, mode)
	}
	f, err := os.OpenFile(name, os.O_RDWR|os.O_APPEND|os.O_CREATE, 0o666)
	if err != nil {
		return nil, err
	}
	w := &Writer{file: f}
	if err := w.prepare(mode); err != nil {
		f.Close()
		return nil, err
	}
	return w, nil
}

// ParseName takes a leading plus sign from the value of --joblog: it asks for the
// mode Append.
func ParseName(value string) (name string, mode Mode) {
	if name, ok := strings.CutPrefix(value, "+"); ok {
		return name, Append
	}
	return value, Create
}

func openStream(name string, mode Mode) (*Writer, error) {
	if mode == Resume {
		return nil, &IrregularError{name}
	}
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return nil, err
	}
	w := &Writer{file: f}
	if mode == Create {
		if err := w.write([]byte(Header)); err != nil {
			f.Close()
			return nil, err
		}
	}
	return w, nil
}

// prepare locks the file and makes it end with column names or a row.
func (w *Writer) prepare(mode Mode) error {
	if err := w.lock(mode); err != nil {
		return err
	}
	if ok, err := w.isLog(); err != nil {
		return err
	} else if !ok {
		return &FormatError{w.file.Name()}
	}
	var end int64
	if mode != Create {
		var err error
		if end, err = w.end(); err != nil {
			return err
		}
	}
	if w.own {
		if err := w.file.Truncate(end); err != nil {
			return err
		}
	}
	if end == 0 {
		if err := w.write([]byte(Header)); err != nil {
			return err
		}
	}
	if mode == Append {
		return w.share()
	}
	return nil
}

// lock gets the file for this Writer alone or, in the mode Append, at least for
// those in that mode. The system gives the lock back when the process ends. On a
// file system without locks it goes without.
func (w *Writer) lock(mode Mode) error {
	for try := 1; ; try++ {
		if !errors.Is(w.flock(syscall.LOCK_EX), syscall.EWOULDBLOCK) {
			w.own = true
			return nil
		}
		if mode == Append && w.flock(syscall.LOCK_SH) == nil {
			return nil
		}
		if mode != Append || try == appendTries {
			return &BusyError{w.file.Name()}
		}
		time.Sleep(appendPause)
	}
}

// Those that append have the file for themselves only for the moment that it takes to
// look at its ends: it is tried again for so long.
const (
	appendTries = 100
	appendPause = time.Millisecond
)

// share lets others append.
func (w *Writer) share() error {
	w.own = false
	for try := 1; errors.Is(w.flock(syscall.LOCK_SH), syscall.EWOULDBLOCK); try++ {
		// Somebody came between, as one lock is given back before the other is had.
		if try == appendTries {
			return &BusyError{w.file.Name()}
		}
		time.Sleep(appendPause)
	}
	return nil
}

func (w *Writer) flock(how int) error {
	for {
		err := syscall.Flock(int(w.file.Fd()), how|syscall.LOCK_NB)
		if !errors.Is(err, syscall.EINTR) {
			return err
		}
	}
}

// isLog reports whether the file begins as a log does. An empty file does, and so
// does one with a part of the column names.
func (w *Writer) isLog() (bool, error) {
	start := make([]byte, columnsMax)
	n, err := w.file.ReadAt(start, 0)
	if err != nil && err != io.EOF {
		return false, err
	}
	first, _, whole := bytes.Cut(start[:n], []byte{'\n'})
	switch {
	case bytes.HasPrefix(first, []byte(headerStart)):
		return true, nil
	case !whole && n < len(Header):
		return strings.HasPrefix(Header, string(first)), nil
	}
	_, _, ok := parseColumns(first)
	return ok, nil
}

// end returns where the last whole line ends.
func (w *Writer) end() (int64, error) {
	info, err := w.file.Stat()
	if err != nil {
		return 0, err
	}
	block := make([]byte, columnsMax)
	for end := info.Size(); end > 0; {
		from := max(0, end-int64(len(block)))
		b := block[:end-from]
		if _, err := w.file.ReadAt(b, from); err != nil {
			return 0, err
		}
		if i := bytes.LastIndexByte(b, '\n'); i >= 0 {
			return from + int64(i) + 1, nil
		}
		end = from
	}
	return 0, nil
}

// keepMax is the largest row whose memory is kept for the next one.
const keepMax = 64 << 10

// Write appends a row. The error is one of the file, with its name, such as a full
// disk; the row is then not in the log, and the Writer can go on.
func (w *Writer) Write(r Row) error {
	b := w.buf[:0]
	if w.torn {
		b = append(b, '\n')
	}
	b = r.Append(b)
	if w.buf = b[:0]; cap(b) > keepMax {
		w.buf = nil
	}
	return w.write(b)
}

// write appends b, which ends with a newline, as a whole or, if that can be undone,
// not at all.
func (w *Writer) write(b []byte) error {
	n, err := w.file.Write(b)
	switch {
	case err == nil:
		w.torn = false
	case n > 0:
		w.torn = !w.own || !w.takeBack(n)
	}
	return err
}

// takeBack cuts n bytes off the end of the file.
func (w *Writer) takeBack(n int) bool {
	info, err := w.file.Stat()
	return err == nil && w.file.Truncate(info.Size()-int64(n)) == nil
}

// Close closes the file and gives the log back. There is nothing that it writes.
func (w *Writer) Close() error { return w.file.Close() }
