package runner_test

import (
	"bytes"
	"io"
	"math/rand"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestJobserverSurvives ends clients of a jobserver in the middle of their tasks, with
// each signal in turn: all tokens have to be there again, each as it was. XPOOL_CASES
// is how many clients there are, XPOOL_SEED chooses when they are ended.
func TestJobserverSurvives(t *testing.T) {
	const tokens = "abcde"
	path := filepath.Join(t.TempDir(), "fifo")
	if err := unix.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	fifo, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer fifo.Close()
	rnd := rand.New(rand.NewSource(int64(number("XPOOL_SEED", 1))))
	signals := []syscall.Signal{syscall.SIGKILL, syscall.SIGTERM, syscall.SIGKILL, syscall.SIGINT}
	kinds := [][]string{{"true"}, {": {}"}, {"--worker", "cat"}}
	for n := range number("XPOOL_CASES", 8) {
		if _, err := fifo.WriteString(tokens); err != nil {
			t.Fatal(err)
		}
		taken := func() bool {
			left, err := unix.IoctlGetInt(int(fifo.Fd()), unix.TIOCINQ)
			return err != nil || left < len(tokens)
		}
		endInTheMiddle(t, path, signals[n%len(signals)], 1+rnd.Intn(300), taken, kinds[n%len(kinds)])
		got := make([]byte, len(tokens))
		_ = fifo.SetReadDeadline(time.Now().Add(patience))
		if m, err := io.ReadFull(fifo, got); err != nil {
			t.Fatalf("%v: %q is there again after %v", err, got[:m], signals[n%len(signals)])
		}
		if slices.Sort(got); string(got) != tokens {
			t.Fatalf("%q is there again after %v", got, signals[n%len(signals)])
		}
	}
}

// endInTheMiddle starts xpool on an input without an end, and sends it a signal when
// it has been given so many records, of which few wait, and one token is taken at least.
func endInTheMiddle(t *testing.T, path string, sig syscall.Signal, after int, taken func() bool, args []string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "xpool", append([]string{"-j8"}, args...)...)
	cmd.Env = append(os.Environ(), "MAKEFLAGS= -j6 --jobserver-auth=fifo:"+path, "GORACE=atexit_sleep_ms=0")
	in, records, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	var errs bytes.Buffer
	cmd.Stdin, cmd.Stderr = in, &errs
	err = cmd.Start()
	in.Close()
	if err != nil {
		records.Close()
		t.Fatal(err)
	}
	record := strings.Repeat("x", 2000) + "\n" // so that the pipe holds few
	for n := 0; n < after || !taken(); n++ {
		if _, err := io.WriteString(records, record); err != nil {
			t.Errorf("%v\n%s", err, errs.Bytes())
			break
		}
	}
	_ = cmd.Process.Signal(sig)
	_ = cmd.Wait()
	records.Close()
	if status := cmd.ProcessState.Sys().(syscall.WaitStatus); status.Signal() != sig {
		t.Errorf("ended with %v instead of %v\n%s", cmd.ProcessState, sig, errs.Bytes())
	}
}
