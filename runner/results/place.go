package results

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A Place is where the results of one task are kept: the names of its files.
type Place struct{ Stdout, Stderr, Seq string }

// inDir is the place in a directory of a task's own.
func inDir(dir string) Place {
	return Place{dir + "/stdout", dir + "/stderr", dir + "/seq"}
}

// Tree returns the place of a task in a tree of directories:
//
//	root/NAME/VALUE/NAME/VALUE/.../stdout, stderr and seq
//
// with a name and a value for each column of each row, where a task has one row, or more
// with -n and its like. The names are those of --header; a column without one, or with
// an empty one, has its number, from 1. The columns stand in order of the numbers with
// which their names begin, then of the names.
//
// In values and names, as in GNU parallel, \ is written \\, / is written \_, a tab \t and
// NUL \0; an empty one adds no directory. Other than in GNU parallel, a directory is called
// \. for ".", \.. for "..", and where its name would be longer than 255 bytes, which is what
// file systems take, it is cut and ends in \~ and a hash of the whole: GNU parallel lets
// tasks whose values begin alike have the same files.
func Tree(root string, names []string, rows ...[]string) Place {
	parts := []string{rootDir(root)}
	for _, row := range rows {
		for _, col := range order(names, len(row)) {
			for _, s := range []string{columnName(names, col), row[col]} {
				if s != "" {
					parts = append(parts, dirName(s))
				}
			}
		}
	}
	return inDir(strings.Join(parts, "/"))
}

// rootDir returns root as something that names can be joined to.
func rootDir(root string) string {
	dir := strings.TrimRight(root, "/")
	switch {
	case dir != "":
		return dir
	case root != "":
		return "/."
	}
	return "."
}

// columnName returns the name of a column, which is counted from 0.
func columnName(names []string, col int) string {
	if col < len(names) && names[col] != "" {
		return names[col]
	}
	return strconv.Itoa(col + 1)
}

// order returns the columns 0 to n-1 in the order of their names.
func order(names []string, n int) []int {
	cols := make([]int, n)
	for i := range cols {
		cols[i] = i
	}
	if len(names) == 0 {
		return cols
	}
	slices.SortStableFunc(cols, func(a, b int) int {
		x, y := columnName(names, a), columnName(names, b)
		return cmp.Or(compareNumbers(leadingNumber(x), leadingNumber(y)), cmp.Compare(x, y))
	})
	return cols
}

// nameMax is how many bytes the name of a file may have on Linux, macOS and the BSDs
// (NAME_MAX).
const nameMax = 255

// dirName returns s as the name of a directory.
func dirName(s string) string {
	name := strings.NewReplacer(`\`, `\\`, "/", `\_`, "\t", `\t`, "\x00", `\0`).Replace(s)
	switch {
	case name == "." || name == "..":
		return `\` + name
	case len(name) <= nameMax:
		return name
	}
	hash := fnv.New64a()
	hash.Write([]byte(s))
	mark := fmt.Sprintf(`\~%016x`, hash.Sum64())
	cut := nameMax - len(mark)
	for cut > nameMax-len(mark)-utf8.UTFMax && !utf8.RuneStart(name[cut]) {
		cut--
	}
	return name[:cut] + mark
}

// An EscapeError says that an argument leads out of the directory that the user named.
type EscapeError struct {
	Path string // the name with the arguments in it
	Dir  string // the directory
}

func (e *EscapeError) Error() string {
	return fmt.Sprintf("results file %q is not in %s", e.Path, e.Dir)
}

// A NameError says that there can be no file of a name.
type NameError struct{ Path string }

func (e *NameError) Error() string {
	return fmt.Sprintf("results file %q: no such name is possible", e.Path)
}

// Expanded returns the place of a task whose name the user gave with replacement
// strings, which have been replaced in path. If it ends in a slash, it is a directory for
// the files stdout, stderr and seq; else it is the file for standard output, and the
// others have .err and .seq behind it.
//
// Prefix is what stands before the first replacement string. If it names a directory,
// as in out/{1}, path must not leave it, by ".." in an argument: that is an
// *EscapeError. If it does not, as in {.}.out, the arguments say where the files are. Links
// are not looked at. A path that is empty or has a NUL byte is a *NameError.
func Expanded(prefix, path string) (Place, error) {
	if path == "" || strings.ContainsRune(path, 0) {
		return Place{}, &NameError{path}
	}
	if slash := strings.LastIndexByte(prefix, '/'); slash >= 0 {
		dir := prefix[:slash+1]
		rel, err := filepath.Rel(dir, path)
		if err != nil || rel == ".." || strings.HasPrefix(rel, "../") {
			return Place{}, &EscapeError{path, dir}
		}
	}
	if dir, ok := strings.CutSuffix(path, "/"); ok {
		return inDir(dir), nil
	}
	return Place{path, path + ".err", path + ".seq"}, nil
}

// Finished reports whether the place has the results of a task that is over, so that it
// need not be run again with --resume where there is no joblog. Where they cannot be seen,
// there are none.
func (p Place) Finished() bool {
	info, err := os.Stat(p.Seq)
	return err == nil && info.Mode().IsRegular()
}
