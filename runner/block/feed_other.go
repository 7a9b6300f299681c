//go:build !linux

package block

import "os"

// sendRange writes length bytes of src from off to w.
func sendRange(w, src *os.File, off, length int64) error { return copyRange(w, src, off, length) }
