package pack

import (
	"fmt"
	"io"
	"math"
	"strconv"
)

const (
	// DefaultMaxChars is the size of a command where the user does not say (-s) and the system takes as much: the value of
	// GNU xargs.
	DefaultMaxChars = 128 << 10

	// PointerSize is what the kernel counts for each string of a command besides its bytes.
	PointerSize = strconv.IntSize / 8

	// headroom is what POSIX wants xargs to leave, so that the command can add to its environment.
	headroom = 2048

	// smallestArgMax is _POSIX_ARG_MAX, and smallestLine is _POSIX2_LINE_MAX, the least that a command must have.
	smallestArgMax = 4096
	smallestLine   = 2048

	// kernelReserve is for what the kernel counts beside a command: the path of the program (PATH_MAX is 4096 bytes), and
	// variables that the runner adds to the environment, which the headroom of xargs is not meant for.
	kernelReserve = 4096 + 2048
)

// EnvironmentTooLarge says that the environment leaves no room for a command. Its text is that of GNU xargs.
const EnvironmentTooLarge SizeError = "environment is too large for exec"

// System is what the system lets a command be.
type System struct {
	Environment int // bytes that the environment takes: each NAME=value with its NUL
	MaxChars    int // the largest value for Limits.MaxChars: ARG_MAX less the environment and 2048 bytes of headroom
	MaxString   int // for Limits.MaxString; zero where there is no such limit
	KernelSize  int // for Limits.KernelSize
}

// SystemLimits returns what this system lets a command with the environment env be, now: on Linux it depends on the limit
// for the stack. The error is EnvironmentTooLarge, and the System is good for ShowLimits nevertheless.
func SystemLimits(env []string) (System, error) {
	return system(env, argMax(), maxString())
}

// system is SystemLimits for given limits.
func system(env []string, argMax, maxString int) (System, error) {
	s := System{Environment: size(env), MaxString: maxString}
	s.MaxChars = argMax - s.Environment - headroom
	// The two lists of pointers end with a null pointer each.
	s.KernelSize = max(1, argMax-s.Environment-(len(env)+2)*PointerSize-kernelReserve)
	if s.MaxChars < smallestLine {
		return s, EnvironmentTooLarge
	}
	return s, nil
}

// Limits returns l with what the system sets. MaxChars becomes the default if it is zero or less, and is lowered to
// the system's largest value, where xargs warns.
func (s System) Limits(l Limits) Limits {
	if l.MaxChars <= 0 {
		l.MaxChars = DefaultMaxChars
	}
	l.MaxChars = min(l.MaxChars, s.MaxChars)
	l.MaxString = s.MaxString
	l.KernelSize = s.KernelSize
	return l
}

// ShowLimits writes what xargs --show-limits tells, with maxChars as the limit in force.
func ShowLimits(w io.Writer, s System, maxChars int) error {
	_, err := fmt.Fprintf(w, `Your environment variables take up %d bytes
POSIX upper limit on argument length (this system): %d
POSIX smallest allowable upper limit on argument length (all systems): %d
Maximum length of command we could actually use: %d
Size of command buffer we are actually using: %d
Maximum parallelism (--max-procs must be no greater): %d
`,
		// The fourth number takes the environment off a second time. So does xargs.
		s.Environment, s.MaxChars, smallestArgMax, s.MaxChars-s.Environment, maxChars, math.MaxInt32)
	return err
}

// ShowNotice writes what xargs adds to --show-limits when it is going to read a terminal. With runsOnce it also says that
// command runs even if there is no input.
func ShowNotice(w io.Writer, command string, runsOnce bool) error {
	const notice = "\nExecution of xargs will continue now, and it will try to read its input and run commands; " +
		"if this is not what you wanted to happen, please type the end-of-file keystroke.\n"
	const warning = "Warning: %s will be run at least once.  " +
		"If you do not want that to happen, then press the interrupt keystroke.\n"
	if _, err := io.WriteString(w, notice); err != nil || !runsOnce {
		return err
	}
	_, err := fmt.Fprintf(w, warning, command)
	return err
}
