//go:build !linux

package runner_test

import "os"

// openTerminal is for Linux only.
func openTerminal() (master, slave *os.File, err error) { return nil, nil, errNoTerminal }
