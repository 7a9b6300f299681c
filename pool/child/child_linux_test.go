package child

import (
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// What has stopped a child is told as long as it is stopped, and its end as ever.
func TestStoppedBy(t *testing.T) {
	e := equip(t)
	for _, sig := range []syscall.Signal{syscall.SIGSTOP, syscall.SIGTTIN, syscall.SIGTTOU} {
		p, err := Start(e.spec("/bin/sh", "-c", "kill -s "+unix.SignalName(sig)[3:]+" $$; exit 3"))
		if err != nil {
			t.Fatal(err)
		}
		var info unix.Siginfo
		if err := unix.Waitid(unix.P_PID, p.Pid, &info, unix.WSTOPPED|unix.WNOWAIT, nil); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if got := StoppedBy(p.Pid); got != sig {
				t.Errorf("stopped by %v, want %v", got, sig)
			}
		}
		_ = unix.Kill(p.Pid, unix.SIGCONT)
		if status := e.await(t, p); status.ExitStatus() != 3 {
			t.Errorf("status %v", status)
		}
		if got := StoppedBy(p.Pid); got != 0 {
			t.Errorf("stopped by %v when it was gone", got)
		}
	}
}
