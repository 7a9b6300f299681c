package output

import (
	"io"
	"os"
)

// A spillFile is the temporary file of a printer, cut into places of one block
// each. It is made when first written and has no name. Only the printer's
// goroutine uses it.
type spillFile struct {
	dir   string
	block int64 // bytes in a place
	f     *os.File
	dirty bool // written since it was last cut to nothing
}

func (s *spillFile) write(place int32, b []byte) error {
	if s.f == nil {
		f, err := openUnnamed(s.dir)
		if err != nil {
			return &SpillError{Dir: s.dir, Err: err}
		}
		s.f = f
	}
	s.dirty = true
	if _, err := s.f.WriteAt(b, int64(place)*s.block); err != nil {
		return &SpillError{Dir: s.dir, Err: err}
	}
	return nil
}

// read fills b from the given offset in a place.
func (s *spillFile) read(place int32, off int64, b []byte) error {
	if place < 0 || s.f == nil {
		return &SpillError{Dir: s.dir, Read: true, Err: damagedError{}}
	}
	_, err := s.f.ReadAt(b, int64(place)*s.block+off)
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return &SpillError{Dir: s.dir, Read: true, Err: err}
	}
	return nil
}

// trim gives the disk space back when no place is in use.
func (s *spillFile) trim() {
	if s.dirty && s.f.Truncate(0) == nil {
		s.dirty = false
	}
}

// close gives file and descriptor back. What is in it is of no use any more, so
// an error says nothing.
func (s *spillFile) close() {
	if s.f != nil {
		s.f.Close()
	}
}

// openNamed makes a file in dir and takes its name away at once.
func openNamed(dir string) (*os.File, error) {
	f, err := os.CreateTemp(dir, "xpool-output-*") // mode 0600
	if err != nil {
		return nil, err
	}
	if err := os.Remove(f.Name()); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}
