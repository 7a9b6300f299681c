package crashdetect

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"unicode"
)

// StartError says why a program could not be started. Its Error is the whole sentence for the user, in one line.
type StartError struct {
	// Program is the name as the user wrote it.
	Program string

	// Found is the file that stood for it and cannot be run, where that is not Program itself; "" otherwise.
	Found string

	// Err is the reason: exec.ErrNotFound when no directory of PATH has the program, else mostly a syscall.Errno.
	Err error

	// Suggestion is a name that the user may have meant, or "".
	Suggestion string
}

// NewStartError returns the error for a failed start of program, which was found at path ("" if it is not known): err is
// what the attempt to run it returned, and is reduced to the reason in it. Where the kernel says "no such file" though
// the program is there, the error names what is really missing.
func NewStartError(program, path string, err error) *StartError {
	e := &StartError{Program: program, Err: reasonOf(err)}
	if path != program {
		e.Found = path
	}
	if file := orElse(path, program); strings.Contains(file, "/") && errors.Is(e.Err, syscall.ENOENT) {
		if missing := missingPart(file); missing != "" {
			e.Err = &circumstance{missing}
		}
	}
	return e
}

// Error returns a sentence such as "cannot run 'convrt': not found in PATH (did you mean 'convert'?)".
func (e *StartError) Error() string {
	var b strings.Builder
	b.WriteString("cannot run " + quote(e.Program) + ": ")
	if e.Found != "" {
		b.WriteString(quote(e.Found) + ": ")
	}
	switch {
	case errors.Is(e.Err, exec.ErrNotFound):
		b.WriteString("not found in PATH")
	case e.Err == nil:
		b.WriteString("unknown reason")
	default:
		b.WriteString(oneLine(e.Err.Error()))
	}
	if e.Suggestion != "" {
		b.WriteString(" (did you mean " + quote(e.Suggestion) + "?)")
	}
	return b.String()
}

// Unwrap returns the reason.
func (e *StartError) Unwrap() error { return e.Err }

// Code returns the status that a shell, or xargs, exits with for it: 127 when there is no such program, 126 when there is
// one that cannot be run.
func (e *StartError) Code() int {
	if errors.Is(e.Err, exec.ErrNotFound) || errors.Is(e.Err, fs.ErrNotExist) {
		return 127
	}
	return 126
}

// reasonOf returns what lies under the wrappings that os and os/exec put around an errno. A working directory that
// cannot be entered keeps its wrapping: its errno is not about the program.
func reasonOf(err error) error {
	if errors.Is(err, exec.ErrNotFound) {
		return exec.ErrNotFound
	}
	if pe, ok := errors.AsType[*fs.PathError](err); ok && pe.Op == "chdir" {
		return &circumstance{pe.Error()}
	}
	if errno, ok := errors.AsType[syscall.Errno](err); ok {
		return errno
	}
	return err
}

// circumstance is a reason that lies beside the program, which itself was found. It therefore wraps nothing, least of all
// an fs.ErrNotExist.
type circumstance struct{ text string }

func (c *circumstance) Error() string { return c.text }

// missingPart says what a program that exists lacks when the kernel finds "no such file", or "" if it does not exist.
func missingPart(file string) string {
	if info, err := os.Stat(file); err != nil || !info.Mode().IsRegular() {
		return ""
	}
	f, err := os.Open(file)
	if err != nil {
		return ""
	}
	defer f.Close()
	head := make([]byte, 256) // BINPRM_BUF_SIZE in Linux' <linux/binfmts.h>: the kernel reads no more either
	n, _ := f.Read(head)
	if name := interpreterOf(head[:n]); name != "" {
		return "its interpreter " + quote(name) + " was not found"
	}
	return "its dynamic loader was not found"
}

// interpreterOf returns the program in the "#!" line that a script starts with, or "" if it starts with none. A carriage
// return at the end of the line is part of the name, as it is for the kernel: it is the usual reason why none is found.
func interpreterOf(head []byte) string {
	rest, ok := bytes.CutPrefix(head, []byte("#!"))
	if !ok {
		return ""
	}
	line, _, _ := bytes.Cut(rest, []byte("\n"))
	line = bytes.Trim(line, " \t")
	if i := bytes.IndexAny(line, " \t\x00"); i >= 0 {
		line = line[:i]
	}
	return string(line)
}

// quote returns s in single quotes, or, where s has characters that would not show, as a Go string.
func quote(s string) string {
	invisible := func(r rune) bool { return !unicode.IsPrint(r) || r == unicode.ReplacementChar }
	if strings.ContainsFunc(s, invisible) {
		return strconv.Quote(s)
	}
	return "'" + s + "'"
}
