package runner_test

import (
	"os"
	"os/exec"
	"testing"
)

// builtProgram returns what tests call that start the program thousands of times:
// XPOOL_PROGRAM, which scripts/check has built, or else this very test binary,
// which with the race detector in it takes more than twice as long to start.
func builtProgram(t *testing.T) string {
	t.Helper()
	if path := os.Getenv("XPOOL_PROGRAM"); path != "" {
		return path
	}
	path, err := exec.LookPath("xpool") // where TestMain has put this binary by that name
	if err != nil {
		t.Fatal(err)
	}
	return path
}
