//go:build !linux

package child

import "syscall"

func (p *Process) attributes(ownGroup bool) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: ownGroup}
}

// poll tells whether p has ended. There is no portable way to ask without
// reaping, so p is reaped here and Reap returns what was found.
func (p *Process) poll() bool {
	if p.ended {
		return true
	}
	pid, err := syscall.Wait4(p.Pid, &p.status, syscall.WNOHANG, &p.rusage)
	p.ended = pid == p.Pid || err == syscall.ECHILD
	return p.ended
}

// Signaled tells whether a signal ended p.
func (p *Process) Signaled() bool { return p.poll() && p.status.Signaled() }

// StoppedBy returns 0: there is no portable way to ask without reaping.
func StoppedBy(int) syscall.Signal { return 0 }

// niceOf returns the nice value for what getpriority says.
func niceOf(priority int) int { return priority }
