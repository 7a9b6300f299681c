package runner

import (
	"errors"
	"fmt"
	"strings"

	"xpool/crashdetect"
	"xpool/pool"
	"xpool/runner/script"
	"xpool/runner/template"
)

// standardSet are the replacement strings of native mode.
func standardSet() template.Set { return template.Set{} }

// command is what a run does with each of its tasks.
type command interface {
	// kind is the kind of worker that runs it.
	kind() pool.Kind

	// payload is what the task of the given context runs. Its error says in one
	// line why the task cannot be run.
	payload(c template.Context) (pool.Payload, error)

	// label shows the task's command to a person.
	label(c template.Context) string

	// explain is what a person is told of an error that ended the run.
	explain(err error) string

	// inherits tells whether its tasks may write to the standard streams of the
	// run themselves.
	inherits() bool
}

// newCommand makes the command that the options ask for. An error is the
// user's: a script that does not parse, say.
func newCommand(o *Options, env environment) (command, error) {
	switch o.kind() {
	case programKind:
		words := template.Parse(o.Command, standardSet())
		return &programCommand{words: words, fixed: !words.ReplacesIn(0), env: env}, nil
	case scriptKind:
		return newScriptCommand(strings.Join(o.Command, " "), o.NoFork, env)
	default:
		return newLinesCommand(o.NoFork, env), nil
	}
}

// programCommand runs a program for each task.
type programCommand struct {
	words *template.Words
	fixed bool // the program's own name is the same for all
	env   environment
}

func (c *programCommand) kind() pool.Kind { return &pool.Program{Fixed: c.fixed} }
func (c *programCommand) inherits() bool  { return true }

// explain adds what a shell would have made of a name that is no program.
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
	return err.Error()
}

func (c *programCommand) payload(ctx template.Context) (pool.Payload, error) {
	args := c.words.Expand(ctx)
	for i, a := range args {
		if strings.IndexByte(a, 0) >= 0 {
			return pool.Payload{}, fmt.Errorf("argument %d has a NUL byte, which no program can be given", i)
		}
	}
	return pool.Payload{Args: args}, nil
}

func (c *programCommand) label(ctx template.Context) string {
	return showWords(c.words.Expand(ctx))
}

// explainShell adds which shell it is that does not come up.
func explainShell(shell string, err error) string {
	var broken *pool.BrokenError
	if errors.As(err, &broken) {
		return fmt.Sprintf("the shell %s: %v", quoteWord(shell), err)
	}
	return err.Error()
}

// scriptCommand runs a shell script, in workers that have it as a function.
type scriptCommand struct {
	source string
	script *script.Script
	noFork bool
	shell  string
}

func newScriptCommand(source string, noFork bool, env environment) (*scriptCommand, error) {
	shell := env.shell()
	s, err := script.Compile(source, standardSet(), script.DialectOf(env.resolve(shell)), env.hasFunction)
	if err != nil {
		return nil, fmt.Errorf("the script: %w", err)
	}
	return &scriptCommand{source: source, script: s, noFork: noFork, shell: shell}, nil
}

func (c *scriptCommand) kind() pool.Kind {
	names := make([]string, len(c.script.Values))
	for i, v := range c.script.Values {
		names[i] = v.Name
	}
	return &pool.Shell{Path: c.shell, Body: c.script.Body, Names: names}
}

func (c *scriptCommand) inherits() bool           { return false }
func (c *scriptCommand) explain(err error) string { return explainShell(c.shell, err) }

func (c *scriptCommand) payload(ctx template.Context) (pool.Payload, error) {
	p := pool.Payload{InWorker: c.noFork || c.script.Harmless}
	if err := checkNUL(ctx); err != nil {
		return pool.Payload{}, err
	}
	if c.script.Positional {
		p.Args = make([]string, len(ctx.Args))
	}
	for i := range p.Args {
		s, err := c.script.Args.Render(ctx.Args[i])
		if err != nil {
			return pool.Payload{}, err
		}
		p.Args[i] = s
	}
	if len(c.script.Values) > 0 {
		p.Values = make([]string, len(c.script.Values))
	}
	for i, v := range c.script.Values {
		s, err := v.Render(v.Rep.Expand(ctx))
		if err != nil {
			return pool.Payload{}, err
		}
		p.Values[i] = s
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

// label is the script with the task's values in it. They stand quoted, as they
// would have to be typed.
func (c *scriptCommand) label(ctx template.Context) string {
	var b strings.Builder
	at := 0
	for _, t := range standardSet().Scan(c.source) {
		b.WriteString(c.source[at:t.Start])
		b.WriteString(quoteWord(t.Rep.Expand(ctx)))
		at = t.End
	}
	b.WriteString(c.source[at:])
	if at == 0 {
		for _, a := range ctx.Args {
			b.WriteString(" " + quoteWord(a))
		}
	}
	return shorten(b.String())
}

// linesCommand runs each record as a shell command line.
type linesCommand struct {
	shell   string
	noFork  bool
	checker *script.Checker
}

// lineVariable is where a worker finds its record, which stands there, and not
// in the command that it reads, so that one which the shell does not understand
// cannot take the worker's input along.
const lineVariable = "_xpool_line"

func newLinesCommand(noFork bool, env environment) *linesCommand {
	shell := env.shell()
	return &linesCommand{
		shell: shell, noFork: noFork,
		checker: script.NewChecker(script.DialectOf(env.resolve(shell)), env.hasFunction),
	}
}

func (c *linesCommand) kind() pool.Kind {
	// The blank keeps a record that begins with a hyphen from being an option.
	return &pool.Shell{Path: c.shell, Body: `eval " $` + lineVariable + `"`, Names: []string{lineVariable}}
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
	return pool.Payload{Values: []string{line}, InWorker: c.noFork || harmless}, nil
}

func (c *linesCommand) label(ctx template.Context) string {
	return shorten(strings.Join(ctx.Args, " "))
}
