package pool

import (
	"os"

	"golang.org/x/sys/unix"
)

const fionread = unix.TIOCINQ

func (w *shellWorker) prepareCapture() (err error) {
	if w.capture != nil {
		if w.capture.clean() {
			return nil
		}
		w.capture.close()
		w.capture = nil
	}
	w.capture, err = newPathCapture(w.slot.pool)
	return err
}

// sourceFile holds one long command, in memory. The zero value has no file yet.
type sourceFile struct {
	fd   int
	open bool
}

// put puts text into the file and returns where the worker finds it.
func (f *sourceFile) put(text []byte) (path string, err error) {
	if !f.open {
		fd, err := unix.MemfdCreate("xpool-command", unix.MFD_CLOEXEC)
		if err != nil {
			return "", os.NewSyscallError("memfd_create", err)
		}
		f.fd, f.open = fd, true
	}
	if err := unix.Ftruncate(f.fd, 0); err != nil {
		return "", os.NewSyscallError("ftruncate", err)
	}
	for off := 0; off < len(text); {
		n, err := unix.Pwrite(f.fd, text[off:], int64(off))
		if err != nil && err != unix.EINTR {
			return "", os.NewSyscallError("pwrite", err)
		}
		off += max(0, n)
	}
	return f.path(), nil
}

// path is where the worker finds the file, "" while there is none.
func (f *sourceFile) path() string {
	if !f.open {
		return ""
	}
	return procPath(f.fd)
}

func (f *sourceFile) close() {
	if f.open {
		unix.Close(f.fd)
		f.open = false
	}
}
