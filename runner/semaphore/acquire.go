package semaphore

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// ErrTimeout is that the patience of Acquire was over and it gave up.
var ErrTimeout = errors.New("the semaphore was not free in time")

// Acquire waits until there are fewer holders than the semaphore's n, and nobody who may go on came before; then the
// caller is one of them until it calls Release, or dies.
//
// Patience is --semaphoretimeout: with 0 it waits for ever; after a positive time it holds all the same, which Hold.Stolen tells;
// after a negative one it gives up with ErrTimeout. It ends early with the error of ctx.
func (s *Semaphore) Acquire(ctx context.Context, patience time.Duration) (hold *Hold, err error) {
	limited, cancel := ctx, context.CancelFunc(func() {})
	if patience != 0 {
		limited, cancel = context.WithTimeout(ctx, max(patience, -patience))
	}
	defer cancel()
	w := waiter{s: s, fd: -1}
	defer func() {
		if w.leave() && hold == nil {
			s.tidy()
		}
	}()
	for {
		var watch []int
		hold, watch, err = w.try(ctx, false)
		if hold != nil || err != nil {
			return hold, err
		}
		err = await(limited, watch)
		closeAll(watch)
		switch {
		case err == nil:
		case ctx.Err() != nil || limited.Err() == nil:
			return nil, err
		case patience < 0:
			return nil, ErrTimeout
		default:
			hold, _, err = w.try(ctx, true)
			return hold, err
		}
	}
}

// waiter is one call of Acquire.
type waiter struct {
	s    *Semaphore
	name string // of its FIFO; "" before it has one
	seq  uint64
	fd   int // that FIFO's writer; -1 if there is none
}

// try returns a hold if there is room for one, or if it is to be stolen. Else it makes sure that the waiter is in the queue, and
// returns the reading ends, which are the caller's, of what has to be gone before.
func (w *waiter) try(ctx context.Context, steal bool) (hold *Hold, watch []int, err error) {
	l, err := w.s.lock(ctx)
	if err != nil {
		return nil, nil, err
	}
	defer l.unlock()
	found, err := l.list()
	if err != nil {
		return nil, nil, err
	}
	before, blocked := w.before(found.waiters)
	free := !blocked && len(found.holders) < w.s.n
	if free || steal {
		found.closeBut()
		if hold, err = newHold(w.s, l); err != nil {
			return nil, nil, err
		}
		hold.Stolen = !free
		return hold, nil, nil
	}
	if w.name == "" {
		w.seq = found.nextSeq()
		name := waitName(w.seq, w.s.n)
		if w.fd, err = l.create(name); err != nil {
			found.closeBut()
			return nil, nil, err
		}
		w.name = name
	}
	if blocked {
		return nil, found.closeBut(before), nil
	}
	return nil, found.closeBut(found.holders...), nil
}

// before returns the last of those that are before w in the queue and may go on whenever w may; ok is false if there is
// none.
func (w *waiter) before(waiters []entry) (last entry, ok bool) {
	for _, e := range waiters {
		ahead := w.name == "" || e.seq < w.seq
		if ahead && e.n >= w.s.n && (!ok || e.seq > last.seq) {
			last, ok = e, true
		}
	}
	return last, ok
}

// leave takes w out of the queue, which wakes the one behind it. It reports whether w was in it.
func (w *waiter) leave() bool {
	if w.fd < 0 {
		return false
	}
	_ = os.Remove(filepath.Join(w.s.dir, w.name)) // else it is dead, and the next one removes it
	unix.Close(w.fd)
	return true
}

// Wait returns when nobody holds the semaphore, and nobody who came before Wait waits for it; or with the error of ctx. The
// semaphore's n does not matter.
func (s *Semaphore) Wait(ctx context.Context) error {
	var mine uint64 // the place in the queue that a waiter would have got
	for {
		watch, err := s.look(ctx, &mine)
		if err != nil || len(watch) == 0 {
			return err
		}
		err = await(ctx, watch)
		closeAll(watch)
		if err != nil {
			return err
		}
	}
}

// look returns the reading ends, which are the caller's, of what Wait waits for.
func (s *Semaphore) look(ctx context.Context, mine *uint64) ([]int, error) {
	l, err := s.lock(ctx)
	if err != nil {
		return nil, err
	}
	defer l.unlock()
	found, err := l.list()
	if err != nil {
		return nil, err
	}
	if *mine == 0 {
		*mine = found.nextSeq()
	}
	kept := found.holders
	for _, e := range found.waiters {
		if e.seq < *mine {
			kept = append(kept, e)
		}
	}
	watch := found.closeBut(kept...)
	if len(watch) == 0 {
		l.leave()
	}
	return watch, nil
}
