package pool

import (
	"math"
	"slices"
	"syscall"

	"golang.org/x/sys/unix"

	"xpool/pool/bazel"
	"xpool/pool/child"
)

// A process that answers several requests at once, or that can be asked to give
// one up, is a coHost. Each slot that it serves has a coSeat in it, which is the
// slot's worker:
//
//	slot 1 --- seat --+                         {"requestId":7} -->
//	slot 2 --- seat --+-- host (home: slot 1)   {"requestId":8} -->  process
//	slot 4 --- seat --+                         <-- {"requestId":8}
//
// A slot that becomes empty gives its seat up at once, and takes one again in any
// open host when it is started; only the last one to leave closes the process's
// input and sees it to its end. So each process has a slot at any time, and there
// are never more processes than slots. A host that is shut gives no more seats,
// and its slots leave it one by one as their attempts end.

// coHost is one process with several seats.
type coHost struct {
	residentProcess // whose slot is its home: it lends its number, as no other process has it
	kind            *Coprocess
	seats           []*coSeat
	solo            bool // there is one seat, and requests have the number 0

	input  coInput
	spare  []byte // reused, for a request
	sent   int64  // bytes of requests, in its life
	stdout coStream
	stderr coStream
	json   jsonDialect
	words  lastWords
	said   int64  // bytes of standard error, in its life
	line   []byte // of its standard error, not given to Log yet

	running map[int32]*coSeat // whose requests are not answered yet, by their numbers
	last    int32             // number of a request
	begun   int               // how many attempts, in its life
	replies int
	wear    wear

	shut      bool   // it gets no more tasks
	released  bool   // its input is closed: all seats but one have been given up
	told      bool   // the pool has told it to end
	violation string // what it did against the protocol, for which it is killed
	deaf      bool   // what it writes does not matter any more
	doubt     *timer // set while it may yet end, as a sound worker would now

	died    bool
	exit    syscall.WaitStatus // once it died
	late    int                // bytes read since
	charged bool               // an attempt ended with it
}

// hosted tells whether the workers are seats.
func (k *Coprocess) hosted() bool { return k.Protocol == JSON && (k.Multiplex > 1 || k.Cancel) }

// seat is start for a worker that is a seat.
func (k *Coprocess) seat(s *slot) (worker, error) {
	for _, h := range k.hosts {
		if !h.shut && len(h.seats) < max(1, k.Multiplex) {
			return h.take(s), nil
		}
	}
	h := newCoHost(k, k.home(s))
	w, err := startResident(s, k.Argv[0], &k.path, &coSeat{host: h, slot: s})
	if err != nil {
		return nil, err
	}
	k.hosts = append(k.hosts, h)
	h.seats = append(h.seats, w.(*coSeat))
	s.ready()
	return w, nil
}

// home returns the slot that lends a new process its number: s, unless a process
// has it that s has left, and that its other slots still use.
func (k *Coprocess) home(s *slot) *slot {
	taken := func(s *slot) bool {
		return slices.ContainsFunc(k.hosts, func(h *coHost) bool { return h.slot == s })
	}
	for _, other := range s.pool.slots {
		if taken(s) && !taken(other) { // there is one: each process has a slot at least
			return other
		}
	}
	return s
}

func newCoHost(k *Coprocess, home *slot) *coHost {
	h := &coHost{
		residentProcess: residentProcess{slot: home}, kind: k, solo: k.Multiplex <= 1,
		running: map[int32]*coSeat{},
	}
	p := home.pool
	h.input.w, h.input.r = -1, -1
	h.stdout = coStream{fd: -1, pool: p, read: h.readStdout}
	h.stderr = coStream{fd: -1, pool: p, read: h.readStderr}
	h.stderr.resume = func() { p.post(h.resumeStderr) }
	return h
}

// open starts the process.
func (h *coHost) open() error {
	p := h.slot.pool
	in, err := h.input.open(p.reactor)
	if err != nil {
		return err
	}
	defer unix.Close(in)
	errs, err := h.stderr.open() // first, as in speaker.listen
	if err != nil {
		return err
	}
	defer unix.Close(errs)
	out, err := h.stdout.open()
	if err != nil {
		return err
	}
	defer unix.Close(out)
	spec := &child.Spec{
		Path: h.kind.path, Argv: h.kind.Argv, Env: p.taskEnv(h.slot, 0, 0), Dir: h.kind.Dir,
		Stdin: in, Stdout: out, Stderr: errs,
	}
	return h.launch(spec, h.exited)
}

// close gives back the descriptors, as far as there are any.
func (h *coHost) close() {
	h.slot.pool.timers.stop(h.doubt)
	h.input.close()
	h.stdout.close()
	h.stderr.close()
}

// take gives the slot a seat in a process that runs.
func (h *coHost) take(s *slot) *coSeat {
	w := &coSeat{host: h, slot: s}
	h.seats = append(h.seats, w)
	s.ready()
	return w
}

// giveUp ends a seat. With the last one of a process that is no more, that is
// over.
func (h *coHost) giveUp(w *coSeat) {
	if i := slices.Index(h.seats, w); i >= 0 {
		h.seats = slices.Delete(h.seats, i, i+1)
	}
	if h.died && len(h.seats) == 0 {
		h.finish()
	}
}

// next returns the number for a request: it is that of no other under way.
func (h *coHost) next() int32 {
	if h.solo {
		return 0
	}
	for {
		if h.last == math.MaxInt32 {
			h.last = 0
		}
		h.last++
		if h.running[h.last] == nil {
			return h.last
		}
	}
}

// send sends a request, now or when the process has read what comes before it.
func (h *coHost) send(r bazel.Request) {
	b := bazel.AppendRequest(h.spare[:0], r)
	h.sent += int64(len(b))
	if h.spare = b; cap(b) > requestKept {
		h.spare = nil
	}
	h.input.write(b)
}

// read returns how much of what it was sent the process has read, in bytes.
func (h *coHost) read() int64 { return h.sent - int64(h.input.unread()) }

// shutDown lets the process have no more tasks: slots that are idle leave it now,
// and the others after their attempts.
func (h *coHost) shutDown() {
	if h.shut {
		return
	}
	h.shut = true
	for _, w := range slices.Clone(h.seats) {
		if w.slot.state == idle {
			w.slot.leave()
		} else {
			w.slot.leaveNext = true
		}
	}
}

// recycle decides, after a task, whether the process is to be replaced.
func (h *coHost) recycle() {
	h.wear.tasks++
	if h.wear.worn(&h.slot.pool.opts, h.pid()) {
		h.shutDown()
	}
}

// cancel asks the process to give up what it runs in the seat.
func (h *coHost) cancel(w *coSeat) {
	if !w.cancelled {
		w.cancelled = true
		h.send(bazel.Request{RequestID: w.id, Cancel: true})
	}
}

// terminate tells the process to end, with all that runs in it.
func (h *coHost) terminate() {
	if h.told {
		return
	}
	h.told = true
	h.shutDown()
	h.process.terminate()
}

func (h *coHost) kill() {
	h.told = true
	h.shutDown()
	h.process.kill()
}
