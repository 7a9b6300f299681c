package block

import (
	"context"
	"errors"
	"io"
	"os"
	"sync"
	"syscall"
)

// Feed is a pipe into which a goroutine writes a Part: the standard input of one attempt of --pipe-part. Nothing is kept,
// however large the part.
type Feed struct {
	r, w *os.File
	done chan struct{} // closed when the goroutine is over
	err  error         // of the goroutine; valid when done is closed
	stop func() bool   // ends the watch of the context

	closeWrite sync.Once
}

// StartFeed begins to write p, a part of src, which has to stay open until Wait returns. When ctx ends, so does the
// writing.
func StartFeed(ctx context.Context, p Part, src *os.File) (*Feed, error) {
	r, w, err := newPipe()
	if err != nil {
		return nil, err
	}
	f := &Feed{r: r, w: w, done: make(chan struct{})}
	f.stop = context.AfterFunc(ctx, f.hangUp)
	go f.run(ctx, p, src)
	return f, nil
}

// Stdin is the end to read from. The caller closes it, once the process that reads has it; Wait needs that.
func (f *Feed) Stdin() *os.File { return f.r }

// Wait returns when all is written and the pipe is closed, or the reader is gone, which is not an error: a process need
// not read all its input. It returns the cause of a context that ended before, or the error of reading the file. Any
// goroutine may call it, any number of times.
func (f *Feed) Wait() error {
	<-f.done
	return f.err
}

// hangUp closes the end to write to, which ends a write that waits as well.
func (f *Feed) hangUp() { f.closeWrite.Do(func() { f.w.Close() }) }

// run is the goroutine of a Feed.
func (f *Feed) run(ctx context.Context, p Part, src *os.File) {
	defer close(f.done)
	_, err := f.w.Write(p.Header)
	if err == nil {
		err = sendRange(f.w, src, p.Offset, p.Length)
	}
	f.stop()
	f.hangUp()
	switch {
	case err == nil, errors.Is(err, syscall.EPIPE):
	case ctx.Err() != nil:
		f.err = context.Cause(ctx)
	default:
		f.err = err
	}
}

// newPipe returns a pipe whose end to read from is for another process: it blocks, as programs expect of their input.
func newPipe() (r, w *os.File, err error) {
	r, w, err = os.Pipe()
	if err != nil {
		return nil, nil, err
	}
	raw, err := r.SyscallConn()
	if err == nil {
		var wrong error
		err = raw.Control(func(fd uintptr) { wrong = syscall.SetNonblock(int(fd), false) })
		err = errors.Join(err, wrong)
	}
	if err != nil {
		r.Close()
		w.Close()
		return nil, nil, err
	}
	return r, w, nil
}

// copyRange writes length bytes of src from off to w.
func copyRange(w io.Writer, src io.ReaderAt, off, length int64) error {
	n, err := io.CopyBuffer(struct{ io.Writer }{w}, io.NewSectionReader(src, off, length), make([]byte, 128<<10))
	if err == nil && n < length {
		return io.ErrUnexpectedEOF
	}
	return err
}
