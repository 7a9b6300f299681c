package runner_test

import (
	"bytes"
	"io"
	"math/rand"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"xpool/crashdetect/tokentest"
)

// TestJobserverSurvives ends clients of a jobserver in the middle of their tasks, with
// each signal in turn: all tokens have to be there again, each as it was. XPOOL_CASES
// is how many clients there are, XPOOL_SEED chooses when they are ended.
func TestJobserverSurvives(t *testing.T) {
	const tokens = "abcde"
	fifo := tokentest.New(t, "")
	raw, err := fifo.File.SyscallConn() // Fd would keep its deadlines from working
	if err != nil {
		t.Fatal(err)
	}
	rnd := rand.New(rand.NewSource(int64(number("XPOOL_SEED", 1))))
	signals := []syscall.Signal{syscall.SIGKILL, syscall.SIGTERM, syscall.SIGKILL, syscall.SIGINT}
	kinds := [][]string{{"true"}, {": {}"}, {"--worker", "cat"}}
	for n := range number("XPOOL_CASES", 8) {
		fifo.Put(tokens)
		taken := func() bool {
			left := 0
			err := raw.Control(func(fd uintptr) { left, _ = unix.IoctlGetInt(int(fd), unix.TIOCINQ) })
			return err != nil || left < len(tokens)
		}
		sig := signals[n%len(signals)]
		t.Logf("%d clients have ended; the next one gets %v", n, sig)
		endInTheMiddle(t, fifo.Path, sig, 1+rnd.Intn(300), taken, kinds[n%len(kinds)])
		fifo.TakeAll(tokens, time.Now().Add(patience))
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
