package pool_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"xpool/pool"
)

// A task that a signal for the terminal has stopped is told of, others are not, and it
// goes on when it is let.
func TestStopped(t *testing.T) {
	file := filepath.Join(t.TempDir(), "pid")
	k := shell("/bin/sh", `case $1 in stop) echo $$ >"$2"; kill -TTIN $$; echo on ;; esac`)
	var told []string
	o := pool.Options{Jobs: 2, Stopped: func(seq int64, sig syscall.Signal) {
		told = append(told, fmt.Sprint(seq, " ", sig == syscall.SIGTTIN))
		text, err := os.ReadFile(file)
		pid, numberErr := strconv.Atoi(strings.TrimSpace(string(text)))
		if err != nil || numberErr != nil {
			t.Errorf("%q: %v", text, err)
			return
		}
		_ = syscall.Kill(-pid, syscall.SIGCONT)
	}}
	outcomes, err := runAll(t, k, o, 30*time.Second, words("go"), words("stop", file), words("go"))
	if err != nil {
		t.Fatal(err)
	}
	if got := outcomes[1].out; got != "on\n" {
		t.Errorf("it printed %q", got)
	}
	if fmt.Sprint(told) != "[2 true]" {
		t.Errorf("told of %v", told)
	}
}
