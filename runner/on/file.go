package on

import (
	"fmt"
	"path"
	"strings"
)

// File is a file that a task has here and there. A path that is not absolute is below
// the working directory: this process's own Here, and that of the tasks There.
type File struct {
	Here  string
	There string
}

// ParseFile returns the two places of a file, by the rules of rsync and GNU parallel:
// its name is that in both, but if there is a "/./" in it only what is behind that
// counts there.
//
//	name              here              there
//	/tmp/foo/bar      /tmp/foo/bar      /tmp/foo/bar
//	tmp/foo/bar       tmp/foo/bar       tmp/foo/bar
//	/tmp/./foo/bar    /tmp/foo/bar      foo/bar
//	out/./foo/bar     out/foo/bar       foo/bar
//
// A name that leads out of the tasks' working directory with ".." is refused, as what
// it means there is a matter of chance.
func ParseFile(name string) (File, error) {
	f := File{Here: path.Clean(name), There: path.Clean(behindDot(name))}
	return f, f.check(name)
}

// behindDot is the part of a name behind its first "/./", or all of it.
func behindDot(name string) string {
	if _, rest, ok := strings.Cut(name, "/./"); ok {
		return strings.TrimLeft(rest, "/")
	}
	return name
}

func (f File) check(name string) error {
	switch {
	case strings.Contains(name, "\x00"):
		return fmt.Errorf("the name of a file has a NUL byte: %q", name)
	case name == "" || strings.HasSuffix(name, "/") || f.There == "." || f.Here == "/":
		return fmt.Errorf("%q is no name of a file", name)
	case f.There == ".." || strings.HasPrefix(f.There, "../"):
		return fmt.Errorf("%q leads out of the working directory: give the whole path, or mark with /./ what is to be kept of it", name)
	}
	return nil
}
