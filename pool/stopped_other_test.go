//go:build !linux

package pool

import "testing"

// awaitStop is for tests that skip on this system.
func awaitStop(t *testing.T, pid int) { t.Helper() }
