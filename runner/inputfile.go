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
	run    *run
	file   *os.File // nil if it is not to be closed
	notice string   // what the user is told before the first read, "" for nothing
}

// openFile opens a file of records; "-" is standard input, which stays open.
func (r *run) openFile(name string) (io.ReadCloser, error) {
	if name == "-" {
		return r.readStdin()
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

// readStdin makes a reader of standard input.
func (r *run) readStdin() (io.ReadCloser, error) {
	in, err := r.read(r.streams.stdin)
	if err != nil {
		return nil, err
	}
	if isTerminal(r.streams.stdin) && isTerminal(r.streams.stderr) {
		in.notice = r.opts.typedNotice()
	}
	return in, nil
}

// typedNotice tells somebody at a terminal that it is read, which is waited for: mostly
// it was meant to be something else. It is "" where the user is not to be told, or where
// tasks or questions have the terminal too.
func (o *Options) typedNotice() string {
	if o.Quiet || o.As == asXargs || o.Interactive || o.OpenTTY {
		return ""
	}
	if o.Pipe.on() {
		return "reading input from the terminal; ^D ends it"
	}
	what := "arguments"
	if o.kind() == linesKind {
		what = "commands"
	}
	if o.Delim == '\n' {
		what += " from the terminal, a line each"
	} else {
		what += " from the terminal"
	}
	return "reading " + what + "; ^D ends them (or list them after :::)"
}

// Read is that of the file.
func (f *inputFile) Read(b []byte) (int, error) {
	f.run.note(f.notice)
	f.notice = ""
	return f.Interruptible.Read(b)
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
