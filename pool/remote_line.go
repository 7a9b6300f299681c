package pool

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"xpool/pool/wire"
)

// remoteLine is one stream to a host, with the seats that slots have taken there. It
// is a state machine that speaks in messages; what carries their bytes is its
// remoteStream, which calls fed and ended.
type remoteLine struct {
	host   *remoteHost
	pool   *Pool
	home   *slot // lends its number to the process that is the stream, if it is one
	stream remoteStream
	seats  []*remoteSeat

	greeting Greeting // nil when it is over, or if there is none
	held     []byte   // to be sent when it is
	decoder  wire.Decoder
	spare    []byte       // reused, for messages
	piece    []byte       // reused, for the tasks' input
	base     *remoteInput // the files of all tasks; nil before they are sent
	sent     int64        // bytes of them
	running  map[int64]*remoteJob
	last     int64 // number of a Run
	asked    int   // how many tasks the far end is to run at once

	greeted  bool // it is a far end
	reached  bool // there was somebody at the far end
	ready    bool // it takes tasks
	shut     bool // it gets no more tasks
	released bool // nothing more is sent: all seats but one have been given up
	refused  bool // the far end wants no more tasks
	aborted  bool // it was ended because nobody needs it any more
	over     bool // the stream has ended
	why      error
	finished int    // tasks
	timer    *timer // until it is ready; later, until the next Ping
	pings    int64
	pinged   time.Time // when the last one was sent
	missed   int       // Pings since something was heard

	trip    time.Duration // how long a message takes there and back; 0 if that is not known
	pace    pace          // of the tasks there
	looking *timer        // set while attempts wait there

	aheadMost int    // attempts that may wait there
	aheadAt   uint64 // the turn of the pool when that was found out
}

// remoteStream carries the bytes of a line. What comes is given to the line's fed,
// and when nothing more comes its ended is called, once; neither within the calls of
// these methods.
type remoteStream interface {
	// write sends b, of which it makes a copy, as the other end takes it.
	write(b []byte)

	// unsent is how many bytes of that have not been taken over by the system.
	unsent() int

	// release ends what is sent, after all that was written.
	release()

	// kill ends the stream at once, in both directions.
	kill()

	// pid is that of the stream's process, 0 if there is none.
	pid() int
}

const (
	// remoteStart is how long a host may take until it is ready, unless
	// Remote.StartTimeout says something else.
	remoteStart = 30 * time.Second

	// remoteWindow is how many bytes of a task's output may be under way, and wait
	// here while its Output wants no more. For 100 MB/s it hides a round trip of 10 ms.
	remoteWindow = 1 << 20

	// creditAfter is how many bytes are taken before their Credit is sent: few enough
	// that the window is never nearly used up by that, and enough to be worth it.
	creditAfter = remoteWindow / 8

	// pingEvery is how often a far end is asked whether it is there, and missedMost
	// how many of its answers in a row may be missing. Rounds are counted, and not
	// time, as this process may have been stopped.
	pingEvery  = 15 * time.Second
	missedMost = 4

	// remotePatience is how long the far end waits for a sign of this one: long, as
	// this process may be stopped by the user, and its host asleep.
	remotePatience = 10 * time.Minute

	// remoteNoise is how many bytes of a login script's output are skipped.
	remoteNoise = 64 << 10
)

func newRemoteLine(h *remoteHost, home *slot) *remoteLine {
	return &remoteLine{host: h, pool: h.pool, home: home, running: map[int64]*remoteJob{}}
}

// open starts the stream, and says all that the far end needs to become ready.
func (l *remoteLine) open() error {
	open, err := l.opening()
	if err != nil {
		return err
	}
	if l.stream, err = l.host.connect(l); err != nil {
		return err
	}
	if l.host.Greeting != nil {
		l.greeting = l.host.Greeting()
	}
	l.send(&wire.Hello{})
	l.send(open)
	if limit := l.host.startLimit(); limit > 0 {
		l.timer = l.pool.timers.after(limit, func() {
			l.lose(fmt.Errorf("it was not ready within %v", limit))
		})
	}
	return nil
}

// send writes a message, and returns where it ends in all that was sent.
func (l *remoteLine) send(m wire.Message) (end int64, err error) {
	if l.over || l.released {
		return l.sent, nil
	}
	b, err := wire.Append(l.spare[:0], m)
	if err != nil {
		return l.sent, err
	}
	l.sent += int64(len(b))
	if l.greeting != nil {
		l.held = append(l.held, b...)
		return l.sent, nil
	}
	l.stream.write(b)
	if l.spare = b; cap(b) > requestKept {
		l.spare = nil
	}
	return l.sent, nil
}

// written is how much of what was sent the system has taken over, in bytes. The far
// end has no more than that.
func (l *remoteLine) written() int64 { return l.sent - int64(l.stream.unsent()) }

// take gives the slot a seat.
func (l *remoteLine) take(s *slot) *remoteSeat {
	w := &remoteSeat{line: l, slot: s}
	l.seats = append(l.seats, w)
	if l.ready {
		s.ready()
	}
	return w
}

// giveUp ends a seat.
func (l *remoteLine) giveUp(w *remoteSeat) {
	if i := slices.Index(l.seats, w); i >= 0 {
		l.seats = slices.Delete(l.seats, i, i+1)
	}
}

// resize tells the far end how many tasks it will run at once, if that has changed.
func (l *remoteLine) resize() {
	if n := l.host.wanted(); n != l.asked {
		l.asked = n
		l.send(&wire.Resize{Jobs: n})
	}
}

// shutDown lets the far end have no more tasks: slots that are idle leave it now,
// and the others after their attempts.
func (l *remoteLine) shutDown() {
	if l.shut {
		return
	}
	l.shut = true
	for _, w := range slices.Clone(l.seats) {
		if w.slot.state == idle {
			w.slot.leave()
		} else {
			w.slot.leaveNext = true
		}
	}
}

// refuse is for a far end that wants no more tasks.
func (l *remoteLine) refuse() {
	l.refused = l.refused || !l.released
	l.shutDown()
}

// release takes leave of the far end, which will end the stream when nothing of its
// own is left.
func (l *remoteLine) release() {
	l.send(&wire.Bye{})
	l.shut, l.released = true, true
	l.stream.release()
}

// abort ends a stream that nobody needs.
func (l *remoteLine) abort() {
	l.aborted = true
	l.lose(errors.New("it is not needed"))
}

// lose ends a stream that is of no use any more.
func (l *remoteLine) lose(why error) {
	if l.why != nil || l.over {
		return
	}
	l.why, l.shut = why, true
	l.pool.timers.stop(l.timer)
	l.stream.kill()
}

// fed takes what the far end has sent.
func (l *remoteLine) fed(b []byte) {
	if l.why != nil || l.over {
		return
	}
	l.missed = 0
	if l.greeting != nil {
		b = l.greet(b)
	}
	if err := l.decoder.Feed(b, l.receive); err != nil {
		l.lose(err)
	}
}

// ended is called when the stream has ended, with what is known of why, and with
// what was said last on the way. It returns whether that is in an error of the host's.
func (l *remoteLine) ended(how error, words string) (told bool) {
	if l.over {
		return false
	}
	l.over, l.shut = true, true
	l.pool.timers.stop(l.timer)
	l.pool.timers.stop(l.looking)
	l.base.close()
	switch {
	case l.why != nil:
	case how != nil:
		l.why = how
	default:
		l.why = l.cut()
	}
	written := l.written()
	h := l.host
	h.line = nil
	for _, w := range slices.Clone(l.seats) {
		w.bereave(written, words)
	}
	if !l.aborted && (!l.released || l.refused) && !h.out {
		return h.lost(l, words)
	}
	return false
}

// cut is the reason for an end of which nothing else is known than that.
func (l *remoteLine) cut() error {
	if err := l.decoder.Close(); err != nil {
		return err
	}
	return errors.New("the connection was closed")
}

// ping asks the far end, now and from now on, whether it is there.
func (l *remoteLine) ping() {
	l.pings++
	l.pinged = time.Now()
	l.send(&wire.Ping{Number: l.pings})
	l.timer = l.pool.timers.after(pingEvery, func() {
		if l.missed++; l.missed >= missedMost {
			l.lose(fmt.Errorf("nothing was heard of it for %v", missedMost*pingEvery))
			return
		}
		l.ping()
	})
}
