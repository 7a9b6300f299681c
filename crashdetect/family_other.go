//go:build !linux

package crashdetect

import (
	"errors"
	"fmt"
	"time"
)

// Orphan is a process whose parent ended and that became a child of this process. There are none on this system.
type Orphan struct {
	Pid        int
	Zombie     bool
	StartTicks uint64
}

// BecomeSubreaper returns an error that matches errors.ErrUnsupported: here orphans always go to init.
func BecomeSubreaper() error {
	return fmt.Errorf("adopting orphans needs Linux: %w", errors.ErrUnsupported)
}

// Adopted returns nil: here nothing is ever adopted.
func Adopted(known func(pid int) bool) []Orphan { return nil }

// ReapAdopted returns 0: here nothing is ever adopted.
func ReapAdopted(known func(pid int) bool) int { return 0 }

// KillAdopted returns 0: here nothing is ever adopted.
func KillAdopted(known func(pid int) bool, match func(env []string, startedAt time.Time) bool) int {
	return 0
}

// EndFamily returns nil at once: here nothing is ever adopted.
func EndFamily(known func(pid int) bool, grace time.Duration) (left []int) { return nil }
