package runner

import (
	"io"
	"net"
	"time"

	"xpool/pool/serve"
	"xpool/runner/reuse"
)

// serverGrace is how long tasks may take to end when the server itself is to end at
// once, before they are killed.
const serverGrace = 2 * time.Second

// serveCalls is what the process does that --reuse has left behind. Its standard
// streams lead nowhere: an error is for who runs it by hand.
func (s streams) serveCalls(args []string) Status {
	err := reuse.Main(args, func() (reuse.Work, error) { return newSharedPool(), nil })
	if err == nil {
		return Status{}
	}
	o := defaultOptions()
	o.say(s.stderr, err.Error())
	return Status{Code: 1}
}

// sharedPool is the reuse.Work of xpool: one pool for all calls.
type sharedPool struct{ *serve.Server }

func newSharedPool() sharedPool {
	return sharedPool{serve.NewServer(serve.Config{
		Hello:     hello(),
		Subreaper: true,
		Guard:     guardProgram(),
	})}
}

// Serve serves a call. Why one was cut short is known at its other end.
func (p sharedPool) Serve(stream *net.UnixConn) { _ = p.Server.Serve(io.ReadWriteCloser(stream)) }

// Close ends the pool. Why it broke down, if it did, the calls were told.
func (p sharedPool) Close() { _ = p.Server.Close(serverGrace) }
