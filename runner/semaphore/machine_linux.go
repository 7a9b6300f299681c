package semaphore

import (
	"os"
	"strings"
)

// machineID tells this machine, since it was started, from others that share its files: FIFOs work below one kernel.
func machineID() (string, error) {
	id, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return os.Hostname()
	}
	return strings.TrimSpace(string(id)), nil
}

// pollEvery is after how many milliseconds whoever waits looks by itself; -1 is never.
const pollEvery = -1
