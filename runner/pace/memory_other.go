//go:build !linux

package pace

import (
	"errors"
	"fmt"
)

// freeMemory returns an error that matches errors.ErrUnsupported.
func freeMemory() (int64, error) {
	return 0, fmt.Errorf("the memory that is free is known on Linux only: %w", errors.ErrUnsupported)
}
