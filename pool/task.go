package pool

import (
	"time"

	"xpool/crashdetect"
)

// Task is one unit of work. It belongs to the pool from Submit until Done has
// been called, and must not be changed by others meanwhile. Payload and Done have
// to be set; the zero values of all other fields are of use.
type Task struct {
	// Seq is the task's number, which its processes find in XPOOL_SEQ. Tasks of
	// several runs that share a pool may have the same.
	Seq int64

	// First is the number of the first attempt, which its processes find in
	// XPOOL_ATTEMPT; 0 counts as 1. It is more if others were made elsewhere, which
	// do not count for CrashLimit, but for Tries.
	First int

	// Payload says what to run, once it is known where: it is called when an
	// attempt begins or is sent ahead, and once more if it is taken back. An error
	// means that the task cannot be run; it ends with a verdict NotStarted whose
	// detail is the error's text. What it returns must not be changed until Done.
	Payload func(Place) (Payload, error)

	// Output takes what the task prints. If nil, a Program's process inherits this
	// process's own standard output and standard error, and a Coprocess's output is
	// dropped; a Shell and an Interpreter need an Output.
	Output Output

	// Timeout bounds each attempt, from its beginning on its worker; 0 means no
	// bound. It and the next two end the attempt with its whole tree of processes,
	// and a worker that stays with it, and the task is not tried again.
	Timeout time.Duration

	// StallTimeout bounds how long an attempt may print nothing; 0 means no bound.
	// While the Output wants no more, it does not count as silence. Without an
	// Output it means nothing.
	StallTimeout time.Duration

	// MemLimit bounds the memory in bytes that the process of an attempt and those
	// that it has started use together, those of a worker that stays included; 0
	// means no bound. It is looked at ten times a second. On systems other than
	// Linux it is not known, and means nothing.
	MemLimit int64

	// CrashLimit is how often the task may take its worker down, or its own process
	// if the kind is Program: it is tried again until then. 0 counts as 1. If it is
	// more, the Output should be a Resetter, or it gets what all attempts print.
	CrashLimit int

	// Tries is how often the task is tried in all, whatever its attempts fail of
	// once they have begun; 0 counts as 1. RetryDelay is the time between the end of
	// an attempt and when the next one may begin. As for CrashLimit, the Output
	// should be a Resetter.
	Tries      int
	RetryDelay time.Duration

	// Retried, if set, is called after each attempt that is followed by another, with
	// how it ended. It must not block, nor call Submit or Wait of the pool.
	Retried func(Result)

	// Begun, if set, is called when an attempt runs on its worker, each time that
	// happens. Like Done it is called on the pool's goroutine.
	Begun func(Begun)

	// Done is called once, when the task is over: it has begun and ended, or will
	// not begin any more. Nothing is written to Output afterwards. It must not
	// block, nor call Submit or Wait of the pool.
	Done func(Result)
}

// Place is where an attempt runs.
type Place struct {
	Slot    int // from 1
	Attempt int // from 1
}

// Begun is what runs an attempt.
type Begun struct {
	Place
	Pid int // of the process, the worker's if it stays
}

// Payload is what an attempt runs. Which fields matter is the kind's affair. For a
// Program and a Shell no string may contain a NUL byte.
type Payload struct {
	// Args are, for a Program, its words, of which there is one at least, the
	// program's own name; for a Shell, the positional parameters; for an
	// Interpreter, what the code finds as its arguments, one at least; for a
	// Coprocess, the record that it is sent, see Protocol.
	Args []string

	// Values are what a Shell's task finds in the variables Shell.Names, and are as
	// many as these.
	Values []string

	// Stdin is the path of what a Program's or a Shell's task finds as its standard
	// input, opened anew for each attempt; "" is /dev/null, or Program.Stdin. That
	// must not block: it is a file, or a pipe that has a writer, by its name in
	// /proc. For a Shell it means something only with Shell.Stdin.
	Stdin string

	// Files go with the attempt to a Remote's host and back; nil is none. For other
	// kinds they mean nothing.
	Files *Files

	// InWorker lets a Shell run the task in the worker itself, without a
	// subshell: the caller vouches that it leaves no trace, or wants it to.
	InWorker bool
}

// Files are what an attempt needs of the files of this machine, and what it makes of
// its own on another one.
type Files struct {
	// Send are there, with their permissions, before the attempt begins. One that
	// cannot be sent keeps it from beginning.
	Send []File

	// Return are sent back when the attempt has ended, however that was. One that is
	// missing after an attempt that ended well makes of its verdict NotStarted, whose
	// Detail says so.
	Return []File

	// Remove has all of those removed there in the end, and the directories below the
	// workers' one that are empty then.
	Remove bool
}

// File is a regular file that is, or is to be, on two machines. Directories on the
// way to it are made.
type File struct {
	Here  string // its path
	There string // below the workers' directory, if it is not absolute
}

// Stream is one of the two streams that a task writes.
type Stream int

// The streams of a task.
const (
	Stdout Stream = iota
	Stderr
	streams // how many there are
)

// Output takes what one task prints. It is used by one attempt at a time.
type Output interface {
	// Write takes b, which is valid only during the call. If it wants no more
	// for the time being it returns false, and has resume called later, once,
	// from any goroutine; until then the task is not read, and so blocks when
	// the pipe is full.
	Write(s Stream, b []byte, resume func()) (more bool)
}

// Resetter is an Output that can drop what an attempt has printed, because there
// will be another one.
type Resetter interface {
	Output

	// Reset drops all that was written. It is called on the pool's goroutine.
	Reset()
}

// Result is what a task ended with: how its last attempt did. It is the receiver's
// to keep.
type Result struct {
	Seq     int64               // of the task
	Slot    int                 // 0 if the attempt never came to one
	Attempt int                 // from 1; 0 if the task never came to a slot
	Host    string              // the name of the RemoteHost that ran it last; "" is this process's own
	Pid     int                 // of the process that ran it, on that host, the worker's if it stays; 0 if none did
	Verdict crashdetect.Verdict // how it ended; its OK tells whether all went well
	Err     error               // what kept it from beginning; nil if it began, or was stopped before
	Words   string              // last words of a worker that died: the end of what it said on its own standard error since the attempt began

	Start, End time.Time // zero if the attempt never came to a slot

	// Usage is what the task's process used, if the kind is Program; else it is
	// zero.
	Usage Usage
}

// Usage is what a process and the children that it waited for have used.
type Usage struct {
	User, System time.Duration
	MaxRSS       int64 // bytes, of the largest process
}

// attempt is one try of a task on a worker.
type attempt struct {
	task    *Task
	number  int
	payload Payload
	start   time.Time
	limit   time.Duration // how long it may take, 0 for as long as it likes
	starts  int           // how often starting it was put off for a shortage
	crashes int
	watched *watchedOutput // nil if its silence does not matter
	stopped bool           // Options.Stopped was called

	condemned *stopping // how it is to be ended, now or when it begins; nil if it is not to be
}
