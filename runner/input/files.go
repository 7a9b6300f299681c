package input

import (
	"io"
	"io/fs"
)

// Files returns the records of the named files, one file after the other, as xargs -a and GNU parallel -a read them.
// The last record of a file is complete even without a delimiter: it is never joined to the next file's first.
//
// Each file is opened by open when its turn comes and closed at its end; Close closes the one that is being read. The
// name "-" is handed to open as it is and means standard input, whose Close had better leave it open. The first file that
// cannot be opened, read or closed ends the source with a *SourceError. Files keeps names and does not change it.
func Files(names []string, open func(name string) (io.ReadCloser, error), o Options) Source {
	return &files{names: names, open: open, opt: o}
}

type files struct {
	names []string // the files whose turn is still to come
	open  func(name string) (io.ReadCloser, error)
	opt   Options // Name is that of the current file
	cur   io.ReadCloser
	split reader // over cur
	err   error  // set once; Next returns it for ever
}

func (f *files) Next() (Record, error) {
	for f.err == nil {
		if f.cur == nil {
			f.err = f.advance()
			continue
		}
		rec, err := f.split.Next()
		if err == nil {
			return rec, nil
		}
		closeErr := f.closeCurrent()
		if err == io.EOF {
			err = closeErr
		}
		f.err = err
	}
	return Record{}, f.err
}

// advance opens the next file; io.EOF says that there is none.
func (f *files) advance() error {
	if len(f.names) == 0 {
		return io.EOF
	}
	name := f.names[0]
	f.names = f.names[1:]
	f.opt.Name = name
	if name == "-" {
		f.opt.Name = "standard input"
	}
	cur, err := f.open(name)
	if err != nil {
		return sourceError("open", f.opt.Name, err)
	}
	f.cur = cur
	f.split.reset(cur, f.opt)
	return nil
}

// closeCurrent closes the current file, if there is one.
func (f *files) closeCurrent() error {
	if f.cur == nil {
		return nil
	}
	cur := f.cur
	f.cur = nil
	if err := cur.Close(); err != nil {
		return sourceError("close", f.opt.Name, err)
	}
	return nil
}

// Close closes the current file. Next after it fails with fs.ErrClosed, unless it had failed before.
func (f *files) Close() error {
	if f.err == nil {
		name := f.opt.Name
		if name == "" {
			name = "input"
		}
		f.err = sourceError("read", name, fs.ErrClosed)
	}
	return f.closeCurrent()
}
