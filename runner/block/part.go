package block

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// File is a file to be cut into parts.
type File struct {
	Name string
	R    io.ReaderAt // such as an *os.File; it belongs to the caller
	Size int64       // in bytes
}

// OpenFile opens a file to be cut into parts: a regular file or a block device. The caller closes the *os.File, when
// nothing reads parts of it any more. Anything else is a *NotSeekableError.
func OpenFile(name string) (File, *os.File, error) {
	info, err := os.Stat(name) // before it is opened: opening a FIFO waits for a writer
	if err != nil {
		return File{}, nil, err
	}
	kind := info.Mode() & (fs.ModeType | fs.ModeCharDevice)
	if kind != 0 && kind != fs.ModeDevice {
		return File{}, nil, &NotSeekableError{name}
	}
	f, err := os.Open(name)
	if err != nil {
		return File{}, nil, err
	}
	size, err := f.Seek(0, io.SeekEnd) // a block device has no size for Stat
	if err != nil {
		f.Close()
		return File{}, nil, &NotSeekableError{name}
	}
	return File{Name: name, R: f, Size: size}, f, nil
}

// NotSeekableError says that a file cannot be cut into parts.
type NotSeekableError struct{ Name string }

func (e *NotSeekableError) Error() string {
	return fmt.Sprintf("%s: --pipe-part needs a regular file or a block device", e.Name)
}

// Part is a range of a file that is made of whole records.
type Part struct {
	Seq    int64  // from 1
	File   int    // index of the file in what was given to NewParter
	Header []byte // of this file; shared by its parts, to be read only
	Offset int64  // in bytes, behind the header
	Length int64  // in bytes, at least 1; without Header
}

// Size returns the number of bytes that a reader of the part gets.
func (p Part) Size() int64 { return int64(len(p.Header)) + p.Length }

// PartsPerJob is how many parts a job gets where no size is given. That is what GNU parallel does, though its manual has
// the default of --pipe for --pipe-part as well: parts cost no memory, and few large ones cost less time.
const PartsPerJob = 10

// Parter cuts files into parts. It reads the files only around the places where it cuts. It is used by one goroutine at a
// time.
type Parter struct {
	files []File
	opt   Options
	cut   *cutter
	size  int64 // of a part, at least

	window     []byte // the last bytes that were read; cap(window) is kept
	windowFile int    // of which file
	windowAt   int64  // from where

	seq    int64
	file   int    // index of the current file
	offset int64  // where its next part begins
	header []byte // its header
	opened bool   // header and offset are those of file
}

// NewParter returns the parts of files, one file after the other. A part is as GNU parallel cuts it: it ends at the first
// border whose separator begins Size bytes after the part's own beginning, or later. A negative Size makes about -Size
// parts for each of jobs, in all, and 0 is -PartsPerJob. A file without data has no part. It reads nothing yet. The error is that of
// Options.ValidateParts.
func NewParter(o Options, jobs int, files ...File) (*Parter, error) {
	if err := o.ValidateParts(); err != nil {
		return nil, err
	}
	c, err := newCutter(o)
	if err != nil {
		return nil, err
	}
	p := &Parter{files: files, opt: o, cut: c, size: o.Size}
	perJob := -o.Size
	if perJob == 0 {
		perJob = PartsPerJob
	}
	if perJob > 0 {
		var total int64
		for _, f := range files {
			total += f.Size
		}
		// The one more is GNU parallel's; without it a rest would make a part too many.
		p.size = total/perJob/max(1, int64(jobs)) + 1
	}
	return p, nil
}

// Next returns the next part, or io.EOF after the last one. Any other error is one of reading a file, and Next may not be
// called again.
func (p *Parter) Next() (Part, error) {
	for ; p.file < len(p.files); p.file, p.opened = p.file+1, false {
		f := p.files[p.file]
		if !p.opened {
			if err := p.open(f); err != nil {
				return Part{}, err
			}
		}
		if p.offset >= f.Size {
			continue
		}
		end := f.Size
		if f.Size-p.offset > p.size {
			var err error
			if end, err = p.border(f, p.offset+p.size); err != nil {
				return Part{}, err
			}
		}
		p.seq++
		part := Part{Seq: p.seq, File: p.file, Header: p.header, Offset: p.offset, Length: end - p.offset}
		p.offset = end
		return part, nil
	}
	return Part{}, io.EOF
}

// open reads the header of f.
func (p *Parter) open(f File) error {
	p.opened, p.offset, p.header = true, 0, nil
	if p.cut.header == nil {
		return nil
	}
	for room := int64(64 << 10); ; room *= 4 {
		b, err := p.read(f, 0, room)
		if err != nil {
			return err
		}
		if n := p.cut.header(b); n >= 0 {
			p.header, p.offset = append([]byte(nil), b[:n]...), int64(n)
			return nil
		}
		if int64(len(b)) == f.Size || room >= maxHeader {
			break
		}
	}
	if p.opt.OnNoHeader != nil && f.Size > 0 {
		p.opt.OnNoHeader(f.Name)
	}
	return nil
}

const (
	// searchWindow is how many bytes border reads at once: many records, and still next to nothing.
	searchWindow = 64 << 10

	// maxMatch is the longest separator that border is sure to find, in bytes, if it is a regular expression: such a match
	// may go on in what is not read yet, but not for ever.
	maxMatch = 1 << 20
)

// border returns the first border in f whose separator begins at from or later; the end of f if there is none.
func (p *Parter) border(f File, from int64) (int64, error) {
	base, at := max(from-1, 0), int(min(from, 1)) // the byte before decides whether ^ and \b match
	for room := int64(searchWindow); ; {
		b, err := p.read(f, base, room)
		if err != nil {
			return 0, err
		}
		final := base+int64(len(b)) >= f.Size
		border, retry := p.cut.sep.first(b, at, final)
		switch {
		case border >= 0:
			return base + int64(border), nil
		case final:
			return f.Size, nil
		}
		keep := len(b) - retry
		if keep > len(b)/2 && room < maxMatch {
			room *= 2 // the regular expression did not say how far it got
			continue
		}
		// The next window has what a separator may have begun in.
		base, at = base+int64(max(retry, len(b)-maxMatch/2, at+1))-1, 1
	}
}

// read returns up to n bytes of f, the current file, from off: less at the end of f, and, of a searchWindow, if an eighth
// at least is at hand. They are valid until the next call.
func (p *Parter) read(f File, off, n int64) ([]byte, error) {
	n = min(n, f.Size-off)
	have := p.windowAt + int64(len(p.window)) - off
	if p.windowFile == p.file && p.windowAt <= off && have >= (n+7)/8 && n <= searchWindow {
		return p.window[off-p.windowAt:][:min(n, have)], nil
	}
	if int64(cap(p.window)) < n {
		p.window = make([]byte, n)
	}
	p.window = p.window[:n]
	p.windowFile, p.windowAt = p.file, off
	got, err := f.R.ReadAt(p.window, off)
	if int64(got) == n {
		return p.window, nil
	}
	p.window = p.window[:0]
	if err == io.EOF {
		err = io.ErrUnexpectedEOF // it has become shorter
	}
	var path *fs.PathError
	if !errors.As(err, &path) {
		err = &fs.PathError{Op: "read", Path: f.Name, Err: err}
	}
	return nil, err
}

// Reader returns the header and the data of p; r is that of its file.
func (p Part) Reader(r io.ReaderAt) io.Reader {
	return io.MultiReader(bytes.NewReader(p.Header), io.NewSectionReader(r, p.Offset, p.Length))
}
