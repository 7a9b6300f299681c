package semaphore

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/mattn/go-isatty"
)

// A Semaphore is a name with a number. It keeps nothing open, and may be used by any number of goroutines, each of which
// counts as a process does.
type Semaphore struct {
	dir string
	n   int
}

// DirError is that a directory cannot be trusted with semaphores.
type DirError struct {
	Path   string
	Reason string
}

// Error names the directory and says what is wrong with it.
func (e *DirError) Error() string { return e.Path + ": " + e.Reason }

// Root returns the directory for a user's semaphores, which need not exist: in $PARALLEL_HOME, else in $XDG_STATE_HOME,
// else in $HOME/.local/state. It is not $XDG_RUNTIME_DIR, as a job of cron has none, and would wait for nobody then.
func Root(getenv func(string) string) (string, error) {
	if home := getenv("PARALLEL_HOME"); filepath.IsAbs(home) {
		return filepath.Join(home, "xpool-semaphores"), nil
	}
	if state := getenv("XDG_STATE_HOME"); filepath.IsAbs(state) {
		return filepath.Join(state, "xpool", "semaphores"), nil
	}
	if home := getenv("HOME"); filepath.IsAbs(home) {
		return filepath.Join(home, ".local", "state", "xpool", "semaphores"), nil
	}
	return "", errors.New("no place for semaphores: want an absolute path in HOME, XDG_STATE_HOME or PARALLEL_HOME")
}

// DefaultID returns the name of a semaphore that was given none, as GNU parallel has it: what tty(1) would say of
// standard input. All callers without a terminal share one name.
func DefaultID(stdin *os.File) string {
	info, err := stdin.Stat()
	if err != nil || !isatty.IsTerminal(stdin.Fd()) {
		return "not a tty"
	}
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		return fmt.Sprintf("tty %d", st.Rdev) // the device: its names may differ from one view to the other
	}
	return info.Name()
}

// Open returns the semaphore with the name id, any text, for at most n holders. Callers may differ in n: each waits until there
// are fewer holders than its own n. Root is created, private to the user, if it does not exist; one that others may write to or
// read is refused with a *DirError.
func Open(root, id string, n int) (*Semaphore, error) {
	if n < 1 {
		return nil, fmt.Errorf("a semaphore for %d holders: want at least 1", n)
	}
	if err := os.MkdirAll(filepath.Dir(root), 0o700); err != nil {
		return nil, err
	}
	if err := makePrivate(root); err != nil {
		return nil, err
	}
	machine, err := machineID()
	if err != nil {
		return nil, err
	}
	return &Semaphore{dir: filepath.Join(root, fileName(id)+"@"+fileName(machine)), n: n}, nil
}

// maxName is how much of a file's name an encoded id may take; most systems allow 255 bytes in all.
const maxName = 100

// fileName returns a file's name for any text: unlike for unlike ones, never "." nor "..", without "/" and "@".
func fileName(id string) string {
	var b strings.Builder
	b.WriteString("id-")
	for _, c := range []byte(id) {
		if c == '-' || c == '_' || c == '.' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02x", c)
		}
	}
	if b.Len() <= maxName {
		return b.String()
	}
	sum := sha256.Sum256([]byte(id))
	return "sha256-" + hex.EncodeToString(sum[:])
}

// makePrivate creates a directory, or checks that it is one of this user that nobody else can use.
func makePrivate(dir string) error {
	err := os.Mkdir(dir, 0o700)
	if err == nil || !errors.Is(err, fs.ErrExist) {
		return err
	}
	info, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	switch {
	case !info.IsDir():
		return &DirError{dir, "not a directory"}
	case !ok || int64(st.Uid) != int64(os.Geteuid()):
		return &DirError{dir, "belongs to another user"}
	case info.Mode().Perm()&0o077 != 0:
		return &DirError{dir, fmt.Sprintf("others may use it: its mode is %04o, want 0700", info.Mode().Perm())}
	}
	return nil
}
