// Package pace keeps attempts from beginning too early: --delay, --load, --memfree, --limit and --noswap.
//
// A Gate stands before the pool: an attempt begins when all Gates let it. They are asked on the pool's goroutine and never
// block: what takes a process or a look at the system is read by a sampler, a goroutine that its gate owns and Gates.Close ends.
//
//	                  Wait                       ask               read
//	pool's goroutine ------> gate (its goroutine) ------> sampler ------> /proc, a command
//	       ^                                                 |
//	       +------------------- Config.Wake -----------------+
//
// What a sampler reads says how many attempts may begin on the strength of it, before it has to read again: what has
// begun shows in the load or the memory only a moment later. A reading that was not used soon is not used at all.
//
// The meanings are those of GNU parallel 20221122:
//
//	--delay      the least time between two beginnings; auto: 30 % more after a failure, 10 % less after a success (see value.Delay)
//	--load       how many processes run or wait for a disk, now: not the load average, which is minutes behind. Linux says
//	             so in /proc/stat for the whole machine, kernel threads included, of which GNU parallel's ps leaves out the
//	             latter and, in a container, all others. Elsewhere it is the load average of the last minute.
//	--memfree    memory that can be had without swapping: MemAvailable, where GNU parallel adds up free and cached memory, and no
//	             more than is left below the memory limits of its own cgroup. Under half of the size the youngest task dies.
//	--noswap     no beginning while there was both swapping in and swapping out in a second of the last ten
//	--limit      a command's exit status: 0 begin one, 1 wait, 2 wait and end the youngest task. "mem SIZE" is --memfree, "load N" is
//	             --load but lets the load be N, "io N" waits while a disk was busy for more than N percent of the last second.
package pace
