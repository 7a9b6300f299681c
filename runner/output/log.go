package output

import (
	"cmp"
	"slices"
)

// A segment is a run of bytes in the log.
type segment struct{ at, n int64 }

// A blockLog is an endless tape of bytes: what is appended gets the next
// addresses and keeps them. The tape is cut into blocks of one size, each in
// memory, in the spill file, or gone. It does no I/O and moves no block by
// itself: the printer does, with resident, spilled and place.
type blockLog struct {
	size int64 // bytes in a block, a power of two
	end  int64 // address of the next byte

	first  int64      // number of blocks[0]
	blocks []block    // from the oldest that is not gone to the newest
	memory []resident // the blocks in memory, oldest first
	spare  [][]byte   // memory to use again, maxSpare at most
	places places     // in the file

	spilling int64 // number of the block being written to the file, or -1
}

// block is small, and without pointers, since there is one for each block of
// output that waits, wherever it is: 32 bytes for a megabyte.
type block struct {
	live  int32 // bytes that somebody still needs
	place int32 // in the file, or one of the two below
}

const (
	inMemory int32 = -1
	gone     int32 = -2
)

type resident struct {
	number int64
	data   []byte
}

// maxSpare blocks are kept when they are emptied: one is being filled while
// another is written to the file.
const maxSpare = 2

const (
	minBlock = 256       // small, so that a tiny limit can be tested
	maxBlock = 256 << 10 // large enough for a disk to be at full speed
)

// blockSize divides the memory into at least 64 blocks where it can, so that
// little of it is lost to blocks that are half full.
func blockSize(memLimit int64) int64 {
	size := int64(minBlock)
	for size < maxBlock && size*64 < memLimit {
		size *= 2
	}
	return size
}

func newLog(size int64) blockLog { return blockLog{size: size, spilling: -1} }

// append copies b to the end of the tape; it returns the address.
func (l *blockLog) append(b []byte) int64 {
	at := l.end
	for len(b) > 0 {
		off := l.end % l.size
		if off == 0 {
			l.grow()
		}
		n := copy(l.memory[len(l.memory)-1].data[off:], b)
		l.blocks[len(l.blocks)-1].live += int32(n)
		l.end += int64(n)
		b = b[n:]
	}
	return at
}

func (l *blockLog) grow() {
	var data []byte
	if n := len(l.spare); n > 0 {
		data, l.spare = l.spare[n-1], l.spare[:n-1]
	} else {
		data = make([]byte, l.size)
	}
	number := l.end / l.size
	if len(l.blocks) == 0 {
		l.first = number
	}
	l.blocks = append(l.blocks, block{place: inMemory})
	l.memory = append(l.memory, resident{number, data})
	if len(l.memory) > 1 { // the block before is full now, and may be unused already
		l.collect(number - 1)
	}
}

// release says that a segment is needed no more. Each byte is released once.
func (l *blockLog) release(s segment) {
	for s.n > 0 {
		number := s.at / l.size
		n := min(s.n, (number+1)*l.size-s.at)
		l.blocks[number-l.first].live -= int32(n)
		l.collect(number)
		s.at += n
		s.n -= n
	}
}

// collect gives a block back if it is full and nobody needs it.
func (l *blockLog) collect(number int64) {
	if number < l.first || (number+1)*l.size > l.end {
		return
	}
	b := &l.blocks[number-l.first]
	switch {
	case b.live > 0 || b.place == gone || number == l.spilling:
		return
	case b.place == inMemory:
		l.forget(number)
	default:
		l.places.put(b.place)
	}
	b.place = gone
	for len(l.blocks) > 0 && l.blocks[0].place == gone {
		l.blocks = l.blocks[1:]
		l.first++
	}
}

// forget gives back the memory of a block.
func (l *blockLog) forget(number int64) {
	i, ok := l.find(number)
	if !ok {
		return
	}
	if len(l.spare) < maxSpare {
		l.spare = append(l.spare, l.memory[i].data)
	}
	l.memory = slices.Delete(l.memory, i, i+1)
}

func (l *blockLog) find(number int64) (int, bool) {
	return slices.BinarySearchFunc(l.memory, number, func(r resident, n int64) int {
		return cmp.Compare(r.number, n)
	})
}

// lookup returns the memory of a block, or nil and its place in the file, which
// is gone for a number that no block has.
func (l *blockLog) lookup(number int64) ([]byte, int32) {
	if number < l.first || number >= l.first+int64(len(l.blocks)) {
		return nil, gone
	}
	if i, ok := l.find(number); ok {
		return l.memory[i].data, inMemory
	}
	return nil, l.blocks[number-l.first].place
}

// inUse is the memory that blocks take.
func (l *blockLog) inUse() int64 { return int64(len(l.memory)) * l.size }

// victim returns the newest block that is full and in memory: the one that is
// needed last.
func (l *blockLog) victim() (resident, bool) {
	for i := len(l.memory) - 1; i >= 0; i-- {
		if r := l.memory[i]; (r.number+1)*l.size <= l.end {
			return r, true
		}
	}
	return resident{}, false
}

// startSpill reserves a place in the file for a victim. Until endSpill its
// memory stays as it is.
func (l *blockLog) startSpill(number int64) int32 {
	l.spilling = number
	return l.places.get()
}

// endSpill ends what startSpill began. If the block was written, its memory is
// given back.
func (l *blockLog) endSpill(place int32, written bool) {
	number := l.spilling
	l.spilling = -1
	if !written {
		l.places.put(place)
		return
	}
	l.forget(number)
	l.blocks[number-l.first].place = place
	l.collect(number)
}

// places hands out the places in the spill file, each for one block, used ones
// again first.
type places struct {
	free []int32
	top  int32 // one past the last that was ever handed out
}

func (p *places) get() int32 {
	if n := len(p.free); n > 0 {
		place := p.free[n-1]
		p.free = p.free[:n-1]
		return place
	}
	p.top++
	return p.top - 1
}

func (p *places) put(place int32) {
	p.free = append(p.free, place)
	if len(p.free) == int(p.top) {
		*p = places{}
	}
}
