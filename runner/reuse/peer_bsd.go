//go:build darwin || freebsd

package reuse

import (
	"net"

	"golang.org/x/sys/unix"
)

// localLevel is SOL_LOCAL of sys/un.h: the level of the options of Unix sockets.
const localLevel = 0

// peerOf tells who is at the other end of a connection: the user. The process is not known.
func peerOf(c *net.UnixConn) (uid, pid int, err error) {
	var cred *unix.Xucred
	err = control(c, func(fd int) (err error) {
		cred, err = unix.GetsockoptXucred(fd, localLevel, unix.LOCAL_PEERCRED)
		return err
	})
	if err != nil {
		return -1, 0, err
	}
	return int(cred.Uid), 0, nil
}
