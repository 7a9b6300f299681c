package reuse

import (
	"fmt"
	"net"
	"os"
)

// PeerError is that somebody else is at the other end of a connection.
type PeerError struct{ UID int }

func (e *PeerError) Error() string {
	return fmt.Sprintf("another user (%d) is at the other end of the socket, which is refused", e.UID)
}

// checkPeer returns the process at the other end of a connection, 0 if the system does not tell, and a *PeerError if it is
// not one of this user.
func checkPeer(c *net.UnixConn) (pid int, err error) {
	uid, pid, err := peerOf(c)
	if err != nil {
		return 0, err
	}
	if uid != os.Geteuid() {
		return 0, &PeerError{uid}
	}
	return pid, nil
}

// control calls f with the descriptor of a connection.
func control(c *net.UnixConn, f func(fd int) error) error {
	raw, err := c.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	err = raw.Control(func(fd uintptr) { failed = f(int(fd)) })
	if err == nil {
		err = failed
	}
	return err
}
