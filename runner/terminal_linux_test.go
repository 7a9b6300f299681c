package runner_test

import (
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// openTerminal makes a terminal that shows what is written to it as it is, and
// does not echo what is typed. The caller closes both ends.
func openTerminal() (master, slave *os.File, err error) {
	master, err = os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		return nil, nil, err
	}
	raw, err := master.SyscallConn() // Fd would make it blocking, and Close wait for a reader
	if err != nil {
		master.Close()
		return nil, nil, err
	}
	var number int
	if cerr := raw.Control(func(fd uintptr) { number, err = unlockTerminal(int(fd)) }); err == nil {
		err = cerr
	}
	if err == nil {
		slave, err = os.OpenFile("/dev/pts/"+strconv.Itoa(number), os.O_RDWR|unix.O_NOCTTY, 0)
	}
	if err != nil {
		master.Close()
		return nil, nil, err
	}
	return master, slave, nil
}

// unlockTerminal lets the other end of a master be opened, and returns its number.
func unlockTerminal(fd int) (number int, err error) {
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		return 0, err
	}
	t, err := unix.IoctlGetTermios(fd, unix.TCGETS)
	if err != nil {
		return 0, err
	}
	t.Lflag &^= unix.ECHO
	t.Oflag &^= unix.OPOST
	if err := unix.IoctlSetTermios(fd, unix.TCSETS, t); err != nil {
		return 0, err
	}
	return unix.IoctlGetInt(fd, unix.TIOCGPTN)
}
