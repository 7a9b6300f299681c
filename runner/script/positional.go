package script

import (
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// usesPositional reports whether a script uses its positional parameters, those of its
// functions aside.
func usesPositional(file *syntax.File, d Dialect) bool {
	found := false
	syntax.Walk(file, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.FuncDecl:
			return false
		case *syntax.ParamExp:
			found = found || n.Param != nil && isPositional(n.Param.Value, d)
		case *syntax.WordIter:
			found = found || !n.InPos.IsValid() // for x; do: over "$@"
		case *syntax.ExtGlob: // not parsed any further
			_, after, dollar := strings.Cut(n.Pattern.Value, "$")
			after = strings.TrimPrefix(after, "{")
			found = found || dollar && after != "" && isPositional(after[:1], d)
		}
		return !found
	})
	return found
}

func isPositional(param string, d Dialect) bool {
	switch param {
	case "@", "*", "#":
		return true
	case "argv", "ARGC":
		return d == Zsh
	}
	return param != "" && param[0] >= '1' && param[0] <= '9'
}

// setsPositional reports whether a script changes its positional parameters, those of its
// functions aside: with set or shift, or in zsh by an assignment. What the script reads with
// . or source is not known.
func setsPositional(file *syntax.File, d Dialect) bool {
	found := false
	syntax.Walk(file, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.FuncDecl:
			return false
		case *syntax.CallExpr:
			found = found || callSetsPositional(n, d)
		case *syntax.Lit:
			found = found || d == Zsh && slices.Contains(identifiers(n.Value), "argv")
		}
		return !found
	})
	return found
}

func callSetsPositional(call *syntax.CallExpr, d Dialect) bool {
	args := argsOf(call.Args, "")
	if d == Zsh && len(args) > 0 { // where 1=x and @=x are assignments
		name, _, ok := strings.Cut(args[0].lead, "=")
		if ok && isPositional(name, d) {
			return true
		}
	}
	switch inv := newInvocation(args); inv.name {
	case "shift":
		return true
	case "set":
		return setsOperands(inv.operands)
	case "eval", "trap":
		return mentions(call, "set") || mentions(call, "shift")
	}
	return false
}

// setsOperands reports whether set with these operands changes the positional parameters,
// as it does unless all of them are options. In doubt it does.
func setsOperands(operands []arg) bool {
	for i := 0; i < len(operands); i++ {
		a := operands[i]
		if !a.static || len(a.lead) < 2 || a.lead[0] != '-' && a.lead[0] != '+' || a.lead[1] == '-' {
			return true
		}
		switch letters := a.lead[1:]; {
		case strings.Contains(letters, "A"):
			return false // an array's name and elements follow
		case strings.Contains(letters, "s"): // sorts them in ksh and zsh
			return true
		case strings.HasSuffix(letters, "o"):
			i++ // the option's name
		case strings.Contains(letters, "o"):
			return true
		}
	}
	return false
}

// mentions reports whether name is a word in the text of node, quoted or not.
func mentions(node syntax.Node, name string) bool {
	for n := range syntax.Preorder(node) {
		text := ""
		switch n := n.(type) {
		case *syntax.Lit:
			text = n.Value
		case *syntax.SglQuoted:
			text = n.Value
		}
		if slices.Contains(identifiers(text), name) {
			return true
		}
	}
	return false
}
