//go:build !linux

package reuse

import "path/filepath"

// address returns a name for a socket in the directory. Where it is longer than about 100 bytes, bind(2) says so.
func (d *Directory) address(_ int, name string) string { return filepath.Join(d.path, name) }
