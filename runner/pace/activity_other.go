//go:build !linux

package pace

import (
	"errors"
	"fmt"
)

// swapActivity returns an error that matches errors.ErrUnsupported.
func swapActivity() (counters, error) {
	return counters{}, fmt.Errorf("swapping is known on Linux only: %w", errors.ErrUnsupported)
}

// diskActivity returns an error that matches errors.ErrUnsupported.
func diskActivity() (counters, error) {
	return counters{}, fmt.Errorf("the use of disks is known on Linux only: %w", errors.ErrUnsupported)
}
