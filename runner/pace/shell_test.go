package pace

import (
	"bufio"
	"context"
	"errors"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestShell(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	sh := &Shell{Env: []string{"X=1 2"}, Dir: "/", Stderr: w}
	for command, want := range map[string]int{
		"exit 0": 0, "exit 2": 2, "exit 200": 200, "kill -9 $$": 137, "/no/such/program": 127,
		`test "$X" = "1 2" && test "$PWD" = /`: 0,
	} {
		if got, err := sh.Run(t.Context(), command); err != nil || got != want {
			t.Errorf("%s: %d, %v; want %d", command, got, err, want)
		}
	}
	w.Close()
	if text, err := bufio.NewReader(r).ReadString('\n'); err != nil || !strings.Contains(text, "/no/such/program") {
		t.Errorf("standard error is %q, %v", text, err)
	}
	if _, err := (&Shell{Path: "/no/such/shell"}).Run(t.Context(), "exit"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("without the shell: %v", err)
	}
	if sh.Owns(os.Getpid()) {
		t.Error("owns a process that is none of its commands")
	}
}

// When the context ends, a command dies with what it has started.
func TestShellCancel(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	sh := &Shell{Stderr: w}
	status := make(chan int, 1)
	go func() {
		n, _ := sh.Run(ctx, "sleep 1000 & echo $$; wait")
		w.Close()
		status <- n
	}()
	in := bufio.NewReader(r)
	line, err := in.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	if n, err := strconv.Atoi(strings.TrimSpace(line)); err != nil || !sh.Owns(n) {
		t.Errorf("does not own its command %d", n)
	}
	cancel()
	if n := <-status; n != 128+int(syscall.SIGKILL) {
		t.Errorf("status %d", n)
	}
	if deadline, ok := t.Deadline(); ok {
		_ = r.SetReadDeadline(deadline.Add(-time.Second))
	}
	if _, err := in.ReadString('\n'); err == nil { // the end of the pipe, which the sleep held too
		t.Error("there is more output")
	}
}
