package runner

import (
	"os"
	"strconv"
)

// parentProgram is the file that the parent of this process runs, or "".
func parentProgram() string {
	path, err := os.Readlink("/proc/" + strconv.Itoa(os.Getppid()) + "/exe")
	if err != nil {
		return ""
	}
	return path
}
