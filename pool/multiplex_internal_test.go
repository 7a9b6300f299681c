package pool

import (
	"math"
	"testing"
)

// Numbers of requests go round, and none is given that is under way.
func TestMultiplexNumbers(t *testing.T) {
	h := &coHost{running: map[int32]*coSeat{1: {}, 2: {}}, last: math.MaxInt32 - 1}
	for _, want := range []int32{math.MaxInt32, 3, 4} {
		if got := h.next(); got != want {
			t.Errorf("the next number is %d, want %d", got, want)
		}
	}
	if h.solo = true; h.next() != 0 {
		t.Error("a process for one slot gets a number other than 0")
	}
}

// A new process has the number of the slot that starts it, unless another process
// has that still.
func TestMultiplexHome(t *testing.T) {
	p := newPool(&fakeKind{}, Options{Jobs: 3})
	for range 3 {
		p.slots = append(p.slots, &slot{pool: p, number: len(p.slots) + 1})
	}
	k := &Coprocess{}
	for _, c := range []struct{ slot, want int }{{2, 2}, {2, 1}, {1, 3}} {
		home := k.home(p.slots[c.slot-1])
		if home.number != c.want {
			t.Errorf("a process started for slot %d has number %d, want %d", c.slot, home.number, c.want)
		}
		k.hosts = append(k.hosts, &coHost{residentProcess: residentProcess{slot: home}})
	}
}
