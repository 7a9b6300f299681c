package runner

import (
	"context"
	"os"
	"strconv"
	"sync/atomic"

	"xpool/runner/block"
)

// taskInput is the data of one task, of which the task is the owner. That the run is
// to begin no more tasks does not matter to it: those that run get all of it.
type taskInput interface {
	// attempt is called when an attempt begins. It returns where that finds its
	// standard input, "" if it has none, and the name of a file that is to be the
	// task's argument, "" if it has none.
	attempt() (stdin, arg string, err error)

	// size is how many bytes there are, or have been so far.
	size() int64

	// close gives the data back, when the task is over or will not begin.
	close()
}

// blobInput is data in a file that all attempts read from its beginning.
type blobInput struct {
	blob  *block.Blob
	named bool     // the task gets the file's name, and not the file as its standard input
	file  *os.File // what the attempts open again; nil before the first one
	done  func()   // gives the blob back
}

func (b *blobInput) size() int64 { return b.blob.Size() }

func (b *blobInput) attempt() (stdin, arg string, err error) {
	if b.named {
		return "", b.blob.Path(), nil
	}
	if b.file == nil {
		if b.file, err = b.blob.Open(); err != nil {
			return "", "", err
		}
	}
	return openPath(b.file), "", nil
}

func (b *blobInput) close() {
	if b.file != nil {
		b.file.Close()
	}
	b.done()
}

// openPath is the name by which other processes of the user can open what this one
// has open.
func openPath(f *os.File) string {
	return "/proc/" + strconv.Itoa(os.Getpid()) + "/fd/" + strconv.Itoa(int(f.Fd()))
}

// fifoInput is data that each attempt reads from a named pipe of its own.
type fifoInput struct {
	*blobInput
	dir  string // for the pipes
	src  *os.File
	fifo *block.Fifo
}

func (f *fifoInput) attempt() (stdin, arg string, err error) {
	f.stop()
	if f.src, err = f.blob.Open(); err != nil {
		return "", "", err
	}
	if f.fifo, err = block.NewFifo(context.Background(), f.dir, f.src); err != nil {
		return "", "", err
	}
	return "", f.fifo.Path(), nil
}

func (f *fifoInput) stop() {
	if f.fifo != nil {
		f.fifo.Close()
		f.fifo = nil
	}
	if f.src != nil {
		f.src.Close()
		f.src = nil
	}
}

func (f *fifoInput) close() {
	f.stop()
	f.blobInput.close()
}

// partInput is a part of a file, which is fed to each attempt through a pipe.
type partInput struct {
	part   block.Part
	src    *os.File
	feed   *block.Feed
	hangUp context.CancelFunc // ends the feed, also where a process has kept the pipe
}

func (p *partInput) size() int64 { return p.part.Size() }

func (p *partInput) attempt() (stdin, arg string, err error) {
	p.close()
	ctx, cancel := context.WithCancel(context.Background())
	if p.feed, err = block.StartFeed(ctx, p.part, p.src); err != nil {
		cancel()
		return "", "", err
	}
	p.hangUp = cancel
	return openPath(p.feed.Stdin()), "", nil
}

func (p *partInput) close() {
	if p.feed != nil {
		p.feed.Stdin().Close()
		p.hangUp()
		p.feed = nil
	}
}

// fedInput is data in a file that comes to each attempt through a pipe, as from GNU
// parallel: a program can tell, as head(1) and wc(1) do.
type fedInput struct {
	blobInput
	partInput
}

func (f *fedInput) size() int64 { return f.blob.Size() }

func (f *fedInput) attempt() (stdin, arg string, err error) {
	if f.src == nil {
		if f.src, err = f.blob.Open(); err != nil {
			return "", "", err
		}
		f.part.Length = f.size()
	}
	return f.partInput.attempt()
}

func (f *fedInput) close() {
	f.partInput.close()
	if f.src != nil {
		f.src.Close()
	}
	f.done()
}

// pipeInput is data that comes through a pipe, to one attempt alone.
type pipeInput struct {
	file *os.File
	sent atomic.Int64 // bytes that went into it
}

func (p *pipeInput) size() int64 { return p.sent.Load() }
func (p *pipeInput) close()      { p.file.Close() }

func (p *pipeInput) attempt() (stdin, arg string, err error) { return openPath(p.file), "", nil }
