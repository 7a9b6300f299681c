// Package wire is the format in which two xpools speak to each other: one that has
// tasks, the near end, and one that runs them in a pool of its own, the far end.
// They speak over any stream that keeps bytes in order: a Unix socket, or the
// standard input and output of a command such as "ssh host xpool --agent".
//
// # A conversation
//
//	near                                      far
//	 |--- Hello ------------------------------>|
//	 |<------------------------------ Hello ---|   version, host, CPUs
//	 |--- Open ------------------------------->|   what the workers are
//	 |<------------------------------ Ready ---|   or Broken
//	 |--- Run 1 ------------------------------>|
//	 |--- Run 2 ------------------------------>|   its standard input follows
//	 |--- Input 2 ... Input 2, the last one -->|
//	 |<---------------------------- Began 1 ---|
//	 |<--------------------------- Output 1 ---|   as much as the window allows
//	 |--- Credit 1 --------------------------->|   so many bytes more
//	 |<--------------------------- Output 1 ---|
//	 |<----------------------------- Done 1 ---|   how it ended
//	 |--- Stop 2 ----------------------------->|
//	 |<----------------------------- Done 2 ---|   its tree is gone
//	 |--- Run 3, Recall 3 -------------------->|
//	 |<------------------------- Returned 3 ---|   it has not begun, and will not
//	 |--- Run 4, File 4 ... File 4 ----------->|   a file that it needs
//	 |<------------------- Fetched 4, Done 4 ---|   a file that it has made
//	 |--- Bye -------------------------------->|   no more tasks
//	 |<-------------------------------- Bye ---|   nothing is left, the stream ends
//
// The files that all tasks need come before the first Run, as those of task 0.
//
// After its Run, a task is over with its Done, its Returned, or the end of the
// stream. Output, Reset, Began and Fetched come before that, and nothing about it comes
// after. A message about a task that is over, or that never was, is ignored:
// it has crossed the end of the task on its way.
//
// A stream that ends without a Bye is lost. The far end then ends what it runs for
// it, with all trees.
//
// # Bytes
//
// Each end begins with Preamble and a Hello. What comes before the preamble is
// noise, such as what a login script prints; a Decoder allows for as much of it as it is
// told. From then on there are frames:
//
//	type     1 byte; with 0x80 added, the message goes on in the next frame
//	length   4 bytes, the most significant first; at most MaxFrame
//	body     so many bytes
//
// A message of more than MaxFrame bytes is cut: frames of the same type follow each
// other, none is empty, and all but the last have 0x80 in their type. All together are
// at most MaxMessage.
//
// The body of a message is its fields in the order in which the fields method of
// its type names them, without gaps, and nothing after them:
//
//	integer   zigzag varint, as of encoding/binary, in its shortest form
//	flag      1 byte, 0 or 1
//	text      integer length, and so many bytes, of any value
//	list      integer length, and so many elements
//	duration  integer, in nanoseconds
//	signal    text: the name of one that all systems have, else its number on the
//	          sender's system
//	option    flag, and if that is 1 the value
//
// So the body of a message has one form only: what was decoded is encoded to the same
// bytes.
//
// # Versions
//
// A Hello begins with the version, an integer, and the name of the program in all
// versions; what comes after these is read only by who has the same version. Ends of
// different versions do not understand each other, and find out by the Hello.
package wire

// Version is that of the format. It is to be raised by each change of it.
const Version = 2

// Preamble is what each end begins with.
const Preamble = "\x01xpool\x02\n"

// Bounds of what is sent.
const (
	// MaxFrame is the most bytes in the body of a frame.
	MaxFrame = 1 << 20

	// MaxMessage is the most bytes in the body of a message.
	MaxMessage = 256 << 20

	// MaxList is the most elements in a list.
	MaxList = 1 << 20

	// MaxData is the most bytes in an Output, an Input, a File or a Fetched that an end should send at
	// a time, so that other messages get their turn.
	MaxData = 64 << 10
)

// Message is one of the types of this package that has a type of frame. It is a
// pointer: what Decoder passes on, and what Append takes.
type Message interface {
	// kind is the type byte.
	kind() byte

	// fields names the fields to c, in their order.
	fields(c *codec)
}

// The types of frames. Those of the near end are upper-case letters, those of the
// far end lower-case ones.
const (
	typeHello    = 'H' // of both
	typeBye      = 'B' // of both
	typeOpen     = 'O'
	typeRun      = 'R'
	typeInput    = 'I'
	typeFile     = 'F'
	typeRecall   = 'U'
	typeStop     = 'S'
	typeSuspend  = 'Z'
	typeContinue = 'C'
	typeResize   = 'J'
	typeCredit   = 'W'
	typePing     = 'P'
	typeReady    = 'r'
	typeBroken   = 'x'
	typeBegan    = 'b'
	typeOutput   = 'o'
	typeFetched  = 'f'
	typeReset    = 'z'
	typeDone     = 'd'
	typeReturned = 'u'
	typeLog      = 'l'
	typeHint     = 'h'
	typePong     = 'p'

	typeMore = 0x80 // added to one that is not the last frame of its message
)

// newMessage returns an empty message of a type, or nil if there is no such type.
func newMessage(kind byte) Message {
	switch kind {
	case typeHello:
		return &Hello{}
	case typeBye:
		return &Bye{}
	case typeOpen:
		return &Open{}
	case typeRun:
		return &Run{}
	case typeInput:
		return &Input{}
	case typeFile:
		return &File{}
	case typeRecall:
		return &Recall{}
	case typeStop:
		return &Stop{}
	case typeSuspend:
		return &Suspend{}
	case typeContinue:
		return &Continue{}
	case typeResize:
		return &Resize{}
	case typeCredit:
		return &Credit{}
	case typePing:
		return &Ping{}
	}
	return newReply(kind)
}

// newReply is newMessage for what only the far end sends.
func newReply(kind byte) Message {
	switch kind {
	case typeReady:
		return &Ready{}
	case typeBroken:
		return &Broken{}
	case typeBegan:
		return &Began{}
	case typeOutput:
		return &Output{}
	case typeFetched:
		return &Fetched{}
	case typeReset:
		return &Reset{}
	case typeDone:
		return &Done{}
	case typeReturned:
		return &Returned{}
	case typeLog:
		return &Log{}
	case typeHint:
		return &Hint{}
	case typePong:
		return &Pong{}
	}
	return nil
}
