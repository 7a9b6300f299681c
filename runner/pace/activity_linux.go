package pace

import (
	"bytes"
	"errors"
	"os"
	"strconv"
	"time"
)

// swapActivity reads how many pages were swapped in and out.
func swapActivity() (counters, error) {
	text, err := os.ReadFile("/proc/vmstat")
	if err != nil {
		return counters{}, err
	}
	return parseVmstat(text)
}

// parseVmstat reads the two counters of /proc/vmstat, in pages.
func parseVmstat(text []byte) (c counters, err error) {
	found := 0
	for line := range bytes.Lines(text) {
		name, number, _ := bytes.Cut(bytes.TrimSpace(line), []byte(" "))
		to := &c.in
		switch string(name) {
		case "pswpin":
		case "pswpout":
			to = &c.out
		default:
			continue
		}
		if *to, err = strconv.ParseUint(string(number), 10, 64); err != nil {
			return counters{}, errors.New("/proc/vmstat: the number of pages swapped is no number")
		}
		found++
	}
	if found != 2 {
		return counters{}, errors.New("/proc/vmstat does not tell how many pages are swapped")
	}
	return c, nil
}

// diskActivity reads for how long each disk was busy.
func diskActivity() (counters, error) {
	text, err := os.ReadFile("/proc/diskstats")
	if err != nil {
		return counters{}, err
	}
	return parseDiskstats(text), nil
}

// busyField is where a line of /proc/diskstats has the milliseconds spent doing I/O, counted from 0 (Linux's
// Documentation/admin-guide/iostats.rst, field 10 after the device's numbers and name).
const busyField = 12

// parseDiskstats reads the busy times. Lines that are too short, as those of partitions were before Linux 2.6.25, are
// passed over.
func parseDiskstats(text []byte) counters {
	c := counters{busy: make(map[string]time.Duration)}
	for line := range bytes.Lines(text) {
		fields := bytes.Fields(line)
		if len(fields) <= busyField {
			continue
		}
		if ms, err := strconv.ParseUint(string(fields[busyField]), 10, 43); err == nil {
			c.busy[string(fields[2])] = time.Duration(ms) * time.Millisecond
		}
	}
	return c
}
