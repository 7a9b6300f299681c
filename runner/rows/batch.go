package rows

import (
	"fmt"
	"io"
)

// BatchOptions say how many rows a task gets. The zero value puts all of them into one.
type BatchOptions struct {
	// MaxRows is the highest number of rows (-n, -N, -L). Zero or less means no limit.
	MaxRows int

	// NoArgs gives each row a task of its own that gets none of its columns (-n 0, -N 0, -L 0). Nothing else counts then.
	NoArgs bool

	// MaxSize is the largest size of a task (-s, and the limit of the system, for -X, -m and --xargs), in the unit of
	// Size. Zero or less means no limit.
	MaxSize int

	// Base is the size of a task without a row.
	Base int

	// Size returns how much a row adds to the size of a task. Nil counts each column with one byte more than it has, for
	// the blank before it.
	Size func(args []string) int

	// Exit makes it an error that MaxSize comes before MaxRows (-x).
	Exit bool

	// Slots is how many tasks the rows of the last one are spread over, as evenly as with -X and -m of GNU parallel: a row
	// more in the first ones at most, and no task without a row. One or less does not spread (--xargs). A task with
	// MaxRows rows is not handed out then before it is known whether it is the last.
	Slots int
}

// Batch is what one task gets.
type Batch struct {
	// Args are the columns of its rows, one row after the other. The caller owns the slice.
	Args []string

	// Rows is how many rows it has; one at least.
	Rows int

	// Bad says why it cannot be run: Row.Bad, or a *SizeError. It has one row then.
	Bad error
}

// SizeError says that a task is too large.
type SizeError struct {
	Size, Max int
}

// Error says both numbers.
func (e *SizeError) Error() string {
	return fmt.Sprintf("too large: %d, where %d is the most", e.Size, e.Max)
}

// Batcher makes batches of rows. It is owned by one goroutine.
type Batcher struct {
	next func() (Row, error)
	opt  BatchOptions

	pending [][]string // the columns of the rows in the batch being made
	size    int        // of that batch
	ready   []Batch    // the last ones, spread
	err     error      // set once; told when pending and ready have been handed out
}

// NewBatcher returns a Batcher of the rows that next returns, which is Reader.Next or a function of that contract.
func NewBatcher(next func() (Row, error), o BatchOptions) *Batcher {
	if o.Size == nil {
		o.Size = defaultSize
	}
	return &Batcher{next: next, opt: o, size: o.Base}
}

// defaultSize is what the columns take when each follows a blank.
func defaultSize(args []string) int {
	n := len(args)
	for _, a := range args {
		n += len(a)
	}
	return n
}

// Next returns the next batch, and waits for rows if it must. A bad row, or one that is too large by itself, gets a batch
// of its own, at once: before the rows that wait for theirs to be full.
//
// The error is that of next, when the rows before it have been handed out; or a *SizeError with Exit, which drops the
// batch that is cut short, as GNU xargs does. Once Next has returned an error it returns the same for ever.
func (b *Batcher) Next() (Batch, error) {
	for {
		switch {
		case len(b.ready) > 0:
			batch := b.ready[0]
			b.ready = b.ready[1:]
			return batch, nil
		case b.err != nil:
			return Batch{}, b.err
		case b.full() && b.opt.Slots <= 1:
			return b.flush(), nil
		}
		row, err := b.next()
		if err != nil {
			b.end(err)
			continue
		}
		if batch, ok := b.add(row); ok {
			return batch, nil
		}
	}
}

// add puts a row into the batch being made. It returns the batch that is complete by it, if there is one.
func (b *Batcher) add(row Row) (Batch, bool) {
	if b.opt.NoArgs && row.Bad == nil {
		return Batch{Rows: 1}, true
	}
	size := b.opt.Size(row.Args)
	if row.Bad == nil && b.tooLarge(b.opt.Base+size) {
		row.Bad = &SizeError{Size: b.opt.Base + size, Max: b.opt.MaxSize}
	}
	if row.Bad != nil {
		return Batch{Args: row.Args, Rows: 1, Bad: row.Bad}, true
	}
	var complete Batch
	full := b.full()
	large := b.tooLarge(b.size + size)
	if large && !full && b.opt.Exit && b.opt.MaxRows > 0 {
		b.err = &SizeError{Size: b.size + size, Max: b.opt.MaxSize}
		b.pending = nil
		return Batch{}, false
	}
	if full || large {
		complete = b.flush()
	}
	b.pending = append(b.pending, row.Args)
	b.size += size
	return complete, full || large
}

// full tells whether the batch being made has all the rows that it may have.
func (b *Batcher) full() bool { return b.opt.MaxRows > 0 && len(b.pending) >= b.opt.MaxRows }

func (b *Batcher) tooLarge(size int) bool { return b.opt.MaxSize > 0 && size > b.opt.MaxSize }

// flush returns the batch being made and starts the next.
func (b *Batcher) flush() Batch {
	batch := together(b.pending)
	b.pending, b.size = b.pending[:0], b.opt.Base
	return batch
}

// end ends the batches with err, after the rows that wait.
func (b *Batcher) end(err error) {
	b.err = err
	share := len(b.pending)
	if b.opt.Slots > 1 && err == io.EOF {
		share = (len(b.pending) + b.opt.Slots - 1) / b.opt.Slots
	}
	for rest := b.pending; len(rest) > 0; {
		n := min(share, len(rest))
		b.ready = append(b.ready, together(rest[:n]))
		rest = rest[n:]
	}
	b.pending = nil
}

// together makes one batch of rows.
func together(rows [][]string) Batch {
	if len(rows) == 1 {
		return Batch{Args: rows[0], Rows: 1}
	}
	n := 0
	for _, args := range rows {
		n += len(args)
	}
	batch := Batch{Args: make([]string, 0, n), Rows: len(rows)}
	for _, args := range rows {
		batch.Args = append(batch.Args, args...)
	}
	return batch
}
