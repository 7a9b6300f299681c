package runner

import (
	"context"
	"os"
	"os/signal"
	"sync"
	"syscall"
)

// interrupts hears the signals that concern a run, from listen to stop. It owns one
// goroutine at most, which serve starts and which ends with stop.
type interrupts struct {
	c    chan os.Signal
	quit chan struct{} // closed by stop
	done sync.WaitGroup
}

// handlers say what to do about signals; nil is to do nothing.
type handlers struct {
	end             func(syscall.Signal) // for each that is to end the run; never nil in serve
	suspend, resume func()               // around a stop from the terminal
	status          func()               // for statusSignal
	more            func(int)            // with the slots that SIGUSR1 and SIGUSR2 ask for, 1 or -1
}

// listen begins to hear signals, which wait until they are handled. One that was
// ignored when the run began stays ignored, as nohup and background jobs of a script
// want it.
func listen() *interrupts {
	in := &interrupts{c: make(chan os.Signal, 8), quit: make(chan struct{})}
	for _, s := range []syscall.Signal{
		syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT, syscall.SIGTSTP,
		// Of these the runtime would take no notice, or print its goroutines.
		syscall.SIGALRM, syscall.SIGVTALRM, syscall.SIGXCPU, syscall.SIGIO, syscall.SIGABRT,
	} {
		if !signal.Ignored(s) {
			signal.Notify(in.c, s)
		}
	}
	signal.Notify(in.c, syscall.SIGUSR1, syscall.SIGUSR2, statusSignal)
	// A write to a closed pipe is an error like others then, not the end.
	signal.Notify(in.c, syscall.SIGPIPE)
	return in
}

// serve has signals handled until stop.
func (in *interrupts) serve(h handlers) {
	in.done.Go(func() {
		for {
			select {
			case s := <-in.c:
				h.handle(s)
			case <-in.quit:
				return
			}
		}
	})
}

// during calls f, and returns true when that is over. If a signal is to end the run
// before, it returns the signal, and f goes on by itself: the process is to end. Of h
// all is heeded but its end.
func (in *interrupts) during(f func(), h handlers) (sig syscall.Signal, over bool) {
	returned := make(chan struct{})
	go func() { // ends with f, or with the process
		defer close(returned)
		f()
	}()
	h.end = func(s syscall.Signal) { sig = s }
	for sig == 0 {
		select {
		case <-returned:
			return 0, true
		case s := <-in.c:
			h.handle(s)
		}
	}
	return sig, false
}

func (h *handlers) handle(s os.Signal) {
	switch s {
	case syscall.SIGPIPE:
	case statusSignal:
		call(h.status)
	case syscall.SIGUSR1:
		h.count(1)
	case syscall.SIGUSR2:
		h.count(-1)
	case syscall.SIGTSTP:
		call(h.suspend)
		// Nobody can catch this one; the run goes on after SIGCONT.
		stopSelf()
		call(h.resume)
	default:
		h.end(s.(syscall.Signal))
	}
}

func (h *handlers) count(slots int) {
	if h.more != nil {
		h.more(slots)
	}
}

func call(f func()) {
	if f != nil {
		f()
	}
}

// stop has no more signals handled. They stay caught: the process is to end, and to
// have the runtime let go of so many takes as long as to begin a task.
func (in *interrupts) stop() {
	close(in.quit)
	in.done.Wait()
}

// untilSignal calls f, whose context is done when a signal asks for the end of this
// process. The status is that of the signal, and then there is no error.
func untilSignal(f func(context.Context) error) (status Status, err error) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var once sync.Once
	signals := listen()
	signals.serve(handlers{end: func(sig syscall.Signal) {
		once.Do(func() { status = endedBy(sig) })
		cancel()
	}})
	err = f(ctx)
	signals.stop() // now status is nobody else's
	if status.Signal != 0 {
		return status, nil
	}
	return status, err
}
