package value

import (
	"strings"
	"time"
)

// Patience is how long to wait for a semaphore and what to do then, as in GNU parallel: after a positive time it is
// taken all the same, after a negative one the caller gives up. The zero value is to wait for ever. Unlike there, a
// fraction of a second is one; GNU parallel drops it.
type Patience time.Duration

// Set parses s as ParseDuration does, with "-" before it for a negative time.
func (p *Patience) Set(s string) error {
	length, negative := strings.CutPrefix(s, "-")
	v, err := ParseDuration(length)
	if err != nil {
		return err
	}
	if negative {
		v = -v
	}
	*p = Patience(v)
	return nil
}

// String returns a form that Set takes.
func (p Patience) String() string { return time.Duration(p).String() }

// Type names the value in usage texts.
func (p Patience) Type() string { return "duration" }
