package runner

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"

	"xpool/pool/cpucount"
	"xpool/pool/serve"
	"xpool/pool/wire"
)

// agentFlag makes xpool the far end of a run elsewhere. Only xpool itself starts it
// so, which is why no help tells of it.
const agentFlag = "--agent"

// isAgent tells whether a command line is that of an agent.
func isAgent(args []string) bool {
	if len(args) != 2 || args[1] != agentFlag {
		return false
	}
	switch filepath.Base(args[0]) {
	case "xargs", "parallel", "sem":
		return false
	}
	return true
}

// agent serves a pool on the standard input and output, until they end. What it has
// to say itself goes to standard error. Signals of a terminal that it may share with
// the other end are for that to obey; SIGTERM ends it like the end of the stream.
func (s streams) agent() Status {
	conn, err := newStdio(s.stdin, s.stdout)
	if err != nil {
		fmt.Fprintf(s.stderr, "xpool: %s: %v\n", agentFlag, err)
		return Status{Code: 1}
	}
	stop := watchAgentSignals(conn)
	err = serve.Agent(conn, serve.Config{Hello: hello(), Env: s.env, Subreaper: true, Guard: guardProgram()})
	if terminated := stop(); terminated {
		return endedBy(syscall.SIGTERM)
	}
	switch {
	case err == nil:
		return Status{}
	case !errors.Is(err, serve.ErrHungUp) && !errors.Is(err, syscall.EPIPE): // of which whoever hung up knows
		fmt.Fprintf(s.stderr, "xpool: %s: %v\n", agentFlag, err)
	}
	return Status{Code: 1}
}

// hello is what this end is, for the other one.
func hello() wire.Hello {
	host, _ := os.Hostname() // "" if it has none
	return wire.Hello{
		Program: strings.TrimSpace(versionText()), Host: host, System: runtime.GOOS + "/" + runtime.GOARCH,
		CPUs: cpucount.Available(), Pid: os.Getpid(),
	}
}

// watchAgentSignals keeps the terminal's signals from an agent and closes conn on
// SIGTERM. It owns one goroutine, which ends with stop, that tells whether there was
// such a signal. The signals are caught and not ignored, as that would be inherited.
func watchAgentSignals(conn io.Closer) (stop func() bool) {
	c := make(chan os.Signal, 8)
	signal.Notify(c, syscall.SIGTERM, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGHUP, syscall.SIGTSTP, syscall.SIGPIPE)
	var watcher sync.WaitGroup
	terminated := false
	watcher.Go(func() {
		for sig := range c {
			if sig == syscall.SIGTERM {
				terminated = true
				_ = conn.Close() // the second one says that it is closed
			}
		}
	})
	return func() bool {
		signal.Stop(c)
		close(c)
		watcher.Wait()
		return terminated
	}
}

// stdio is a stream of two descriptors, as far as they are not the same.
type stdio struct{ in, out *os.File }

// newStdio makes a stream of in and out whose Close ends a Read and a Write: for
// that they must not block, which is so for whoever shares them, too. A terminal is
// none, as no xpool is at its other end.
func newStdio(in, out *os.File) (*stdio, error) {
	c := &stdio{}
	for _, f := range []struct {
		from *os.File
		to   **os.File
	}{{in, &c.in}, {out, &c.out}} {
		fd := int(f.from.Fd())
		if f.from == in && isTerminal(in) { // an output that is one may be srun's
			_ = c.Close()
			return nil, errors.New("it speaks to another xpool, and not to a terminal")
		}
		again, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, syscall.Stderr+1)
		if err == nil {
			err = unix.SetNonblock(again, true)
			*f.to = os.NewFile(uintptr(again), f.from.Name())
		}
		if err != nil {
			_ = c.Close()
			return nil, fmt.Errorf("%s: %w", f.from.Name(), err)
		}
	}
	return c, nil
}

func (c *stdio) Read(b []byte) (int, error)  { return c.in.Read(b) }
func (c *stdio) Write(b []byte) (int, error) { return c.out.Write(b) }

// Close closes both, as far as they are open.
func (c *stdio) Close() error { return errors.Join(c.in.Close(), c.out.Close()) }
