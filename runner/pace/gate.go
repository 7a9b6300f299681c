package pace

import (
	"io"
	"time"
)

// A Gate says when the next attempt may begin. All its methods are called on one goroutine, with times that do not go
// back, and none blocks.
type Gate interface {
	// Wait returns 0 if an attempt may begin now, else how long to wait before asking again. It may be asked earlier,
	// and is, when Config.Wake was called.
	Wait(now time.Time) time.Duration

	// Began tells that an attempt has begun.
	Began(now time.Time)
}

// An Ender is a Gate that learns from how attempts end.
type Ender interface {
	Ended(ok bool)
}

// A Killer is a Gate that at times wants the youngest task ended and tried again later.
type Killer interface {
	// Kill reports whether the task that began last has to end now; it is asked whether there is one or not. It wants no
	// other before that one has had time to end. Again is when to ask next.
	Kill(now time.Time) (youngest bool, again time.Duration)
}

// A Failer is a Gate that can find out that it will never open.
type Failer interface {
	Err() error
}

// A Namer is a Gate that knows what it waits for when it is closed, in a few ASCII words that go after "waiting for".
type Namer interface {
	Name() string
}

// Gates is a row of gates, all of which must be open. The zero value is always open. The methods are called as a Gate's.
type Gates []Gate

// Wait returns 0 if an attempt may begin now, else how long to wait before asking again. Gates behind a closed one are
// not asked, so that no command runs in vain.
func (gs Gates) Wait(now time.Time) time.Duration {
	d, _ := gs.WaitFor(now)
	return d
}

// WaitFor is Wait that returns as well which gate is closed, if one is and it is a Namer.
func (gs Gates) WaitFor(now time.Time) (d time.Duration, name string) {
	for _, g := range gs {
		if d := g.Wait(now); d > 0 {
			if n, is := g.(Namer); is {
				name = n.Name()
			}
			return d, name
		}
	}
	return 0, ""
}

// Began tells all gates that an attempt has begun.
func (gs Gates) Began(now time.Time) {
	for _, g := range gs {
		g.Began(now)
	}
}

// Ended tells all gates how an attempt has ended.
func (gs Gates) Ended(ok bool) {
	for _, g := range gs {
		if e, is := g.(Ender); is {
			e.Ended(ok)
		}
	}
}

// Kills reports whether there is a gate that may want a task ended: only then Kill has to be asked.
func (gs Gates) Kills() bool {
	for _, g := range gs {
		if _, is := g.(Killer); is {
			return true
		}
	}
	return false
}

// Kill reports whether the task that began last has to end now, as Killer.Kill does. Without a Killer, again is 0 and
// there is no need to ask again.
func (gs Gates) Kill(now time.Time) (youngest bool, again time.Duration) {
	for _, g := range gs {
		k, is := g.(Killer)
		if !is {
			continue
		}
		kill, next := k.Kill(now)
		youngest = youngest || kill
		if again == 0 || next < again {
			again = next
		}
	}
	return youngest, again
}

// Err returns why a gate will never open, or nil. It is worth asking when Wait is not 0.
func (gs Gates) Err() error {
	for _, g := range gs {
		if f, is := g.(Failer); is && f.Err() != nil {
			return f.Err()
		}
	}
	return nil
}

// Close ends what the gates read with, commands included, and waits for that. Nothing else may be called afterwards but
// Close.
func (gs Gates) Close() {
	for _, g := range gs {
		if c, is := g.(io.Closer); is {
			_ = c.Close() // a sampler's, which has nothing to say
		}
	}
}
