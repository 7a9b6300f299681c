package runner

import (
	"bytes"
	"fmt"
	"strings"

	"xpool/pool"
	"xpool/runner/output"
	"xpool/runner/template"
)

// outlet is the way that a task's output takes, as far as the run's own tasks do
// not share its streams: what changes it stands before what prints it.
func (t *task) outlet() pool.Output {
	out := t.printing()
	if out != nil && t.run.opts.Reports.seeEnds() {
		return &tailing{out: out, task: t}
	}
	return out
}

// printing is the part of the outlet that prints, or keeps.
func (t *task) printing() pool.Output {
	o := &t.run.opts
	var out pool.Output
	switch {
	case t.run.inherit:
		return nil
	case t.run.keeping != nil:
		t.keeper = t.run.keeping.keeper(t)
		return &counting{out: t.keeper, task: t}
	case o.Ungroup:
		out = ungrouped{t.run.printer}
	case o.LineBuffer:
		t.lined = &lined{printer: t.run.printer}
		out = t.lined
	default:
		out = grouped{t.entry}
	}
	if t.run.tag != nil {
		out = &tagged{out: out, tag: func() []byte { return t.run.tag(t.context(t.slot)) }}
	}
	if t.run.journal != nil {
		out = &counting{out: out, task: t}
	}
	return out
}

// counting is an output that counts how much a task prints.
type counting struct {
	out  pool.Output
	task *task
}

func (c *counting) Write(s pool.Stream, b []byte, resume func()) bool {
	if s == pool.Stdout {
		c.task.received += int64(len(b))
	}
	return c.out.Write(s, b, resume)
}

func (c *counting) Reset() {
	c.task.received = 0
	if r, ok := c.out.(pool.Resetter); ok {
		r.Reset()
	}
}

// newTag returns what makes the tags of lines, nil if they have none: the text with
// the task's values in it, and a tab.
func (o *Options) newTag() (func(template.Context) []byte, error) {
	if !o.Tag {
		return nil, nil
	}
	if o.TagString == "" {
		return func(c template.Context) []byte { return append([]byte(strings.Join(c.Args, " ")), '\t') }, nil
	}
	text, err := template.ParseText(o.TagString, o.set())
	if err != nil {
		return nil, fmt.Errorf("--tagstring: %w", err)
	}
	return func(c template.Context) []byte { return append([]byte(text.Expand(c)), '\t') }, nil
}

// show prints the command of a task that is not to run, and waits until there is
// room for the next one.
func (t *task) show() {
	room := make(chan struct{}, 1)
	line := t.run.command.line(t.context(1))
	for range t.run.opts.parallel.quote {
		line = shellWord(line)
	}
	t.slot = 1
	line = shownOn(t.run.streams.stdout, line)
	if !t.outlet().Write(pool.Stdout, []byte(line+"\n"), func() { room <- struct{}{} }) {
		select {
		case <-room:
		case <-t.run.ctx.Done():
		}
	}
	t.begun = true
	t.end(pool.Result{Seq: t.seq, Slot: 1, Attempt: 1})
}

// announce prints the command of an attempt before what that prints, for -v.
func (t *task) announce(p pool.Place) {
	o := &t.run.opts
	if !o.Show || t.entry == nil {
		return
	}
	line := []byte(t.run.command.line(t.context(p.Slot)) + "\n")
	switch {
	case !o.Ungroup && !o.LineBuffer:
		t.entry.Write(output.Stdout, line, nil)
	case p.Attempt == 1:
		ungrouped{t.run.printer}.Write(pool.Stdout, line, nil)
	}
}

// grouped is the output of a task that comes out in one piece, in its turn.
type grouped struct{ entry *output.Entry }

func (g grouped) Write(s pool.Stream, b []byte, resume func()) bool {
	return g.entry.Write(printed(s), b, resume)
}

// Reset drops what an attempt has printed that is followed by another.
func (g grouped) Reset() { g.entry.Reset() }

// ungrouped is the output of all tasks that comes out as it comes.
type ungrouped struct{ printer *output.Printer }

func (u ungrouped) Write(s pool.Stream, b []byte, resume func()) bool {
	e := u.printer.Open()
	more := e.Write(printed(s), b, resume)
	e.Close("")
	return more
}

// printed is the printer's name for a stream.
func printed(s pool.Stream) output.Stream {
	if s == pool.Stderr {
		return output.Stderr
	}
	return output.Stdout
}

// lineMost bounds how much is kept of a line until its end comes.
const lineMost = 1 << 20

// lined is the output of a task of which each line comes out as soon as it is
// whole, mixed with those of others.
type lined struct {
	printer *output.Printer
	part    [2][]byte // of a line, for each stream
}

func (l *lined) Write(s pool.Stream, b []byte, resume func()) bool {
	part := &l.part[s]
	end := bytes.LastIndexByte(b, '\n') + 1
	if end == 0 && len(*part)+len(b) > lineMost {
		end = len(b)
	}
	if end == 0 {
		*part = append(*part, b...)
		return true
	}
	e := l.printer.Open()
	if len(*part) > 0 {
		e.Write(printed(s), *part, nil)
	}
	more := e.Write(printed(s), b[:end], resume)
	e.Close("")
	*part = append((*part)[:0], b[end:]...)
	return more
}

// flush prints what has no end of a line.
func (l *lined) flush() {
	for s, part := range l.part {
		if len(part) > 0 {
			e := l.printer.Open()
			e.Write(printed(pool.Stream(s)), part, nil)
			e.Close("")
		}
		l.part[s] = nil
	}
}

// Reset drops what has not been printed yet of an attempt that is followed by
// another.
func (l *lined) Reset() { l.part[0], l.part[1] = l.part[0][:0], l.part[1][:0] }

// tagged is an output with a tag at the beginning of each line.
type tagged struct {
	out  pool.Output
	tag  func() []byte
	mid  [2]bool // the stream is within a line
	text []byte  // reused
}

func (g *tagged) Write(s pool.Stream, b []byte, resume func()) bool {
	tag := g.tag()
	g.text = g.text[:0]
	for line := range bytes.Lines(b) {
		if !g.mid[s] {
			g.text = append(g.text, tag...)
		}
		g.text = append(g.text, line...)
		g.mid[s] = line[len(line)-1] != '\n'
	}
	return g.out.Write(s, g.text, resume)
}

func (g *tagged) Reset() {
	g.mid = [2]bool{}
	if r, ok := g.out.(pool.Resetter); ok {
		r.Reset()
	}
}
