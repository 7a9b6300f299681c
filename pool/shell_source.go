package pool

import (
	"bytes"
	"fmt"
	"strings"
)

// shorten returns commands that do what text does: itself, or what has the shell read
// it from the file, as far as that can be. The file is the worker's until its next
// command.
func (f *sourceFile) shorten(text []byte) ([]byte, error) {
	if len(text) <= sourceOver {
		return text, nil
	}
	path, err := f.put(text)
	if err != nil || path == "" {
		return text, err
	}
	return fmt.Appendf(nil, "\\. %s\n", path), nil
}

// shortenCall is shorten for a line that is a function's name and its arguments. The
// file only sets the shell's own arguments to them: a dash that ran the function while
// it reads the file would name that in whatever it says, which is the task's. The
// backslashes are there for aliases of Init.
func (k *Shell) shortenCall(f *sourceFile, line []byte) ([]byte, error) {
	if len(line) <= sourceOver {
		return line, nil
	}
	name, args, _ := bytes.Cut(line, []byte(" "))
	path, err := f.put(fmt.Appendf(nil, `\%s \set -- %s`, k.builtin(), args))
	if err != nil || path == "" {
		return line, err
	}
	return fmt.Appendf(nil, "\\. %s\n%s \"$@\"\n", path, name), nil
}

// spoken is what the worker has said itself, with names in the place of the paths that
// it reads from, which tell nobody anything.
func (w *shellWorker) spoken(words []byte) string {
	s := replacePath(string(words), w.initSource.path(), "init")
	return replacePath(s, w.source.path(), "script")
}

// replacePath replaces the path of a descriptor, which is no part of a longer number.
// The path "" is in no text.
func replacePath(s, path, name string) string {
	if path == "" {
		return s
	}
	var b strings.Builder
	for {
		before, after, found := strings.Cut(s, path)
		b.WriteString(before)
		if !found {
			return b.String()
		}
		if after != "" && '0' <= after[0] && after[0] <= '9' {
			b.WriteString(path)
		} else {
			b.WriteString(name)
		}
		s = after
	}
}
