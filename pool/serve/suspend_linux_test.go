package serve

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"

	"xpool/pool/wire"
)

// awaitState waits until a process is stopped, or is not.
func awaitState(t *testing.T, pid int, stopped bool) {
	t.Helper()
	for {
		b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil {
			t.Fatal(err)
		}
		if _, state, _ := strings.Cut(string(b), ") "); strings.HasPrefix(state, "T") == stopped {
			return
		}
		runtime.Gosched()
	}
}

// What a stream runs is stopped and goes on with it, and what others run is not.
func TestSuspend(t *testing.T) {
	_, connect := shared(t)
	one, two := connect(), connect()
	for _, n := range []*near{one, two} {
		n.open(&wire.Open{Kind: &wire.Program{}, Jobs: 3})
		n.send(&wire.Run{ID: 1, Args: []string{"sleep", "60"}})
	}
	own, others := one.began(1).Pid, two.began(1).Pid
	one.send(&wire.Suspend{}, &wire.Run{ID: 2, Args: []string{"sleep", "60"}})
	awaitState(t, own, true)
	awaitState(t, one.began(2).Pid, true) // although it has only begun
	awaitState(t, others, false)
	one.send(&wire.Continue{})
	awaitState(t, own, false)
	awaitState(t, one.began(2).Pid, false)
	for _, n := range []*near{one, two} {
		n.send(&wire.Stop{ID: 1}, &wire.Stop{ID: 2}, &wire.Bye{})
		other[*wire.Bye](n)
	}
}
