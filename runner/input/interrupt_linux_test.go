package input

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"
)

// TestReadSurvivesSignals sends signals to the very thread that waits in poll, which returns EINTR for each.
func TestReadSurvivesSignals(t *testing.T) {
	f, w := blockingPipe(t)
	r := interruptible(t, f)
	thread := make(chan int)
	result := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		thread <- unix.Gettid()
		_, err := r.Read(make([]byte, 10))
		result <- err
	}()
	tid := <-thread
	for range 50 {
		waitAsleep(t, tid)
		// The Go runtime takes SIGURG for its own and ignores one that it did not send.
		if err := unix.Tgkill(os.Getpid(), tid, unix.SIGURG); err != nil {
			t.Fatal(err)
		}
	}
	select {
	case err := <-result:
		t.Fatalf("Read returned %v before there was data", err)
	default:
	}
	if _, err := w.WriteString("x"); err != nil {
		t.Fatal(err)
	}
	if err := <-result; err != nil {
		t.Errorf("Read = %v after signals, want one byte", err)
	}
}

// waitAsleep returns when the kernel shows the thread asleep; the test's own deadline is its limit.
func waitAsleep(t *testing.T, tid int) {
	t.Helper()
	for {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/self/task/%d/stat", tid))
		if err != nil {
			t.Fatal(err)
		}
		// The state follows the name, which is in parentheses and may hold anything.
		if i := bytes.LastIndexByte(stat, ')'); i >= 0 && bytes.HasPrefix(stat[i:], []byte(") S")) {
			return
		}
		runtime.Gosched()
	}
}
