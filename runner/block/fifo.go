package block

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

// Fifo is a named pipe into which a goroutine writes: --fifo, for one attempt. The first process that opens it for reading
// gets the data.
type Fifo struct {
	dir    string // private, and ours to remove
	path   string
	cancel context.CancelFunc
	done   chan struct{} // closed when the goroutine is over
	err    error         // of the goroutine; valid when done is closed

	remove sync.Once
}

// NewFifo makes a named pipe in a new directory in dir, or in os.TempDir() if that is "", which only this user can use,
// and begins to write src to it as soon as someone reads. Reading src has to be without waiting, as of a Blob or a file: it
// is not interrupted. The caller gives all back with Close.
func NewFifo(ctx context.Context, dir string, src io.Reader) (*Fifo, error) {
	private, err := os.MkdirTemp(dir, "xpool-fifo-*") // mode 0700
	if err != nil {
		return nil, fifoError(dir, err)
	}
	f := &Fifo{dir: private, path: filepath.Join(private, "fifo"), done: make(chan struct{})}
	if err := syscall.Mkfifo(f.path, 0o600); err != nil {
		os.Remove(private)
		return nil, fifoError(dir, err)
	}
	ctx, f.cancel = context.WithCancel(ctx)
	go f.run(ctx, src)
	return f, nil
}

func fifoError(dir string, err error) error {
	if dir == "" {
		dir = os.TempDir()
	}
	return &SpillError{Dir: dir, Err: err}
}

// Path is the name of the pipe. It stays until Close.
func (f *Fifo) Path() string { return f.path }

// Wait returns when all is written, or the reader is gone, which is not an error. It returns the cause of a context that
// ended before, that of Close included, or the error of src. Any goroutine may call it.
func (f *Fifo) Wait() error {
	<-f.done
	return f.err
}

// Close ends the writing, waits for its end and removes the pipe. After the first call it does nothing.
func (f *Fifo) Close() error {
	f.cancel()
	<-f.done
	var err error
	f.remove.Do(func() { err = os.RemoveAll(f.dir) })
	return err
}

// run is the goroutine of a Fifo.
func (f *Fifo) run(ctx context.Context, src io.Reader) {
	defer close(f.done)
	w, err := f.open(ctx)
	if err != nil {
		f.err = err
		return
	}
	// Closing it ends a write that waits for a reader who does not read.
	var once sync.Once
	hangUp := func() { once.Do(func() { w.Close() }) }
	stop := context.AfterFunc(ctx, hangUp)
	_, err = io.CopyBuffer(struct{ io.Writer }{w}, struct{ io.Reader }{src}, make([]byte, 64<<10))
	stop()
	hangUp()
	switch {
	case err == nil, errors.Is(err, syscall.EPIPE):
	case ctx.Err() != nil:
		f.err = context.Cause(ctx)
	default:
		f.err = err
	}
}

// These bound how long open waits between two tries: at first no longer than it takes to start a program, and then so long
// that a pipe which nobody opens costs nothing.
const (
	firstWait = time.Millisecond
	mostWait  = 50 * time.Millisecond
)

// open waits until someone has opened the pipe for reading, or ctx is done. Opening it in the usual way would wait for ever
// if nobody does.
func (f *Fifo) open(ctx context.Context) (*os.File, error) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for wait := firstWait; ; wait = min(2*wait, mostWait) {
		select {
		case <-timer.C:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
		w, err := os.OpenFile(f.path, os.O_WRONLY|syscall.O_NONBLOCK, 0)
		if !errors.Is(err, syscall.ENXIO) { // nobody reads
			return w, err
		}
		timer.Reset(wait)
	}
}
