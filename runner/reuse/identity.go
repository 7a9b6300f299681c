package reuse

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// Identity is all that makes the workers of two calls interchangeable. Unequal ones are another server's.
//
// Beside what is said here, Hash takes what a process inherits and a worker would show: the groups and the limits of the
// process, its umask, priority and CPUs, and on Linux its cgroup and namespaces.
type Identity struct {
	Name string // that the user gave the server

	// What says how workers are made: their kind, code, options, whatever the caller finds to matter, in a fixed order.
	Config [][]byte

	// Dir is the working directory of the workers. One that was removed and made again is another one.
	Dir string

	// Env is the environment of the workers. Some of its variables do not count: see counts.
	Env []string

	// Files are programs and scripts that workers are started from. One that was changed is another one; what is no regular
	// file counts by its name only.
	Files []string

	// Program is this program's own file: another version is another server.
	Program string
}

// hashBytes is how much of the hash a socket is named by: 2^48 servers of one user would have to exist for two of them to
// have one name, and the stream tells all that matters once more.
const hashBytes = 12

// Hash returns the identity as the name of a socket, of lower-case letters and digits.
func (id *Identity) Hash() string {
	h := newDigest()
	h.add("name", id.Name)
	h.file("program", id.Program)
	for _, part := range id.Config {
		h.add("config", string(part))
	}
	h.add("dir", id.Dir)
	h.inode(id.Dir)
	env := slices.DeleteFunc(slices.Clone(id.Env), func(v string) bool { return !counts(v) })
	slices.Sort(env)
	h.add("env", env...)
	for _, path := range id.Files {
		h.file("file", path)
	}
	h.surroundings()
	return hex.EncodeToString(h.Sum(nil)[:hashBytes])
}

// digest is a hash of fields. Each stands with the lengths of its parts, so that no two lists of fields are one text.
type digest struct{ hash.Hash }

func newDigest() digest { return digest{sha256.New()} }

func (d digest) add(field string, values ...string) {
	fmt.Fprintf(d, "%s %d\n", field, len(values)) // a hash takes all
	for _, v := range values {
		fmt.Fprintf(d, "%d %s\n", len(v), v)
	}
}

// file adds a file as it is now.
func (d digest) file(field, path string) {
	d.add(field, path)
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() {
		return
	}
	d.add("contents", strconv.FormatInt(info.Size(), 10), strconv.FormatInt(info.ModTime().UnixNano(), 10))
	d.inode(path)
}

// inode adds which file a path stands for.
func (d digest) inode(path string) {
	info, err := os.Stat(path)
	if err != nil {
		d.add("inode")
		return
	}
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		d.add("inode", fmt.Sprint(st.Dev), fmt.Sprint(st.Ino))
	}
}

// counts tells whether a variable of the environment matters to the identity. Those that a shell changes from one command
// to the next do not, nor those that only tell where a call is shown, nor what the pool sets for each task: workers keep
// what the first call had in them.
//
// XPOOL_RUN does count: a server that was started from within the task of another run is a part of it, and ends with it.
// So does XPOOL_DEPTH: a task must not wait for the slot that it is in itself.
func counts(variable string) bool {
	switch name, _, _ := strings.Cut(variable, "="); name {
	case "_", "SHLVL", "OLDPWD", "PWD",
		"COLUMNS", "LINES", "WINDOWID",
		"XPOOL_SEQ", "XPOOL_SLOT", "XPOOL_ATTEMPT", "XPOOL_JOBS", "PARALLEL_SEQ", "PARALLEL_PID":
		return false
	}
	return true
}

// FilesOf returns the regular files that words of a command stand for, in dir: a script that an interpreter is to read is a
// part of what its workers are.
func FilesOf(words []string, dir string) []string {
	var files []string
	for _, w := range words {
		if !filepath.IsAbs(w) {
			w = filepath.Join(dir, w)
		}
		if info, err := os.Stat(w); err == nil && info.Mode()&fs.ModeType == 0 {
			files = append(files, w)
		}
	}
	return files
}
