package reuse

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/signal"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// Main is what a process started as ServerName does, with the arguments and descriptors that Client has given it: it serves
// calls with the Work that open returns, and returns when it has ended. Nobody sees an error of it but who runs it by hand.
func Main(args []string, open func() (Work, error)) error {
	c, err := parseCommandLine(args)
	if err != nil {
		return err
	}
	// First of all: what the caller's own parents have left open for everyone, a lock of flock(1) or the end of a pipe, is not
	// for a process that stays.
	closeStrays()
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
	defer signal.Stop(signals)
	l, d, err := adopt()
	if err != nil {
		return err
	}
	defer d.Close()
	w, err := open()
	if err != nil {
		l.Close()
		return err
	}
	newServer(c, d, l, w).run(signals)
	return nil
}

// errNotStarted is that the process was not started by a Client.
var errNotStarted = errors.New("a server is started by xpool --reuse, and by nobody else")

// adopt makes the descriptors that a server is started with those of this process alone.
func adopt() (*net.UnixListener, *Directory, error) {
	unix.CloseOnExec(listenerFD)
	unix.CloseOnExec(directoryFD)
	d := &Directory{path: "the directory", file: os.NewFile(directoryFD, "the directory")}
	socket := os.NewFile(listenerFD, "the socket")
	defer socket.Close()
	if socket == nil || d.file == nil {
		return nil, nil, errNotStarted
	}
	l, err := net.FileListener(socket)
	if err != nil {
		d.Close()
		return nil, nil, fmt.Errorf("%w: %w", errNotStarted, err)
	}
	unixListener, ok := l.(*net.UnixListener)
	if !ok {
		l.Close()
		d.Close()
		return nil, nil, errNotStarted
	}
	unixListener.SetUnlinkOnClose(false)
	return unixListener, d, nil
}

// fewDescriptors is how many are looked at in any case: not every system has a list of all.
const fewDescriptors = 1024

// closeStrays closes the descriptors that this process was started with and that no server needs. Those that Go's runtime
// has opened are closed by exec(2), which tells them apart.
func closeStrays() {
	for fd := firstStrayFD; fd < fewDescriptors; fd++ {
		closeStray(fd)
	}
	entries, err := os.ReadDir("/dev/fd")
	if err != nil {
		return
	}
	for _, e := range entries {
		if fd, err := strconv.Atoi(e.Name()); err == nil && fd >= fewDescriptors {
			closeStray(fd)
		}
	}
}

func closeStray(fd int) {
	flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0)
	if err == nil && flags&unix.FD_CLOEXEC == 0 {
		unix.Close(fd)
	}
}
