package runner

import (
	"bufio"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"strings"

	"xpool/pool"
	"xpool/runner/input"
)

// note tells the user something while the run goes on.
func (r *run) note(line string) {
	if line == "" {
		return
	}
	line = shownOn(r.streams.stderr, r.opts.Name+": "+line) + "\n"
	if r.printer == nil { // nothing runs yet
		r.writeError(line)
		return
	}
	r.printer.Say(line)
}

// log shows what a worker has written on standard error that belongs to no task. It
// is called while tasks run.
func (r *run) log(text []byte) { r.printer.Say(string(text)) }

// verboseSink shows each command when it begins.
type verboseSink struct{ run *run }

func (v verboseSink) began(t *task) {
	line := shownOn(v.run.streams.stderr, v.run.command.line(t.context(t.slot))) + "\n"
	if v.run.inherit {
		// It has to be there before the program writes anything itself, and like
		// that it waits for whoever reads.
		v.run.writeError(line)
		return
	}
	v.run.printer.Say(line)
}

func (v verboseSink) ended(*task, pool.Result) {}

// asker asks the user about each command, one after the other, and each only when
// it could begin at once. It is a sink, which learns from the pool's goroutine
// that a slot has fallen free; the rest belongs to the feeder.
type asker struct {
	run   *run
	tty   *os.File
	in    *input.Interruptible // of tty
	lines *bufio.Reader
	under int           // commands that were agreed to, less those in over
	over  chan struct{} // has an element for each that has ended
}

// newAsker opens the terminal.
func newAsker(r *run) (*asker, error) {
	tty, err := os.Open("/dev/tty")
	var pathErr *fs.PathError
	if errors.As(err, &pathErr) {
		return nil, xargsErrorf("failed to open /dev/tty for reading: %s", capital(pathErr.Err.Error()))
	}
	if err != nil {
		return nil, err
	}
	in, err := input.NewInterruptible(tty)
	if err != nil {
		tty.Close()
		return nil, err
	}
	context.AfterFunc(r.ctx, in.Interrupt) // beside what the run reads records from
	return &asker{run: r, tty: tty, in: in, lines: bufio.NewReader(in), over: make(chan struct{}, manyJobs)}, nil
}

// close closes the terminal, when nobody is asked any more.
func (a *asker) close() {
	if a != nil {
		_ = a.in.Close()
		_ = a.tty.Close() // which was only read
	}
}

func (a *asker) began(*task) {}

func (a *asker) ended(t *task, _ pool.Result) {
	if t.begun {
		a.over <- struct{}{}
	}
}

// ask tells whether the user wants b to run, as the task with a number; nobody does when the run is to begin
// no more tasks. The error is one of reading the terminal.
func (a *asker) ask(seq int64, b batch) (bool, error) {
	for a.under >= int(a.run.jobs.Load()) {
		if !a.wait(a.run.ctx) {
			return false, nil
		}
	}
	t := &task{run: a.run, seq: seq, args: b.args}
	a.run.writeError(shownOn(a.run.streams.stderr, a.run.command.line(t.context(1))) + "?...")
	answer, err := a.lines.ReadString('\n')
	switch {
	case errors.Is(err, input.ErrInterrupted):
		return false, nil
	case err != nil && err != io.EOF:
		return false, err
	}
	yes := strings.HasPrefix(answer, "y") || strings.HasPrefix(answer, "Y")
	if yes {
		a.under++
	}
	return yes, nil
}

// wait waits for the end of a command, and is false if the run ends first.
func (a *asker) wait(ctx context.Context) bool {
	select {
	case <-a.over:
		a.under--
		return true
	case <-ctx.Done():
		return false
	}
}

// capital writes the text of an error number as the C library does.
func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
