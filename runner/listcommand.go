package runner

import (
	"fmt"
	"strconv"
	"strings"
	"sync"

	"xpool/pool"
	"xpool/runner/script"
	"xpool/runner/template"
)

// listCommand runs a shell script in which a word of a list becomes several, as
// x{}y does with the options -X and -m: what runs depends on how many records a
// task has. So the worker gets the script with each task, and its values as
// positional parameters, from which the script takes them first.
type listCommand struct {
	*scriptCommand // for tasks of one record
	source         string
	options        script.Options

	mu   sync.Mutex
	last *script.Script // as it was for the number of records in options
}

// of returns the script for a task.
func (c *listCommand) of(ctx template.Context) (*script.Script, error) {
	if len(ctx.Args) < 2 {
		return c.script, nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.last != nil && c.options.Records == len(ctx.Args) {
		return c.last, nil
	}
	c.options.Records = len(ctx.Args)
	var err error
	c.last, err = script.Compile(c.source, c.options)
	return c.last, err
}

func (c *listCommand) kind(terminal) pool.Kind { return c.lineKind() }

// lineKind is a shell that runs what it finds in a variable, as linesCommand has it.
func (c *scriptCommand) lineKind() *pool.Shell {
	names := []string{lineVariable}
	if c.seq {
		names = append(names, seqVariable)
	}
	return &pool.Shell{Path: c.shell, Body: `eval " $` + lineVariable + `"`, Names: names, Init: c.init, Stdin: c.data}
}

func (c *listCommand) payload(ctx template.Context) (pool.Payload, error) {
	s, err := c.of(ctx)
	if err != nil {
		return pool.Payload{}, fmt.Errorf("the script for %d records: %w", len(ctx.Args), err)
	}
	task, err := taskOf(s, ctx)
	if err != nil {
		return pool.Payload{}, err
	}
	p := pool.Payload{InWorker: c.noFork, Args: append(task.Values, task.Args...), Values: []string{taking(s)}}
	if c.seq {
		p.Values = append(p.Values, strconv.FormatInt(ctx.Seq, 10))
	}
	return p, nil
}

// taking is a script that takes its values from its first positional parameters.
func taking(s *script.Script) string {
	var b strings.Builder
	for i, v := range s.Values {
		fmt.Fprintf(&b, "%s=${%d}\n", v.Name, i+1)
	}
	if n := len(s.Values); n > 0 {
		fmt.Fprintf(&b, "shift %d\n", n)
	}
	return b.String() + s.Body
}

func (c *listCommand) line(ctx template.Context) string {
	s, err := c.of(ctx)
	if err != nil {
		s = c.script
	}
	return s.Line(ctx, shellWord)
}
