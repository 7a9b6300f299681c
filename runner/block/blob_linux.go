package block

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// openAnonymous opens a file that has no name, and of which nothing is left when the last process that has it is gone.
func openAnonymous(dir string, kind BlobKind) (*os.File, error) {
	if unix.Access("/proc/self/fd", unix.X_OK) != nil {
		return nil, errNotAnonymous
	}
	if kind == InMemory {
		if f, err := openMemory(); err == nil {
			return f, nil
		}
	}
	// With O_EXCL it can never get a name. Some file systems cannot do that (overlayfs before Linux 6.1, NFS); there the
	// name lives for a moment.
	f, err := os.OpenFile(dir, os.O_RDWR|os.O_EXCL|unix.O_TMPFILE, 0o600)
	if err == nil {
		return f, nil
	}
	if f, err = os.CreateTemp(dir, "xpool-block-*"); err != nil {
		return nil, err
	}
	if err := os.Remove(f.Name()); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// openMemory opens a file in memory.
func openMemory() (*os.File, error) {
	const flags = unix.MFD_CLOEXEC | unix.MFD_ALLOW_SEALING
	fd, err := unix.MemfdCreate("xpool-block", flags|unix.MFD_NOEXEC_SEAL)
	if errors.Is(err, unix.EINVAL) { // before Linux 6.3
		fd, err = unix.MemfdCreate("xpool-block", flags)
	}
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(fd), "memory"), nil
}

// seal makes a file in memory one that can only be read.
func seal(f *os.File, kind BlobKind) error {
	if kind != InMemory {
		return nil
	}
	return control(f, func(fd int) error {
		const seals = unix.F_SEAL_SEAL | unix.F_SEAL_SHRINK | unix.F_SEAL_GROW | unix.F_SEAL_WRITE
		_, err := unix.FcntlInt(uintptr(fd), unix.F_ADD_SEALS, seals)
		if errors.Is(err, unix.EINVAL) || errors.Is(err, unix.EPERM) {
			return nil // a temporary file in its place: that cannot be sealed
		}
		return err
	})
}

// reopen opens f for reading, with an offset of its own.
func reopen(f *os.File) (*os.File, error) {
	var again *os.File
	err := control(f, func(fd int) error {
		var err error
		again, err = os.Open(fmt.Sprintf("/proc/self/fd/%d", fd))
		return err
	})
	return again, err
}

// control runs do with the descriptor of f, which stays open meanwhile.
func control(f *os.File, do func(fd int) error) error {
	raw, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var done error
	if err := raw.Control(func(fd uintptr) { done = do(int(fd)) }); err != nil {
		return err
	}
	return done
}
