package semaphore

import (
	"context"
	"crypto/rand"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// tidyTime is how long a process that leaves waits for the lock to remove what is left. If it is over, as whoever has the
// lock was stopped, the next one does it.
const tidyTime = time.Second

// A Hold is one place of a semaphore. It is held until Release, until Leave if nobody has adopted it, or until all processes
// that have it open have ended; not until it is garbage. It belongs to one goroutine.
type Hold struct {
	// Stolen is true if there was no place: Acquire's patience was over.
	Stolen bool

	s    *Semaphore
	name string
	fd   int // the writer; -1 after Release and Leave
}

// newHold returns a hold of the semaphore whose directory l is.
func newHold(s *Semaphore, l *locked) (*Hold, error) {
	name := holdPrefix + rand.Text()
	fd, err := l.create(name)
	if err != nil {
		return nil, err
	}
	return &Hold{s: s, name: name, fd: fd}, nil
}

// File returns an open file that is the hold, too, for a process to be started with that adopts it. It is the caller's, to
// be closed when that process has been started; it must not be read or written.
func (h *Hold) File() (*os.File, error) {
	fd, err := unix.FcntlInt(uintptr(h.fd), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return nil, os.NewSyscallError("fcntl", err)
	}
	return os.NewFile(uintptr(fd), h.name), nil
}

// Name returns what Adopt needs to know besides the file.
func (h *Hold) Name() string { return h.name }

// Leave ends this process's part in the hold; one that was started with File holds on. It may be called again, and does
// nothing then.
func (h *Hold) Leave() {
	if h.fd >= 0 {
		unix.Close(h.fd)
		h.fd = -1
	}
}

// Release gives the place back, to whoever waits first. It is for the one process that has the hold: after another was
// started with File, Leave is right. It may be called again, and does nothing then.
func (h *Hold) Release() {
	if h.fd < 0 {
		return
	}
	_ = os.Remove(filepath.Join(h.s.dir, h.name)) // else it is dead, and the next one removes it
	h.Leave()
	h.s.tidy()
}

// tidy removes the directory if nobody is left.
func (s *Semaphore) tidy() {
	if _, err := os.Lstat(s.dir); err != nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), tidyTime)
	defer cancel()
	l, err := s.lock(ctx)
	if err != nil {
		return
	}
	l.leave()
	l.unlock()
}

// ErrNotHeld is that what Adopt was given is no hold of the semaphore.
var ErrNotHeld = errors.New("not a hold of this semaphore")

// Adopt returns the hold whose file this process was started with as the descriptor fd, and whose Name is name. The
// semaphore is opened with the same root and id; its n does not matter. No process that this one starts inherits the hold. On
// an error, fd is closed.
func (s *Semaphore) Adopt(name string, fd uintptr) (*Hold, error) {
	if !strings.HasPrefix(name, holdPrefix) || strings.ContainsRune(name, filepath.Separator) || !sameFile(filepath.Join(s.dir, name), int(fd)) {
		unix.Close(int(fd))
		return nil, ErrNotHeld
	}
	unix.CloseOnExec(int(fd))
	return &Hold{s: s, name: name, fd: int(fd)}, nil
}
