package runner

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"strings"

	"xpool/pool/cpucount"
	"xpool/runner/semaphore"
	"xpool/runner/value"
)

// semaphoreCall is a call of sem: it waits until a semaphore has room, and runs one
// command, which holds it until its end. In the background another process, started
// from this program's own file with the same command line, takes the hold over and
// is the one that runs the command:
//
//	acquire --> run the command --> release                in the foreground
//	acquire --> start the process that stays --> exit      in the background
//	                 adopt --> run the command --> release
type semaphoreCall struct {
	opts    Options
	streams streams
	args    []string // the command line, the program's name first
	sem     *semaphore.Semaphore
}

// The process that stays finds the name of its hold, a blank and the shell in an
// environment variable, and the hold itself as a descriptor.
const (
	holdVariable   = "XPOOL_HOLD"
	holdDescriptor = 3 // the first of exec.Cmd.ExtraFiles
)

// runSemaphore does what --semaphore asks for.
func (s streams) runSemaphore(o Options, args []string) Status {
	if o.DryRun {
		return s.run(o)
	}
	c := &semaphoreCall{opts: o, streams: s, args: args}
	hold, err := c.open()
	switch {
	case err != nil:
		return c.failed(err)
	case hold != nil:
		return c.run(hold)
	case o.Sem.Wait:
		return c.interruptibly(func(ctx context.Context) error {
			return c.patiently(ctx, c.sem.Wait)
		})
	}
	status := c.interruptibly(func(ctx context.Context) (err error) {
		hold, err = c.sem.Acquire(ctx, o.Sem.Patience)
		return err
	})
	switch {
	case hold == nil:
		return status
	case status.Signal != 0:
		hold.Release()
		return status
	case hold.Stolen:
		o.say(s.stderr, "Warning: Semaphore timed out. Stealing the semaphore.")
	}
	if o.Sem.Foreground {
		return c.run(hold)
	}
	return c.leave(hold)
}

// open opens the semaphore, and returns the hold that there is already if this is
// the process that stays.
func (c *semaphoreCall) open() (*semaphore.Hold, error) {
	o, env := &c.opts, c.streams.env
	root, err := semaphore.Root(env.get)
	if err != nil {
		return nil, err
	}
	if !o.Sem.HasID {
		o.Sem.ID = semaphore.DefaultID(c.streams.stdin)
	}
	if c.sem, err = semaphore.Open(root, o.Sem.ID, o.holders()); err != nil {
		return nil, err
	}
	name, shell, stays := strings.Cut(env.get(holdVariable), " ")
	if !stays {
		o.Sem.shell = o.shell(env)
		return nil, nil
	}
	o.Sem.shell, c.streams.env = shell, env.without(holdVariable)
	return c.sem.Adopt(name, holdDescriptor)
}

// holders is how many may hold the semaphore.
func (o *Options) holders() int {
	if o.Jobs.String() == "" {
		return 1
	}
	n, unlimited := o.Jobs.Resolve(cpucount.Available)
	if unlimited {
		return value.MaxJobs
	}
	return n
}

// interruptibly calls f, whose context a signal cancels. The status is that of the
// signal or, if there was none, of the error.
func (c *semaphoreCall) interruptibly(f func(context.Context) error) Status {
	status, err := untilSignal(f)
	if err != nil {
		return c.failed(err)
	}
	return status
}

// patiently calls wait, for as long as --semaphoretimeout lets it.
func (c *semaphoreCall) patiently(ctx context.Context, wait func(context.Context) error) error {
	patience := c.opts.Sem.Patience
	if patience == 0 {
		return wait(ctx)
	}
	limited, cancel := context.WithTimeout(ctx, max(patience, -patience))
	defer cancel()
	err := wait(limited)
	switch {
	case !errors.Is(err, context.DeadlineExceeded):
		return err
	case patience < 0:
		return semaphore.ErrTimeout
	}
	return nil
}

// run runs the command with a hold of this process.
func (c *semaphoreCall) run(hold *semaphore.Hold) Status {
	defer hold.Release()
	o := c.opts
	o.Jobs, o.Unordered = value.Jobs{}, false // one command, which has the streams to itself
	if err := o.Jobs.Set("1"); err != nil {
		return c.failed(err)
	}
	return c.streams.run(o)
}

// leave hands the hold over to a process that stays and runs the command.
func (c *semaphoreCall) leave(hold *semaphore.Hold) Status {
	file, err := hold.File()
	if err != nil {
		hold.Release()
		return c.failed(err)
	}
	defer file.Close()
	s := c.streams
	stays := &exec.Cmd{
		Path: guardProgram(), Args: c.args,
		Env:        append(s.env.without(holdVariable), holdVariable+"="+hold.Name()+" "+c.opts.Sem.shell),
		Stdin:      s.stdin,
		Stdout:     s.stdout,
		Stderr:     s.stderr,
		ExtraFiles: []*os.File{file},
	}
	if err := stays.Start(); err != nil {
		hold.Release()
		return c.failed(err)
	}
	hold.Leave()
	return Status{}
}

// failed tells of an error, and returns the status for it.
func (c *semaphoreCall) failed(err error) Status {
	if errors.Is(err, semaphore.ErrTimeout) {
		c.opts.say(c.streams.stderr, "Warning: Semaphore timed out. Exiting.")
		return Status{Code: 1}
	}
	c.opts.say(c.streams.stderr, err.Error())
	return c.opts.usageStatus()
}
