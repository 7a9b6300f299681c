//go:build !linux

package semaphore

import "os"

// machineID tells this machine from others that share its files: FIFOs work below one kernel.
func machineID() (string, error) { return os.Hostname() }

// pollEvery is after how many milliseconds whoever waits looks by itself: not every system tells readers of a FIFO that
// its last writer is gone.
const pollEvery = 500
