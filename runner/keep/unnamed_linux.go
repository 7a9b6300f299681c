package keep

import (
	"os"

	"golang.org/x/sys/unix"
)

// openUnnamed makes a file that never has a name, so that none is left whatever
// happens; where the file system cannot do that, one whose name is gone at once.
func openUnnamed(dir string) (*os.File, error) {
	if dir == "" {
		dir = os.TempDir()
	}
	f, err := os.OpenFile(dir, os.O_RDWR|os.O_EXCL|unix.O_TMPFILE, 0o600)
	if err != nil {
		return openNamed(dir)
	}
	return f, nil
}
