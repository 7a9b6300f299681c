package runner

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"

	"xpool/pool"
	"xpool/runner/block"
	"xpool/runner/input"
)

// taskInput is the data of one task, of which the task is the owner.
type taskInput interface {
	// attempt is called when an attempt begins. It returns where that finds its
	// standard input, "" if it has none, and the name of a file that is to be the
	// task's argument, "" if it has none.
	attempt() (stdin, arg string, err error)

	// size is how many bytes there are.
	size() int64

	// close gives the data back, when the task is over or will not begin.
	close()
}

// openPipe gets the data ready, and what makes batches of it.
func (r *run) openPipe() error {
	o := &r.opts
	options, err := o.blockOptions()
	if err != nil {
		return err
	}
	if o.Pipe.Part {
		return r.openParts(options)
	}
	var in io.ReadCloser
	if len(o.Files) > 0 && o.Files[0] != "-" && !o.Pipe.Tee {
		in, err = r.openFile(o.Files[0])
	} else {
		in, err = r.read(r.streams.stdin)
	}
	if err != nil {
		return err
	}
	r.source = pipeCloser{in.Close}
	if o.Pipe.Tee {
		return r.openTee(in)
	}
	splitter, err := block.NewSplitter(in, options)
	if err != nil {
		return err
	}
	r.splitter = splitter
	r.batches = &blockBatcher{run: r, room: make(chan struct{}, r.jobs.Load()+1)}
	return nil
}

// pipeCloser is a source of which only the end is of interest.
type pipeCloser struct{ close func() error }

func (pipeCloser) Next() (input.Record, error) { return input.Record{}, io.EOF }
func (p pipeCloser) Close() error              { return p.close() }

// blockBatcher makes a batch of each block. Of these there are no more at a time than
// slots and one: the next one is read when a task is over.
type blockBatcher struct {
	run  *run
	room chan struct{} // has an element for each block that is not given back
}

func (b *blockBatcher) next() (batch, error) {
	select {
	case b.room <- struct{}{}:
	case <-b.run.ctx.Done():
		return batch{}, input.ErrInterrupted
	}
	in, err := b.read()
	if err != nil {
		<-b.room
		if b.run.ctx.Err() != nil {
			err = input.ErrInterrupted
		}
		return batch{}, err
	}
	return batch{input: in}, nil
}

func (b *blockBatcher) read() (taskInput, error) {
	o := &b.run.opts.Pipe
	data, err := b.run.splitter.Next(b.run.ctx)
	if err != nil {
		return nil, err
	}
	defer data.Release()
	kind := block.InMemory
	if o.Cat {
		kind = block.Named
	}
	blob, err := block.FromBlock(b.run.tempDir(), kind, data)
	if err != nil {
		return nil, err
	}
	in := &blobInput{blob: blob, done: func() { blob.Close(); <-b.room }}
	if o.Fifo {
		return &fifoInput{blobInput: in, ctx: b.run.ctx, dir: b.run.tempDir()}, nil
	}
	in.named = o.Cat
	return in, nil
}

// blobInput is data in a file that all attempts read from its beginning.
type blobInput struct {
	blob  *block.Blob
	named bool // the task gets the file's name, and not the file as its standard input
	file  *os.File
	done  func()
}

func (b *blobInput) size() int64 { return b.blob.Size() }

func (b *blobInput) attempt() (stdin, arg string, err error) {
	path := b.blob.Path()
	if b.named {
		return "", path, nil
	}
	if path == "" && b.file == nil {
		b.file, err = b.blob.Open()
	}
	if err != nil {
		return "", "", err
	}
	if path == "" {
		path = openPath(b.file)
	}
	return path, "", nil
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
	ctx  context.Context
	dir  string
	src  *os.File
	fifo *block.Fifo
}

func (f *fifoInput) attempt() (stdin, arg string, err error) {
	f.stop()
	if f.src, err = f.blob.Open(); err != nil {
		return "", "", err
	}
	if f.fifo, err = block.NewFifo(f.ctx, f.dir, f.src); err != nil {
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

// openTee has each task read all of the data.
func (r *run) openTee(in io.Reader) error {
	blob, err := block.Spill(r.ctx, r.tempDir(), block.Unnamed, in)
	if err != nil {
		return err
	}
	r.closers = append(r.closers, blob)
	stdin := r.source
	t := &teeBatcher{blob: blob, batches: &counted{batches: []batch{{}}, err: io.EOF}}
	if r.opts.HasArgs {
		if err := r.openRows(); err != nil {
			return err
		}
		t.batches = r.newRowBatcher(0)
		r.source = pipeCloser{func() error { return errors.Join(stdin.Close(), r.rows.Close()) }}
	}
	r.batches = t
	return nil
}

// teeBatcher adds the same data to each batch.
type teeBatcher struct {
	blob    *block.Blob
	batches batcher
}

func (t *teeBatcher) next() (batch, error) {
	b, err := t.batches.next()
	if err == nil {
		b.input = &blobInput{blob: t.blob, done: func() {}}
	}
	return b, err
}

// openParts has each task read a part of a file.
func (r *run) openParts(o block.Options) error {
	p := &partBatcher{run: r}
	var files []block.File
	for _, name := range r.opts.Files {
		file, f, err := block.OpenFile(name)
		if err != nil {
			return err
		}
		r.closers = append(r.closers, f)
		files = append(files, file)
		p.open = append(p.open, f)
	}
	r.source = pipeCloser{func() error { return nil }}
	var err error
	p.parter, err = block.NewParter(o, int(r.jobs.Load()), files...)
	r.batches = p
	return err
}

// partBatcher makes a batch of each part of a file.
type partBatcher struct {
	run    *run
	parter *block.Parter
	open   []*os.File
}

func (p *partBatcher) next() (batch, error) {
	part, err := p.parter.Next()
	if err != nil {
		return batch{}, err
	}
	src := p.open[part.File]
	if p.run.opts.Pipe.Cat || p.run.opts.Pipe.Fifo {
		return p.kept(part, src)
	}
	return batch{input: &partInput{ctx: p.run.ctx, part: part, src: src}}, nil
}

// kept makes a batch of a part that the task opens by name.
func (p *partBatcher) kept(part block.Part, src *os.File) (batch, error) {
	kind := block.Named
	if p.run.opts.Pipe.Fifo {
		kind = block.Unnamed
	}
	blob, err := block.Spill(p.run.ctx, p.run.tempDir(), kind, part.Reader(src))
	if err != nil {
		return batch{}, err
	}
	in := &blobInput{blob: blob, named: kind == block.Named, done: func() { blob.Close() }}
	if p.run.opts.Pipe.Fifo {
		return batch{input: &fifoInput{blobInput: in, ctx: p.run.ctx, dir: p.run.tempDir()}}, nil
	}
	return batch{input: in}, nil
}

// partInput is a part of a file, which is fed to each attempt through a pipe.
type partInput struct {
	ctx  context.Context
	part block.Part
	src  *os.File
	feed *block.Feed
}

func (p *partInput) size() int64 { return p.part.Size() }

func (p *partInput) attempt() (stdin, arg string, err error) {
	p.close()
	if p.feed, err = block.StartFeed(p.ctx, p.part, p.src); err != nil {
		return "", "", err
	}
	return openPath(p.feed.Stdin()), "", nil
}

func (p *partInput) close() {
	if p.feed != nil {
		p.feed.Stdin().Close() // its goroutine ends with the last reader
		p.feed = nil
	}
}

// deal hands the blocks to tasks that stay, which is feed for --round-robin.
func (r *run) deal() {
	d := block.NewDealer(r.ctx, block.DealerOptions{
		Sinks: int(r.jobs.Load()), Open: r.openSink, InOrder: r.opts.KeepOrder,
		Lost: func(l *block.LostError) { r.note(l.Error()) },
	})
	defer d.Close()
	for {
		data, err := r.splitter.Next(r.ctx)
		if err == nil {
			if err = d.Deal(data); err != nil {
				data.Release()
			}
		}
		switch {
		case err == nil:
		case err == io.EOF:
			r.ledger.complete()
			return
		case r.ctx.Err() != nil:
			return
		default:
			r.halt(err)
			return
		}
	}
}

// openSink begins the task that sink i belongs to.
func (r *run) openSink(i int) (io.WriteCloser, error) {
	theirs, ours, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	r.ledger.enter()
	t := r.newTask(int64(i+1), batch{input: &pipeInput{file: theirs}})
	if err := r.pool.Submit(r.ctx, t.submission()); err != nil {
		t.end(pool.Result{Seq: t.seq, Verdict: stoppedVerdict()})
		ours.Close()
		return nil, fmt.Errorf("a task could not begin: %w", err)
	}
	return ours, nil
}

// pipeInput is data that comes through a pipe, to one attempt alone.
type pipeInput struct{ file *os.File }

func (p *pipeInput) size() int64 { return 0 }
func (p *pipeInput) close()      { p.file.Close() }

func (p *pipeInput) attempt() (stdin, arg string, err error) { return openPath(p.file), "", nil }
