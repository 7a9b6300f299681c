// Package chaos runs the xpool binary again and again while everything goes wrong
// that can be arranged, and holds each run to a model of what is allowed. It is for
// tests only.
//
//	seed --> Plan: kind of worker, options, tasks, input, reader, faults
//	           |
//	           +--> stage: xpool in a directory and a session of its own
//	           |      ^  ^
//	           |      |  +-- faults, at their times
//	           |      +----- input, and a reader of the output
//	           |
//	           +--> model: what the plan and the faults that took effect allow
//	                  ^
//	    observation --+  status, output, joblog, the tasks' own log, what is left
//
// A Plan is a function of its seed. When its faults hit is not: a seed that has failed
// once may pass the next time.
//
// # The model
//
// Of each run it is checked that
//
//   - it ends before its deadline; if it does not, its goroutines are printed
//   - no task has two verdicts, and each has one unless something ended the run early
//   - what is printed is whole and in order: of a task that is ok all of its output, of
//     any other one the beginning of it
//   - the exit status is that of the verdicts, or of what ended the run
//   - each failure has its cause in the plan, or in a fault of its own that was played
//   - no task began more often than it may, nor after it had been ok
//   - nothing is left: no process, dead or alive, no file, nobody who holds the output
//   - where the run was ended early, --resume does what is missing, and nothing else
//
// Elsewhere than on Linux there is none of this.
package chaos
