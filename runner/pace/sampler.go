package pace

import (
	"context"
	"sync"
	"time"
)

// maxErrors is how many readings in a row may fail before the gate gives up: one can fail for want of a descriptor.
const maxErrors = 5

// reading is what a source says of the system.
type reading struct {
	room int  // how many attempts may begin before the next reading
	kill bool // the youngest task has to end
}

// plenty is the room of a reading that lets any number begin.
const plenty = int(^uint(0) >> 1)

// source takes a reading. It returns soon after ctx ends, with any result.
type source func(ctx context.Context) (reading, error)

// sample is a reading with its times. The zero value is none.
type sample struct {
	reading
	n            int // counts the samples of a sampler from 1
	begun, ended time.Time
}

// sampler takes readings when it is asked to, on a goroutine of its own, from start until close.
type sampler struct {
	read   source
	wake   func()        // called after each reading; may be nil
	asked  chan struct{} // holds one request
	cancel context.CancelFunc
	done   chan struct{} // closed when the goroutine has ended

	mu     sync.Mutex
	latest sample // the last that did not fail
	errors int    // failures since then
	err    error  // the last of them
}

func startSampler(read source, wake func()) *sampler {
	ctx, cancel := context.WithCancel(context.Background())
	s := &sampler{read: read, wake: wake, asked: make(chan struct{}, 1), cancel: cancel, done: make(chan struct{})}
	go s.run(ctx)
	return s
}

// run is the sampler's goroutine.
func (s *sampler) run(ctx context.Context) {
	defer close(s.done)
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.asked:
		}
		begun := time.Now()
		r, err := s.read(ctx)
		if ctx.Err() != nil {
			return
		}
		s.store(sample{reading: r, begun: begun, ended: time.Now()}, err)
		if s.wake != nil {
			s.wake()
		}
	}
}

func (s *sampler) store(v sample, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		s.errors++
		s.err = err
		return
	}
	s.errors, s.err = 0, nil
	v.n = s.latest.n + 1
	s.latest = v
}

// ask requests a reading, unless one is requested already. The one that is being taken does not count.
func (s *sampler) ask() {
	select {
	case s.asked <- struct{}{}:
	default:
	}
}

// last returns the latest sample; its n is 0 if there is none yet.
func (s *sampler) last() sample {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.latest
}

// failure returns the last error if no reading succeeds any more.
func (s *sampler) failure() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.errors < maxErrors {
		return nil
	}
	return s.err
}

// close ends the goroutine and waits for it.
func (s *sampler) close() {
	s.cancel()
	<-s.done
}
