package results

import (
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
)

// Temp makes a file that stays, for the output of a task with --files, in a directory, ""
// being os.TempDir(). Only its owner can read it. It is called par, five letters or
// digits, and .par, as those of GNU parallel are; its Name is what the task prints. Whoever
// made it closes it, and truncates it when the task is tried again. The error names the
// file.
func Temp(dir string) (*os.File, error) {
	if dir == "" {
		dir = os.TempDir()
	}
	for {
		f, err := os.OpenFile(filepath.Join(dir, tempName()), os.O_RDWR|os.O_APPEND|os.O_CREATE|os.O_EXCL, 0o600)
		// Of 62^5 names one is free.
		if !errors.Is(err, fs.ErrExist) {
			return f, err
		}
	}
}

func tempName() string {
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	name := []byte("parXXXXX.par")
	for i := range 5 {
		name[3+i] = letters[rand.IntN(len(letters))]
	}
	return string(name)
}
