package pool

import (
	"syscall"
	"time"

	"xpool/crashdetect"
)

// Options say how a pool is run. The zero value is a pool of one slot that lets
// idle workers stay, and kills at once what it ends. New copies what it needs of
// them.
type Options struct {
	// Jobs is the number of slots; less than 1 counts as 1.
	Jobs int

	// IdleTimeout is how long a worker may be idle before it is let go; 0 means
	// until the pool ends. A worker that is let go sees the end of its input; a
	// second later it gets SIGTERM.
	IdleTimeout time.Duration

	// KillAfter is the time between SIGTERM and SIGKILL; 0 means no time.
	KillAfter time.Duration

	// TermSeq is how an attempt is brought to its end instead of SIGTERM and, after
	// KillAfter, SIGKILL: step by step, and SIGKILL at the end in any case.
	TermSeq []TermStep

	// Gate, if set, says when attempts may begin. Nothing is sent ahead then.
	Gate Gate

	// NoAhead keeps attempts from being sent ahead: the end of one may decide whether
	// another is to begin.
	NoAhead bool

	// Tokens, if set, says how many attempts may run at once, apart from Jobs.
	Tokens Tokens

	// Loan is what Guard puts back if this process is killed: what Tokens has taken.
	// It may be nil; otherwise the guard is there before Tokens is asked for a second
	// attempt.
	Loan *crashdetect.Loan

	// Nice is added to the nice value of the workers and what they start.
	Nice int

	// Dir is the working directory of the workers; "" is the process's own.
	Dir string

	// Env is the environment of the workers; nil means the process's own. The
	// pool adds XPOOL_RUN, XPOOL_SLOT and, for each task, XPOOL_SEQ and
	// XPOOL_ATTEMPT; a Coprocess, which starts before its first task, finds 0 in
	// the last two. PATH in it is where programs are searched for.
	Env []string

	// SlotBase is added to the numbers of slots that processes find in XPOOL_SLOT, and
	// that SlotEnv is told: the pool is a part of a larger one.
	SlotBase int

	// SlotEnv, if set, returns further variables for the workers of a slot, whose
	// number counts from 1, or from 1+SlotBase. It is called on the pool's goroutine for each process
	// that is started.
	SlotEnv func(slot int) []string

	// InitTimeout is how long a Shell or an Interpreter may take until it is ready,
	// its Init included; 0 means 30 s. One that takes longer breaks the pool.
	InitTimeout time.Duration

	// RecycleTasks is how many tasks a worker that stays does before it is replaced;
	// 0 means no limit.
	RecycleTasks int

	// RecycleRSS is the resident memory in bytes over which a worker that stays is
	// replaced after a task, which is looked at no more than once a second; 0 means
	// no limit. It is that of the worker's own process. See RecycleAuto. On systems
	// other than Linux it is not known, and nothing is replaced.
	RecycleRSS int64

	// Stopped, if set, is called on the pool's goroutine when the process that runs the
	// task with a number was found stopped by SIGTTIN or SIGTTOU, within about a second
	// and once for an attempt: it wants the terminal, which it will not get in the process
	// group that it has. On systems other than Linux that is not known.
	Stopped func(seq int64, sig syscall.Signal)

	// Subreaper makes this process adopt the orphans of its children, and the
	// pool end them when it ends itself. That is a property of the whole
	// process: leave it false in one that has other children to look after.
	Subreaper bool

	// Spare, if set, tells whether a child of this process was started by somebody
	// else, and is none of the pool's business. It is called from any goroutine.
	Spare func(pid int) bool

	// Guard is the file of a program that calls crashdetect.RunGuard when its
	// Argv[0] is "xpool-guard". If set, a run that lasts starts one, which ends
	// what the children have started even if this process is killed.
	Guard string

	// Scratch is a directory of the run's own that Guard removes with all in it if this
	// process is killed, as an absolute path; "" is none. Else it is the caller's to remove.
	Scratch string
}
