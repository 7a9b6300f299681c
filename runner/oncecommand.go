package runner

import (
	"fmt"
	"path/filepath"

	"xpool/pool"
	"xpool/runner/script"
	"xpool/runner/template"
)

// onceCommand runs a shell for each task, instead of one that stays: what reads the
// terminal has to have it as its standard input, which a worker's tasks do not.
type onceCommand struct {
	command // that shows the task
	shell   string
	init    string
	seq     bool // the task's number is in PARALLEL_SEQ too

	// of returns the script of a task and what it gets.
	of func(ctx template.Context) (*script.Script, error)
}

// newOnceCommand makes one of a command that is run by shells; of others it makes
// nothing else.
func newOnceCommand(c command) command {
	switch c := c.(type) {
	case *scriptCommand:
		return &onceCommand{c, c.shell, c.init, c.seq, func(template.Context) (*script.Script, error) { return c.script, nil }}
	case *listCommand:
		return &onceCommand{c, c.shell, c.init, c.seq, c.of}
	case *linesCommand:
		return &onceCommand{c, c.shell, c.init, c.seq, func(ctx template.Context) (*script.Script, error) {
			line := c.line(ctx)
			_, err := c.checker.Check(line)
			return &script.Script{Body: line}, err
		}}
	}
	return c
}

func (c *onceCommand) inherits() bool { return true }

func (c *onceCommand) kind(t terminal) pool.Kind {
	return &pool.Program{Fixed: true, Stdin: t.stdin, Interactive: t.group}
}

func (c *onceCommand) payload(ctx template.Context) (pool.Payload, error) {
	s, err := c.of(ctx)
	if err != nil {
		return pool.Payload{}, err
	}
	task, err := taskOf(s, ctx)
	if err != nil {
		return pool.Payload{}, err
	}
	text := taking(s)
	if c.init != "" {
		text = c.init + "\n" + text
	}
	if c.seq {
		text = fmt.Sprintf("%s=%d\n%s", seqVariable, ctx.Seq, text)
	}
	args := append([]string{c.shell, "-c", text, filepath.Base(c.shell)}, task.Values...)
	return pool.Payload{Args: append(args, task.Args...)}, nil
}
