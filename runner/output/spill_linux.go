package output

import (
	"os"

	"golang.org/x/sys/unix"
)

// openUnnamed opens a file in dir that never had a name and, with O_EXCL, can
// never get one, so that nothing is left even after kill -9. Some file systems
// cannot do that (overlayfs before 6.1, NFS); there the name lives for a moment.
func openUnnamed(dir string) (*os.File, error) {
	f, err := os.OpenFile(dir, os.O_RDWR|os.O_EXCL|unix.O_TMPFILE, 0o600)
	if err != nil {
		return openNamed(dir)
	}
	return f, nil
}
