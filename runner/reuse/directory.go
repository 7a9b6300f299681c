package reuse

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// DirError is that a directory cannot be trusted with sockets.
type DirError struct {
	Path   string
	Reason string
}

// Error names the directory and says what is wrong with it.
func (e *DirError) Error() string { return e.Path + ": " + e.Reason }

// ErrLocked is that somebody else had the lock of a directory for far longer than it takes to start a server.
var ErrLocked = errors.New("locked by another process")

// Directory is where a user's servers listen, held open, so that it stays the one that was checked. It may be used by any
// number of goroutines, until Close.
type Directory struct {
	path string
	file *os.File
}

// OpenDirectory opens the directory for this user's servers: xpool in $XDG_RUNTIME_DIR, or, if that is not set or is no
// directory of this user, xpool-UID in $TMPDIR or /tmp. It is created if it does not exist. One that is a symbolic link,
// belongs to somebody else, or can be used by others is refused with a *DirError.
func OpenDirectory(getenv func(string) string) (*Directory, error) {
	path := directoryPath(getenv)
	if err := os.Mkdir(path, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	file, err := openNoFollow(path)
	if err != nil {
		return nil, err
	}
	d := &Directory{path: path, file: file}
	if err := d.check(); err != nil {
		file.Close()
		return nil, err
	}
	return d, nil
}

func directoryPath(getenv func(string) string) string {
	if dir := getenv("XDG_RUNTIME_DIR"); filepath.IsAbs(dir) && isOwn(dir) {
		return filepath.Join(dir, "xpool")
	}
	dir := getenv("TMPDIR")
	if !filepath.IsAbs(dir) {
		dir = "/tmp"
	}
	return filepath.Join(dir, "xpool-"+strconv.Itoa(os.Geteuid()))
}

// isOwn tells whether path is a directory of this user: under sudo(8) it may be the one of another.
func isOwn(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir() && ownerOf(info) == os.Geteuid()
}

func ownerOf(info fs.FileInfo) int {
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		return int(st.Uid)
	}
	return -1
}

func openNoFollow(path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW, 0)
	switch {
	case err == nil:
		return file, nil
	case errors.Is(err, unix.ELOOP), errors.Is(err, unix.EMLINK), errors.Is(err, unix.ENOTDIR):
		return nil, &DirError{path, "not a directory, which is refused: remove it"}
	}
	return nil, err
}

func (d *Directory) check() error {
	info, err := d.file.Stat()
	if err != nil {
		return err
	}
	switch perm := info.Mode().Perm(); {
	case ownerOf(info) != os.Geteuid():
		return &DirError{d.path, fmt.Sprintf("belongs to another user (%d), which is refused", ownerOf(info))}
	case perm&0o077 != 0:
		return &DirError{d.path, fmt.Sprintf("others may use it, which is refused: its mode is %04o, want 0700", perm)}
	}
	return nil
}

// Path returns where the directory was when it was opened.
func (d *Directory) Path() string { return d.path }

// Close gives the directory back. It may be called again, and does nothing then.
func (d *Directory) Close() { _ = d.file.Close() }

// The lock is held for milliseconds. Whoever finds it taken looks again so often, and for so long: a holder may be stopped.
const (
	lockFirst    = time.Millisecond
	lockMost     = 20 * time.Millisecond
	lockPatience = 10 * time.Second
)

// lock waits for the right to bind and to remove sockets, which the returned function gives back. The error is ctx's, or
// wraps ErrLocked.
func (d *Directory) lock(ctx context.Context) (unlock func(), err error) {
	// A description of its own: flock(2) would let in whoever shares one.
	file, err := d.openAgain()
	if err != nil {
		return nil, err
	}
	end := time.Now().Add(lockPatience)
	for wait := lockFirst; ; wait = min(2*wait, lockMost) {
		err = flock(file)
		if err == nil {
			return func() { file.Close() }, nil
		}
		if !errors.Is(err, unix.EWOULDBLOCK) {
			break
		}
		if time.Now().After(end) {
			err = ErrLocked
			break
		}
		if err = sleep(ctx, wait); err != nil {
			break
		}
	}
	file.Close()
	return nil, fmt.Errorf("%s: %w", d.path, err)
}

func (d *Directory) openAgain() (*os.File, error) {
	fd, err := d.control(func(dir int) (int, error) {
		return unix.Openat(dir, ".", unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	})
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: d.path, Err: err}
	}
	return os.NewFile(uintptr(fd), d.path), nil
}

// control calls f with the directory's descriptor, which stays open meanwhile, and repeats that after a signal.
func (d *Directory) control(f func(dir int) (int, error)) (n int, err error) {
	raw, err := d.file.SyscallConn()
	if err != nil {
		return -1, err
	}
	var failed error
	err = raw.Control(func(fd uintptr) {
		for n, failed = f(int(fd)); failed == unix.EINTR; n, failed = f(int(fd)) {
		}
	})
	if err == nil {
		err = failed
	}
	return n, err
}

func flock(file *os.File) error {
	raw, err := file.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	err = raw.Control(func(fd uintptr) { failed = unix.Flock(int(fd), unix.LOCK_EX|unix.LOCK_NB) })
	if err == nil {
		err = failed
	}
	return err
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// remove removes a socket.
func (d *Directory) remove(name string) error {
	_, err := d.control(func(dir int) (int, error) { return 0, unix.Unlinkat(dir, name, 0) })
	if err != nil && err != unix.ENOENT {
		return &os.PathError{Op: "remove", Path: filepath.Join(d.path, name), Err: err}
	}
	return nil
}

// fileID tells one file from another, as long as one of them is open or there.
type fileID struct{ dev, ino uint64 }

// identify returns which file a name stands for; the zero fileID is none.
func (d *Directory) identify(name string) fileID {
	var st unix.Stat_t
	_, err := d.control(func(dir int) (int, error) { return 0, unix.Fstatat(dir, name, &st, unix.AT_SYMLINK_NOFOLLOW) })
	if err != nil {
		return fileID{}
	}
	return fileID{uint64(st.Dev), uint64(st.Ino)}
}

// sockets returns the names of the sockets, sorted.
func (d *Directory) sockets() ([]string, error) {
	again, err := d.openAgain() // it has a position of its own
	if err != nil {
		return nil, err
	}
	defer again.Close()
	entries, err := again.ReadDir(-1)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if e.Type()&fs.ModeSocket != 0 {
			names = append(names, e.Name())
		}
	}
	slices.Sort(names)
	return names, nil
}
