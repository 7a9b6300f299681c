package child

import (
	"syscall"

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

// niceOf returns the nice value for what the system call getpriority says, which
// is never negative.
func niceOf(priority int) int { return 20 - priority }
