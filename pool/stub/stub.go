// Package stub holds the programs that interpreters run as workers, and the Go
// side of the protocol which they speak. A stub is started as
//
//	python3 -c STUB        perl -e STUB        node -e STUB
//
// with requests on descriptor 0, replies on descriptor 1, both blocking pipes, and
// the worker's own standard error on descriptor 2, a pipe too. Requests may also
// come from a socket that keeps them apart as messages, of which the worker reads
// one at a time; Node then wants it as a descriptor of its own, whose number is an
// argument: node -e STUB 3. The worker may make their reading end non-blocking. It
// moves the first two to private descriptors at once, so that what user code prints
// outside of a task, init included, goes to the worker's own standard error.
//
// # Requests
//
// A request is a line of ASCII words, a single space between two and a newline
// after the last, and then exactly the bytes whose lengths are its last words.
//
//	setup MODE LEN LEN\n CODE INIT
//
// comes first, and once. MODE is "code", or "call" for Python alone, and then CODE
// is module:function. The code is compiled, so that it is refused before anything
// runs, and then init is run.
//
//	pair N LEN LEN\n OUTPATH ERRPATH
//
// opens both paths for writing and keeps them as pair N, in place of an older pair
// N, which it closes. Both must have a reader.
//
//	task SEQ ATTEMPT N LEN...\n ARG...
//
// runs the code with pair N as its standard output and standard error. There is at
// least one argument. As two tasks are not to share a pipe, a task sent ahead of
// the reply to another wants a pair of its own. At the end of the requests, even
// within one, the worker ends as its language does, with status 0. A request that
// it cannot obey ends it with status 1 and words on its own standard error.
//
// # Replies
//
// A reply is a line. To setup it is "ready"; or the language's own words have gone
// to the worker's own standard error, the reply is "failed", and it exits with 1.
// To a pair there is none. To a task, it is
//
//	SEQ STATUS CLEAN\n
//
// once all that the task itself has written is in its pipes, to which the worker's
// standard output and standard error do not lead any more. The worker may have read
// the next request by then, for all of which it waits once it has begun to come.
// STATUS is what a process of its own would have exited with, 0 to 255, and 1 after
// an uncaught exception. CLEAN is 1 if surely no process was started that could
// still write to the pair. Otherwise it is 0, and the worker has closed the pair: the
// readers see its end when the last such process has gone. If one lives, that can be
// every task's answer until it ends. A worker may reply and then end, when what the
// task has left behind would get in the way of the next one.
//
// # Tasks
//
// Code finds the environment variables XPOOL_SEQ and XPOOL_ATTEMPT, the first
// argument, all of them and the sequence number in
//
//	Python  arg    args     seq    text by the file system's encoding, surrogateescape
//	Perl    $arg   @args    $seq   bytes; also $_ and @_
//	Node    arg    args     seq    text by UTF-8, with U+FFFD for what is none of it;
//	        argBytes  argsBytes    the same as Buffers
//
// Standard input is empty. The working directory is restored after each task to the
// one that init has left; the environment, signal handlers and the like are not.
// Exceptions in the code's frames are told with <code> and <init> as file names.
// A fork of the worker ends where the code does and never replies.
//
// Python: each task has a fresh copy of the globals that init left, as the module
// __main__. A file that only the code's own functions keep alive is closed with the
// task. CLEAN rests on waitid and on the page faults of the children waited for.
//
// Perl: init and code are one text, so the code sees the imports and the my
// variables of init. Package variables stay from task to task. Code with named
// subs that use its my variables is compiled for each task, since Perl would bind
// them to the first one's. CLEAN rests on /proc and is always 0 without it; forks
// keep none of the worker's descriptors if they are made by fork, not by open.
//
// Node: init is a script, whose names the code sees; one with await at its top
// level has names of its own and shares by globalThis. The code may await, and is
// over when that has ended and the event loop has nothing more to do. What init
// has left open, servers or timers, does not count. An uncaught error, an
// unhandled rejection and process.exit end the task at once; the worker goes with
// it if anything else was under way. A task that awaits what cannot come has
// status 13, as in Node. Timers do not run between tasks. CLEAN assumes that all
// processes are started by child_process, which holds for all but addons.
package stub

import (
	_ "embed"
	"strconv"
	"strings"
)

//go:embed python.py
var python string

//go:embed perl.pl
var perl string

//go:embed node.js
var node string

// Python returns the program for python3 -c. It wants Python 3.7 or later.
func Python() string { return python }

// Perl returns the program for perl -e. It wants Perl 5.14 or later.
func Perl() string { return perl }

// Node returns the program for node -e. It wants Node 18 or later.
func Node() string { return node }

// Mode is what the code of a setup request is.
type Mode string

const (
	Code Mode = "code" // a program text
	Call Mode = "call" // module:function, for Python
)

// The replies to a setup request, without their newline.
const (
	Ready  = "ready"
	Failed = "failed"
)

// AppendSetup appends a setup request to b. An empty init is none.
func AppendSetup(b []byte, mode Mode, code, init string) []byte {
	b = append(b, "setup "...)
	b = append(b, mode...)
	return appendParts(b, code, init)
}

// AppendPair appends a request to b that opens the paths out and errs as the pair
// of that number.
func AppendPair(b []byte, number int, out, errs string) []byte {
	b = append(b, "pair "...)
	b = strconv.AppendInt(b, int64(number), 10)
	return appendParts(b, out, errs)
}

// Task is one attempt of a task, as a worker is told of it.
type Task struct {
	Seq     int64
	Attempt int
	Pair    int      // of an AppendPair before, and not closed since by an unclean reply
	Args    []string // one or more, of any bytes
}

// AppendTask appends a request to run t to b.
func AppendTask(b []byte, t Task) []byte {
	b = append(b, "task "...)
	b = strconv.AppendInt(b, t.Seq, 10)
	b = append(b, ' ')
	b = strconv.AppendInt(b, int64(t.Attempt), 10)
	b = append(b, ' ')
	b = strconv.AppendInt(b, int64(t.Pair), 10)
	return appendParts(b, t.Args...)
}

// appendParts ends the line of a request with the parts' lengths and appends them.
func appendParts(b []byte, parts ...string) []byte {
	for _, p := range parts {
		b = append(b, ' ')
		b = strconv.AppendInt(b, int64(len(p)), 10)
	}
	b = append(b, '\n')
	for _, p := range parts {
		b = append(b, p...)
	}
	return b
}

// Reply is a worker's answer to a task.
type Reply struct {
	Seq    int64
	Status int  // 0 to 255
	Clean  bool // no process that the task has started can still write to its pair
}

// ParseReply reads the reply to a task, a line without its newline. It is not ok
// unless the line is exactly what a stub would have written.
func ParseReply(line []byte) (r Reply, ok bool) {
	seq, rest, _ := strings.Cut(string(line), " ")
	status, clean, found := strings.Cut(rest, " ")
	if !found || clean != "0" && clean != "1" {
		return Reply{}, false
	}
	n, ok := parseCanonical(seq, 63)
	if !ok {
		return Reply{}, false
	}
	code, ok := parseCanonical(status, 8)
	if !ok {
		return Reply{}, false
	}
	return Reply{Seq: int64(n), Status: int(code), Clean: clean == "1"}, true
}

// parseCanonical reads a decimal number of so many bits that has neither sign nor
// leading zeros.
func parseCanonical(s string, bits int) (uint64, bool) {
	n, err := strconv.ParseUint(s, 10, bits)
	return n, err == nil && (s == "0" || s[0] != '0' && s[0] != '+')
}
