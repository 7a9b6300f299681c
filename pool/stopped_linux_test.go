package pool

import (
	"testing"

	"golang.org/x/sys/unix"
)

// awaitStop waits until a child has stopped.
func awaitStop(t *testing.T, pid int) {
	t.Helper()
	var info unix.Siginfo
	if err := unix.Waitid(unix.P_PID, pid, &info, unix.WSTOPPED|unix.WNOWAIT, nil); err != nil {
		t.Fatal(err)
	}
}
