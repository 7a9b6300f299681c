package script

import (
	"io"
	"runtime"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// maxFrames bounds the calls that a parser may be in at a time. It calls itself for
// each command in a command, and a stack that is full ends the process and with it
// the tasks of others. Shells, which have 8 MiB for the same, take far less.
const maxFrames = 100_000

// nestingError says that a script has more commands within commands than a shell
// could take.
type nestingError struct{}

func (nestingError) Error() string { return "commands are nested too deeply" }

// shallow reads a script for a parser that runs on the goroutine which reads, and
// ends with a nestingError when it is in too many calls. As a parser asks for no
// more than a KiB at a time, it cannot get much deeper between two reads.
type shallow struct{ io.Reader }

func (r shallow) Read(p []byte) (int, error) {
	var pc [1]uintptr
	if runtime.Callers(maxFrames, pc[:]) > 0 {
		return 0, nestingError{}
	}
	return r.Reader.Read(p)
}

// maxLevels bounds the levels of a parsed script, as what looks at it calls itself for
// each. A long list of commands has some, too: of each && and || one.
const maxLevels = 50_000

// flatUpTo is how long a text in bytes is that has too few levels to be of harm.
const flatUpTo = 32 << 10

// checkDepth returns a nestingError for a script with too many levels.
func checkDepth(src string, file *syntax.File) error {
	if len(src) <= flatUpTo {
		return nil
	}
	level, deepest := 0, 0
	syntax.Walk(file, func(n syntax.Node) bool {
		if n == nil {
			level--
			return true
		}
		deepest = max(deepest, level)
		if level >= maxLevels {
			return false // without the call for its end
		}
		level++
		return true
	})
	if deepest >= maxLevels {
		return nestingError{}
	}
	return nil
}

// parseShallow parses src, unless it is nested so deeply that it would be the end of
// the process.
func parseShallow(p *syntax.Parser, src string) (*syntax.File, error) {
	file, err := p.Parse(shallow{strings.NewReader(src)}, "")
	if err == nil {
		err = checkDepth(src, file)
	}
	return file, err
}
