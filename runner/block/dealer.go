package block

import (
	"context"
	"fmt"
	"io"
	"sync"
)

// DealerOptions say to whom a Dealer deals.
type DealerOptions struct {
	// Sinks is the number of sinks at most. Less than 1 means 1.
	Sinks int

	// Open opens sink i, from 0: the standard input of a process that stays. It is called by Deal, once for each sink, as
	// blocks for it come, in order. The Dealer owns what it returns. Closing it has to end a Write that waits, as it does
	// for an *os.File that is a pipe.
	Open func(i int) (io.WriteCloser, error)

	// InOrder gives block n to sink (n-1) modulo Sinks, in every run the same: --keep-order. Otherwise, a block goes to any
	// sink that has room.
	InOrder bool

	// Lost is told of each block that did not get to its sink as a whole, which then is dropped and gets no more. It is
	// called by a goroutine of the Dealer, one call at a time, and before a Deal returns ErrNoSinks; nil means that nobody
	// wants to know.
	Lost func(*LostError)
}

// LostError says that a sink failed. What it got before is not known to have been read either.
type LostError struct {
	Sink    int   // from 0
	Seq     int64 // of the block that was being written
	Size    int64 // of this block, in bytes
	Written int64 // how many of them were written
	Err     error // errors.Is(Err, syscall.EPIPE) when the reader went away
}

func (e *LostError) Error() string {
	return fmt.Sprintf("lost block %d (%d of %d bytes were written to job %d): %v", e.Seq, e.Written, e.Size, e.Sink+1, e.Err)
}

func (e *LostError) Unwrap() error { return e.Err }

// noSinks is a string so that ErrNoSinks can be a constant, which nobody can set.
type noSinks string

func (e noSinks) Error() string { return string(e) }

// ErrNoSinks is what Deal returns when every sink has failed.
const ErrNoSinks = noSinks("every job has closed its input")

// Dealer deals blocks to sinks that stay: --round-robin. A sink gets the header once, in front of its first block. Each
// sink has a goroutine, which writes one block at a time and ends after Close, with the context, or when its sink fails.
// The methods are for one goroutine.
type Dealer struct {
	ctx   context.Context // of the whole run, as in os/exec.Cmd
	opt   DealerOptions
	sinks []*sink
	any   chan *Block    // for whichever sink is ready; without a buffer; closed by Close
	dead  chan struct{}  // gets one for each sink that has failed; has room for all
	alive int            // opened sinks that are not known to have failed
	dealt int            // blocks
	all   sync.WaitGroup // the goroutines of the sinks
	tell  sync.Mutex     // held while Lost is called
}

// sink is one of a Dealer's.
type sink struct {
	i    int
	w    io.WriteCloser
	mine chan *Block   // for this sink only; without a buffer
	gone chan struct{} // closed when it has failed
}

// NewDealer returns a Dealer that has opened no sink yet. When ctx is done, all sinks are closed, and blocks that are being
// written are dropped; Lost is not told of those.
func NewDealer(ctx context.Context, o DealerOptions) *Dealer {
	o.Sinks = max(o.Sinks, 1)
	return &Dealer{ctx: ctx, opt: o, any: make(chan *Block), dead: make(chan struct{}, o.Sinks)}
}

// Deal hands b to a sink, which it opens if not all are open yet, and waits until one has taken it. b is the Dealer's then,
// which releases it. With an error, b is still the caller's: ErrNoSinks, the cause of the context, or what Open returned.
func (d *Dealer) Deal(b *Block) error {
	if d.ctx.Err() != nil {
		return context.Cause(d.ctx)
	}
	n := d.dealt
	d.dealt++
	if n < d.opt.Sinks {
		s, err := d.open(n)
		if err != nil {
			d.dealt = n
			return err
		}
		s.mine <- b // nothing else has come its way
		return nil
	}
	if !d.opt.InOrder {
		return d.dealAny(b)
	}
	for i := range d.sinks {
		s := d.sinks[(n+i)%len(d.sinks)]
		select {
		case s.mine <- b:
			return nil
		case <-s.gone: // its blocks go to the next one
		case <-d.ctx.Done():
			return context.Cause(d.ctx)
		}
	}
	return ErrNoSinks
}

// dealAny hands b to the first sink that has room.
func (d *Dealer) dealAny(b *Block) error {
	for d.alive > 0 {
		select {
		case d.any <- b:
			return nil
		case <-d.dead:
			d.alive--
		case <-d.ctx.Done():
			return context.Cause(d.ctx)
		}
	}
	return ErrNoSinks
}

// Close waits until the sinks have written what they got, and closes them. It has to be called, once, after the last Deal.
func (d *Dealer) Close() {
	close(d.any)
	d.all.Wait()
}

// open opens sink i.
func (d *Dealer) open(i int) (*sink, error) {
	w, err := d.opt.Open(i)
	if err != nil {
		return nil, err
	}
	s := &sink{i: i, w: w, mine: make(chan *Block), gone: make(chan struct{})}
	d.sinks = append(d.sinks, s)
	d.alive++
	d.all.Go(func() { d.serve(s) })
	return s, nil
}

// serve is the goroutine of a sink.
func (d *Dealer) serve(s *sink) {
	hangUp := sync.OnceFunc(func() { s.w.Close() }) // all that matters was told by Write
	stop := context.AfterFunc(d.ctx, hangUp)
	defer hangUp()
	defer stop()
	for first := true; ; first = false {
		var b *Block
		select {
		case b = <-s.mine:
		case b = <-d.any: // nil when it is closed
		}
		if b == nil {
			return
		}
		if !first {
			b.Header = nil
		}
		lost := &LostError{Sink: s.i, Seq: b.Seq, Size: b.Size()}
		lost.Written, lost.Err = b.WriteTo(s.w)
		b.Release()
		if lost.Err == nil {
			continue
		}
		// Before Deal can find out, whose caller may then end everything.
		if d.opt.Lost != nil && d.ctx.Err() == nil {
			d.tell.Lock()
			d.opt.Lost(lost)
			d.tell.Unlock()
		}
		close(s.gone)
		d.dead <- struct{}{}
		return
	}
}
