//go:build !linux

package runner

// parentProgram is the file that the parent of this process runs, or "" where that
// is not told.
func parentProgram() string { return "" }
