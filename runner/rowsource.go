package runner

import (
	"io"
	"math/rand/v2"

	"xpool/runner/input"
	"xpool/runner/rows"
)

// usesRows tells whether the records of the run are rows of columns, from several
// sources or in one of the ways that GNU parallel knows.
func (o *Options) usesRows() bool {
	return o.As == asParallel || o.Rows.asked || o.Rows.Link || o.Rows.CSV || o.Rows.Shuffle || len(o.Input.Sources) > 1
}

// rowOptions are for package rows.
func (o *Options) rowOptions() rows.Options {
	r := &o.Rows
	ro := rows.Options{
		Link: r.Link, Separator: r.Separator, Delim: byte(o.Delim), Header: r.Header, Trim: r.Trim,
		SplitWords: o.As == asParallel, SkipBlank: o.As == asParallel && o.NoRun,
		JoinLines: o.Packing.limits.MaxLines > 0,
	}
	if o.HasEnd {
		ro.End = o.End
	}
	if r.CSV {
		ro.CSV, ro.Separator = ",", nil
		if r.SeparatorText != "" {
			ro.CSV = r.SeparatorText
		}
	}
	if r.Separator != nil && !r.HasTrim && o.As == asParallel {
		ro.Trim = rows.TrimBoth
	}
	if r.Shuffle {
		ro.Shuffle = rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64()))
	}
	return ro
}

// openRows gets rows ready, and reads their header if there is one.
func (r *run) openRows() error {
	o := &r.opts
	sources := o.Input.Open(r.openFile, input.Options{Delim: byte(o.Delim)})
	if o.parallel.skipFirst && sources[0].Records != nil {
		sources[0].Records = &withoutFirst{Source: sources[0].Records}
	}
	reader, err := rows.New(sources, o.rowOptions())
	if err != nil {
		return err
	}
	r.rows = reader
	r.source = rowCloser{reader}
	if o.Rows.Header != rows.NoHeader {
		if r.columns, err = reader.Names(); err != nil && err != io.EOF {
			return err
		}
		r.opts.strings = r.opts.strings.WithColumns(r.columns)
	}
	return nil
}

// withoutFirst is a source of which the first record is left out.
type withoutFirst struct {
	input.Source
	begun bool
}

func (w *withoutFirst) Next() (input.Record, error) {
	if !w.begun {
		w.begun = true
		if rec, err := w.Source.Next(); err != nil {
			return rec, err
		}
	}
	return w.Source.Next()
}

// rowCloser is a source of which only the end is of interest.
type rowCloser struct{ *rows.Reader }

func (rowCloser) Next() (input.Record, error) { return input.Record{}, io.EOF }

// rowBatcher makes batches of rows.
type rowBatcher struct{ batcher *rows.Batcher }

func (b rowBatcher) next() (batch, error) {
	got, err := b.batcher.Next()
	return batch{args: got.Args, bad: got.Bad}, err
}

// rowsPerTask is how many rows a task has at most, or records where those are no rows, 0
// for as many as fit; and whether that was asked for, or is usual for xargs.
func (o *Options) rowsPerTask() (most int, asked bool) {
	limits := &o.Packing.limits
	switch {
	case o.Packing.replaces && !o.usesRows():
		return 1, false
	case o.Rows.MaxRows > 0:
		return o.Rows.MaxRows, true
	case limits.MaxArgs > 0:
		return limits.MaxArgs, true
	case limits.MaxLines > 0:
		return limits.MaxLines, true
	case o.Rows.Fill || limits.MaxChars > 0 || o.As == asXargs:
		return 0, true
	}
	return 1, false
}

// newRowBatcher returns what makes batches of rows: one row each, if nothing else
// was asked for.
func (r *run) newRowBatcher(size int) batcher {
	o := &r.opts
	sizer := o.newSizer()
	most, asked := o.rowsPerTask()
	b := rows.BatchOptions{
		MaxRows: most, NoArgs: o.Rows.NoArgs, MaxSize: size, Exit: o.Packing.limits.Exit, Base: sizer.base, Size: sizer.size,
	}
	if !asked {
		b.MaxSize = 0 // a row alone has no limit but the system's
	}
	if o.Rows.Spread {
		b.Slots = int(r.jobs.Load())
	}
	return rowBatcher{rows.NewBatcher(r.rows.Next, b)}
}

// counted is a batcher that has read all its batches, so that their number is known.
type counted struct {
	batches []batch
	err     error
}

// countBatches reads all that b has.
func countBatches(b batcher) *counted {
	c := &counted{}
	for {
		next, err := b.next()
		if err != nil {
			c.err = err
			return c
		}
		c.batches = append(c.batches, next)
	}
}

func (c *counted) next() (batch, error) {
	if len(c.batches) == 0 {
		return batch{}, c.err
	}
	b := c.batches[0]
	c.batches = c.batches[1:]
	return b, nil
}
