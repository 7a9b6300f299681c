//go:build !linux

package jobserver

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// usual is the style that can be had.
const usual = FIFO

// reopenPipe returns an error that matches errors.ErrUnsupported.
func reopenPipe(read, write int) (ends, error) {
	return ends{}, fmt.Errorf("a jobserver's pipe cannot be opened anew on this system, only a fifo: %w", errors.ErrUnsupported)
}

// newFIFO returns a fifo that others can open by its name, which is in a directory of its own. End removes both.
func newFIFO() (path string, end func() error, err error) {
	dir, err := os.MkdirTemp("", "xpool-jobserver-")
	if err != nil {
		return "", nil, err
	}
	path = filepath.Join(dir, "fifo")
	end = func() error { return os.RemoveAll(dir) }
	if err := unix.Mkfifo(path, 0o600); err != nil {
		return "", nil, errors.Join(&os.PathError{Op: "mkfifo", Path: path, Err: err}, end())
	}
	return path, end, nil
}
