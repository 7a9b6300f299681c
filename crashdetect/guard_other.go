//go:build !linux

package crashdetect

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"time"
)

// Guard is a small process that ends what its killed owner leaves behind. It cannot be had on this system.
type Guard struct{ groups GroupTable }

// NewRunID returns an id that no other run has: the pid of this process, the time, and chance. It is a word of letters,
// digits and hyphens.
func NewRunID() string {
	var chance [8]byte
	_, _ = rand.Read(chance[:]) // never fails, see its documentation
	return fmt.Sprintf("%d-%d-%x", os.Getpid(), time.Now().UnixNano(), chance)
}

// StartGuard returns an error that matches errors.ErrUnsupported: a guard finds what is left through Linux' /proc.
func StartGuard(exe string, runID string, loan *Loan, scratch string) (*Guard, error) {
	return nil, fmt.Errorf("a guard against a killed owner needs Linux' /proc and memfd: %w", errors.ErrUnsupported)
}

// Groups returns a table that ignores what it is told.
func (g *Guard) Groups() *GroupTable { return &g.groups }

// Pid returns 0.
func (g *Guard) Pid() int { return 0 }

// Close does nothing.
func (g *Guard) Close() error { return nil }

// RunGuard returns 1: there is no guard to be run.
func RunGuard() int { return 1 }
