// Package reuse lets consecutive calls share one server: a process that the first of them leaves behind, and that ends by
// itself when it has been idle for long enough. It knows how servers are found, started and ended, and nothing of what
// they do: see Work.
//
// # Where servers are
//
// Each server listens on a Unix socket in a directory that nobody else can use, see OpenDirectory. The socket's name is
// the server's identity, a hash of all that makes two calls interchangeable: see Identity.
//
//	$XDG_RUNTIME_DIR/xpool/            0700; flock(2) on it allows to bind and to remove sockets, for milliseconds
//	$XDG_RUNTIME_DIR/xpool/IDENTITY    0600
//
// There is no other file. A socket whose server was killed refuses connections, and is replaced by the next one who wants
// that server; the lock is free as soon as whoever has it is dead.
//
// # How one is started
//
//	the first caller                                   the server
//	connect: refused, or no such socket
//	lock the directory, connect once more
//	remove a dead socket, bind, listen
//	start the server -- socket, directory -->  accept, until it is to end
//	unlock
//	connect  ------------------------------->  a call
//
// The socket accepts connections before the server runs: no caller waits for another one, or for the server to be ready,
// and of any number that call at once one starts it. The server is a session of its own, with the caller's environment
// and working directory, /dev/null for the standard streams and no other file of the caller's.
//
// # What is said
//
// Whoever connects sends one line, and gets one, see Request and Reply; both look who the other one is. After the reply to
// a call the connection is a stream that belongs to Work. A connection that ends before there was a reply has met a server
// that was about to end: the caller begins anew.
//
// # How one ends
//
// When it was idle for long enough, when it is asked to, by SIGTERM, or because its Work is over. It locks the directory,
// removes its socket, and takes no more calls; those that there are go on to their end. A second SIGTERM ends these, too.
package reuse
