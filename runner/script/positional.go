package script

import (
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
