package script

import (
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// analysis decides whether commands may run in a worker's shell itself instead of in a
// subshell. It admits only what is known to leave no trace in the shell and not to end it;
// all else, and all doubt, is harmful:
//
//   - assignments, declarations, loop variables, arithmetic (which assigns), ${x:=w};
//   - what ends a shell: exit and its like, ${x:?w}, an index or a slice that is wrong,
//     a pattern without a match in zsh;
//   - what lives on: background commands, coprocesses, process substitutions;
//   - what tells a subshell from a shell, or from the task before: $!, $_, BASHPID and others;
//   - builtins that are not on a short list, functions, and names known only at run time.
//
// A subshell within the script is one already, so there only the last but one counts.
type analysis struct {
	dialect   Dialect
	functions func(name string) bool
}

func newAnalysis(d Dialect, functions func(string) bool) analysis {
	if functions == nil {
		functions = func(string) bool { return false }
	}
	return analysis{d, functions}
}

func (a analysis) harmless(file *syntax.File) bool {
	for n := range syntax.Preorder(file) {
		switch n := n.(type) {
		case *syntax.ParamExp:
			if n.Param != nil && isVolatile(n.Param.Value) {
				return false
			}
		case *syntax.CmdSubst: // those of ksh and bash 5.3 that run in the shell itself
			if n.TempFile || n.ReplyVar {
				return false
			}
		}
	}
	return a.stmts(file.Stmts)
}

// isVolatile reports whether a parameter's value depends on what the shell ran before, or
// on its being a subshell.
func isVolatile(param string) bool {
	switch param {
	case "!", "_", "-", "RANDOM", "SRANDOM", "SECONDS", "LINENO", "BASHPID", "BASH_SUBSHELL", "ZSH_SUBSHELL",
		"PIPESTATUS", "pipestatus", "REPLY", "OPTIND", "OPTARG", "BASH_REMATCH", "MATCH", "MBEGIN", "MEND", "match",
		"mbegin", "mend", "BASH_COMMAND", "HISTCMD", "COPROC", "sysparams", "jobstates", "jobtexts", "jobdirs", "status":
		return true
	}
	return false
}

func (a analysis) stmts(stmts []*syntax.Stmt) bool {
	for _, s := range stmts {
		if !a.stmt(s) {
			return false
		}
	}
	return true
}

func (a analysis) stmt(s *syntax.Stmt) bool {
	if s.Background || s.Coprocess || s.Disown || s.Cmd == nil {
		return false
	}
	for _, r := range s.Redirs {
		if r.N != nil && !isNumber(r.N.Value) || !a.word(r.Word) || r.Hdoc != nil && !a.word(r.Hdoc) {
			return false
		}
		if word := argOf(r.Word, ""); (r.Op == syntax.DplOut || r.Op == syntax.DplIn) && !(word.static && (isNumber(word.lead) || word.lead == "-")) {
			return false // anything but a number ends dash
		}
	}
	return a.command(s.Cmd, len(s.Redirs) > 0)
}

// isNumber reports whether s is a number without a sign.
func isNumber(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

func (a analysis) command(cmd syntax.Command, redirected bool) bool {
	switch cmd := cmd.(type) {
	case *syntax.CallExpr:
		return len(cmd.Assigns) == 0 && a.words(cmd.Args) && a.call(cmd.Args, redirected)
	case *syntax.BinaryCmd:
		return a.stmt(cmd.X) && a.stmt(cmd.Y)
	case *syntax.Block:
		return a.stmts(cmd.Stmts)
	case *syntax.Subshell:
		return true
	case *syntax.IfClause:
		for c := cmd; c != nil; c = c.Else {
			if !a.stmts(c.Cond) || !a.stmts(c.Then) {
				return false
			}
		}
		return true
	case *syntax.CaseClause:
		return a.caseClause(cmd)
	case *syntax.TimeClause:
		return cmd.Stmt != nil && a.stmt(cmd.Stmt)
	}
	return false
}

func (a analysis) caseClause(c *syntax.CaseClause) bool {
	if !a.word(c.Word) {
		return false
	}
	for _, item := range c.Items {
		if !a.words(item.Patterns) || !a.stmts(item.Stmts) {
			return false
		}
	}
	return true
}

// call decides on a simple command by its name, which must be written out.
func (a analysis) call(words []*syntax.Word, redirected bool) bool {
	if len(words) == 0 {
		return false
	}
	args := argsOf(words, "")
	name, operands := args[0].lead, args[1:]
	if !args[0].literal || strings.Trim(name, commandBytes) != "" || a.functions(name) {
		return false
	}
	switch name {
	case "echo", "true", "false", "pwd", "kill":
		return true
	case ":":
		return !redirected // a special builtin: a failing redirection ends the shell
	case "printf":
		return a.printf(operands)
	case "[":
		return a.bracket(operands)
	case "test":
		return a.test(operands)
	}
	return strings.Contains(name, "/") || !IsBuiltin(name)
}

// commandBytes are those that no shell expands in a command's name.
const commandBytes = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./+:@%-["

// printf is harmless if it cannot set a variable: with -v, with %n, or in zsh and ksh in an
// argument that they evaluate.
func (a analysis) printf(operands []arg) bool {
	if len(operands) > 0 && operands[0].is("--") {
		operands = operands[1:]
	} else if len(operands) > 0 && strings.HasPrefix(operands[0].lead, "-") {
		return false
	}
	if len(operands) == 0 || !operands[0].static {
		return false
	}
	if a.dialect == POSIX || a.dialect == Bash {
		return onlyConversions(operands[0].lead, "sbqcQ%diouxXeEfFgGaA(")
	}
	return plainFormat(operands[0].lead)
}

// bracket is test by its other name.
func (a analysis) bracket(operands []arg) bool {
	last := len(operands) - 1
	return last >= 0 && operands[last].is("]") && a.test(operands[:last])
}

// test is harmless where its operator is written out and evaluates nothing.
func (a analysis) test(operands []arg) bool {
	if len(operands) > 0 && operands[0].is("!") {
		operands = operands[1:]
	}
	for _, o := range operands {
		if !isOneWord(o.word) {
			return false
		}
	}
	switch len(operands) {
	case 0, 1:
		return true
	case 2:
		return operands[0].static && len(operands[0].lead) == 2 && strings.IndexByte("bcdefghknprsuwxzGLNOS", operands[0].lead[1]) >= 0 &&
			operands[0].lead[0] == '-'
	case 3:
		if isNumericOperator(operands[1]) {
			return a.dialect == POSIX || a.dialect == Bash
		}
		return operands[1].is("=") || operands[1].is("==") || operands[1].is("!=") ||
			operands[1].is("-nt") || operands[1].is("-ot") || operands[1].is("-ef")
	}
	return false
}

// isOneWord reports whether w is one argument whatever its expansions hold, so that none of
// them can become an operator.
func isOneWord(w *syntax.Word) bool {
	for _, part := range w.Parts {
		switch p := part.(type) {
		case *syntax.Lit:
			if strings.ContainsAny(p.Value, "*?[{~") {
				return false
			}
		case *syntax.SglQuoted:
		case *syntax.DblQuoted:
			for _, inner := range p.Parts {
				if e, ok := inner.(*syntax.ParamExp); ok && e.Param != nil && e.Param.Value == "@" {
					return false
				}
			}
		default:
			return false
		}
	}
	return true
}

func (a analysis) words(words []*syntax.Word) bool {
	for _, w := range words {
		if !a.word(w) {
			return false
		}
	}
	return true
}

func (a analysis) word(w *syntax.Word) bool { return w == nil || a.parts(w.Parts, false) }

// parts admits the expansions that only read.
func (a analysis) parts(parts []syntax.WordPart, quoted bool) bool {
	for _, part := range parts {
		ok := false
		switch p := part.(type) {
		case *syntax.Lit:
			ok = quoted || a.dialect != Zsh || isZshText(p.Value)
		case *syntax.SglQuoted:
			ok = true
		case *syntax.DblQuoted:
			ok = a.parts(p.Parts, true)
		case *syntax.CmdSubst:
			ok = true
		case *syntax.ParamExp:
			ok = a.param(p, quoted)
		case *syntax.ExtGlob:
			ok = !strings.ContainsAny(p.Pattern.Value, "$`")
		}
		if !ok {
			return false
		}
	}
	return true
}

// isZshText reports whether zsh takes text that is not quoted as it is: it ends a list of
// commands at a pattern without a match, at =name, at ~name.
func isZshText(text string) bool { return !strings.ContainsAny(text, "*?[]^#~=()<>|{}") }

func (a analysis) param(p *syntax.ParamExp, quoted bool) bool {
	if !isPlainExpansion(p) {
		return false
	}
	if p.Repl != nil {
		return a.word(p.Repl.Orig) && a.word(p.Repl.With)
	}
	if p.Exp == nil {
		return true
	}
	return isReadingOperator(p.Exp.Op) && (p.Exp.Word == nil || a.parts(p.Exp.Word.Parts, quoted))
}

// isPlainExpansion reports whether p is of a parameter by its name, at most with one
// operator or a replacement.
func isPlainExpansion(p *syntax.ParamExp) bool {
	return p.Param != nil && !p.Excl && !p.Width && !p.IsSet && p.Flags == nil && p.NestedParam == nil && p.Index == nil &&
		p.Slice == nil && p.Names == 0 && len(p.Modifiers) == 0 && p.GlobSubst == 0 && p.Split == 0 && p.RcExpand == 0
}

// isReadingOperator reports whether an operator of an expansion leaves the parameter as it
// is, and does not end the shell.
func isReadingOperator(op syntax.ParExpOperator) bool {
	switch op {
	case syntax.AlternateUnset, syntax.AlternateUnsetOrNull, syntax.DefaultUnset, syntax.DefaultUnsetOrNull,
		syntax.RemSmallSuffix, syntax.RemLargeSuffix, syntax.RemSmallPrefix, syntax.RemLargePrefix,
		syntax.UpperFirst, syntax.UpperAll, syntax.LowerFirst, syntax.LowerAll:
		return true
	}
	return false
}
