package serve

import (
	"os"
	"sync"
)

// inputFile is the standard input of a task, as it comes. A nil inputFile can be
// removed.
type inputFile struct {
	path  string // by which it is opened for reading
	whole bool   // the reader alone uses it

	mu   sync.Mutex
	file *os.File // nil when it was removed
}

// add takes the next piece of it. Of one that was removed nobody wants any.
func (f *inputFile) add(b []byte, last bool) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.whole = last
	if f.file == nil {
		return nil
	}
	_, err := f.file.Write(b)
	return err
}

// remove gives back what it takes. It may be called again.
func (f *inputFile) remove() {
	if f == nil {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.file != nil {
		f.close()
		f.file.Close()
		f.file = nil
	}
}
