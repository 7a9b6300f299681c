package pool

import "time"

// Greeting understands what comes on a stream before the far end's Preamble, and says
// what it takes to get there: a program may have to be brought along first. It is used
// on the pool's goroutine, and must not block.
type Greeting interface {
	// Hear takes what has come, and returns what is to be said to that. Once over,
	// rest is what follows, and Hear is not called again. An error is the end of the
	// stream, after say was written.
	Hear(b []byte) (say, rest []byte, over bool, err error)
}

// greet gives the greeting what has come, and returns what is behind it. What was to
// be sent until then is sent when it is over.
func (l *remoteLine) greet(b []byte) (rest []byte) {
	say, rest, over, err := l.greeting.Hear(b)
	if len(say) > 0 {
		l.stream.write(say)
	}
	switch {
	case err != nil:
		l.lose(err)
	case over:
		l.greeting = nil
		l.stream.write(l.held)
		l.held = nil
	}
	return rest
}

// startLimit is how long the host may take until it is ready; 0 means for ever.
func (h *remoteHost) startLimit() time.Duration {
	switch {
	case h.StartTimeout < 0:
		return 0
	case h.StartTimeout > 0:
		return h.StartTimeout
	case h.kind.StartTimeout > 0:
		return h.kind.StartTimeout
	}
	return remoteStart
}
