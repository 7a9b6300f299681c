package script

import (
	"path"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// Word is a word of a program's command line, as far as it is known before there is a
// record.
type Word struct {
	Lead     string // its text up to its first replacement string, all of it if it has none
	Replaced bool   // it has one
}

// AsCode reports whether a program with these words, its own name first, takes one with a
// replacement string as code, as Script.AsCode does for a script.
func AsCode(words []Word) bool {
	args := make([]arg, len(words))
	for i, w := range words {
		args[i] = arg{lead: w.Lead, static: !w.Replaced}
	}
	return slices.ContainsFunc(codeOf(args), func(a arg) bool { return !a.static })
}

// runsAsCode tells whether a token stands in what eval, ssh or the -c of a shell runs.
func (s *source) runsAsCode(file *syntax.File) bool {
	for n := range syntax.Preorder(file) {
		call, ok := n.(*syntax.CallExpr)
		if ok && slices.ContainsFunc(codeOf(argsOf(call.Args, s.prefix)), func(a arg) bool {
			return len(s.marks(int(a.word.Pos().Offset()), int(a.word.End().Offset()))) > 0
		}) {
			return true
		}
	}
	return false
}

// codeOf returns the words of a simple command that are code to what it runs. A shell may
// stand behind other programs, as in env sh -c or timeout 9 sh -c, and so may ssh, but not
// right behind an option, whose value it is in rsync -e ssh.
func codeOf(args []arg) (code []arg) {
	if name, operands := command(args); name == "eval" {
		return operands
	}
	for i, a := range args {
		switch name := path.Base(a.lead); {
		case !a.static:
		case IsShell(name):
			code = append(code, afterC(args[i+1:])...)
		case name == "ssh" && (i == 0 || !args[i-1].isOption()):
			code = append(code, afterHost(args[i+1:])...)
		}
	}
	return code
}

// afterHost returns the words behind the host of ssh, which a shell there runs. Options
// may stand on both sides of the host.
func afterHost(args []arg) []arg {
	const valued = "BbcDEeFIiJLlmOoPpQRSWw" // the options of OpenSSH 9 that take a value
	host := false
	for i := 0; i < len(args); i++ {
		switch a := args[i]; {
		case a.isOption():
			if at := strings.IndexAny(a.lead, valued); a.static && at == len(a.lead)-1 {
				i++ // its value
			}
		case host:
			return args[i:]
		default:
			host = true
		}
	}
	return nil
}

// afterC returns the word that is the code of a shell's -c, none if it has none.
func afterC(args []arg) []arg {
	code := false
	for i := 0; i < len(args); i++ {
		switch a := args[i]; {
		case !a.isOption():
			if code {
				return args[i : i+1]
			}
			return nil
		case a.lead[1] == '-':
		default:
			code = code || a.hasFlag('c')
			if a.hasFlag('o') {
				i++ // its name
			}
		}
	}
	return nil
}

// IsShell reports whether a program of this name, without a directory, is a shell.
func IsShell(name string) bool {
	switch name {
	case "sh", "ash", "bash", "dash", "ksh", "ksh93", "mksh", "zsh":
		return true
	}
	return false
}
