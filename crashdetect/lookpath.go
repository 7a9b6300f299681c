package crashdetect

import (
	"errors"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"xpool/crashdetect/spelling"
)

// LookPath returns the file that runs when file is executed with the search path path, a value of PATH, as execvp finds
// it: a name with a slash stands for itself; otherwise the first directory of path that has an executable file of this
// name counts, and an empty element of path is the current directory. What path says is all that counts: whether PATH is
// set is the caller's business. Nothing is cached.
//
// A result with a slash is all that is promised: it is relative, to this process's directory, where file or the element
// of path is. The error is always a *StartError; when a file of this name is there but cannot be run, or is a directory,
// it says so instead of "not found".
func LookPath(file, path string) (string, error) {
	if strings.Contains(file, "/") {
		if err := runnable(file); err != nil {
			return "", &StartError{Program: file, Err: err}
		}
		return file, nil
	}
	if file == "." || file == ".." { // which every directory of path has
		return "", &StartError{Program: file, Err: syscall.EISDIR}
	}
	refused := &StartError{Program: file, Err: exec.ErrNotFound}
	for _, dir := range elements(path) {
		if file == "" {
			break
		}
		found := join(dir, file)
		err := runnable(found)
		if err == nil {
			return found, nil
		}
		switch {
		case !exists(found): // or in a directory that hides it, which is no hit
		case errors.Is(refused.Err, exec.ErrNotFound), errors.Is(refused.Err, syscall.EISDIR) && !errors.Is(err, syscall.EISDIR):
			refused.Err, refused.Found = err, found // the first hit, but a file says more than a directory
		}
	}
	if refused.Code() == 127 && file != "" {
		refused.Suggestion = suggestion(file, path)
	}
	return "", refused
}

// suggestion is a better name for a program that was not found: most of all the file of that name right here.
func suggestion(file, path string) string {
	if here := "./" + file; runnable(here) == nil {
		return here
	}
	return Suggest(file, path)
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// runnable returns nil if the file at path can be executed by this process, else the errno that tells why not.
func runnable(path string) error {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return reasonOf(err)
	case info.IsDir():
		return syscall.EISDIR
	case info.Mode()&0o111 == 0:
		return syscall.EACCES
	}
	// The mode alone does not know of owners, access lists and noexec mounts; an error but EACCES is a system that cannot
	// tell, where starting the program will.
	if err := unix.Faccessat(unix.AT_FDCWD, path, unix.X_OK, unix.AT_EACCESS); errors.Is(err, unix.EACCES) {
		return syscall.EACCES
	}
	return nil
}

// elements returns the directories of a value of PATH; an empty element is ".".
func elements(path string) []string {
	dirs := strings.Split(path, ":")
	for i, dir := range dirs {
		if dir == "" {
			dirs[i] = "."
		}
	}
	return dirs
}

// join returns the file name in dir. Unlike filepath.Join it keeps the "./" without which a name would be searched again.
func join(dir, name string) string { return strings.TrimRight(dir, "/") + "/" + name }

const (
	suggestDirs    = 64      // directories of PATH that Suggest reads: more than anyone has
	suggestEntries = 1 << 16 // names that it looks at: ten times a full /usr/bin
	suggestStats   = 64      // names that it asks the file system about
)

// candidate is a name that Suggest may return.
type candidate struct {
	spelling.Match
	dir string
}

// Suggest returns the executable in the directories of path, a value of PATH, whose name is the best match of name as
// spelling.Near and Compare have it. It returns "" if there is none, and for a name with a slash. The work is bounded, at
// the cost of missing something in a huge directory.
func Suggest(name, path string) string {
	if name == "" || strings.Contains(name, "/") {
		return ""
	}
	candidates := nearNames(name, elements(path))
	slices.SortFunc(candidates, func(a, b candidate) int { return a.Compare(b.Match) })
	for _, c := range candidates[:min(len(candidates), suggestStats)] {
		if runnable(join(c.dir, c.Name)) == nil {
			return c.Name
		}
	}
	return ""
}

// nearNames returns the names in dirs that are near enough to name, executable or not.
func nearNames(name string, dirs []string) []candidate {
	var near []candidate
	budget := suggestEntries
	for _, dir := range dirs[:min(len(dirs), suggestDirs)] {
		for _, entry := range listNames(dir, budget) {
			budget--
			if m, ok := spelling.Near(name, entry); ok {
				near = append(near, candidate{m, dir})
			}
		}
	}
	return near
}

// listNames returns up to limit names in dir; what cannot be read has none.
func listNames(dir string, limit int) []string {
	if limit <= 0 {
		return nil
	}
	f, err := os.Open(dir)
	if err != nil {
		return nil
	}
	defer f.Close()
	names, _ := f.Readdirnames(limit) // the error, even the end of the directory, leaves what was read
	return names
}
