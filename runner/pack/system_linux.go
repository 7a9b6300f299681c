package pack

import "golang.org/x/sys/unix"

const (
	// These are from fs/exec.c of the kernel: a command and its environment may take a quarter of the stack's limit, but
	// no more than three quarters of _STK_LIM (8 MiB), and never less than ARG_MAX.
	argMaxLow  = 128 << 10
	argMaxHigh = 6 << 20

	// maxArgString is MAX_ARG_STRLEN, 32 pages of 4 KiB; it includes the NUL. With larger pages the kernel takes more, and
	// this stays the safe value.
	maxArgString = 128 << 10
)

// argMax returns the bytes that a command and its environment may take: ARG_MAX as sysconf(3) has it.
func argMax() int {
	var stack unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_STACK, &stack); err != nil {
		return argMaxLow
	}
	return argMaxFor(stack.Cur)
}

// argMaxFor is argMax for a limit of the stack.
func argMaxFor(stack uint64) int {
	return int(min(max(stack/4, argMaxLow), argMaxHigh))
}

// maxString returns the longest string that a command may have.
func maxString() int { return maxArgString - 1 }
