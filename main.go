// Command xpool is xargs with a real process pool.
package main

import (
	"os"

	"xpool/runner"
)

func main() {
	status := runner.Main(os.Args, os.Stdin, os.Stdout, os.Stderr, os.Environ())
	status.Raise() // comes back unless a signal ended the run
	os.Exit(status.Code)
}
