//go:build !linux

package output

import "os"

func openUnnamed(dir string) (*os.File, error) { return openNamed(dir) }
