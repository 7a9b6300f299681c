package semaphore

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// The names in a semaphore's directory.
const (
	lockName   = "lock"
	turnName   = "turn"
	holdPrefix = "hold-"
	waitPrefix = "wait-"
)

// entry is a FIFO that has a writer.
type entry struct {
	name string
	fd   int    // open to read
	seq  uint64 // of one that waits
	n    int    // of one that waits: it may go on with fewer holders than that
}

// listing is what is alive in a directory.
type listing struct {
	holders []entry
	waiters []entry // in no order
}

// closeBut closes the reading ends of all but the given entries, and returns those.
func (l *listing) closeBut(kept ...entry) []int {
	fds := make([]int, 0, len(kept))
	for _, e := range kept {
		fds = append(fds, e.fd)
	}
	for _, e := range slices.Concat(l.holders, l.waiters) {
		if !slices.Contains(kept, e) {
			unix.Close(e.fd)
		}
	}
	return fds
}

// nextSeq returns the place behind all that wait.
func (l *listing) nextSeq() uint64 {
	var last uint64
	for _, w := range l.waiters {
		last = max(last, w.seq)
	}
	return last + 1
}

// waitName returns the name of the FIFO of one that waits.
func waitName(seq uint64, n int) string {
	return fmt.Sprintf("%s%d-%d-%s", waitPrefix, seq, n, rand.Text())
}

// parseWait reads what waitName wrote.
func parseWait(name string) (seq uint64, n int, ok bool) {
	parts := strings.Split(name, "-")
	if len(parts) != 4 || parts[0]+"-" != waitPrefix || parts[3] == "" {
		return 0, 0, false
	}
	seq, err := strconv.ParseUint(parts[1], 10, 64)
	if err != nil || seq == math.MaxUint64 {
		return 0, 0, false
	}
	n, err = strconv.Atoi(parts[2])
	return seq, n, err == nil && n > 0
}

// locked is the right to change a semaphore's directory, from lock until unlock.
type locked struct {
	dir  string
	file int // of the lock
	turn int // the writer of the FIFO that tells when it is free
}

// lock waits for the right. Others have it for a moment only.
func (s *Semaphore) lock(ctx context.Context) (*locked, error) {
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		err := s.makeDir()
		if err == nil {
			var l *locked
			if l, err = tryLock(ctx, s.dir); l != nil {
				return l, nil
			}
		}
		// The last one to leave may remove the directory at any time; the root stays.
		if err != nil && (!errors.Is(err, fs.ErrNotExist) || !s.rootExists()) {
			return nil, err
		}
	}
}

// makeDir creates what lock needs.
func (s *Semaphore) makeDir() error {
	if err := makePrivate(s.dir); err != nil {
		return err
	}
	if err := makeFIFO(filepath.Join(s.dir, turnName)); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}

func (s *Semaphore) rootExists() bool {
	_, err := os.Stat(filepath.Dir(s.dir))
	return err == nil
}

// tryLock takes the lock, or waits until whoever has it has not; then it returns neither a lock nor an error.
func tryLock(ctx context.Context, dir string) (*locked, error) {
	turn, path := filepath.Join(dir, turnName), filepath.Join(dir, lockName)
	writer, err := openFIFO(turn, writeFlags)
	if err != nil {
		return nil, err
	}
	l := &locked{dir: dir, file: -1, turn: writer}
	// Opened before the lock is tried, so that its release in between does not go by unseen.
	reader, err := openFIFO(turn, readFlags)
	if err != nil {
		l.unlock()
		return nil, err
	}
	defer unix.Close(reader)
	l.file, err = retry(func() (int, error) { return unix.Open(path, lockFlags, 0o600) })
	if err == nil {
		_, err = retry(func() (struct{}, error) { return struct{}{}, unix.Flock(l.file, unix.LOCK_EX|unix.LOCK_NB) })
	}
	if err == nil && sameFile(path, l.file) && sameFile(turn, l.turn) {
		return l, nil
	}
	// Before waiting, as it is a writer, too: if there is no other, the reader hears of its end. It would not if it was of
	// another FIFO, as the directory was removed in between and made again, and might wait for ever.
	same := sameOpen(reader, l.turn)
	l.unlock()
	switch {
	case err == nil || errors.Is(err, unix.EWOULDBLOCK) && !same:
		return nil, nil
	case errors.Is(err, unix.EWOULDBLOCK):
		return nil, await(ctx, []int{reader})
	}
	return nil, &os.PathError{Op: "lock", Path: path, Err: err}
}

// unlock gives the right back. The lock is free before those that wait are told.
func (l *locked) unlock() {
	if l.file >= 0 {
		unix.Close(l.file)
	}
	unix.Close(l.turn)
}

// list returns what is alive, and removes what is not. The descriptors are the caller's.
func (l *locked) list() (*listing, error) {
	files, err := os.ReadDir(l.dir)
	if err != nil {
		return nil, err
	}
	found := &listing{}
	for _, f := range files {
		e := entry{name: f.Name()}
		wait := false
		if !strings.HasPrefix(e.name, holdPrefix) {
			if e.seq, e.n, wait = parseWait(e.name); !wait {
				continue // the lock, or nothing of ours
			}
		}
		path := filepath.Join(l.dir, e.name)
		e.fd, err = openFIFO(path, readFlags)
		switch {
		case errors.Is(err, fs.ErrNotExist): // its holder has just released it
		case err != nil:
			found.closeBut()
			return nil, err
		case !hasWriter(e.fd):
			unix.Close(e.fd)
			_ = os.Remove(path) // if not by us, by the next one
		case wait:
			found.waiters = append(found.waiters, e)
		default:
			found.holders = append(found.holders, e)
		}
	}
	return found, nil
}

// create makes a FIFO with a writer, which is returned.
func (l *locked) create(name string) (fd int, err error) {
	path := filepath.Join(l.dir, name)
	if err := makeFIFO(path); err != nil {
		return -1, err
	}
	return openFIFO(path, writeFlags)
}

// leave removes the directory if nobody is alive in it.
func (l *locked) leave() {
	found, err := l.list()
	if err != nil {
		return
	}
	found.closeBut()
	if len(found.holders)+len(found.waiters) > 0 {
		return
	}
	// Whoever opened these before will find that they are gone; whoever makes others keeps the directory. The lock is the
	// last of them, as nobody else can have it as long as it is there.
	for _, name := range []string{turnName, lockName} {
		_ = os.Remove(filepath.Join(l.dir, name))
	}
	_ = os.Remove(l.dir)
}
