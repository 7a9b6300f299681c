package reuse

import (
	"net"

	"golang.org/x/sys/unix"
)

// peerOf tells who is at the other end of a connection: the user and, if the system knows it, the process.
func peerOf(c *net.UnixConn) (uid, pid int, err error) {
	var cred *unix.Ucred
	err = control(c, func(fd int) (err error) {
		cred, err = unix.GetsockoptUcred(fd, unix.SOL_SOCKET, unix.SO_PEERCRED)
		return err
	})
	if err != nil {
		return -1, 0, err
	}
	return int(cred.Uid), int(cred.Pid), nil
}
