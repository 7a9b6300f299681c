package block

import (
	"context"
	"io"
	"sync/atomic"
)

// buffers is a bounded set of buffers. The Splitter takes them, anyone gives them back.
type buffers struct {
	free chan *buffer // never full: it has room for all of them
	made int          // only the Splitter looks at it
}

func newBuffers(n int) buffers { return buffers{free: make(chan *buffer, max(n, 2))} }

// get returns a buffer of at least size bytes that nobody else uses, as soon as there is one.
func (p *buffers) get(ctx context.Context, size int) (*buffer, error) {
	b, err := p.wait(ctx)
	if err != nil {
		return nil, err
	}
	if len(b.data) < size {
		b.data = make([]byte, size)
	}
	b.users.Store(1)
	return b, nil
}

// wait returns any buffer.
func (p *buffers) wait(ctx context.Context) (*buffer, error) {
	select {
	case b := <-p.free:
		return b, nil
	default:
	}
	if p.made < cap(p.free) {
		p.made++
		return &buffer{home: p.free}, nil
	}
	select {
	case b := <-p.free:
		return b, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// buffer holds bytes of the input: those of blocks, and those which the Splitter has not handed out yet.
type buffer struct {
	data  []byte
	users atomic.Int32 // blocks that are not released, and the Splitter while it reads here
	home  chan<- *buffer
}

// release gives the buffer back if this was its last user.
func (b *buffer) release() {
	if b.users.Add(-1) == 0 {
		b.home <- b
	}
}

// Block is a piece of the input that is made of whole records. It is not to be copied.
type Block struct {
	// Seq numbers the blocks of an input from 1.
	Seq int64

	// Header is what Options.Header has found, empty if there is none. It is shared by all blocks: read it only.
	Header []byte

	// Data are the records. It belongs to the receiver until Release, to read and to write.
	Data []byte

	buf *buffer // nil after Release
}

// Size returns the number of bytes that WriteTo writes.
func (b *Block) Size() int64 { return int64(len(b.Header)) + int64(len(b.Data)) }

// WriteTo writes Header and Data to w.
func (b *Block) WriteTo(w io.Writer) (int64, error) {
	var written int64
	for _, part := range [2][]byte{b.Header, b.Data} {
		if len(part) == 0 {
			continue
		}
		n, err := w.Write(part)
		written += int64(n)
		if err != nil {
			return written, err
		}
	}
	return written, nil
}

// Release gives the memory of Data back, from any goroutine; neither Data nor a copy of the slice is to be used any more.
// More calls, one after the other, do nothing.
func (b *Block) Release() {
	if b.buf == nil {
		return
	}
	buf := b.buf
	b.Data, b.buf = nil, nil
	buf.release()
}
