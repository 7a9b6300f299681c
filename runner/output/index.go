package output

// A slot is what is known of an entry once it is closed: where in the log its
// record is.
type slot uint64

const (
	slotOpen  slot = 0 // the entry is not closed
	slotEmpty slot = 1 // closed, and there is nothing to print
	slotBase  slot = 2 // plus the address of the record
)

func slotAt(address int64) slot { return slotBase + slot(address) }
func (s slot) address() int64   { return int64(s - slotBase) }

// pageSlots makes a page 32 KiB, the largest size that Go allocates without
// going to the page heap.
const pageSlots = 4096

type page [pageSlots]slot

// An index is a queue of slots, numbered from 0, without a pointer in it. Pages
// are given back as the head moves on. The zero value is empty.
type index struct {
	pages []*page
	first int64 // number of the first slot of pages[0]
	head  int64 // first slot in the queue
	end   int64 // one past the last
	spare *page
}

// push adds a slot at the end and returns its number.
func (x *index) push(s slot) int64 {
	i := x.end
	if i == x.first+int64(len(x.pages))*pageSlots {
		pg := x.spare
		if x.spare = nil; pg == nil {
			pg = new(page)
		}
		x.pages = append(x.pages, pg)
	}
	x.end++
	x.set(i, s)
	return i
}

func (x *index) pageOf(i int64) *page { return x.pages[(i-x.first)/pageSlots] }

func (x *index) set(i int64, s slot) { x.pageOf(i)[(i-x.first)%pageSlots] = s }
func (x *index) at(i int64) slot     { return x.pageOf(i)[(i-x.first)%pageSlots] }

// ready reports whether the head is closed.
func (x *index) ready() bool { return x.head < x.end && x.at(x.head) != slotOpen }

// take moves closed slots from the head of the queue to dst, as many as its
// capacity holds, without the empty ones.
func (x *index) take(dst []slot) []slot {
	for x.ready() && len(dst) < cap(dst) {
		if s := x.at(x.head); s != slotEmpty {
			dst = append(dst, s)
		}
		x.advance()
	}
	return dst
}

// pass moves the head over empty slots: nobody need be woken to print nothing.
func (x *index) pass() {
	for x.head < x.end && x.at(x.head) == slotEmpty {
		x.advance()
	}
}

func (x *index) advance() {
	x.head++
	if x.head-x.first == pageSlots {
		x.spare = x.pages[0]
		x.pages[0] = nil
		x.pages = x.pages[1:]
		x.first += pageSlots
	}
}

// cut ends the queue before its first open slot.
func (x *index) cut() {
	for i := x.head; i < x.end; i++ {
		if x.at(i) == slotOpen {
			x.truncate(i)
			return
		}
	}
}

// truncate ends the queue before slot i, which is in it or at its end.
func (x *index) truncate(i int64) {
	keep := (i - x.first + pageSlots - 1) / pageSlots
	clear(x.pages[keep:])
	x.pages = x.pages[:keep]
	x.end = i
}
