package chaos

import (
	"os"
	"path/filepath"
	"runtime"
	"strconv"

	"golang.org/x/sys/unix"
)

// tinyDisk returns a file on a file system of its own, which has room for about so
// many bytes. Nobody else can see that, and it goes with the file. It takes root.
func tinyDisk(room int) (*os.File, error) {
	type result struct {
		file *os.File
		err  error
	}
	done := make(chan result)
	go func() { // ends with its thread, which has a name space of its own
		runtime.LockOSThread()
		f, err := mountTiny(room)
		done <- result{f, err}
	}()
	r := <-done
	return r.file, r.err
}

func mountTiny(room int) (*os.File, error) {
	if err := unix.Unshare(unix.CLONE_NEWNS); err != nil {
		return nil, os.NewSyscallError("unshare", err)
	}
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return nil, os.NewSyscallError("mount", err)
	}
	dir, err := os.MkdirTemp("", "xpool-disk-")
	if err != nil {
		return nil, err
	}
	defer os.Remove(dir)
	if err := unix.Mount("none", dir, "tmpfs", 0, "size="+strconv.Itoa(max(room, os.Getpagesize()))); err != nil {
		return nil, os.NewSyscallError("mount", err)
	}
	defer unix.Unmount(dir, unix.MNT_DETACH)
	return os.OpenFile(filepath.Join(dir, "file"), os.O_RDWR|os.O_CREATE, 0o600)
}
