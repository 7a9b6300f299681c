// Package jobserver shares slots with other programs as GNU make does: each program runs one job at a time on its own
// account, and takes a token, a byte out of a pipe that all share, for each further one that it runs at once. When that
// job is over it puts the token back. The protocol is that of make's manual, "POSIX Jobserver Interaction".
//
//	                Share                    want
//	pool's goroutine ----> Jobserver (mutex) ----> reader (goroutine) <---- pipe
//	       ^                   |                        |                    ^
//	       |                   +---- a token back ------|--------------------+
//	       +------------------------- wake -------------+
//
// A client (Attach) finds the pipe in the variables of its environment. A server (Serve) makes the pipe, puts in one token
// fewer than it has slots, and is a client of itself from then on: its own first job, and the first job of each program
// below it, need no token.
//
// A token that a client holds is on loan, see crashdetect.Loan: it is put back even if the process is killed. What the
// programs below hold when they are killed is lost to a client. A server knows how many tokens there are, and makes up
// for those that are missing when no job runs.
//
// A token goes from job to job, which saves the pipe, but not for longer than a slice of time: then the others may have it.
package jobserver
