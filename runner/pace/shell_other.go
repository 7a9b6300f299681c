//go:build !linux

package pace

import "syscall"

// commandAttributes returns how a command is started. There is no death signal here.
func commandAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}
