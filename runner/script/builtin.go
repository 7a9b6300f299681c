package script

import (
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// Shells evaluate some arguments of their builtins a second time: a name such as
// a[$(reboot)] given to unset, read, printf -v or test -v runs the command in it, and so
// does an arithmetic argument. This file knows which arguments those are, in all shells at
// once: a restriction that one of them does not need costs nobody anything, because no
// other value makes sense there.

// call is for a token in a simple command.
func (l *locator) call(call *syntax.CallExpr, child syntax.Node) {
	l.done = true
	known, ok := l.c.calls[call]
	if !ok {
		known = newInvocation(argsOf(call.Args, l.c.src.prefix))
		l.c.calls[call] = known
	}
	if known.counts[child] {
		l.numberOperand("repeat")
		return
	}
	// Records could make up a whole command: sh, -c and code.
	l.place.lone = known.head == child
	if i, ok := known.index[child]; ok {
		l.operandOf(known.name, known.operands, i)
		l.need(l.c.argumentNeed(known.name))
	}
}

// invocation is what is known of a simple command.
type invocation struct {
	name     string
	head     syntax.Node // the word that names the command; nil if none does
	operands []arg
	index    map[syntax.Node]int  // of the operands' words
	counts   map[syntax.Node]bool // the words that zsh takes for the N of repeat N command
}

func newInvocation(args []arg) *invocation {
	inv := &invocation{counts: map[syntax.Node]bool{}}
	inv.name, inv.operands = command(args)
	for inv.name == "repeat" && len(inv.operands) > 0 {
		inv.counts[inv.operands[0].word] = true
		args = inv.operands[1:]
		inv.name, inv.operands = command(args)
	}
	if i := commandAt(args); i < len(args) {
		inv.head = args[i].word
	}
	inv.index = make(map[syntax.Node]int, len(inv.operands))
	for i, a := range inv.operands {
		inv.index[a.word] = i
	}
	return inv
}

// operandOf is for a token in the operand i of the builtin name.
func (l *locator) operandOf(name string, operands []arg, i int) {
	switch name {
	case "test", "[", "[[":
		l.testOperand(operands, i)
	case "printf":
		l.printfOperand(operands, i)
	case "print":
		l.printOperand(operands, i)
	case "read":
		text := "d"
		if l.c.dialect == Bash {
			text = "dip" // to the others -p is the coprocess
		}
		l.readOperand(operands, i, text, "ntukN")
	case "mapfile", "readarray":
		l.readOperand(operands, i, "dC", "nOsuc")
	case "unset", "vared", "sysread", "getln", "zparseopts":
		l.nameOperand(operands[i])
	case "export", "readonly", "local", "declare", "typeset", "private", "global", "integer", "float", "nameref":
		l.declared(name, flagsOf(name, operands), operands[i].word)
	case "getopts":
		l.place.lone = i <= 1
		if i == 1 {
			l.nameOperand(operands[i])
		}
	case "let":
		l.operandWord(operands[i].word)
		l.class(Integer)
	case "exit", "return", "shift", "break", "continue", "logout", "bye", "ulimit":
		l.numberOperand(name)
	case "wait":
		l.waitOperand(operands, i)
	case "set":
		l.setOperand(operands, i)
	case "enable", "hash", "history":
		l.guard(operands, i, "fp")
	case "compgen", "complete", "compopt":
		l.place.lone = true
		if !hasEnd(operands[:i]) {
			l.refuse(name + " evaluates its options: a replacement string must come after --")
		}
	default:
		l.place.lone = runsOperands(name, l.c.dialect)
	}
}

// runsOperands reports whether the builtin name could be made to run code by a list of
// words that one word alone could not: with an option and its argument, say.
func runsOperands(name string, d Dialect) bool {
	switch name {
	case "jobs", "trap":
		return true
	case "emulate", "sched", "stat", "strftime", "sysopen", "sysseek", "syswrite", "zformat", "zpty", "zregexparse",
		"zselect", "zstat", "zstyle", "zsystem", "ztie":
		return d == Zsh
	}
	return false
}

// numberOperand is for builtins that take a number, which ksh and zsh evaluate.
func (l *locator) numberOperand(name string) {
	l.place.lone = true
	if name == "ulimit" && l.c.dialect != MirBSDKorn {
		return
	}
	l.class(Integer)
}

// testOperand is for test and [, which find out by themselves what is an operator.
func (l *locator) testOperand(operands []arg, i int) {
	l.place.lone = true
	var before, after arg
	if i > 0 {
		before = operands[i-1]
	}
	if i+1 < len(operands) {
		after = operands[i+1]
	}
	switch {
	case before.token && before.lead == "":
		l.refuse("a replacement string right before another could become an operator of test")
	case before.is("-v"), before.is("-R"):
		l.class(l.nameClass(operands[i].word))
	case before.is("-t"):
		l.class(Integer)
	case l.c.dialect != Zsh && l.c.dialect != MirBSDKorn:
	case isNumericOperator(before) || isNumericOperator(after):
		l.operandWord(operands[i].word)
		l.class(Integer)
	}
}

func isNumericOperator(a arg) bool {
	if !a.static {
		return false
	}
	switch a.lead {
	case "-eq", "-ne", "-lt", "-le", "-gt", "-ge":
		return true
	}
	return false
}

// nameOperand is for an argument that is a variable's name.
func (l *locator) nameOperand(a arg) {
	if a.isOption() || a.lead == "-" {
		l.refuse("a replacement string cannot be an option of this command")
		return
	}
	l.class(l.nameClass(a.word))
}

// guard is for a token that might give a builtin an option which makes it evaluate
// something, as in print {} with -va[$(reboot)] in zsh: a -- goes before it. The options
// with a letter in valued have an argument.
func (l *locator) guard(operands []arg, i int, valued string) {
	for j := range i {
		if operands[j].is("--") || !operands[j].isOption() {
			return
		}
		if strings.IndexByte(valued, operands[j].lead[len(operands[j].lead)-1]) >= 0 {
			if j == i-1 {
				l.place.lone = true // the option's own argument
				return
			}
			l.guard(operands[j+2:], i-j-2, valued)
			return
		}
	}
	switch a := operands[i]; {
	case strings.HasPrefix(a.lead, "-"):
		l.refuse("a replacement string cannot be an option of this command")
	case a.lead == "" && a.token:
		l.place.guard = a.word
	}
}

// hasEnd reports whether the options end with a -- in args.
func hasEnd(args []arg) bool {
	for _, a := range args {
		if a.is("--") {
			return true
		}
	}
	return false
}

// printfOperand is for printf [-v name] [--] format [argument...].
func (l *locator) printfOperand(operands []arg, i int) {
	format := 0
	for format < len(operands) {
		if operands[format].is("--") {
			format++
			break
		}
		if !operands[format].is("-v") {
			break
		}
		format += 2
	}
	l.place.lone = i <= format
	switch a := operands[i]; {
	case i > 0 && i < format && operands[i-1].is("-v") || i == format && strings.HasPrefix(a.lead, "-v"):
		l.class(l.nameClass(a.word))
	case i == format && (i == 0 || !operands[i-1].is("--")):
		if strings.HasPrefix(a.lead, "-") {
			l.refuse("a replacement string cannot be an option of this command")
		} else if a.lead == "" && a.token {
			l.place.guard = a.word
		}
	case i > format && (l.c.dialect == Zsh || l.c.dialect == MirBSDKorn):
		if f := operands[format]; !f.static || !plainFormat(f.lead) {
			l.class(Integer) // zsh evaluates the arguments of %d and the like
		}
	}
	if variable := printfVariable(operands[:min(format, len(operands))]); i > format && variable != "" {
		l.need(l.c.need(variable))
	}
}

// printfVariable returns the variable that printf -v sets.
func printfVariable(options []arg) string {
	for i := 1; i < len(options); i++ {
		if options[i-1].is("-v") && options[i].static {
			return options[i].lead
		}
	}
	return ""
}

// plainFormat reports whether a printf format has only conversions that take their
// argument as text.
func plainFormat(format string) bool { return onlyConversions(format, "sbqcQ%") }

// onlyConversions reports whether the conversions in a printf format are all among letters.
func onlyConversions(format, letters string) bool {
	for {
		_, rest, found := strings.Cut(format, "%")
		if !found {
			return true
		}
		rest = strings.TrimLeft(rest, "-+ #0123456789.")
		if rest == "" || strings.IndexByte(letters, rest[0]) < 0 {
			return false
		}
		format = rest[1:]
	}
}

// printOperand is for print of zsh and ksh.
func (l *locator) printOperand(operands []arg, i int) {
	for j, a := range operands[:i] {
		switch {
		case a.hasFlag('v') && j == i-1:
			l.place.lone = true
			l.class(l.nameClass(operands[i].word))
			return
		case a.hasFlag('f'):
			l.place.lone = j == i-1
			l.class(Integer)
			return
		}
	}
	l.guard(operands, i, "CuxXP")
}

// readOperand is for read and mapfile: text and number are the letters of the options that
// take such an argument; all else is names.
func (l *locator) readOperand(operands []arg, i int, text, number string) {
	a := operands[i]
	option, value := a.lead, false
	if i > 0 && operands[i-1].static && operands[i-1].isOption() && !hasEnd(operands[:i]) {
		// The last letter of the word before may want this word.
		option, value = operands[i-1].lead, true
	}
	if !value && !a.isOption() {
		l.nameOperand(a)
		return
	}
	letter := option[len(option)-1]
	if !value {
		letter = option[1] // glued: -d{}
	}
	l.place.lone = strings.IndexByte(number+text+"aA", letter) >= 0
	switch {
	case strings.IndexByte(number, letter) >= 0:
		l.class(Integer)
	case strings.IndexByte(text, letter) >= 0:
	case value || letter == 'a' || letter == 'A':
		l.class(l.nameClass(a.word))
	default:
		l.refuse("a replacement string cannot be an option of this command")
	}
}

// waitOperand is for wait [-p name] id...
func (l *locator) waitOperand(operands []arg, i int) {
	if i > 0 && operands[i-1].hasFlag('p') || operands[i].hasFlag('p') {
		l.place.lone = true
		l.class(l.nameClass(operands[i].word))
		return
	}
	if l.c.dialect == Bash {
		l.guard(operands, i, "")
	}
}

// setOperand is for set, whose operands become the positional parameters.
func (l *locator) setOperand(operands []arg, i int) {
	if i > 0 && operands[i-1].hasFlag('A') {
		l.place.lone = true
		l.class(l.nameClass(operands[i].word))
		return
	}
	valued := "o"
	if l.c.dialect == MirBSDKorn {
		valued = "oA" // there options may follow the array's name, too
	}
	l.guard(operands, i, valued)
}
