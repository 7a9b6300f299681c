//go:build !linux

package keep

import "os"

func openUnnamed(dir string) (*os.File, error) { return openNamed(dir) }
