//go:build !linux

package serve

import "os"

// newInputFile makes a file that has a name until it is removed.
func newInputFile() (*inputFile, error) {
	file, err := os.CreateTemp("", "xpool-input-*")
	if err != nil {
		return nil, err
	}
	return &inputFile{file: file, path: file.Name()}, nil
}

func (f *inputFile) close() { _ = os.Remove(f.path) }
