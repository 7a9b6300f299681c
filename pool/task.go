package pool

import (
	"time"

	"xpool/crashdetect"
)

// Task is one unit of work. It belongs to the pool from Submit until Done has
// been called.
type Task struct {
	// Seq is the task's number, which its processes find in XPOOL_SEQ.
	Seq int64

	// Payload says what to run, once it is known where: it is called at the
	// start of each attempt. An error means that the task cannot be run; it ends
	// with a verdict NotStarted whose detail is the error's text.
	Payload func(Place) (Payload, error)

	// Output takes what the task prints. If nil, a program inherits the pool's
	// own standard output and standard error; other kinds need an Output.
	Output Output

	// Timeout bounds each attempt; 0 means no bound.
	Timeout time.Duration

	// Done is called once, when the task is over. It must not block, nor call
	// the pool's Wait.
	Done func(Result)
}

// Place is where an attempt runs.
type Place struct {
	Slot    int // from 1
	Attempt int // from 1
}

// Payload is what an attempt runs. Which fields matter is the kind's affair.
// No string may contain a NUL byte.
type Payload struct {
	// Args are a program's words, the program's own name first; or the
	// positional parameters of a shell's task.
	Args []string

	// Values are what a shell's task finds in the variables ShellOptions.Names.
	Values []string

	// InWorker lets a shell run the task in the worker itself, without a
	// subshell: the caller vouches that it leaves no trace, or wants it to.
	InWorker bool
}

// Stream is one of the two streams that a task writes.
type Stream int

// The streams of a task.
const (
	Stdout Stream = iota
	Stderr
	streams // how many there are
)

// Output takes what one task prints.
type Output interface {
	// Write takes b, which is valid only during the call. If it wants no more
	// for the time being it returns false, and has resume called later, once,
	// from any goroutine; until then the task is not read, and so blocks when
	// the pipe is full.
	Write(s Stream, b []byte, resume func()) (more bool)
}

// Result is what an attempt ended with.
type Result struct {
	Seq     int64
	Slot    int // 0 if the task never came to one
	Attempt int
	Pid     int // of the process that ran it, 0 if none did
	Verdict crashdetect.Verdict
	Err     error  // what kept it from beginning, nil if it began
	Words   string // last words of a worker that died: the end of its own standard error

	Start, End time.Time // zero if it never started

	// Usage is what the task's process used, where a process ran that task alone.
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
	starts  int // how often starting it was put off for a shortage
}
