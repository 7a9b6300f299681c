package joblog

import "slices"

// A Set is what a log says of the numbers of tasks: which are done, and which of
// them succeeded. It takes a bit or two for each number where they are dense, as
// they are in a log, and no more than some hundred bytes where they are not.
// A nil Set is that of an empty log.
type Set struct {
	done, ok numbers

	foreign, firstForeign int64
}

// Done reports whether the log has a row of task seq.
func (s *Set) Done(seq int64) bool { return s != nil && s.done.has(seq) }

// Succeeded reports whether some row says that task seq succeeded. It need not be
// the last: what succeeded is not run again by anything that looks at the log.
func (s *Set) Succeeded(seq int64) bool { return s != nil && s.ok.has(seq) }

// Failed reports whether the log has rows of task seq, but none that says that it
// succeeded.
func (s *Set) Failed(seq int64) bool { return s.Done(seq) && !s.Succeeded(seq) }

// Count returns how many tasks are done, and how many of these failed.
func (s *Set) Count() (done, failed int64) {
	if s == nil {
		return 0, 0
	}
	return s.done.n, s.done.n - s.ok.n
}

// Foreign returns how many lines of the log are no rows, and the number of the
// first such line, from 1. The torn row at the end is not among them, and neither
// are lines of column names.
func (s *Set) Foreign() (lines, first int64) {
	if s == nil {
		return 0, 0
	}
	return s.foreign, s.firstForeign
}

// add takes a row into account.
func (s *Set) add(r Row) {
	s.done.add(r.Seq)
	if r.OK() {
		s.ok.add(r.Seq)
	}
}

// numbers is a set of numbers, in chunks of 65536 which are lists while they are
// short, and bitmaps when that is smaller.
type numbers struct {
	n      int64
	chunks map[int64]*chunk
}

// A chunk holds the numbers that share all but their last 16 bits.
type chunk struct {
	list []uint16 // sorted; not used once there is a bitmap
	bits *[1 << 16 / 64]uint64
}

// listMax is how long a list of two-byte numbers may be before a bitmap of 65536
// bits is smaller.
const listMax = 1 << 16 / 8 / 2

func (s *numbers) has(n int64) bool {
	c := s.chunks[n>>16]
	if c == nil {
		return false
	}
	low := uint16(n)
	if c.bits != nil {
		return c.bits[low/64]>>(low%64)&1 != 0
	}
	_, found := slices.BinarySearch(c.list, low)
	return found
}

func (s *numbers) add(n int64) {
	c := s.chunks[n>>16]
	if c == nil {
		if s.chunks == nil {
			s.chunks = map[int64]*chunk{}
		}
		c = &chunk{}
		s.chunks[n>>16] = c
	}
	if c.add(uint16(n)) {
		s.n++
	}
}

// add reports whether n is new.
func (c *chunk) add(n uint16) bool {
	if c.bits == nil {
		i, found := slices.BinarySearch(c.list, n)
		if found {
			return false
		}
		if len(c.list) < listMax {
			c.list = slices.Insert(c.list, i, n)
			return true
		}
		c.bits = new([1 << 16 / 64]uint64)
		for _, m := range c.list {
			c.bits[m/64] |= 1 << (m % 64)
		}
		c.list = nil
	}
	word, bit := &c.bits[n/64], uint64(1)<<(n%64)
	if *word&bit != 0 {
		return false
	}
	*word |= bit
	return true
}
