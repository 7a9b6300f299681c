package crashdetect

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"syscall"
	"time"
)

// Kind is the sort of end that an attempt came to.
type Kind uint8

const (
	OK          Kind = iota // it exited with status 0, or its worker replied so
	Exit                    // it exited with another status
	Killed                  // a signal ended it, and no cause of ours or of the kernel's memory management is known
	OutOfMemory             // it was killed for want of memory, on evidence
	TimedOut                // it ran longer than it was allowed to and was ended for it
	Stalled                 // it was silent longer than it was allowed to and was ended for it
	NotStarted              // it never ran: no such program, or a record that cannot be handed over
	Protocol                // its worker wrote what is no reply
	Lost                    // the connection to its worker broke, or its end was never seen
	OverMemory              // it had more memory than its owner allowed it and was ended for it
	Stopped                 // the run was interrupted or halted, and it was ended or not begun for that
)

// String returns the kind in a word or two, such as "timed out". The words are stable: scripts may match them.
func (k Kind) String() string {
	switch k {
	case OK:
		return "ok"
	case Exit:
		return "exit"
	case Killed:
		return "killed"
	case OutOfMemory:
		return "out of memory"
	case TimedOut:
		return "timed out"
	case Stalled:
		return "stalled"
	case NotStarted:
		return "could not start"
	case Protocol:
		return "broke the protocol"
	case Lost:
		return "lost connection"
	case OverMemory:
		return "memory limit"
	case Stopped:
		return "stopped"
	}
	return fmt.Sprintf("kind %d", uint8(k))
}

// Verdict is what is known of an ended attempt. The zero Verdict is OK. It is a plain value: it can be copied, compared
// with == and sent elsewhere.
type Verdict struct {
	Kind Kind

	// Code is the exit status (0..255) where Exited is true. For NotStarted it is what a shell would exit with:
	// 127 for a program that was not found, 126 for everything else.
	Code int

	// Exited tells that the process ended by exiting, whatever Kind says of the reason, so that Code means something.
	Exited bool

	// ShellStatus tells that Code was given by a shell, which reports a command that signal N ended as 128+N.
	ShellStatus bool

	// Signal is what ended the process, or 0; Core tells that the kernel dumped its core.
	Signal syscall.Signal
	Core   bool

	// Limit is what a TimedOut or Stalled attempt was allowed, or 0 when that is unknown.
	Limit time.Duration

	// Evidence is what OutOfMemory rests on, such as "kernel OOM killer".
	Evidence string

	// Memory is the peak of an OutOfMemory attempt, and what an OverMemory attempt used; MemoryLimit is what the latter
	// was allowed. Both are bytes, or 0 when that is unknown.
	Memory, MemoryLimit int64

	// Detail says why, in one line: for NotStarted the whole sentence, for Protocol and Lost what follows the colon.
	Detail string

	// ProtocolName is which protocol a Protocol verdict is about, such as "json"; "" if that is not known.
	ProtocolName string

	// Left tells that a reusable worker went away, by exit or by signal, without replying to the task.
	Left bool
}

// OK tells whether the attempt did what was asked.
func (v Verdict) OK() bool { return v.Kind == OK }

// String returns the verdict as a sentence without a full stop, such as "killed by SIGSEGV (core dumped)".
func (v Verdict) String() string {
	switch v.Kind {
	case OK:
		return "ok"
	case Exit, Killed:
		return v.endSentence()
	case OutOfMemory:
		return v.ending() + ", out of memory" + parenthesis(v.Evidence, prefixed("peak ", sizeString(v.Memory, 1)))
	case TimedOut:
		return "timed out" + prefixed(" after ", limitString(v.Limit)) + v.afterwards()
	case Stalled:
		return orElse(prefixed("no output for ", limitString(v.Limit)), "stalled") + v.afterwards()
	case NotStarted:
		return orElse(v.Detail, "could not start")
	case Protocol:
		return "worker broke the" + prefixed(" ", v.ProtocolName) + " protocol" + prefixed(": ", v.Detail)
	case Lost:
		return "lost connection" + prefixed(": ", v.Detail)
	case OverMemory:
		return v.excess() + v.afterwards()
	case Stopped:
		return "stopped" + v.afterwards()
	}
	return v.Kind.String()
}

// Label returns the short form under which a summary counts the verdict: the same for ends that are alike, without
// limits, evidence or details.
func (v Verdict) Label() string {
	switch {
	case v.Kind == Killed:
		return SignalName(v.Signal)
	case v.Kind == Exit && v.Left:
		return "worker exited"
	case v.Kind == Protocol:
		return "protocol"
	case v.Kind == Exit:
		return fmt.Sprintf("exit %d", v.Code)
	}
	return v.Kind.String()
}

// Told tells whether the verdict deserves a line of its own. Ordinary exit statuses do not, and what the user stopped
// does not; a worker that left, and a status by which a shell reports a crash, do.
func (v Verdict) Told() bool {
	switch v.Kind {
	case OK, Stopped:
		return false
	case Exit:
		return v.Left || v.shellSignal() != 0
	}
	return true
}

// ExitStatus returns what a program whose only failure is v should exit with: 0 all well, 123 exit 1..254, 124 exit 255,
// 125 ended from outside or gone without an answer, 126 cannot be run, 127 not found. 123 to 127 are those of xargs,
// but for a task that a signal ended, where xargs stops and exits 125 too.
func (v Verdict) ExitStatus() int {
	switch v.Kind {
	case OK:
		return 0
	case Exit:
		switch {
		case v.Left: // the status is the worker's, and says nothing of the task
			return 125
		case v.Code == 255:
			return 124
		}
		return 123
	case NotStarted:
		if v.Code == 127 {
			return 127
		}
		return 126
	}
	return 125
}

// endSentence is String for an attempt that ended by itself.
func (v Verdict) endSentence() string {
	switch {
	case v.Left && v.Signal == 0 && v.Code == 0: // which by itself looks as if all were well
		return "worker exited with status 0 before it replied"
	case v.Left && v.Signal == 0:
		return fmt.Sprintf("worker exited with status %d", v.Code)
	case v.Left:
		return "worker " + v.ending() + v.core()
	case v.Signal != 0:
		return v.ending() + v.core()
	}
	if sig := v.shellSignal(); sig != 0 {
		return v.ending() + ", which a shell gives for a command killed by " + SignalName(sig)
	}
	return v.ending()
}

// ending says how the process went, and nothing of the reason.
func (v Verdict) ending() string {
	if v.Signal != 0 {
		return "killed by " + SignalName(v.Signal)
	}
	return fmt.Sprintf("exit %d", v.Code)
}

// core tells of a core dump.
func (v Verdict) core() string {
	if v.Core {
		return " (core dumped)"
	}
	return ""
}

// excess says how far over its memory limit an attempt was. Two amounts that round to the same would say nothing: then
// they are told in more detail.
func (v Verdict) excess() string {
	used, limit := sizeString(v.Memory, 1), sizeString(v.MemoryLimit, 1)
	if used == limit && v.Memory != v.MemoryLimit {
		used, limit = sizeString(v.Memory, 3), sizeString(v.MemoryLimit, 3)
	}
	if used == "" || limit == "" {
		return "over its memory limit"
	}
	return "used " + used + ", over its limit of " + limit
}

// afterwards says what became of a process that was told to end. One that took the hint and exited was not killed, and
// of one whose end was not seen nothing is said.
func (v Verdict) afterwards() string {
	switch {
	case v.Signal == syscall.SIGTERM || v.Signal == syscall.SIGKILL:
		return ", killed"
	case v.Signal != 0 || v.Exited:
		return ", " + v.ending()
	}
	return ""
}

// shellSignal returns the signal that a shell's exit status stands for, or 0. Only signals that hardly anything but a
// crash or a kill can explain count: 130 or 143 are everyday ways to exit.
func (v Verdict) shellSignal() syscall.Signal {
	if v.Kind != Exit || !v.ShellStatus || v.Left || v.Code <= 128 {
		return 0
	}
	switch sig := syscall.Signal(v.Code - 128); sig {
	case syscall.SIGILL, syscall.SIGTRAP, syscall.SIGABRT, syscall.SIGBUS, syscall.SIGFPE, syscall.SIGKILL,
		syscall.SIGSEGV, syscall.SIGXCPU, syscall.SIGXFSZ, syscall.SIGSYS:
		return sig
	}
	return 0
}

// limitString returns d as a person writes it, 1m and not 1m0s, to the millisecond where that loses nothing that counts;
// "" for a limit that is not known.
func limitString(d time.Duration) string {
	if d <= 0 {
		return ""
	}
	if d > time.Second {
		d = d.Round(time.Millisecond)
	}
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// sizeString returns a number of bytes as a person writes it, with so many decimals: "7.9 GiB", "512 B"; "" for an amount
// that is not known.
func sizeString(bytes int64, decimals int) string {
	switch {
	case bytes <= 0:
		return ""
	case bytes < 1<<10:
		return fmt.Sprintf("%d B", bytes)
	}
	const units = "KMGTPE"
	size, unit := float64(bytes)/1024, 0
	for size >= 1024-0.5/math.Pow10(decimals) { // what would be written as 1024.0
		size, unit = size/1024, unit+1
	}
	return fmt.Sprintf("%.*f %ciB", decimals, size, units[unit])
}

// parenthesis returns " (a; b)" of the parts that are not "", and "" when all are.
func parenthesis(parts ...string) string {
	parts = slices.DeleteFunc(parts, func(s string) bool { return s == "" })
	if len(parts) == 0 {
		return ""
	}
	return " (" + strings.Join(parts, "; ") + ")"
}

// prefixed returns prefix and s, or "" when s is "".
func prefixed(prefix, s string) string {
	if s == "" {
		return ""
	}
	return prefix + s
}

// orElse returns s, or fallback when s is "".
func orElse(s, fallback string) string {
	if s == "" {
		return fallback
	}
	return s
}
