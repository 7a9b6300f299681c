package reuse

import "fmt"

// address returns a name for a socket in the directory whose descriptor is dir, which has to stay open: one that is short
// enough for bind(2), however long the path, and that nobody can lead elsewhere.
func (d *Directory) address(dir int, name string) string {
	return fmt.Sprintf("/proc/self/fd/%d/%s", dir, name)
}
