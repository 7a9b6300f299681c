package child

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// attributes asks for the child's descriptor too, which is -1 before Linux 5.3.
func (p *Process) attributes(ownGroup bool) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: ownGroup, Pdeathsig: syscall.SIGKILL, PidFD: &p.pidfd}
}

// poll tells whether p has ended, and leaves it to be reaped.
func (p *Process) poll() bool {
	var info unix.Siginfo
	err := unix.Waitid(unix.P_PID, p.Pid, &info, unix.WEXITED|unix.WNOHANG|unix.WNOWAIT, nil)
	return err == nil && info.Signo != 0
}

// Signaled tells whether a signal ended p, which is not reaped yet.
func (p *Process) Signaled() bool {
	const killed, dumped = 2, 3 // CLD_KILLED and CLD_DUMPED of waitid(2)
	var info unix.Siginfo
	err := unix.Waitid(unix.P_PID, p.Pid, &info, unix.WEXITED|unix.WNOHANG|unix.WNOWAIT, nil)
	return err == nil && (info.Code == killed || info.Code == dumped)
}

// StoppedBy returns the signal that has stopped the child with a pid, 0 if none has, or
// there is no such child. Whoever waits for its end finds it as it is.
func StoppedBy(pid int) syscall.Signal {
	const stopped = 5 // CLD_STOPPED of waitid(2)
	var info unix.Siginfo
	err := unix.Waitid(unix.P_PID, pid, &info, unix.WSTOPPED|unix.WNOHANG|unix.WNOWAIT, nil)
	if err != nil || info.Signo == 0 || info.Code != stopped {
		return 0
	}
	// The status, which unix.Siginfo keeps to itself, stands behind the pid and the user,
	// and these at the first whole word behind the three numbers before them.
	const word = unsafe.Sizeof(uintptr(0))
	const status = (3*4+word-1)/word*word + 2*4
	return syscall.Signal(*(*int32)(unsafe.Add(unsafe.Pointer(&info), status)))
}

// niceOf returns the nice value for what the system call getpriority says, which
// is never negative.
func niceOf(priority int) int { return 20 - priority }
