package pool

import "golang.org/x/sys/unix"

// wideRoom is the room, in bytes, of a pipe for a task that prints much: what any user
// may ask for (pipe(7), /proc/sys/fs/pipe-max-size).
const wideRoom = 1 << 20

// widen makes a pipe larger, so that whoever writes much to it has to wait for its reader
// less often. Where that is not granted it stays as it is.
func widen(fd int) { _, _ = unix.FcntlInt(uintptr(fd), unix.F_SETPIPE_SZ, wideRoom) }
