//go:build !linux

package pack

import "golang.org/x/sys/unix"

// argMaxUnknown is ARG_MAX where the system does not tell: the value of the BSDs before they made it larger.
const argMaxUnknown = 256 << 10

// argMax returns the bytes that a command and its environment may take.
func argMax() int {
	n, err := unix.SysctlUint32("kern.argmax")
	if err != nil || n == 0 {
		return argMaxUnknown
	}
	return int(n)
}

// maxString returns zero: no string of a command has a limit of its own.
func maxString() int { return 0 }
