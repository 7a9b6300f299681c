package runner

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"xpool/crashdetect"
	"xpool/pool"
	"xpool/runner/script"
	"xpool/runner/template"
)

// command is what a run does with each of its tasks.
type command interface {
	// kind is the kind of worker that runs it. What the terminal offers is for
	// programs only.
	kind(t terminal) pool.Kind

	// payload is what the task of the given context runs. Its error says in one
	// line why the task cannot be run.
	payload(c template.Context) (pool.Payload, error)

	// label shows the task's command to a person, shortened to a part of a line;
	// line is all of it as it could be typed, for a shell as well as for a person.
	label(c template.Context) string
	line(c template.Context) string

	// explain is what a person is told of an error that ended the run.
	explain(err error) string

	// inherits tells whether its tasks may write to the standard streams of the
	// run themselves.
	inherits() bool
}

// terminal is what programs get of the run's own surroundings. The zero value is
// nothing.
type terminal struct {
	stdin *os.File // their standard input; nil is /dev/null
	group bool     // they stay in the run's own process group
	tty   bool     // that has a terminal, whose keys send signals to all of them
}

// newCommand makes the command that the options ask for. An error is the
// user's: a script that does not parse, say.
func newCommand(o *Options, env environment) (command, error) {
	switch {
	case o.As == asXargs:
		return wholeCommand{}, nil
	case o.Sem.On:
		return semCommand{script: o.source(), shell: o.Sem.shell}, nil
	}
	c, err := newTaskCommand(o, env)
	if err == nil && o.OpenTTY {
		c = newOnceCommand(c)
	}
	return c, err
}

func newTaskCommand(o *Options, env environment) (command, error) {
	switch o.kind() {
	case programKind:
		words, err := template.Parse(o.Command, o.set())
		if err != nil {
			return nil, err
		}
		return &programCommand{
			words: words, each: o.each(), fixed: !words.ReplacesIn(0), bare: !words.Replaces() && !o.appends(), env: env,
			loose: o.loose,
		}, nil
	case scriptKind:
		return newScriptCommand(o, env)
	case codeKind:
		return newCodeCommand(o), nil
	case workerKind:
		return newCoprocessCommand(o), nil
	default:
		return newLinesCommand(o, env), nil
	}
}

// programCommand runs a program for each task.
type programCommand struct {
	words *template.Words
	each  bool // a word is repeated for each record
	fixed bool // the program's own name is the same for all
	bare  bool // the words are the same too: nothing is appended
	env   environment
	loose looseValue
}

func (c *programCommand) kind(t terminal) pool.Kind {
	return &pool.Program{Fixed: c.fixed, Stdin: t.stdin, Interactive: t.group}
}

func (c *programCommand) inherits() bool { return true }

func (c *programCommand) skips(ctx template.Context) bool {
	for rep := range c.words.Replacements() {
		if rep.Skips(ctx) {
			return true
		}
	}
	return false
}

// explain adds what a shell would have made of a name that is no program, or an option.
func (c *programCommand) explain(err error) string {
	var start *crashdetect.StartError
	if !errors.As(err, &start) || start.Code() != 127 {
		return err.Error()
	}
	switch {
	case c.env.hasFunction(start.Program):
		return err.Error() + "; it is an exported shell function: use --shell"
	case script.IsBuiltin(start.Program):
		return err.Error() + "; it is a shell builtin: use --shell"
	}
	return err.Error() + c.loose.adviceOn(err)
}

func (c *programCommand) payload(ctx template.Context) (pool.Payload, error) {
	args := c.expand(ctx)
	for i, a := range args {
		if strings.IndexByte(a, 0) >= 0 {
			return pool.Payload{}, fmt.Errorf("argument %d has a NUL byte, which no program can be given", i)
		}
	}
	return pool.Payload{Args: args}, nil
}

// expand returns the words of a task.
func (c *programCommand) expand(ctx template.Context) []string {
	if c.bare {
		ctx.Args = nil
	}
	if c.each {
		return c.words.ExpandEach(ctx)
	}
	return c.words.Expand(ctx)
}

func (c *programCommand) label(ctx template.Context) string { return showWords(c.expand(ctx)) }
func (c *programCommand) line(ctx template.Context) string  { return shellWords(c.expand(ctx)) }

// wholeCommand runs a program with its arguments for each task, of which the
// words are all that the task has, as xargs packs them.
type wholeCommand struct{}

func (wholeCommand) kind(t terminal) pool.Kind {
	return &pool.Program{Stdin: t.stdin, Interactive: t.group}
}

func (wholeCommand) inherits() bool                    { return true }
func (wholeCommand) explain(err error) string          { return err.Error() }
func (wholeCommand) label(ctx template.Context) string { return showWords(ctx.Args) }
func (wholeCommand) line(ctx template.Context) string  { return typedWords(ctx.Args) }
func (wholeCommand) payload(ctx template.Context) (pool.Payload, error) {
	return pool.Payload{Args: ctx.Args}, nil
}

// explainShell adds which shell it is that does not come up.
func explainShell(shell string, err error) string {
	return explainWorkers("the shell "+quoteWord(shell), err)
}

// explainWorkers adds which workers they are that do not come up.
func explainWorkers(name string, err error) string {
	if _, ok := errors.AsType[*pool.BrokenError](err); ok {
		return name + ": " + err.Error()
	}
	return err.Error()
}

// scriptCommand runs a shell script, in workers that have it as a function.
type scriptCommand struct {
	source string
	seq    bool // the task's number is in PARALLEL_SEQ too
	data   bool // tasks have a standard input of their own
	set    template.Set
	script *script.Script
	noFork bool
	shell  string
	init   string
}

func newScriptCommand(o *Options, env environment) (command, error) {
	source, shell := o.source(), o.shell(env)
	so := script.Options{
		Set: o.set(), Dialect: script.DialectOf(env.resolve(shell)), Functions: env.mayHaveFunction(shell),
		Many: o.severalRecords(), Each: o.each(), Bare: !o.appends(),
	}
	s, err := script.Compile(source, so)
	if err != nil {
		return nil, fmt.Errorf("the script: %w", err)
	}
	c := &scriptCommand{
		source: source, set: o.set(), script: s, noFork: o.NoFork, shell: shell, init: o.Init, seq: o.As == asParallel, data: o.Pipe.on(),
	}
	if s.Lists {
		return &listCommand{scriptCommand: c, source: source, options: so}, nil
	}
	return c, nil
}

// source is the script: the words of the command, which with -q are words of the
// script too.
func (o *Options) source() string {
	if !o.Rows.template.Quote {
		return strings.Join(o.Command, " ")
	}
	return shellWords(o.Command)
}

// shell is the shell that runs scripts.
func (o *Options) shell(env environment) string {
	if o.As == asParallel {
		return env.parallelShell()
	}
	return env.shell()
}

// seqVariable is where GNU parallel's tasks find their number.
const seqVariable = "PARALLEL_SEQ"

func (c *scriptCommand) skips(ctx template.Context) bool {
	for _, v := range c.script.Values {
		if v.Rep.Skips(ctx) {
			return true
		}
	}
	return false
}

func (c *scriptCommand) kind(terminal) pool.Kind {
	names := make([]string, len(c.script.Values))
	for i, v := range c.script.Values {
		names[i] = v.Name
	}
	if c.seq {
		names = append(names, seqVariable)
	}
	return &pool.Shell{
		Path: c.shell, Body: c.script.Body, Names: names, Init: c.init, Stdin: c.data, Brief: c.isBrief(),
	}
}

// isBrief tells whether no task takes long, as far as the script's text shows. What init
// has defined or set may make another one of it.
func (c *scriptCommand) isBrief() bool { return c.script.Brief && c.init == "" && !c.data }

func (c *scriptCommand) inherits() bool           { return false }
func (c *scriptCommand) explain(err error) string { return explainShell(c.shell, err) }

func (c *scriptCommand) payload(ctx template.Context) (pool.Payload, error) {
	p, err := taskOf(c.script, ctx)
	// What init has defined or set may make of a harmless script another one.
	p.InWorker = c.noFork || c.script.Harmless && c.init == ""
	if c.seq {
		p.Values = append(p.Values, strconv.FormatInt(ctx.Seq, 10))
	}
	return p, err
}

// taskOf is what a script is given for a task.
func taskOf(s *script.Script, ctx template.Context) (p pool.Payload, err error) {
	if err := checkNUL(ctx); err != nil {
		return p, err
	}
	if s.Positional {
		p.Args = make([]string, len(ctx.Args))
	}
	for i := range p.Args {
		if p.Args[i], err = s.Args.Render(ctx.Args[i]); err != nil {
			return p, err
		}
	}
	if len(s.Values) > 0 {
		p.Values = make([]string, len(s.Values))
	}
	for i, v := range s.Values {
		if p.Values[i], err = v.Render(v.Rep.Expand(ctx)); err != nil {
			return p, err
		}
	}
	return p, nil
}

// errNUL is why a record cannot be run by a shell.
var errNUL = errors.New("the record has a NUL byte, which no shell can be given")

func checkNUL(ctx template.Context) error {
	for _, a := range ctx.Args {
		if strings.IndexByte(a, 0) >= 0 {
			return errNUL
		}
	}
	return nil
}

func (c *scriptCommand) line(ctx template.Context) string  { return c.script.Line(ctx, shellWord) }
func (c *scriptCommand) label(ctx template.Context) string { return shorten(c.shown(ctx)) }

// shown is the script with the task's values in it, for a person: in quotes, also where
// these would mean something else.
func (c *scriptCommand) shown(ctx template.Context) string {
	var b strings.Builder
	at := 0
	for _, t := range c.set.Scan(c.source) {
		b.WriteString(c.source[at:t.Start])
		b.WriteString(quotedValue(t.Rep, ctx))
		at = t.End
	}
	b.WriteString(c.source[at:])
	if at == 0 && (c.script.Appended || c.script.Positional) {
		for _, a := range ctx.Args {
			b.WriteString(" " + quoteWord(a))
		}
	}
	return b.String()
}

// quotedValue is what stands in a script for a replacement: several records are
// a word each where the script makes a list of them, which is nearly everywhere.
func quotedValue(rep template.Replacement, ctx template.Context) string {
	if rep != (template.Replacement{}) || len(ctx.Args) < 2 {
		return quoteWord(rep.Expand(ctx))
	}
	return shellWords(ctx.Args)
}

// linesCommand runs each record as a shell command line.
type linesCommand struct {
	seq     bool // the task's number is in PARALLEL_SEQ too
	shell   string
	noFork  bool
	init    string
	checker *script.Checker
}

// lineVariable is where a worker finds its record, which stands there, and not
// in the command that it reads, so that one which the shell does not understand
// cannot take the worker's input along.
const lineVariable = "_xpool_line"

func newLinesCommand(o *Options, env environment) *linesCommand {
	shell := o.shell(env)
	return &linesCommand{
		seq:   o.As == asParallel,
		shell: shell, noFork: o.NoFork, init: o.Init,
		checker: script.NewChecker(script.DialectOf(env.resolve(shell)), env.mayHaveFunction(shell)),
	}
}

func (c *linesCommand) kind(terminal) pool.Kind {
	names := []string{lineVariable}
	if c.seq {
		names = append(names, seqVariable)
	}
	// The blank keeps a record that begins with a hyphen from being an option.
	return &pool.Shell{Path: c.shell, Body: `eval " $` + lineVariable + `"`, Names: names, Init: c.init}
}

func (c *linesCommand) inherits() bool           { return false }
func (c *linesCommand) explain(err error) string { return explainShell(c.shell, err) }

func (c *linesCommand) payload(ctx template.Context) (pool.Payload, error) {
	line := strings.Join(ctx.Args, " ")
	if err := checkNUL(ctx); err != nil {
		return pool.Payload{}, err
	}
	harmless, err := c.checker.Check(line)
	if err != nil {
		return pool.Payload{}, err
	}
	p := pool.Payload{Values: []string{line}, InWorker: c.noFork || harmless && c.init == ""}
	if c.seq {
		p.Values = append(p.Values, strconv.FormatInt(ctx.Seq, 10))
	}
	return p, nil
}

func (c *linesCommand) label(ctx template.Context) string { return shorten(c.line(ctx)) }
func (c *linesCommand) line(ctx template.Context) string  { return strings.Join(ctx.Args, " ") }
