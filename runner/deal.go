package runner

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"xpool/pool"
	"xpool/runner/block"
)

// deal hands the blocks to tasks that stay, which is feed for --round-robin. What was
// dealt gets to the tasks also if the run is to begin no more of them: where they are
// to end, their ends of the pipes are closed.
func (r *run) deal() {
	d := block.NewDealer(context.Background(), block.DealerOptions{
		Sinks: int(r.jobs.Load()), Open: r.openSink, InOrder: r.opts.KeepOrder, Lost: r.lost,
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

// lost tells of data that did not get to its task, unless the run is to end.
func (r *run) lost(l *block.LostError) {
	if r.ctx.Err() == nil {
		r.note(l.Error())
	}
}

// openSink begins the task that sink i belongs to.
func (r *run) openSink(i int) (io.WriteCloser, error) {
	theirs, ours, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	in := &pipeInput{file: theirs}
	r.ledger.enter()
	t := r.newTask(int64(i+1), batch{input: in})
	if err := r.pool.Submit(r.ctx, t.submission()); err != nil {
		t.end(pool.Result{Seq: t.seq, Verdict: stoppedVerdict()})
		ours.Close()
		return nil, fmt.Errorf("a task could not begin: %w", err)
	}
	return &countedPipe{file: ours, in: in}, nil
}

// countedPipe is the end to write to of what a task reads.
type countedPipe struct {
	file *os.File
	in   *pipeInput
}

func (c *countedPipe) Close() error { return c.file.Close() }

func (c *countedPipe) Write(b []byte) (int, error) {
	n, err := c.file.Write(b)
	c.in.sent.Add(int64(n))
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		err = path.Err // the pipe has no name that means anything
	}
	return n, err
}
