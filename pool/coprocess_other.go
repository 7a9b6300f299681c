//go:build !linux

package pool

// openApart is for Linux: elsewhere no pipe can be opened anew, so that nothing is
// sent ahead.
func openApart(int) (apart int, ok bool) { return -1, false }

// waitsForInput is for Linux.
func waitsForInput(int, int) bool { return false }
