package script

import (
	"os"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// brief reports whether commands are over as soon as the shell has gone through them: they
// start no other program, wait for nothing, read nothing, and leave nothing running. All
// else, and all doubt, is not brief:
//
//   - programs, functions, and builtins that are not on a short list;
//   - background commands, coprocesses, process substitutions;
//   - loops but those over words; files that are opened, but for /dev/null;
//   - descriptors beyond standard output and standard error;
//   - what makes the shell evaluate a value as code, which may name any program: arithmetic,
//     indexes, indirections, flags, operators like ${x@P};
//   - assignments to variables that may mean something to the shell.
//
// Where it is a loss rather than a danger that a command takes long, as with the pattern of
// a large directory, it may be brief.
func (a analysis) brief(file *syntax.File) bool {
	ok := true
	syntax.Walk(file, func(n syntax.Node) bool {
		ok = ok && a.briefNode(n)
		return ok
	})
	return ok && len(file.Stmts) > 0
}

// briefNode decides on a part of a script without its parts.
func (a analysis) briefNode(n syntax.Node) bool {
	switch n := n.(type) {
	case *syntax.Stmt:
		return !n.Background && !n.Coprocess && !n.Disown && n.Cmd != nil
	case *syntax.Redirect:
		return briefRedirect(n)
	case *syntax.CallExpr:
		return len(n.Args) == 0 || a.briefCall(n.Args)
	case *syntax.Assign:
		return n.Name != nil && isPlainName(n.Name.Value) && n.Index == nil && n.Array == nil
	case *syntax.ForClause:
		loop, words := n.Loop.(*syntax.WordIter)
		return words && !n.Select && isPlainName(loop.Name.Value) && !hasLoop(n.Do)
	case *syntax.Word:
		return a.briefWord(n)
	case *syntax.Lit:
		return !isDevice(n.Value)
	case *syntax.SglQuoted:
		return !isDevice(n.Value)
	case *syntax.CmdSubst:
		return !n.TempFile && !n.ReplyVar
	case *syntax.ParamExp:
		return briefParam(n)
	case *syntax.ProcSubst, *syntax.WhileClause, *syntax.FuncDecl, *syntax.CoprocClause, *syntax.LetClause, *syntax.DeclClause,
		*syntax.TimeClause, *syntax.TestClause, *syntax.TestDecl, *syntax.CStyleLoop, *syntax.ArithmExp, *syntax.ArithmCmd,
		*syntax.ExtGlob:
		return false
	}
	return true
}

// hasLoop reports whether there is a loop in commands, which multiplies what another one
// around it takes.
func hasLoop(stmts []*syntax.Stmt) bool {
	for _, s := range stmts {
		for n := range syntax.Preorder(s) {
			if _, ok := n.(*syntax.ForClause); ok {
				return true
			}
		}
	}
	return false
}

// isPlainName reports whether a variable is the script's own: the names of those that mean
// something to a shell have other letters, but for some of zsh's that start nothing.
func isPlainName(name string) bool {
	return name != "" && name[0] >= 'a' && name[0] <= 'z' && strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == ""
}

// briefWord admits what is not quoted and no code for zsh, as in its *(e:code:).
func (a analysis) briefWord(w *syntax.Word) bool {
	for _, part := range w.Parts {
		if lit, ok := part.(*syntax.Lit); ok && a.dialect == Zsh && !isZshText(lit.Value) {
			return false
		}
	}
	return true
}

// briefParam admits the expansions that give a value as it is or a part of it. What the
// shell's own descriptors or processes would tell is not brief either.
func briefParam(p *syntax.ParamExp) bool {
	if !isPlainExpansion(p) || isVolatile(p.Param.Value) {
		return false
	}
	if p.Exp == nil {
		return true
	}
	switch p.Exp.Op {
	case syntax.AssignUnset, syntax.AssignUnsetOrNull:
		return isPlainName(p.Param.Value)
	case syntax.ErrorUnset, syntax.ErrorUnsetOrNull:
		return true
	}
	return isReadingOperator(p.Exp.Op)
}

// isDevice reports whether a text may lead to the shell's own descriptors.
func isDevice(text string) bool {
	return strings.Contains(text, "/dev") && text != os.DevNull || strings.Contains(text, "/proc")
}

// briefRedirect admits what opens no file that could be waited for.
func briefRedirect(r *syntax.Redirect) bool {
	if r.N != nil && r.N.Value != "1" && r.N.Value != "2" {
		return false
	}
	word := argOf(r.Word, "")
	if !word.static {
		return false
	}
	switch r.Op {
	case syntax.DplOut:
		return word.lead == "1" || word.lead == "2"
	case syntax.RdrOut, syntax.AppOut:
		return word.lead == os.DevNull
	}
	return false
}

// briefCall decides on a simple command by its name, which must be written out.
func (a analysis) briefCall(words []*syntax.Word) bool {
	name := argOf(words[0], "")
	if !name.literal || a.functions(name.lead) {
		return false
	}
	operands := argsOf(words[1:], "")
	switch name.lead {
	case "echo", "true", "false", ":":
		return true
	case "exit", "return", "break", "continue", "shift": // zsh and Korn shells calculate with what is behind them
		return a.dialect == POSIX || a.dialect == Bash || !slices.ContainsFunc(operands, func(o arg) bool { return !o.literal || !isNumber(o.lead) })
	case "test":
		return a.test(operands)
	case "[":
		return a.bracket(operands)
	case "printf": // a program for the Korn shells of MirBSD and OpenBSD
		return a.dialect != MirBSDKorn && a.printf(operands)
	}
	return false
}
