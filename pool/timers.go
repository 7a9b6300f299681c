package pool

import (
	"container/heap"
	"time"
)

// timers calls functions on the pool's goroutine when their time has come. The
// zero value is ready for use.
type timers struct{ heap timerHeap }

// timer is one pending call. A nil timer is one that is not set.
type timer struct {
	at    time.Time
	f     func()
	index int // in the heap, -1 when it is not there any more
}

func (t *timers) after(d time.Duration, f func()) *timer {
	x := &timer{at: time.Now().Add(d), f: f}
	heap.Push(&t.heap, x)
	return x
}

// stop unsets x, which may be nil or have run already.
func (t *timers) stop(x *timer) {
	if x != nil && x.index >= 0 {
		heap.Remove(&t.heap, x.index)
	}
}

// next tells how long it is until the first timer is due; ok is false when
// there is none.
func (t *timers) next() (d time.Duration, ok bool) {
	if len(t.heap) == 0 {
		return 0, false
	}
	return max(0, time.Until(t.heap[0].at)), true
}

// run calls what is due.
func (t *timers) run() {
	if len(t.heap) == 0 {
		return
	}
	now := time.Now()
	for len(t.heap) > 0 && !t.heap[0].at.After(now) {
		heap.Pop(&t.heap).(*timer).f()
	}
}

// shift puts everything off by d.
func (t *timers) shift(d time.Duration) {
	for _, x := range t.heap {
		x.at = x.at.Add(d) // all alike, so that the heap stays one
	}
}

type timerHeap []*timer

func (h timerHeap) Len() int           { return len(h) }
func (h timerHeap) Less(i, j int) bool { return h[i].at.Before(h[j].at) }
func (h timerHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}
func (h *timerHeap) Push(x any) {
	t := x.(*timer)
	t.index = len(*h)
	*h = append(*h, t)
}
func (h *timerHeap) Pop() any {
	old := *h
	t := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	t.index = -1
	return t
}
