//go:build !linux

package cpucount

import "runtime"

// explain knows no limits but those that the runtime knows: only Linux has cgroups.
func explain() Count { return decide(runtime.NumCPU(), 0, quota{}) }

func available() int { return explain().CPUs }
