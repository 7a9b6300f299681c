package pace

import (
	"bytes"
	"errors"
	"os"
	"strconv"
)

// running returns how many threads of the machine run or wait for a disk, without the one that asks.
func running() (float64, error) {
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, err
	}
	return parseStat(text)
}

// parseStat adds up the two counts in /proc/stat; see proc(5).
func parseStat(text []byte) (float64, error) {
	var sum uint64
	found := 0
	for line := range bytes.Lines(text) {
		name, number, _ := bytes.Cut(bytes.TrimSpace(line), []byte(" "))
		if s := string(name); s != "procs_running" && s != "procs_blocked" {
			continue
		}
		n, err := strconv.ParseUint(string(number), 10, 32)
		if err != nil {
			return 0, errors.New("/proc/stat: the number of running processes is no number")
		}
		sum += n
		found++
	}
	if found != 2 {
		return 0, errors.New("/proc/stat does not tell how many processes run")
	}
	return float64(max(sum, 1) - 1), nil
}
