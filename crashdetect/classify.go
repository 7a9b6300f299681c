package crashdetect

import (
	"bytes"
	"errors"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unicode"
	"unicode/utf8"
)

// End is what was seen of an attempt when it was over. The zero End is an attempt of which nothing at all was seen.
type End struct {
	// StartErr is why the attempt never ran. A *StartError brings its own exit status; any other error (a record that
	// cannot be an argument, say) is text to show and counts as "cannot be run".
	StartErr error

	// Status is how the process ended, where HasStatus is true. A worker that lives on has none.
	Status    syscall.WaitStatus
	HasStatus bool

	// ShellStatus tells that the exit status, of the process or of the reply, was given by a shell for the command it ran.
	ShellStatus bool

	// TimedOut, Stalled, OverMemory and Stopped tell that the owner decided to end the attempt, and why; the owner sets
	// the first reason only. Limit is what was allowed, for the first two; Used and MemoryLimit are the bytes that the
	// attempt had and was allowed, for the third. All of them may be left at 0 when they are not known.
	TimedOut, Stalled, OverMemory, Stopped bool
	Limit                                  time.Duration
	Used, MemoryLimit                      int64

	// Signalled tells that a signal for that reason was sent before the attempt's reply or end was seen. Without it, the
	// deadline merely passed while the attempt was ending by itself.
	Signalled bool

	// Worker tells that the process was a reusable worker: exiting is no reply. Replied tells that its reply to this
	// task was complete, and ReplyCode is the task's exit status in it.
	Worker    bool
	Replied   bool
	ReplyCode int

	// Protocol says, in one line, what the worker wrote instead of a reply, see NotAResponse; "" if it did not.
	// ProtocolName is which protocol it broke, such as "json", and may be left out.
	Protocol, ProtocolName string

	// ConnectionLost says, in one line, how the connection to a worker elsewhere broke; "" if it did not.
	ConnectionLost string

	// OOM is evidence that the kernel killed a process of this attempt for want of memory, as OOMWatch.Killed gives it;
	// "" without evidence. Peak is the most memory that one of the attempt's processes had, in bytes, 0 if that is not
	// known; it is told together with the evidence only, since by itself it proves nothing.
	OOM  string
	Peak int64
}

// Classify returns the verdict on an ended attempt. It is a pure function. Where an End tells several stories, the first
// of these is true:
//
//  1. StartErr: what never ran cannot have done anything else.
//  2. TimedOut, Stalled, OverMemory or Stopped once a signal was sent for it: what follows (the death by our own signal, a reply cut
//     short, a connection that we tore, even an exit with status 0) is an effect, not a cause.
//  3. A complete reply: the task is done. The worker's death, or garbage that it wrote afterwards, costs the worker.
//  4. ConnectionLost: a line that breaks leaves half a message, which is not the worker's fault.
//  5. Protocol: the worker is killed for it, so its status says nothing.
//  6. A signal, with evidence of a lack of memory: OutOfMemory; without: Killed. So is a shell's 128+9 with evidence:
//     the shell lives, the command that it ran is what the kernel killed.
//  7. The exit status; for a worker, also 0, since it owed a reply.
//  8. Without a status, the owner's reason, though no signal was sent: nothing began that could be signalled.
//  9. Otherwise Lost.
//
// A deadline that passed while the attempt was exiting by itself, before any signal was sent, is therefore no timeout.
func Classify(e End) Verdict {
	switch {
	case e.StartErr != nil:
		return notStarted(e.StartErr)
	case e.Signalled && e.hasReason():
		return e.reason()
	case e.Replied:
		return e.exited(e.ReplyCode)
	case e.ConnectionLost != "":
		return Verdict{Kind: Lost, Detail: oneLine(e.ConnectionLost)}
	case e.Protocol != "":
		return Verdict{Kind: Protocol, Detail: oneLine(e.Protocol), ProtocolName: oneLine(e.ProtocolName)}
	case e.HasStatus && e.Status.Signaled():
		return e.killed()
	case e.HasStatus && e.Status.Exited():
		if e.Worker {
			return Verdict{Kind: Exit, Code: e.Status.ExitStatus(), Exited: true, Left: true}
		}
		return e.exited(e.Status.ExitStatus())
	case e.hasReason():
		return e.reason()
	}
	return Verdict{Kind: Lost, Detail: "its end was not seen"}
}

func (e End) hasReason() bool { return e.TimedOut || e.Stalled || e.OverMemory || e.Stopped }

// reason is the verdict on an attempt that the owner ended, with what became of its process.
func (e End) reason() Verdict {
	v := Verdict{Kind: Stopped}
	switch {
	case e.TimedOut:
		v.Kind, v.Limit = TimedOut, e.Limit
	case e.Stalled:
		v.Kind, v.Limit = Stalled, e.Limit
	case e.OverMemory:
		v.Kind, v.Memory, v.MemoryLimit = OverMemory, max(e.Used, 0), max(e.MemoryLimit, 0)
	}
	switch {
	case e.Replied:
		v.Exited, v.Code, v.ShellStatus = true, e.ReplyCode, e.ShellStatus
	case e.HasStatus && e.Status.Exited():
		v.Exited, v.Code, v.ShellStatus = true, e.Status.ExitStatus(), e.ShellStatus
	case e.HasStatus && e.Status.Signaled():
		v.Signal, v.Core = e.Status.Signal(), e.Status.CoreDump()
	}
	return v
}

// killed is the verdict on a process that a signal ended which was not ours.
func (e End) killed() Verdict {
	v := Verdict{Kind: Killed, Signal: e.Status.Signal(), Core: e.Status.CoreDump(), Left: e.Worker}
	if e.OOM != "" {
		v = v.outOfMemory(e)
	}
	return v
}

// exited is the verdict on a task's exit status: the zero Verdict for 0.
func (e End) exited(code int) Verdict {
	v := Verdict{Code: code, Exited: true, ShellStatus: e.ShellStatus}
	switch {
	case code == 0:
		return Verdict{}
	case e.OOM != "" && e.ShellStatus && code == 128+int(syscall.SIGKILL):
		v = v.outOfMemory(e)
	default:
		v.Kind = Exit
	}
	return v
}

// outOfMemory returns v with the evidence of e as its reason.
func (v Verdict) outOfMemory(e End) Verdict {
	v.Kind, v.Evidence, v.Memory = OutOfMemory, oneLine(e.OOM), max(e.Peak, 0)
	return v
}

// notStarted is the verdict on an attempt that never ran.
func notStarted(err error) Verdict {
	v := Verdict{Kind: NotStarted, Code: 126, Detail: oneLine(err.Error())}
	if se, ok := errors.AsType[*StartError](err); ok {
		v.Code = se.Code()
	}
	return v
}

// excerptMax is how much Excerpt shows of what a worker wrote, in bytes: enough to recognise it by.
const excerptMax = 60

// Excerpt returns the beginning of what a worker wrote, in quotes, with all that does not show escaped; dots after the
// quotes say that there is more. It does not end within a character.
func Excerpt(wrote []byte) string {
	if len(wrote) <= excerptMax {
		return strconv.Quote(string(wrote))
	}
	end := excerptMax
	for back := 1; back < utf8.UTFMax && !utf8.RuneStart(wrote[end]); back++ { // no half of a character
		end--
	}
	return strconv.Quote(string(wrote[:end])) + "..."
}

// NotAResponse returns text for End.Protocol about what a worker wrote where a response of its protocol should stand, and
// about the usual cause: it, or a library that it uses, prints messages to standard output. Wrote need not be all of it.
func NotAResponse(wrote []byte) string {
	return Excerpt(bytes.TrimRight(wrote, "\r\n")) + " is not a response (does it print to standard output?)"
}

// oneLine returns s with each run of line ends and other control characters as one blank: what a child wrote must
// neither break a message in two nor reach the terminal's controls.
func oneLine(s string) string {
	if !strings.ContainsFunc(s, unicode.IsControl) {
		return s
	}
	return strings.Join(strings.FieldsFunc(s, unicode.IsControl), " ")
}
