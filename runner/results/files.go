package results

import (
	"errors"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// Files are the files of a task that runs. They are for one goroutine at a time, and take
// two descriptors until they are finished or closed.
type Files struct {
	// Stdout and Stderr are open for what the task prints. Their errors name them.
	Stdout, Stderr *os.File

	place Place
}

// Create makes the files of a task, and the directories that they are in, and takes away
// the number of an earlier one. The error says which file could not be made.
func Create(p Place) (*Files, error) {
	if err := unlink(p.Seq); err != nil {
		return nil, err
	}
	stdout, err := createIn(p.Stdout)
	if err != nil {
		return nil, err
	}
	stderr, err := createIn(p.Stderr)
	if err != nil {
		stdout.Close()
		return nil, err
	}
	return &Files{Stdout: stdout, Stderr: stderr, place: p}, nil
}

// createIn creates a file and, if need be, the directory that it is in.
func createIn(name string) (*os.File, error) {
	f, err := create(name)
	slash := strings.LastIndexByte(name, '/')
	if slash < 0 || !errors.Is(err, fs.ErrNotExist) {
		return f, err
	}
	if err := os.MkdirAll(name[:slash], 0o777); err != nil {
		return nil, err
	}
	return create(name)
}

// createTries is how often a new file is tried to be made while others make files of the
// same name.
const createTries = 100

// create creates a file that nobody else writes, or opens what is no regular one.
func create(name string) (f *os.File, err error) {
	for range createTries {
		f, err = os.OpenFile(name, os.O_WRONLY|os.O_APPEND|os.O_CREATE|os.O_EXCL, 0o666)
		if !errors.Is(err, fs.ErrExist) {
			return f, err
		}
		info, err := os.Lstat(name)
		if err == nil && !info.Mode().IsRegular() {
			return os.OpenFile(name, os.O_WRONLY|os.O_APPEND|os.O_CREATE|os.O_TRUNC, 0o666)
		}
		if err := unlink(name); err != nil {
			return nil, err
		}
	}
	return nil, err
}

// unlink removes a regular file, if it is there.
func unlink(name string) error {
	info, err := os.Lstat(name)
	if err == nil && info.Mode().IsRegular() {
		err = os.Remove(name)
	}
	if err == nil || missing(err) {
		return nil
	}
	return err
}

// missing reports whether err says that there is no such file, be it that something on the
// way to it is no directory: what then makes one has the better error.
func missing(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)
}

// Reset empties the files, because the task is tried again.
func (f *Files) Reset() error {
	return errors.Join(empty(f.Stdout), empty(f.Stderr))
}

// empty cuts a file to nothing, if it is one that can be cut.
func empty(f *os.File) error {
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return err
	}
	return f.Truncate(0)
}

// Finish says that the task is over, in whatever way: it closes the files and writes the
// number. If another task has taken their names meanwhile, it writes none.
func (f *Files) Finish(seq int64) error {
	mine, err := f.mine()
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err != nil || !mine {
		return err
	}
	n, err := createIn(f.place.Seq)
	if err != nil {
		return err
	}
	_, err = n.WriteString(strconv.FormatInt(seq, 10))
	return errors.Join(err, n.Close())
}

// mine reports whether the name still is that of the file.
func (f *Files) mine() (bool, error) {
	opened, err := f.Stdout.Stat()
	if err != nil {
		return false, err
	}
	named, err := os.Stat(f.place.Stdout)
	if missing(err) {
		return false, nil
	}
	return err == nil && os.SameFile(opened, named), err
}

// Close gives the descriptors back and leaves the files as they are, without a number: the
// task was stopped. After Finish it does nothing.
func (f *Files) Close() error {
	return errors.Join(closeOnce(f.Stdout), closeOnce(f.Stderr))
}

func closeOnce(f *os.File) error {
	if err := f.Close(); !errors.Is(err, fs.ErrClosed) {
		return err
	}
	return nil
}
