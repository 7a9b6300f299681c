package pool

import (
	"path/filepath"
	"strings"

	"xpool/pool/stub"
)

// Interpreter is the kind of pool whose workers are interpreters of a programming
// language that stay: the code is compiled once in each, and a task sends only its
// arguments, Payload.Args, of which it needs one at least. The code finds the first
// of them, all of them, and Task.Seq in variables:
//
//	Python  arg   args   seq
//	Perl    $arg  @args  $seq
//	Node    arg   args   seq; as Buffers argBytes and argsBytes
//
// What it prints is the task's output. Where a program of its own would have exited
// with a status, that is the task's, and the worker lives on; an exception that
// nobody catches is exit status 1, with what the language has to say of it on the
// task's standard error. Standard input is empty. Package stub has the details.
//
// Code that does not compile, and an Init that fails, break the pool before any
// task is run.
//
// An Interpreter belongs to one pool. Path, Language and Code have to be set.
type Interpreter struct {
	// Path is the interpreter's file, searched for in PATH if it has no slash.
	Path string

	// Language says which language it is; LanguageOf(Path) tells as a rule. It must
	// not be NoLanguage.
	Language Language

	// Code is what a task runs: a program text. With Call, which is for Python only,
	// it is the name of a function as module:function, which is called with the
	// task's arguments; what it returns is printed with a newline, unless it is
	// None.
	Code string
	Call bool

	// Init is run once in each worker before its first task; "" is nothing. What
	// it prints belongs to no task.
	Init string

	path   string // what Path was found to be
	proven bool   // a worker has been ready
}

// Language is a programming language for which there is a worker.
type Language uint8

// The languages. NoLanguage is the zero value.
const (
	NoLanguage Language = iota
	Python
	Perl
	Node
)

// LanguageOf tells from the name of an interpreter's file which language it is:
// python3, pypy3, perl5.36, node and nodejs count, whatever their directory. It
// returns NoLanguage for any other name. The file need not exist.
func LanguageOf(path string) Language {
	name := filepath.Base(path)
	for _, l := range []struct {
		prefix   string
		language Language
	}{{"python", Python}, {"pypy", Python}, {"perl", Perl}, {"nodejs", Node}, {"node", Node}} {
		if rest, ok := strings.CutPrefix(name, l.prefix); ok && strings.Trim(rest, "0123456789.-") == "" {
			return l.language
		}
	}
	return NoLanguage
}

// argv starts the interpreter with its stub.
func (k *Interpreter) argv() []string {
	name := filepath.Base(k.path)
	switch k.Language {
	case Perl:
		return []string{name, "-e", stub.Perl()}
	case Node:
		return []string{name, "-e", stub.Node(), "3"}
	default:
		return []string{name, "-c", stub.Python()}
	}
}

func (k *Interpreter) hopeless(error) bool { return false }

func (k *Interpreter) start(s *slot) (worker, error) {
	return startResident(s, k.Path, &k.path, newInterpreterWorker(s, k))
}
