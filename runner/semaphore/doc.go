// Package semaphore is a counting semaphore among processes of one user on one machine: what GNU parallel has as sem. At
// most n holders of a name are there at a time; whoever dies, by kill -9 even, holds no more and waits no more; and waiting
// takes no time on the CPU.
//
// # How it is made
//
// Each semaphore is a directory of its own, with FIFOs in it that nothing is ever written to:
//
//	lock               a file whose flock(2) allows to change the directory, for microseconds
//	turn               a FIFO whose writers have the lock, or try to take it
//	hold-RANDOM        a FIFO whose writer is a holder
//	wait-SEQ-N-RANDOM  a FIFO whose writer waits in a queue, SEQ-th, for there to be fewer than N holders
//
// A FIFO without a writer is dead, and the kernel sees to that when a process ends. Opened for reading it tells two
// things: read(2) says whether there is a writer now, and poll(2) wakes up when there is none any more. So whoever waits
// polls the FIFO of the one before it in the queue, or those of all holders if it is the first, and looks again when one is
// gone. The dead are removed by whoever comes next, and the directory by the last one to leave.
//
// The queue is in order of arrival, but one that may go on with N holders does not wait for one that may not: a task
// that holds a semaphore with -j 2 may ask for it with -j 5 while somebody waits with -j 1.
//
// Unlike the pid files of GNU parallel, it is not misled by a pid that another process has now, and does not count the holders
// of another machine that shares the home directory.
//
// # A command in the background
//
// A hold is an open file, so that it can be handed on: the caller starts the process that stays with Hold.File as one of its
// descriptors (os/exec: ExtraFiles) and Hold.Name in an argument or its environment, and calls Hold.Leave. The other calls
// Semaphore.Adopt, runs the command, and calls Hold.Release. At no time nobody holds, and if both die, nobody does.
//
//	sem                                  the process that stays
//	Acquire
//	start it ---- descriptor, name ----> Adopt
//	Leave                                run the command, which inherits nothing
//	exit                                 Release
package semaphore
