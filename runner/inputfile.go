package runner

import (
	"io"
	"maps"
	"os"
	"slices"

	"xpool/runner/input"
)

// inputFile is a file from which the run reads records, until it is to begin no more
// tasks. Its Close closes the file if that is its own.
type inputFile struct {
	*input.Interruptible
	run  *run
	file *os.File // nil if it is not to be closed
}

// openFile opens a file of records; "-" is standard input, which stays open.
func (r *run) openFile(name string) (io.ReadCloser, error) {
	if name == "-" {
		return r.read(r.streams.stdin)
	}
	type opened struct {
		file *os.File
		err  error
	}
	// Opening a fifo waits for its writer, and nothing can interrupt that: the
	// goroutine ends with it, or with the process.
	c := make(chan opened, 1)
	go func() {
		keepToSelf(name)
		f, err := os.Open(name)
		c <- opened{f, err}
	}()
	select {
	case o := <-c:
		if o.err != nil {
			return nil, o.err
		}
		in, err := r.read(o.file)
		if err != nil {
			o.file.Close()
			return nil, err
		}
		in.file = o.file
		return in, nil
	case <-r.ctx.Done():
		return nil, input.ErrInterrupted
	}
}

// read makes a reader of f, which stays open.
func (r *run) read(f *os.File) (*inputFile, error) {
	in, err := input.NewInterruptible(f)
	if err != nil {
		return nil, err
	}
	file := &inputFile{Interruptible: in, run: r}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.reading[file] = true
	if r.ctx.Err() != nil {
		in.Interrupt()
	}
	return file, nil
}

func (f *inputFile) Close() error {
	f.run.mu.Lock()
	delete(f.run.reading, f)
	f.run.mu.Unlock()
	f.Interruptible.Close()
	if f.file == nil {
		return nil
	}
	return f.file.Close()
}

// closeInput closes what is open to be read, when nobody reads any more.
func (r *run) closeInput() {
	r.mu.Lock()
	open := slices.Collect(maps.Keys(r.reading))
	r.mu.Unlock()
	for _, f := range open {
		_ = f.Close() // what was read of it has been read
	}
}
