package crashdetect

import (
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"golang.org/x/sys/unix"
)

// TestLoan kills an owner that has bytes of a fifo on loan: they have to be in it again, each once.
func TestLoan(t *testing.T) {
	path := filepath.Join(t.TempDir(), "fifo")
	if err := unix.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	fifo, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer fifo.Close()
	if _, err := fifo.WriteString("abcd"); err != nil {
		t.Fatal(err)
	}
	tr := stage(t, 1, nil, "borrow", path)
	if err := unix.Kill(tr.pid(), unix.SIGKILL); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, 4) // d was never taken, b was put back, a and c are the guard's to put back
	_ = fifo.SetReadDeadline(deadline(t))
	if _, err := io.ReadFull(fifo, got); err != nil {
		t.Fatalf("%v after %q", err, got)
	}
	if slices.Sort(got); string(got) != "abcd" {
		t.Errorf("%q is in the fifo", got)
	}
	mustEndAll(t, tr)
	if n, err := unix.Poll([]unix.PollFd{{Fd: int32(fifo.Fd()), Events: unix.POLLIN}}, 0); n != 0 {
		t.Errorf("there is more in the fifo, %v", err)
	}
}

// mustEndAll waits until no process is left of what tr has started, its guard included.
func mustEndAll(t *testing.T, tr *troupe) {
	t.Helper()
	_ = tr.cmd.Wait()
	for _, o := range Adopted(tr.known) {
		if fd, err := unix.PidfdOpen(o.Pid, 0); err == nil {
			mustEnd(t, actor{"orphan", o.Pid, fd})
			_ = unix.Close(fd)
		}
	}
}

// A process that has no loan gives none back, and a loan that is closed has nothing.
func TestNoLoan(t *testing.T) {
	var none *Loan
	if none.Cells() != nil {
		t.Error("no loan has cells")
	}
	loan, err := NewLoan(0, 10)
	if err != nil {
		t.Fatal(err)
	}
	if len(loan.Cells()) != 10 {
		t.Errorf("%d cells", len(loan.Cells()))
	}
	if err := loan.Close(); err != nil || loan.Close() != nil || loan.Cells() != nil {
		t.Errorf("%v; %d cells are left", err, len(loan.Cells()))
	}
}
