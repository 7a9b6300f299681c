package script

import (
	"path"
	"slices"

	"mvdan.cc/sh/v3/syntax"
)

// runsAsCode tells whether a token stands in what eval or the -c of a shell runs.
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
// stand behind other programs, as in env sh -c or timeout 9 sh -c.
func codeOf(args []arg) []arg {
	if name, operands := command(args); name == "eval" {
		return operands
	}
	for i, a := range args {
		if a.static && isShell(path.Base(a.lead)) {
			if code := afterC(args[i+1:]); len(code) > 0 {
				return code
			}
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

func isShell(name string) bool {
	switch name {
	case "sh", "ash", "bash", "dash", "ksh", "mksh", "zsh":
		return true
	}
	return false
}
