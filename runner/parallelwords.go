package runner

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/shell"
)

// profilesOf returns the profiles that are asked for among args, and whether no
// options are to come from anywhere else. What else is wrong with args is found
// later.
func profilesOf(args []string) (profiles []string, plain bool) {
	var o Options
	f := parallelFlags(&o)
	_ = f.Parse(glued(f, args))
	return o.parallel.profiles, o.parallel.plain
}

// parallelWords are the options in the user's files and in PARALLEL: in the file
// config, or in those of the profiles instead.
func (e environment) parallelWords(profiles []string, plain bool) ([]string, error) {
	if plain {
		return nil, nil
	}
	var words []string
	for _, path := range e.profilePaths(profiles) {
		more, err := readWords(path)
		if err != nil {
			return nil, err
		}
		words = append(words, more...)
	}
	fields, err := splitWords(e.get("PARALLEL"))
	if err != nil {
		return nil, fmt.Errorf("PARALLEL: %w", err)
	}
	return append(words, fields...), nil
}

// profilePaths are the files with options, of which none has to be there.
func (e environment) profilePaths(profiles []string) (paths []string) {
	dirs := e.parallelDirs()
	if len(profiles) == 0 {
		paths = append(paths, "/etc/parallel/config")
		for _, dir := range dirs {
			paths = append(paths, filepath.Join(dir, "config"))
		}
		return append(paths, filepath.Join(e.get("HOME"), ".parallelrc"))
	}
	for _, name := range profiles {
		if strings.HasPrefix(name, "/") || strings.HasPrefix(name, "./") {
			paths = append(paths, name)
			continue
		}
		for _, dir := range dirs {
			paths = append(paths, filepath.Join(dir, name))
		}
	}
	return paths
}

// parallelDirs are where GNU parallel keeps what is the user's.
func (e environment) parallelDirs() (dirs []string) {
	if home := e.get("PARALLEL_HOME"); home != "" {
		dirs = append(dirs, home)
	}
	if config := e.get("XDG_CONFIG_HOME"); config != "" {
		dirs = append(dirs, filepath.Join(config, "parallel"))
	}
	return append(dirs, filepath.Join(e.get("HOME"), ".parallel"))
}

// readWords reads a file of options. One that is not there, or is not for this
// user to read, has none.
func readWords(path string) (words []string, err error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) || errors.Is(err, os.ErrPermission) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); strings.HasPrefix(line, "#") {
			continue
		}
		fields, err := splitWords(line)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		words = append(words, fields...)
	}
	return words, nil
}

// splitWords splits a text into words as a shell does, without expanding anything.
func splitWords(text string) ([]string, error) {
	return shell.Fields(text, func(name string) string { return "$" + name })
}

// shebang returns the command line that is meant by one that the kernel has made of
// the first line of a file: the options of that line are the first word of all,
// and the file's name comes after them. Any other one is returned as it is.
func shebang(args []string) ([]string, error) {
	if len(args) < 2 {
		return args, nil
	}
	for _, option := range []string{"--shebang-wrap", "--shebangwrap", "--shebang", "--hashbang"} {
		rest, ok := strings.CutPrefix(args[0], option)
		if !ok || rest != "" && rest[0] != ' ' {
			continue
		}
		words, err := splitWords(rest)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", option, err)
		}
		if strings.HasSuffix(option, "wrap") {
			return wrapped(words, args[1], args[2:]), nil
		}
		last := len(args) - 1
		return slices.Concat([]string{"--skip-first-line", "-a", args[last]}, words, args[1:last]), nil
	}
	return args, nil
}

// wrapped is the command line for a script that runs once for each of args, or for
// each line of standard input: words are options, the interpreter, and perhaps
// replacement strings.
func wrapped(words []string, script string, args []string) []string {
	line := append(words, shellWord(script))
	if len(args) > 0 {
		line = append(append(line, ":::"), args...)
	}
	return line
}
