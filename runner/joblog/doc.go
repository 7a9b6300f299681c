// Package joblog writes and reads the log of executed tasks that GNU parallel
// keeps with --joblog, so that a run which was cut short by one of the two
// programs can be taken up by the other.
//
// The log is a text file with a line of column names and a row for each task
// that is over, in the order in which they end; the columns are separated by
// tabs:
//
//	Seq Host Starttime JobRuntime Send Receive Exitval Signal Command
//
// A [Row] says what each of them means. Everything here is as GNU parallel
// 20221122 does it, unless said otherwise; older versions, which wrote Runtime
// for JobRuntime and did not pad it, are read too.
//
// # What stands in the log
//
// GNU parallel writes one row for each task, not for each attempt: that of the
// last attempt, with its start and its run time. Exitval and Signal are
//
//	exit N                  N 0
//	killed by signal N      0 N
//	timed out (--timeout)   -1 15, or -1 9 if that did not end it
//	program not found       127 0, or what else the shell exits with
//	killed by --halt now    no row
//	not begun any more      no row
//	killed with the run     no row
//	a dry run               no log
//
// A task is taken for successful if both are 0. With --keep-order GNU parallel
// writes a row only when the output of the task is printed, so that finished
// tasks which wait for their turn are lost when it is killed; write each row
// when its task ends instead.
//
// # What a crash leaves
//
// A row is one write to a file that is open for appending. Once [Writer.Write]
// has returned, the row outlives the death of the process by whatever cause; a
// process that dies meanwhile leaves at most one torn row, the last, which has
// no newline. Readers pass over it, and [Open] cuts it off: GNU parallel would
// take its first digits for a task that is done, and write the next row behind
// them. Nothing is synced to the disk, so that a crash of the whole machine may
// cost the rows of the last seconds.
//
// # Going on
//
// GNU parallel looks at nothing but the numbers: neither does it compare the
// commands with those of the earlier run nor warn when they differ.
//
//	--resume         skip the tasks that are in the log: [Set.Done]
//	--resume-failed  skip those of them that succeeded in some row: [Set.Succeeded]
//	--retry-failed   take the commands of the others from the log: [Failures]
//
// With --retry-failed the command, the arguments and the input files given to
// the run are ignored; each command of the log is run by a shell, under its old
// number, in order of the numbers. (GNU parallel runs, and logs as done, an empty
// command for each number below the highest that is missing in the log; that is
// not worth following.)
//
// All three open the log with [Resume] first, which makes it whole, and then
// read it. GNU parallel takes the first line for column names, whatever it is, and
// ends at a later one that it does not know. Here a file that does not begin as a
// joblog does is refused, and lines in it that are no rows are counted.
package joblog
