package script

import (
	"slices"

	"mvdan.cc/sh/v3/syntax"
)

// need is what the use of a variable asks of the values that are put into it: after
// n={}, the shell evaluates the record in $((n + 1)) as much as in $(({} + 1)).
type need struct {
	class  Class
	refuse string
}

// and returns what satisfies both.
func (n need) and(o need) need {
	switch {
	case n.refuse != "":
		return n
	case o.refuse != "" || n.class == Text:
		return o
	case o.class == Text || o.class == n.class:
		return n
	}
	return need{refuse: "the script uses this value both as a number and as a variable's name"}
}

// need returns what the script's use of the variable name asks for.
func (c *compiler) need(name string) need { return c.needs[name].and(specialNeed(name, c.dialect)) }

// specialNeed is for variables that a shell itself evaluates: those that are integers from
// the start, where bash and ksh evaluate what is assigned, and those it expands as code.
func specialNeed(name string, d Dialect) need {
	switch name {
	case "PS0", "PS1", "PS2", "PS4", "PROMPT", "PROMPT4", "PROMPT_COMMAND":
		return need{refuse: "the shell runs code in " + name}
	case "RANDOM", "SRANDOM", "SECONDS", "OPTIND", "HISTCMD", "LINENO", "COLUMNS", "LINES", "HISTSIZE", "SAVEHIST",
		"TMOUT", "BASHPID", "PPID", "UID", "EUID", "GID", "EGID", "USER_ID", "PGRP", "ERRNO", "SHLVL", "FUNCNEST",
		"LISTMAX", "LOGCHECK", "MAILCHECK", "DIRSTACKSIZE", "KEYTIMEOUT", "REPORTTIME", "REPORTMEMORY", "BAUD":
		if d != POSIX {
			return need{class: Integer}
		}
	}
	return need{}
}

// These stand for all positional parameters among the variables: those of the script, and
// those of its functions.
const (
	scriptArgs   = "@"
	functionArgs = "f@"
)

// argumentNeed is what the command name asks of an argument that is a token: set puts it
// into the positional parameters, and so does a call of one of the script's functions.
func (c *compiler) argumentNeed(name string) need {
	switch {
	case name == "set":
		return c.needs[scriptArgs].and(c.needs[functionArgs])
	case c.functions[name]:
		return c.needs[functionArgs]
	}
	return need{}
}

// scope returns the name under which positional parameters are kept at the end of path.
func scope(path []syntax.Node) string {
	for _, n := range path {
		if _, ok := n.(*syntax.FuncDecl); ok {
			return functionArgs
		}
	}
	return scriptArgs
}

// collectNeeds fills in needs, lists, maps and functions.
func (c *compiler) collectNeeds(file *syntax.File) {
	c.needs, c.functions = map[string]need{}, map[string]bool{}
	c.lists, c.maps = map[string]bool{}, map[string]bool{}
	flows := map[string][]string{} // the variables whose values a variable gets
	for n := range syntax.Preorder(file) {
		if f, ok := n.(*syntax.FuncDecl); ok && f.Name != nil {
			c.functions[f.Name.Value] = true
		}
	}
	walkPaths(file, func(path []syntax.Node) { c.collect(path, flows) })
	c.propagate(flows)
}

// collect notes what the node at the end of path says of variables.
func (c *compiler) collect(path []syntax.Node, flows map[string][]string) {
	flow := func(to string, from syntax.Node) { flows[to] = append(flows[to], variables(from, scope(path))...) }
	switch n := path[len(path)-1].(type) {
	case *syntax.CallExpr:
		if name := c.collectCall(n); c.functions[name] {
			flow(functionArgs, n)
		} else if name == "set" {
			flow(scope(path), n)
		}
	case *syntax.DeclClause:
		c.collectDecl(n)
	case *syntax.Assign:
		if n.Name != nil {
			c.lists[n.Name.Value] = c.lists[n.Name.Value] || n.Array != nil || n.Index != nil
			flow(n.Name.Value, n)
		}
	case *syntax.Stmt:
		for _, name := range inputVariables(n) {
			for _, r := range n.Redirs {
				flow(name, r)
			}
		}
	case *syntax.WordIter:
		if !n.InPos.IsValid() { // for x; do: over "$@"
			flows[n.Name.Value] = append(flows[n.Name.Value], scope(path))
		}
		for _, item := range n.Items {
			flow(n.Name.Value, item)
		}
	case *syntax.ParamExp:
		if n.Exp != nil && n.Exp.Word != nil && n.Param != nil {
			switch n.Exp.Op {
			case syntax.AssignUnset, syntax.AssignUnsetOrNull:
				flow(n.Param.Value, n.Exp.Word)
			}
		}
		c.collectParam(path, n)
	case *syntax.Lit, *syntax.SglQuoted:
		c.collectIdentifiers(path, n)
	}
}

func (c *compiler) addNeed(name string, n need) {
	if name != "" && (n.class != Text || n.refuse != "") {
		c.needs[name] = c.needs[name].and(n)
	}
}

// variable returns the name under which a parameter's needs are kept in a scope.
func variable(param, scope string) string {
	if param == "*" || param == "@" || param != "" && param[0] >= '1' && param[0] <= '9' {
		return scope
	}
	return param
}

// variables returns the variables that are expanded in n, which stands in the given scope.
func variables(n syntax.Node, scope string) []string {
	var names []string
	for n := range syntax.Preorder(n) {
		if p, ok := n.(*syntax.ParamExp); ok && p.Param != nil && !p.Length {
			names = append(names, variable(p.Param.Value, scope))
		}
	}
	return names
}

// inputVariables returns the variables that a statement with a here-document or
// here-string may read it into.
func inputVariables(s *syntax.Stmt) []string {
	var names []string
	if !slices.ContainsFunc(s.Redirs, func(r *syntax.Redirect) bool { return r.Hdoc != nil || r.Op == syntax.WordHdoc }) {
		return nil
	}
	for n := range syntax.Preorder(s) {
		call, ok := n.(*syntax.CallExpr)
		if !ok {
			continue
		}
		switch name, operands := command(argsOf(call.Args, "")); name {
		case "read", "mapfile", "readarray":
			for _, a := range operands {
				names = append(names, identifiers(a.lead)...)
			}
			names = append(names, "REPLY", "MAPFILE")
		}
	}
	return names
}

// propagate hands the needs of a variable on to those that it gets its values from.
func (c *compiler) propagate(flows map[string][]string) {
	for changed := true; changed; {
		changed = false
		for to, froms := range flows {
			for _, from := range froms {
				before := c.needs[from]
				c.addNeed(from, c.need(to))
				changed = changed || c.needs[from] != before
			}
		}
	}
}

// collectParam notes what the place of an expansion asks of its variable.
func (c *compiler) collectParam(path []syntax.Node, p *syntax.ParamExp) {
	if p.Param == nil || p.Length || p.Names != 0 {
		return
	}
	name := variable(p.Param.Value, scope(path))
	switch {
	case p.Excl:
		c.addNeed(name, need{class: Identifier})
		return
	case p.Exp == nil || p.Exp.Word == nil:
	case p.Exp.Op == syntax.OtherParamOps && p.Exp.Word.Lit() == "P":
		c.addNeed(name, need{refuse: "the script runs code in this value with ${" + p.Param.Value + "@P}"})
		return
	}
	at := c.locate(path, int(p.Pos().Offset()), int(p.End().Offset()))
	c.addNeed(name, need{class: at.class})
}

// collectIdentifiers notes the variables that an arithmetic expression names without a
// dollar sign.
func (c *compiler) collectIdentifiers(path []syntax.Node, n syntax.Node) {
	start, end := int(n.Pos().Offset()), min(int(n.End().Offset()), len(c.src.text))
	if start >= end || c.src.hasMark(start, end) {
		return
	}
	if _, ok := path[len(path)-2].(*syntax.ParamExp); ok {
		return // the name of an expansion, unless it is an array's in arithmetic
	}
	if c.locate(path, start, end).class != Integer {
		return
	}
	for _, name := range identifiers(string(c.src.text[start:end])) {
		c.addNeed(name, need{class: Integer})
	}
}

// identifiers returns the words in s that could be names of variables.
func identifiers(s string) []string {
	var names []string
	for i := 0; i < len(s); {
		j := i
		for j < len(s) && isNameByte(s[j]) {
			j++
		}
		if j > i && (s[i] < '0' || s[i] > '9') {
			names = append(names, s[i:j])
		}
		i = j + 1
	}
	return names
}

func isNameByte(b byte) bool {
	return b == '_' || b >= '0' && b <= '9' || b|0x20 >= 'a' && b|0x20 <= 'z'
}

// collectCall notes the variables that a builtin gives an attribute. It returns the
// command's name.
func (c *compiler) collectCall(call *syntax.CallExpr) string {
	inv := newInvocation(argsOf(call.Args, ""))
	name, operands := inv.name, inv.operands
	switch name {
	case "integer", "float", "nameref", "typeset", "declare":
		f := flagsOf(name, operands)
		for _, a := range operands {
			c.collectFlags(f, a.lead)
		}
	case "mapfile", "readarray", "read":
		for _, a := range operands {
			c.lists[a.lead] = c.lists[a.lead] || name != "read" || flagsOf(name, operands).list
		}
	}
	return name
}

// collectDecl notes the attributes of the variables that a declaration names.
func (c *compiler) collectDecl(d *syntax.DeclClause) {
	f := c.declFlags(d)
	for _, a := range d.Args {
		if a.Name != nil {
			c.collectFlags(f, a.Name.Value)
		} else if a.Value != nil {
			c.collectFlags(f, argOf(a.Value, c.src.prefix).lead)
		}
	}
}

// collectFlags notes attributes for the variable in a declaration's argument.
func (c *compiler) collectFlags(f flags, arg string) {
	names := identifiers(arg)
	if len(names) == 0 || arg[0] == '-' {
		return
	}
	c.addNeed(names[0], f.need())
	c.lists[names[0]] = c.lists[names[0]] || f.list
	c.maps[names[0]] = c.maps[names[0]] || f.keyed
}

// walkPaths calls visit for each node with the path that leads to it. The path is only
// valid during the call.
func walkPaths(file *syntax.File, visit func(path []syntax.Node)) {
	var path []syntax.Node
	syntax.Walk(file, func(n syntax.Node) bool {
		if n == nil {
			path = path[:len(path)-1]
			return false
		}
		path = append(path, n)
		visit(path)
		return true
	})
}
