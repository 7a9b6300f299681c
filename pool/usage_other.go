//go:build !linux && !darwin

package pool

// maxRSSUnit is the unit of ru_maxrss in bytes, see getrusage(2).
const maxRSSUnit = 1024
