package block

import (
	"testing"

	"golang.org/x/sys/unix"
)

// Programs do not expect a standard input that does not block.
func TestFeedBlocks(t *testing.T) {
	r, w, err := newPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	err = control(r, func(fd int) error {
		mode, err := unix.FcntlInt(uintptr(fd), unix.F_GETFL, 0)
		if mode&unix.O_NONBLOCK != 0 {
			t.Error("the end to read from does not block")
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}
