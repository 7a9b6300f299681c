package crashdetect

import (
	"errors"
	"io/fs"
	"os"
	"testing"

	"golang.org/x/sys/unix"

	"xpool/crashdetect/tokentest"
)

// TestLoan kills an owner that has bytes of a fifo on loan: they have to be in it again, each once. Its directory has to
// be gone.
func TestLoan(t *testing.T) {
	fifo := tokentest.New(t, "abcd")
	tr := stage(t, 1, nil, "borrow", fifo.Path)
	if err := unix.Kill(tr.pid(), unix.SIGKILL); err != nil {
		t.Fatal(err)
	}
	fifo.TakeAll("abcd", deadline(t)) // d was never taken, b was put back, a and c are the guard's to put back
	mustEndAll(t, tr)
	if _, err := os.Stat(fifo.Path + ".scratch"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the directory is left: %v", err)
	}
	if more := fifo.Take(); more != "" {
		t.Errorf("then %q was put into the fifo as well", more)
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
