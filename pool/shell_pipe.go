package pool

import (
	"golang.org/x/sys/unix"

	"xpool/pool/reactor"
)

// sourceOver is the length in bytes of a command that is not sent through the
// pipe, which some shells read byte by byte, but put in a file that they read in
// blocks.
const sourceOver = 4 << 10

// commandPipe is the pipe on which a shell reads its commands. Both ends are kept:
// what is left in it when the shell dies tells how far that has read.
type commandPipe struct {
	ours, theirs int   // -1 where it is closed
	sent         int64 // bytes, in all
}

// noCommandPipe is the state before open.
func noCommandPipe() commandPipe { return commandPipe{ours: -1, theirs: -1} }

func (p *commandPipe) open() (err error) {
	p.theirs, p.ours, err = reactor.Pipe()
	return err
}

// send writes commands. The shell reads them in time or dies; a pipe that is full
// is waited for. As both ends are open here, it does not fail for want of a reader.
func (p *commandPipe) send(b []byte) error {
	for len(b) > 0 {
		n, err := unix.Write(p.ours, b)
		if err != nil && err != unix.EINTR {
			return err
		}
		n = max(0, n)
		b = b[n:]
		p.sent += int64(n)
	}
	return nil
}

// unread tells whether the shell has not read all up to the byte end of what was
// sent.
func (p *commandPipe) unread(end int64) bool {
	n, err := unix.IoctlGetInt(p.theirs, fionread)
	return err == nil && p.sent-int64(n) < end
}

// release ends the shell's input, and with it the shell.
func (p *commandPipe) release() {
	if p.ours >= 0 {
		unix.Close(p.ours)
		p.ours = -1
	}
}

func (p *commandPipe) close() {
	p.release()
	if p.theirs >= 0 {
		unix.Close(p.theirs)
		p.theirs = -1
	}
}
