// Package serve is the far end of package wire: it runs a pool for those who speak
// to it over a stream. Agent serves one stream, with which the pool begins and ends.
// A Server is shared by several streams, each of which may come and go:
//
//	stream --- queue --+
//	stream --- queue --+-- dealer --> pool --> workers
//	stream --- queue --+
//
// # Fairness
//
// The dealer gives the pool the next task of the stream that has the fewest in it;
// of several, that of the one whose turn it is. The pool has as many slots as the
// stream that wants the most of them, of those that are there, and no stream has more
// tasks in the pool than it wants slots while the pool has more. Of tasks that are not
// short the pool has none that it cannot begin, so that a new stream waits for the end
// of one task at the most.
//
// # Memory
//
// What a task prints is passed on as far as the near end has given credit for it,
// and as long as not too much waits to be written to the stream; then the task is not
// read any more. So a stream that nobody reads holds up its own tasks, and takes
// memory for as much as can be read of each at once, and no more.
//
// # Goroutines
//
// A Server with a pool has two, the dealer and one that waits for the pool, which
// Close ends. Each stream has two of its own, for reading and for writing, which end
// before Serve or Agent returns. The pool's own goroutine comes by in the methods of
// task, and never waits there but for a lock that is held for moments.
package serve
