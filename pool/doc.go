// Package pool keeps a bounded, reusable set of child processes and runs tasks
// on them.
//
// # Use
//
// A Pool is made by New, is given tasks by Submit, takes no more after Close, and
// has ended when Wait returns. Each task says what to run (Task.Payload), takes
// what is printed (Task.Output) and is told how it ended (Task.Done): a crash or a
// timeout is the end of that task, and no error of the pool's.
//
// What the workers are is the Kind, which is chosen for the whole pool:
//
//	Program      a process for each task, without a shell
//	Shell        shells that stay, and run a function for each task
//	Interpreter  Python, Perl or Node that stays, and runs the same code for each task
//	Coprocess    programs that stay, and answer a message for each task
//	Remote       workers of one of these kinds, in pools of other processes
//
// # Slots
//
// A pool has slots, numbered from 1. A slot is the place of one worker and
// outlives it:
//
//	         a task waits                  the worker says hello
//	empty ------------------> starting --------------------------> idle
//	  ^                          |                                 |  ^
//	  |                          | died, or                  a task|  |the attempt
//	  |                          | could not start           waits |  |is over, and
//	  |                          |                                 |  |none is ahead
//	  |<-------------------------+                                 v  |
//	  |<--------------------------------------------------------- busy <--+
//	  |      the worker died, was killed, or left                  |  |   | the one ahead
//	  |                                                            |  +---+ begins
//	  +--------------- leaving <-----------------------------------+
//	    gone                    idle for too long, one too many, or to be
//	                            recycled (from idle, or after the attempt)
//
// A Program and a Coprocess are ready at once; a Shell and an Interpreter are
// when they know their code, and Init has been run.
//
// # Attempts sent ahead
//
// A busy Interpreter or Coprocess whose attempts are short is sent more of them,
// so that it need not wait for the next one. None is sent ahead that another
// worker could begin:
//
//	Submit --> pending --+--> [ runs ] [ ahead ] [ ahead ] ...    a busy slot
//	             ^       |                  |
//	             |       +--> [ runs ]      |                     another one
//	             |                          |
//	             +--------------------------+
//	               taken back, unread, when the one that runs has turned out to be
//	               slow and another worker can begin it, and when the worker is to
//	               leave; put back when the worker dies
//
// What is taken or put back has not been tried: it is nobody's crash, and its
// attempt keeps its number. Only its Payload is asked for once more. A task tried
// again because it took its worker down (Task.CrashLimit) goes to pending too, as
// its next attempt.
//
// # Shared processes
//
// With Coprocess.Multiplex, several slots are served by one process. Such a slot has
// a seat in it:
//
//	slot 1 --- seat --+
//	slot 2 --- seat --+--- process      one input, in which requests queue up,
//	slot 4 --- seat --+                 and responses in any order
//
// A slot that starts takes a free seat, and a process is started when there is none.
// A slot that leaves gives its seat up at once, but the last one, which sees the
// process to its end: a process has a slot at any time. One that is to be recycled
// gives no more seats. When a process ends by itself, the attempts that it had read
// end with it; when the pool ended it for one of them, the others have not been
// tried.
//
// # Other hosts
//
// With Remote, several slots are served by one stream to a pool elsewhere, in which
// each has a seat. A slot is starting until that pool is ready, and its worker is the
// seat: it takes an attempt, says when it begins there, and how it ended. No more
// slots are started than there are seats. A stream that breaks ends the attempts of
// its seats, and the slots then take seats elsewhere.
//
// # Goroutines
//
// One goroutine, locked to its thread, owns the slots, the children and their
// descriptors; it is started by New and ends before Wait returns. What others
// ask of it is posted to it. It calls Task.Payload, Task.Begun, Task.Retried,
// Task.Done, Output.Write, Resetter.Reset, Options.SlotEnv, Options.Stopped, the methods of Options.Gate and Options.Tokens,
// and the functions of a Coprocess, one at a time; nothing of the pool moves until
// they return. They must not block, and so must not call Submit, Wait, Suspend or
// Continue of the same pool. All its other methods they may.
//
// A socket of a Remote is dialed by a goroutine of its own, for whose end the slot
// waits.
//
// Whoever starts processes is answerable for them: see Options.Subreaper and
// Options.Guard for what becomes of the grandchildren.
package pool
