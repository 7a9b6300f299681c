package runner

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"sync/atomic"

	"xpool/pool/cpucount"
	"xpool/runner/block"
	"xpool/runner/input"
)

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
	in := &dataReader{open: r.openFile, names: []string{"-"}}
	if !o.Pipe.Tee {
		in.names = o.pipeFiles()
	}
	r.source = pipeCloser{in.Close}
	if o.Pipe.Tee {
		return r.openTee(in)
	}
	if r.splitter, err = block.NewSplitter(in, options); err != nil {
		return err
	}
	r.batches = &blockBatcher{run: r, room: newDataRoom(r)}
	return nil
}

// pipeCloser is a source of which only the end is of interest.
type pipeCloser struct{ close func() error }

func (pipeCloser) Next() (input.Record, error) { return input.Record{}, io.EOF }
func (p pipeCloser) Close() error              { return p.close() }

// dataReader is the bytes of files, one after the other. Its errors are
// *input.SourceError, but for io.EOF.
type dataReader struct {
	open  func(name string) (io.ReadCloser, error)
	names []string // those whose turn is still to come
	name  string   // of the one that is read, to a person
	cur   io.ReadCloser
}

func (d *dataReader) Read(b []byte) (int, error) {
	for {
		if d.cur == nil {
			if err := d.next(); err != nil {
				return 0, err
			}
		}
		n, err := d.cur.Read(b)
		if err != nil && err != io.EOF {
			err = sourceError("read", d.name, err)
		}
		if err != io.EOF {
			return n, err
		}
		if err := d.Close(); err != nil {
			return n, sourceError("close", d.name, err)
		}
		if n > 0 {
			return n, nil
		}
	}
}

// next opens the next file; io.EOF says that there is none.
func (d *dataReader) next() (err error) {
	if len(d.names) == 0 {
		return io.EOF
	}
	name := d.names[0]
	d.names = d.names[1:]
	if d.name = name; name == "-" {
		d.name = "standard input"
	}
	if d.cur, err = d.open(name); err != nil {
		d.cur = nil
		return sourceError("open", d.name, err)
	}
	return nil
}

// Close closes the file that is read.
func (d *dataReader) Close() error {
	if d.cur == nil {
		return nil
	}
	cur := d.cur
	d.cur = nil
	return cur.Close()
}

// sourceError names the source of an error, and says the path and the operation of an
// *fs.PathError only once.
func sourceError(op, name string, err error) error {
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		err = path.Err
	}
	return &input.SourceError{Op: op, Name: name, Err: err}
}

// dataRoom bounds how much of the data is kept for tasks: no more at a time than for
// each slot and one. The next piece is read when a task is over.
type dataRoom struct {
	run   *run
	held  atomic.Int64  // pieces that are not given back
	freed chan struct{} // has an element after one was given back
}

func newDataRoom(r *run) *dataRoom { return &dataRoom{run: r, freed: make(chan struct{}, 1)} }

// wait returns when there is room for one more; its error is input.ErrInterrupted. It
// is for one goroutine.
func (d *dataRoom) wait() error {
	for d.held.Load() > d.run.jobs.Load() {
		select {
		case <-d.freed:
		case <-d.run.ctx.Done():
			if d.held.Load() > d.run.jobs.Load() { // there may have been room first
				return input.ErrInterrupted
			}
		}
	}
	return nil
}

// keep counts a piece; what it returns gives that back, once, from any goroutine.
func (d *dataRoom) keep(b *block.Blob) (done func()) {
	d.held.Add(1)
	return func() {
		b.Close()
		d.held.Add(-1)
		select {
		case d.freed <- struct{}{}:
		default: // it has one
		}
	}
}

// blockBatcher makes a batch of each block.
type blockBatcher struct {
	run  *run
	room *dataRoom
}

func (b *blockBatcher) next() (batch, error) {
	if err := b.room.wait(); err != nil {
		return batch{}, err
	}
	in, err := b.read()
	if err != nil && err != io.EOF && b.run.ctx.Err() != nil {
		err = input.ErrInterrupted
	}
	return batch{input: in}, err
}

func (b *blockBatcher) read() (taskInput, error) {
	o := &b.run.opts
	data, err := b.run.splitter.Next(b.run.ctx)
	if err != nil {
		return nil, err
	}
	defer data.Release()
	kind := block.InMemory
	if o.Pipe.Cat {
		kind = block.Named
	}
	blob, err := block.FromBlock(b.run.fileDir(), kind, data)
	if err != nil {
		return nil, err
	}
	in := blobInput{blob: blob, named: o.Pipe.Cat, done: b.room.keep(blob)}
	switch {
	case o.Pipe.Fifo:
		return &fifoInput{blobInput: &in, dir: b.run.fileDir()}, nil
	case o.As == asParallel && !in.named:
		return &fedInput{blobInput: in}, nil
	}
	return &in, nil
}

// openTee has each task read all of the data.
func (r *run) openTee(in *dataReader) error {
	t := &teeBatcher{run: r, in: in, batches: &counted{batches: []batch{{}}, err: io.EOF}}
	if r.opts.hasSources() {
		if err := r.openRows(); err != nil {
			return err
		}
		t.batches = r.newRowBatcher(0)
		r.source = pipeCloser{func() error { return errors.Join(in.Close(), r.rows.Close()) }}
	}
	r.batches = t
	return nil
}

// teeBatcher adds the same data to each batch. The first one has to wait until all of
// it has been read.
type teeBatcher struct {
	run     *run
	in      io.Reader
	blob    *block.Blob // nil before the first batch
	batches batcher
}

func (t *teeBatcher) next() (batch, error) {
	if t.blob == nil {
		blob, err := t.run.spill(block.Unnamed, t.in)
		if err != nil {
			return batch{}, err
		}
		t.blob = blob
		t.run.closers = append(t.run.closers, blob)
	}
	b, err := t.batches.next()
	if err != nil {
		return b, err
	}
	in := blobInput{blob: t.blob, done: func() {}}
	if b.input = &in; t.run.opts.As == asParallel {
		b.input = &fedInput{blobInput: in}
	}
	return b, nil
}

// spill keeps all that in has. Its error is input.ErrInterrupted if the run ends.
func (r *run) spill(kind block.BlobKind, in io.Reader) (*block.Blob, error) {
	blob, err := block.Spill(r.ctx, r.fileDir(), kind, in)
	if err != nil && r.ctx.Err() != nil {
		err = input.ErrInterrupted
	}
	return blob, err
}

// openParts has each task read a part of a file.
func (r *run) openParts(o block.Options) error {
	p := &partBatcher{run: r, room: newDataRoom(r)}
	var files []block.File
	for _, name := range r.opts.pipeFiles() {
		file, f, err := block.OpenFile(name)
		if _, ok := errors.AsType[*block.NotSeekableError](err); err != nil && !ok {
			err = sourceError("open", name, err)
		}
		if err != nil {
			return err
		}
		r.closers = append(r.closers, f)
		files = append(files, file)
		p.open = append(p.open, f)
	}
	r.source = pipeCloser{func() error { return nil }}
	var err error
	jobs := int(r.jobs.Load())
	if jobs == manyJobs { // no number of parts to be shared among
		jobs = cpucount.Available()
	}
	p.parter, err = block.NewParter(o, jobs, files...)
	r.batches = p
	return err
}

// partBatcher makes a batch of each part of a file.
type partBatcher struct {
	run    *run
	room   *dataRoom // of what is kept
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
	return batch{input: &partInput{part: part, src: src}}, nil
}

// kept makes a batch of a part that the task opens by name.
func (p *partBatcher) kept(part block.Part, src *os.File) (batch, error) {
	kind := block.Named
	if p.run.opts.Pipe.Fifo {
		kind = block.Unnamed
	}
	if err := p.room.wait(); err != nil {
		return batch{}, err
	}
	blob, err := p.run.spill(kind, part.Reader(src))
	if err != nil {
		return batch{}, err
	}
	in := &blobInput{blob: blob, named: kind == block.Named, done: p.room.keep(blob)}
	if p.run.opts.Pipe.Fifo {
		return batch{input: &fifoInput{blobInput: in, dir: p.run.fileDir()}}, nil
	}
	return batch{input: in}, nil
}
