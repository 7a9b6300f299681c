package runner

import (
	"os"
	"os/signal"
	"sync"
	"syscall"
)

// interrupts passes on the signals that concern a run. It owns one goroutine,
// which ends with stop.
type interrupts struct {
	c    chan os.Signal
	done sync.WaitGroup
}

// watchSignals calls end for each signal that is to end the run, suspend and
// resume around a stop from the terminal, and more with the number of slots that
// SIGUSR1 and SIGUSR2 ask for, which is 1 or -1. A signal that was ignored when the
// run began stays ignored, as nohup and background jobs of a script want it.
func watchSignals(end func(syscall.Signal), suspend, resume func(), more func(int)) *interrupts {
	in := &interrupts{c: make(chan os.Signal, 8)}
	for _, s := range []syscall.Signal{
		syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT, syscall.SIGTSTP,
		// Of these the runtime would take no notice, or print its goroutines.
		syscall.SIGALRM, syscall.SIGVTALRM, syscall.SIGXCPU, syscall.SIGIO, syscall.SIGABRT,
	} {
		if !signal.Ignored(s) {
			signal.Notify(in.c, s)
		}
	}
	signal.Notify(in.c, syscall.SIGUSR1, syscall.SIGUSR2)
	// A write to a closed pipe is an error like others then, not the end.
	signal.Notify(in.c, syscall.SIGPIPE)
	in.done.Go(func() {
		for s := range in.c {
			switch s {
			case syscall.SIGPIPE:
			case syscall.SIGUSR1:
				more(1)
			case syscall.SIGUSR2:
				more(-1)
			case syscall.SIGTSTP:
				suspend()
				// Nobody can catch this one; the run goes on after SIGCONT.
				stopSelf()
				resume()
			default:
				end(s.(syscall.Signal))
			}
		}
	})
	return in
}

func (in *interrupts) stop() {
	signal.Stop(in.c)
	close(in.c)
	in.done.Wait()
}
