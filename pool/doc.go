// Package pool keeps a bounded, reusable set of child processes and runs tasks
// on them.
//
// A pool has slots, numbered from 1. A slot is the place of one worker and
// outlives it:
//
//	         a task waits                  the worker says hello
//	empty ------------------> starting --------------------------> idle
//	  ^                          |                                 |  ^
//	  |                          | died, or                  a task|  |the attempt
//	  |                          | could not start           waits |  |is over
//	  |<-------------------------+                                 v  |
//	  |<--------------------------------------------------------- busy
//	  |      the worker died, was killed, or left                  |
//	  |                                                            |
//	  +--------------- leaving <-----------------------------------+
//	    gone                    idle for too long, or one too many
//	                            (from idle, or after the attempt)
//
// What runs in a slot depends on the Kind: Program starts a process for each
// task, Shell keeps shells that run a function for each.
//
// One goroutine, locked to its thread, owns the slots, the children and their
// descriptors; it is started by New and ends before Wait returns. What others
// ask of it is posted to it. Task.Done, Task.Payload and Output.Write are called
// on it and must not block.
//
// Whoever starts processes is answerable for them: see Options.Subreaper and
// Options.Guard for what becomes of the grandchildren.
package pool
