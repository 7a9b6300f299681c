// Package halt says when a run ends before its tasks do, when a task has to end, and how it is told.
//
// A Policy is what --halt asks for, and a Counter applies it to the tasks of one run as they end. A RelativeTimeout is what
// --timeout comes to, and a TermSeq the order of --term-seq. All are values and rules only: nothing here sends a signal, waits
// or reads a clock.
//
// # The grammar
//
//	never, 0               run everything
//	WHEN,WHY=N             after N tasks
//	WHEN,WHY=N%            after N percent of all tasks: the total must be known first
//	1, 2                   soon,fail=1 and now,fail=1
//	-1, -2                 soon,success=1 and now,success=1
//	N%                     soon,fail=N%
//
// WHEN is soon (what runs may end, nothing else begins) or now (what runs is killed). WHY is fail, success or done. It is
// the grammar of GNU parallel 20221122, with the "," and the "=" interchangeable. That version has no abbreviation of the
// words and no longer the bare numbers from 3 to 99 of older ones; they are refused here as there.
//
// # GNU parallel's exit status
//
// Counter.Status returns it. Each line was seen from GNU parallel 20221122 itself; n is N, or the tasks that N% stands for.
//
//	never                         the number of tasks that failed, 101 for more than 100
//	fail, reached, n = 1          the status of the task that failed; 128+N for one killed by signal N, 255 for one timed out
//	fail=N, reached               the number that had failed by then, 101 for more than 100
//	fail=N%, reached, n not 1     the percentage of all tasks that had failed by then, rounded up
//	done, reached                 as for fail: with n = 1 the status of the task that ended, which may be 0
//	success, reached              0, whatever failed before or after
//	any N, not reached            the number of tasks that failed, 101 for more than 100
//	any N%, not reached           the percentage of tasks that failed, rounded up
//
// With soon, tasks that end after the limit was reached change nothing. n is not rounded: with fail=20%, n is 1 of 5 tasks,
// so that one failure ends the run with its own status; of 6 tasks it is 1.2, so that it takes two failures.
//
// There is no least number of tasks for a percentage: fail=1% of a single task is reached by its failure, with status 100.
//
// Three oddities of GNU parallel are not kept. A limit of 0 or 0% makes it stop at the first failure and exit 0; here it is a limit of
// 1. It computes percentages in floating point, so that 7 failures of 100 do not reach 7% and are then told as 8; here they are
// exact. And with --retries it divides by the attempts begun where the limit was not reached; here always by tasks.
package halt
