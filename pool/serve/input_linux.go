package serve

import (
	"fmt"
	"os"
)

// newInputFile makes a file that has no name, and of which nothing is left when this
// process is gone.
func newInputFile() (*inputFile, error) {
	file, err := os.CreateTemp("", "xpool-input-*")
	if err != nil {
		return nil, err
	}
	if err := os.Remove(file.Name()); err != nil {
		file.Close()
		return nil, err
	}
	f := &inputFile{file: file}
	raw, err := file.SyscallConn()
	if err == nil {
		err = raw.Control(func(fd uintptr) { f.path = fmt.Sprintf("/proc/%d/fd/%d", os.Getpid(), fd) })
	}
	if err != nil {
		file.Close()
		return nil, err
	}
	return f, nil
}

func (f *inputFile) close() {}
